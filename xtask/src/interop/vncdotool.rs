//! vncdotool, a Python client, against our agent.

use std::process::Command;

use anyhow::{Context, Result};

use super::cell::{Cell, Check, Side};
use super::stage::{IN_TERMINAL, agent};
use super::{Kit, Matrix, version_of};
use crate::picture::Picture;
use crate::process::{SHORT, run};

const NAME: &str = "vncdotool";
const TYPED: &str = "From vncdotool: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]}";

/// Plays its one cell; it takes Raw when it may choose.
pub(super) fn play(kit: &Kit, matrix: &mut Matrix) -> Result<()> {
    let version = version_of(&kit.vncdo.display().to_string(), "--version")?;
    let directory = kit.directory_for(NAME)?;
    let (agent, stage) = agent(&kit.programs, &directory)?;
    let server = format!("127.0.0.1::{}", agent.port()?);
    let password = agent
        .credentials
        .password
        .clone()
        .context("the agent gave no password")?;
    let vncdo = || {
        let mut command = Command::new(&kit.vncdo);
        command.args([
            "--server",
            &server,
            "--password",
            &password,
            "--timeout",
            "15",
            "--nocursor",
        ]);
        command
    };
    let mut cell = Cell::new(NAME, &version, Side::Server, "VncAuth", "Raw");
    let (x, y) = (IN_TERMINAL.0.to_string(), IN_TERMINAL.1.to_string());
    let typed = run(
        vncdo().args([
            "move", &x, &y, "pause", "0.2", "type", TYPED, "key", "enter",
        ]),
        SHORT,
    );
    cell.record(Check::Keys, typed.and_then(|_| stage.expect_typed(TYPED)));
    let picture = stage.expect_same("Raw", |file| {
        run(vncdo().arg("capture").arg(file), SHORT)?;
        Picture::read(file)
    });
    cell.record(Check::Picture, picture);
    matrix.add(cell);
    Ok(())
}
