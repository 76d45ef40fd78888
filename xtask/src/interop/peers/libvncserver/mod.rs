//! Our viewer against a desktop on libvncserver, which many servers are built on: every encoding it has.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::super::cell::{Cell, Check};
use super::super::compare::{Closeness, Comparison};
use super::super::cursor::{self, Cursor};
use super::super::matrix::Matrix;
use super::super::puppet::Puppet;
use super::super::stage::{ARRIVAL, OTHER_SIZE, PASSWORD, SIZE, free_port};
use super::super::viewing::{
    CORRE, Foreign, HEXTILE, RAW, RRE, TIGHT, TIGHT_JPEG, Way, ZLIB, ZRLE, ZYWRLE,
};
use super::super::{Kit, version_of_library};
use crate::picture::Picture;
use crate::process::wait_until;
use crate::programs::{Viewer, typed};

pub(super) const NAME: &str = "libvncserver";
const PROGRAM: &str = include_str!("server.c");
const TYPED: &str = "To libvncserver: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]} é ß";
const THERE: &str = "over there: Grüße, 10 €, 漢字";
const BACK: &str = "and back: Ærø, 20 £, かな";
const STROKES: usize = 60;
const ROUNDS: usize = 3;
const POLL: Duration = Duration::from_millis(50);

/// Debian builds it without TightPNG.
const WAYS: &[Way] = &[
    TIGHT_JPEG, TIGHT, ZRLE, ZYWRLE, ZLIB, HEXTILE, CORRE, RRE, RAW,
];

/// Plays its cells; a server with and one without a password.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of_library(NAME)?;
    let directory = kit.directory_for(NAME)?;
    let program = kit.compile("server", PROGRAM, NAME, &directory)?;
    for (security, ways) in [("VncAuth", WAYS), ("None", &[TIGHT])] {
        let directory = kit.directory_for(&format!("{NAME}-{security}"))?;
        let port = free_port()?;
        for way in ways {
            let mut server = start(&program, security, port, &directory)?;
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
            foreign.play(matrix, &[*way], |cell, viewer, way| {
                check(cell, viewer, &mut server, &foreign, way);
            });
            server.quit()?;
        }
    }
    Ok(())
}

fn start(program: &Path, security: &str, port: u16, directory: &Path) -> Result<Puppet> {
    let mut command = Command::new(program);
    command.args([port.to_string(), SIZE.0.to_string(), SIZE.1.to_string()]);
    if security == "VncAuth" {
        command.arg(PASSWORD);
    }
    let mut server = Puppet::start(NAME, &mut command, directory)?;
    let said = server.hear()?;
    ensure!(said == "ok listening", "it said {said:?}");
    Ok(server)
}

fn check(
    cell: &mut Cell,
    viewer: &mut Viewer,
    server: &mut Puppet,
    foreign: &Foreign<'_>,
    way: &Way,
) {
    let name = foreign.picture_name(way);
    let directory = foreign.directory;
    let picture = check_picture(viewer, server, directory, &name, way);
    cell.record(Check::Picture, picture);
    if way.name == TIGHT.name {
        cell.record(Check::Keys, check_keys(viewer, server));
        cell.record(Check::Cursor, check_cursor(viewer, server));
        cell.record(Check::Clipboard, check_clipboard(viewer, server));
        let resize = check_resize(viewer, server, directory, &name);
        cell.record(Check::Resize, resize);
    }
}

/// The picture as it is, then a few rounds of random painting and moving.
fn check_picture(
    viewer: &mut Viewer,
    server: &mut Puppet,
    directory: &Path,
    name: &str,
    way: &Way,
) -> Result<()> {
    viewer.tell("move 5 5")?;
    compare(viewer, server, directory, name, way.closeness)?;
    if way.closeness != Closeness::Exact {
        return Ok(()); // noise is beyond what loss promises
    }
    for seed in 0..ROUNDS {
        server.tell(&format!("paint {seed} {STROKES}"))?;
        let name = format!("{name}-{seed}");
        let same = compare(viewer, server, directory, &name, Closeness::Exact);
        same.with_context(|| format!("painted with seed {seed}"))?;
    }
    server.tell("plain")?;
    let name = format!("{name}-plain");
    compare(viewer, server, directory, &name, Closeness::Exact)
}

fn compare(
    viewer: &mut Viewer,
    server: &mut Puppet,
    directory: &Path,
    name: &str,
    closeness: Closeness,
) -> Result<()> {
    let desktop = |file: &Path| -> Result<Picture> { server.picture(&file.with_extension("ppm")) };
    let comparison = Comparison::new(directory, name, closeness);
    comparison.run(desktop, |file| viewer.still_picture(file))
}

/// Keys are enough to know of; the pointer is where it was put last.
fn check_keys(viewer: &mut Viewer, server: &mut Puppet) -> Result<()> {
    viewer.tell(&format!("type {}", typed(TYPED)))?;
    expect(server, "typed?", TYPED)?;
    viewer.tell("move 321 123")?;
    expect(server, "pointer?", "321 123 0")
}

fn check_cursor(viewer: &mut Viewer, server: &mut Puppet) -> Result<()> {
    let wanted = || Cursor::described(serde_json::from_str(&server.tell("cursor?")?)?);
    cursor::expect(wanted, || Cursor::described(viewer.tell("cursor")?))
}

fn check_clipboard(viewer: &mut Viewer, server: &mut Puppet) -> Result<()> {
    viewer.send_clipboard(THERE)?;
    expect(server, "cut?", THERE)?;
    viewer.check_clipboard_from(BACK, || server.tell(&format!("cut {BACK}")))
}

fn check_resize(
    viewer: &mut Viewer,
    server: &mut Puppet,
    directory: &Path,
    name: &str,
) -> Result<()> {
    for (width, height) in [OTHER_SIZE, SIZE] {
        viewer.tell(&format!("resize {width}x{height}"))?;
        expect(server, "size?", &format!("{width} {height}"))?;
        let name = format!("{name}-{width}x{height}");
        compare(viewer, server, directory, &name, Closeness::Exact)?;
    }
    Ok(())
}

/// Asks until it answers so.
fn expect(server: &mut Puppet, question: &str, wanted: &str) -> Result<()> {
    let mut last = String::new();
    let arrived = wait_until(question, ARRIVAL, || {
        last = server.tell(question)?;
        sleep(POLL);
        Ok((last == wanted).then_some(()))
    });
    arrived.with_context(|| format!("should be {wanted:?} and is {last:?}"))
}
