//! Our viewer against x11vnc, which serves an X display that is already there, with LibVNCServer.

use std::path::Path;

use anyhow::Result;

use super::super::cell::Check;
use super::super::matrix::Matrix;
use super::super::stage::{PASSWORD, SIZE, Stage, free_port, password_file, wait_for_port};
use super::super::viewing::{
    CORRE, Foreign, HEXTILE, RAW, RRE, TIGHT, TIGHT_JPEG, Way, ZLIB, ZRLE,
};
use super::super::{Kit, version_of};
use crate::process::Service;
use crate::programs::Viewer;
use crate::x11::{Display, XServer};

pub(super) const NAME: &str = "x11vnc";
const TYPED: &str = "To x11vnc: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]} \\ é ü ß";
const THERE: &str = "over there: Grüße"; // x11vnc's clipboard is Latin-1
const BACK: &str = "and back: Ærø, 20 £";

/// Tight without JPEG is checked in every respect; JPEG comes first, while the desktop is as a camera would see it. LibVNCServer never refreshes what it sent as JPEG.
const WAYS: &[Way] = &[TIGHT_JPEG, TIGHT, ZRLE, ZLIB, HEXTILE, CORRE, RRE, RAW];

/// Plays its cells; a server with and one without a password.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of(NAME, "-version")?;
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
                cell.record(Check::Clipboard, check_clipboard(viewer, &stage));
                cell.limit("x11vnc drops text from a client's extended clipboard and looks only at the cut buffer; it does not resize the display it serves");
            }
        });
    }
    Ok(())
}

fn start(display: &Display, security: &str, port: u16, directory: &Path) -> Result<Service> {
    let mut command = display.command(NAME);
    command.args(["-rfbport", &port.to_string(), "-localhost", "-forever"]);
    command.args(["-shared", "-quiet", "-norc"]);
    match security {
        "None" => command.arg("-nopw"),
        _ => command
            .arg("-rfbauth")
            .arg(password_file(PASSWORD, directory)?),
    };
    Service::start(NAME, &mut command, directory)
}

/// LibVNCServer takes text by the extended clipboard in the name of programs that do not know it, x11vnc among them,
/// and drops it; the session must live through that. And x11vnc notices a new selection only if it owned the one
/// before, which it now never does, but a new cut buffer, unless a client came only seconds ago.
fn check_clipboard(viewer: &mut Viewer, stage: &Stage) -> Result<()> {
    viewer.send_clipboard(THERE)?;
    let mut from_server =
        || viewer.check_clipboard_from(BACK, || stage.display.set_cut_buffer(BACK));
    from_server().or_else(|_too_soon| from_server())
}
