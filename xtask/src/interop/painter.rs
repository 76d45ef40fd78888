//! Random painting on an X display, for comparing what two programs make of it.

use std::path::Path;

use anyhow::Result;

use crate::process::{SHORT, run};
use crate::x11::Display;

const PROGRAM: &str = include_str!("painter.py");
const STROKES: usize = 150;

/// Puts a PPM picture on the screen, for X servers on which the usual programs for wallpapers do nothing.
pub(super) fn put(display: &Display, picture: &Path) -> Result<()> {
    let mut command = display.command("python3");
    run(command.args(["-c", PROGRAM]).arg(picture), SHORT).map(drop)
}

/// Paints over everything: areas of one colour, of few and of many, copies, lines, noise. The same seed on a screen
/// of the same size paints the same. Without `copies` nothing is moved.
pub(super) fn paint(display: &Display, seed: usize, copies: bool) -> Result<()> {
    let (seed, strokes) = (seed.to_string(), STROKES.to_string());
    let mut command = display.command("python3");
    command.args(["-c", PROGRAM, &seed, &strokes]);
    if !copies {
        command.arg("no-copies");
    }
    run(&mut command, SHORT).map(drop)
}
