//! Our viewer against x11vnc, which serves an X display that is already there, with LibVNCServer.

use std::path::Path;

use anyhow::Result;

use super::cell::{Cell, Check, Side};
use super::stage::{PASSWORD, SIZE, Stage, free_port, password_file, wait_for_port};
use super::{Kit, Matrix, version_of};
use crate::process::Service;
use crate::programs::{Viewer, write_secret};
use crate::x11::{Display, XServer};

const NAME: &str = "x11vnc";
const TYPED: &str = "To x11vnc: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]} \\ é ü ß";
const THERE: &str = "over there: Grüße"; // x11vnc's clipboard is Latin-1
const BACK: &str = "and back: Ærø, 20 £";

/// Plays its cells.
pub(super) fn play(kit: &Kit, matrix: &mut Matrix) -> Result<()> {
    let version = version_of(NAME, "-version")?;
    let directory = kit.directory_for(NAME)?;
    let screen = XServer::xvfb(SIZE, &directory)?;
    let stage = Stage::furnish(screen.display.clone(), &directory)?;
    let port = free_port()?;
    let mut server = start(&stage.display, port, &directory)?;
    wait_for_port(&mut server, port)?;
    for (flag, encoding) in [("tight", "Tight"), ("zrle", "ZRLE"), ("raw", "Raw")] {
        let mut cell = Cell::new(NAME, &version, Side::Client, "VncAuth", encoding);
        match connect(kit, port, flag, &directory) {
            Ok(viewer) => check(&mut cell, viewer, &stage, encoding),
            Err(error) => cell.fail(&server.explain(error)),
        }
        matrix.add(cell);
    }
    Ok(())
}

fn start(display: &Display, port: u16, directory: &Path) -> Result<Service> {
    let mut command = display.command(NAME);
    command.args([
        "-rfbport",
        &port.to_string(),
        "-localhost",
        "-forever",
        "-shared",
        "-quiet",
        "-norc",
    ]);
    command
        .arg("-rfbauth")
        .arg(password_file(PASSWORD, directory)?);
    Service::start(NAME, &mut command, directory)
}

fn connect(kit: &Kit, port: u16, encoding: &str, directory: &Path) -> Result<Viewer> {
    let file = directory.join("password");
    write_secret(&file, PASSWORD)?;
    let (url, file) = (
        format!("vnc://127.0.0.1:{port}"),
        file.display().to_string(),
    );
    // LibVNCServer never refreshes what it sent as JPEG, so only lossless pictures can be compared.
    let flags = [
        &url,
        "--insecure",
        "--password-file",
        &file,
        "--encoding",
        encoding,
        "--quality",
        "lossless",
    ];
    let mut viewer = Viewer::start(&kit.programs, &flags, directory)?;
    viewer.tell("stats")?;
    Ok(viewer)
}

fn check(cell: &mut Cell, mut viewer: Viewer, stage: &Stage, name: &str) {
    cell.record(
        Check::Picture,
        stage.expect_same(name, |file| viewer.still_picture(file)),
    );
    cell.record(Check::Keys, viewer.check_keys(stage, TYPED));
    cell.record(Check::Clipboard, check_clipboard(&mut viewer, stage));
    cell.limit(
        "x11vnc drops text from a client's extended clipboard and looks only at the cut buffer",
    );
    if let Err(error) = viewer.quit() {
        cell.fail(&error);
    }
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
