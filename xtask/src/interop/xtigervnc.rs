//! Our viewer against Xtigervnc, TigerVNC's X server.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::cell::{Cell, Check, Side};
use super::stage::{PASSWORD, SIZE, Stage, free_port, password_file};
use super::{Kit, Matrix, version_of};
use crate::programs::{Viewer, write_secret};
use crate::x11::XServer;

const NAME: &str = "Xtigervnc";
const TYPED: &str = "To Xtigervnc: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]} \\ é ü ß € ł";
const THERE: &str = "over there: Grüße, 10 €, 漢字";
const BACK: &str = "and back: Ærø, 20 £, かな";

/// What JPEG of quality level 8 may change in the clouds of the wallpaper.
const JPEG_LOSS: u8 = 12;

/// Security, our `--encoding`, the encoding's name, our `--quality`.
const CELLS: &[(&str, &str, &str, &str)] = &[
    ("VncAuth", "tight", "Tight", "8"),
    ("None", "tight", "Tight", "lossless"),
    ("None", "zrle", "ZRLE", "lossless"),
    ("None", "raw", "Raw", "lossless"),
];

/// Plays its cells; a server with and one without a password.
pub(super) fn play(kit: &Kit, matrix: &mut Matrix) -> Result<()> {
    let version = version_of(NAME, "-version")?;
    for security in ["VncAuth", "None"] {
        let directory = kit.directory_for(&format!("{NAME}-{security}"))?;
        let port = free_port()?;
        let server = start(security, port, &directory)?;
        let stage = Stage::furnish(server.display.clone(), &directory)?;
        for (_, flag, encoding, quality) in CELLS.iter().filter(|cell| cell.0 == security) {
            let mut cell = Cell::new(NAME, &version, Side::Client, security, encoding);
            let flags = ["--encoding", flag, "--quality", quality];
            match connect(kit, security, port, &flags, &directory) {
                Ok(viewer) => check(&mut cell, viewer, &stage, encoding, quality),
                Err(error) => cell.fail(&error),
            }
            matrix.add(cell);
        }
    }
    Ok(())
}

fn start(security: &str, port: u16, directory: &Path) -> Result<XServer> {
    let mut command = Command::new(NAME);
    command.args([
        "-geometry",
        &format!("{}x{}", SIZE.0, SIZE.1),
        "-depth",
        "24",
    ]);
    command.args([
        "-rfbport",
        &port.to_string(),
        "-localhost=1",
        "-AlwaysShared=1",
        "-SecurityTypes",
        security,
    ]);
    command.args(["-desktop", "peer", "-nolisten", "tcp", "-noreset"]);
    command
        .arg("-PasswordFile")
        .arg(password_file(PASSWORD, directory)?);
    XServer::start(NAME, &mut command, directory)
}

fn connect(
    kit: &Kit,
    security: &str,
    port: u16,
    flags: &[&str],
    directory: &Path,
) -> Result<Viewer> {
    let url = format!("vnc://127.0.0.1:{port}");
    let file = directory.join("password");
    write_secret(&file, PASSWORD)?;
    let file = file.display().to_string();
    let mut all = vec![url.as_str(), "--insecure"];
    if security == "VncAuth" {
        all.extend(["--password-file", file.as_str()]);
    }
    all.extend(flags);
    let mut viewer = Viewer::start(&kit.programs, &all, directory)?;
    viewer.tell("stats")?;
    Ok(viewer)
}

fn check(cell: &mut Cell, mut viewer: Viewer, stage: &Stage, name: &str, quality: &str) {
    if let Err(error) = viewer.point_beside_terminal() {
        return cell.fail(&error);
    }
    if quality == "lossless" {
        cell.record(
            Check::Picture,
            stage.expect_same(name, |file| viewer.still_picture(file)),
        );
        cell.record(Check::Resize, viewer.check_resize(stage, name));
    } else {
        let close = stage.expect_close("Tight-JPEG", JPEG_LOSS, |file| viewer.still_picture(file));
        cell.record(Check::Picture, close);
        cell.limit("Xtigervnc refreshes what it sent as JPEG by JPEG of quality 100, near but not equal; the picture is compared with a tolerance");
    }
    cell.record(Check::Keys, viewer.check_keys(stage, TYPED));
    cell.record(Check::Clipboard, viewer.check_clipboard(stage, THERE, BACK));
    if let Err(error) = viewer.quit() {
        cell.fail(&error);
    }
}
