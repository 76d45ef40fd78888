//! Our viewer against Xtightvnc, TightVNC's X server of 2009, still what many have.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::super::cell::Check;
use super::super::matrix::Matrix;
use super::super::painter;
use super::super::stage::{PASSWORD, SIZE, Stage, free_port, password_file};
use super::super::viewing::{CORRE, Foreign, HEXTILE, RAW, RRE, TIGHT, TIGHT_JPEG, Way, ZLIB};
use super::super::{Kit, version_of_package};
use crate::process::Service;
use crate::programs::Viewer;
use crate::x11::Display;

pub(super) const NAME: &str = "Xtightvnc";
const PACKAGE: &str = "tightvncserver";
const TYPED: &str = "To Xtightvnc: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]} \\";
const THERE: &str = "over there: Grüße"; // its clipboard is Latin-1
const BACK: &str = "and back: Ærø, 20 £";
const START: Duration = Duration::from_secs(10);

/// Tight without JPEG is checked in every respect; JPEG comes first, while the desktop is as a camera would see it.
const WAYS: &[Way] = &[TIGHT_JPEG, TIGHT, ZLIB, HEXTILE, CORRE, RRE, RAW];

/// Plays its cells; a server with and one without a password.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of_package(PACKAGE)?;
    for (security, ways) in [("VncAuth", WAYS), ("None", &[TIGHT])] {
        let directory = kit.directory_for(&format!("{NAME}-{security}"))?;
        let port = free_port()?;
        let (_server, display) = start(security, port, &directory)?;
        let stage = Stage::furnish(kit, display, &directory)?;
        painter::put(&stage.display, &kit.wallpaper)?;
        let (version, directory) = (version.as_str(), directory.as_path());
        let foreign = Foreign {
            kit,
            name: NAME,
            version,
            security,
            port,
            pin: None,
            directory,
        };
        foreign.play(matrix, ways, |cell, viewer, way| {
            cell.record(Check::Picture, foreign.check_picture(viewer, &stage, way));
            if way.name == TIGHT.name {
                cell.record(Check::Keys, viewer.check_keys(&stage, TYPED));
                cell.record(Check::Clipboard, check_clipboard(viewer, &stage));
                cell.limit("Xtightvnc cannot resize, and cannot tell the pointer's shape (no XFixes) to compare with");
            }
        });
    }
    Ok(())
}

/// It cannot pick a display number by itself: the first is taken that works.
fn start(security: &str, port: u16, directory: &Path) -> Result<(Service, Display)> {
    let password = password_file(PASSWORD, directory)?;
    for number in 70..100 {
        let lock = format!("/tmp/.X{number}-lock");
        let name = format!(":{number}");
        if Path::new(&lock).exists() {
            continue;
        }
        let mut command = Command::new(NAME);
        let geometry = format!("{}x{}", SIZE.0, SIZE.1);
        command.args([&name, "-geometry", &geometry, "-depth", "24"]);
        command.args(["-rfbport", &port.to_string(), "-localhost"]);
        command.args(["-alwaysshared", "-desktop", "peer"]);
        command.args(["-nolisten", "tcp"]);
        if security == "VncAuth" {
            command.arg("-rfbauth").arg(&password);
        }
        let mut server = Service::start(NAME, &mut command, directory)?;
        let display = Display::named(&name);
        let up = server.wait_until("it is up", START, || Ok(display.size().ok()));
        if up.is_ok() {
            return Ok((server, display));
        }
    }
    bail!("no display number from 70 to 99 works")
}

/// It knows the cut buffer, and the primary selection only as its owner.
fn check_clipboard(viewer: &mut Viewer, stage: &Stage) -> Result<()> {
    viewer.send_clipboard(THERE)?;
    stage.expect_cut_buffer(THERE).context("to the server")?;
    viewer.check_clipboard_from(BACK, || stage.display.set_cut_buffer(BACK))
}
