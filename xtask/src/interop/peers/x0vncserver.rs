//! Our viewer against x0vncserver, TigerVNC's server for an X display that is already there.

use std::path::Path;

use anyhow::Result;

use super::super::cell::Check;
use super::super::matrix::Matrix;
use super::super::stage::{PASSWORD, SIZE, Stage, free_port, password_file, wait_for_port};
use super::super::viewing::{Foreign, HEXTILE, RAW, RRE, TIGHT, TIGHT_JPEG, Way, ZRLE};
use super::super::{Kit, version_of_package};
use crate::process::Service;
use crate::x11::{Display, XServer};

pub(super) const NAME: &str = "x0vncserver";
/// The program itself: x0vncserver is a script around it that wants a home directory.
const PROGRAM: &str = "X0tigervnc";
const PACKAGE: &str = "tigervnc-scraping-server";
const TYPED: &str = "To x0vncserver: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]} \\";

/// Tight without JPEG is checked in every respect; JPEG comes first, while the desktop is as a camera would see it. What is sent as JPEG is refreshed as JPEG of quality 100.
const WAYS: &[Way] = &[TIGHT_JPEG, TIGHT, ZRLE, HEXTILE, RRE, RAW];

/// Plays its cells; a server with and one without a password.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of_package(PACKAGE)?;
    for (security, ways) in [("VncAuth", WAYS), ("None", &[TIGHT])] {
        let directory = kit.directory_for(&format!("{NAME}-{security}"))?;
        let screen = XServer::xvfb(SIZE, &directory)?;
        let stage = Stage::furnish(kit, screen.display.clone(), &directory)?;
        let port = free_port()?;
        let mut server = start(&stage.display, security, port, &directory)?;
        wait_for_port(&mut server, port)?;
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
                cell.record(Check::Cursor, viewer.check_cursor(&stage));
                cell.limit("x0vncserver of this version has no clipboard, and Xvfb cannot be resized by it");
            }
        });
    }
    Ok(())
}

fn start(display: &Display, security: &str, port: u16, directory: &Path) -> Result<Service> {
    let mut command = display.command(PROGRAM);
    command.args(["-rfbport", &port.to_string(), "-localhost=1"]);
    command.args(["-AlwaysShared=1", "-SecurityTypes", security]);
    command
        .arg("-PasswordFile")
        .arg(password_file(PASSWORD, directory)?);
    Service::start(NAME, &mut command, directory)
}
