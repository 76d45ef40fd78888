//! Our viewer against Xtigervnc, TigerVNC's X server.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::super::cell::Check;
use super::super::matrix::Matrix;
use super::super::stage::{PASSWORD, SIZE, Stage, free_port, password_file};
use super::super::trixie::Trixie;
use super::super::viewing::{Foreign, HEXTILE, RAW, RRE, TIGHT, TIGHT_JPEG, Way, ZRLE};
use super::super::{Kit, version_of};
use crate::x11::XServer;

pub(super) const NAME: &str = "Xtigervnc";
pub(super) const TRIXIE: &str = "Xtigervnc-trixie";
const TYPED: &str = "To Xtigervnc: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]} \\ é ü ß € ł";
const THERE: &str = "over there: Grüße, 10 €, 漢字";
const BACK: &str = "and back: Ærø, 20 £, かな";

/// Tight without JPEG is checked in every respect; JPEG comes first, while the desktop is as a camera would see it. What is sent as JPEG is refreshed as JPEG of quality 100.
const WAYS: &[Way] = &[TIGHT_JPEG, TIGHT, ZRLE, HEXTILE, RRE, RAW];

/// Plays its cells.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of(NAME, "-version")?;
    play_as(NAME, &version, || Command::new(NAME), kit, matrix)
}

/// Plays the cells of Debian 13's.
pub(super) fn play_trixie(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let trixie = Trixie::provide(kit)?;
    let version = trixie.version()?;
    let server = || trixie.command(NAME);
    play_as(TRIXIE, &version, server, kit, matrix)
}

/// A server with and one without a password.
fn play_as(
    name: &'static str,
    version: &str,
    command: impl Fn() -> Command,
    kit: &Kit,
    matrix: &Matrix,
) -> Result<()> {
    for (security, ways) in [("VncAuth", WAYS), ("None", &[TIGHT])] {
        let directory = kit.directory_for(&format!("{name}-{security}"))?;
        let port = free_port()?;
        let server = start(command(), security, port, &directory)?;
        let mut stage = Stage::furnish(kit, server.display.clone(), &directory)?;
        // Of what is painted over a copy just made, 1.12 at times sends only the copy: seen in its own stream.
        stage.copies = false;
        let directory = directory.as_path();
        let foreign = Foreign {
            kit,
            name,
            version,
            security,
            port,
            directory,
        };
        foreign.play(matrix, ways, |cell, viewer, way| {
            cell.record(Check::Picture, foreign.check_picture(viewer, &stage, way));
            if way.name == TIGHT.name {
                cell.record(Check::Keys, viewer.check_keys(&stage, TYPED));
                cell.record(Check::Cursor, viewer.check_cursor(&stage));
                cell.record(
                    Check::Clipboard,
                    viewer.check_clipboard(&stage, THERE, BACK),
                );
                cell.record(Check::Resize, viewer.check_resize(&stage, security));
            }
        });
    }
    Ok(())
}

fn start(mut command: Command, security: &str, port: u16, directory: &Path) -> Result<XServer> {
    let geometry = format!("{}x{}", SIZE.0, SIZE.1);
    command.args(["-geometry", &geometry, "-depth", "24"]);
    command.args(["-rfbport", &port.to_string(), "-localhost=1"]);
    command.args(["-AlwaysShared=1", "-SecurityTypes", security]);
    command.args(["-desktop", "peer", "-nolisten", "tcp", "-noreset"]);
    command
        .arg("-PasswordFile")
        .arg(password_file(PASSWORD, directory)?);
    XServer::start(NAME, &mut command, directory)
}
