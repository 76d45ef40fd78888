//! vncdotool, a Python client, against our agent.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::super::cell::{Cell, Check, Side};
use super::super::matrix::Matrix;
use super::super::stage::{IN_TERMINAL, Stage, agent, password_of};
use super::super::{Kit, version_of};
use crate::picture::Picture;
use crate::process::{SHORT, run};
use crate::programs::Agent;

pub(super) const NAME: &str = "vncdotool";
const TYPED: &str = "From vncdotool: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]}";

/// `vncdo` with another encoding than Raw, for which it has no option.
const PROGRAM: &str = "import sys
from vncdotool import client, rfb
client.VNCDoToolClient.encoding = rfb.Encoding(int(sys.argv.pop(1)))
from vncdotool.command import vncdo
vncdo()";

/// Not CoRRE: its decoder of 1.4.2 ends at once with an error of Python's ("bad char in struct format").
const ENCODINGS: &[(&str, u8)] = &[("ZRLE", 16), ("Hextile", 5), ("RRE", 2), ("Raw", 0)];

/// Plays its cells; an agent with and one without a password.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of(&kit.vncdo.display().to_string(), "--version")?;
    for (security, encodings) in [("VncAuth", ENCODINGS), ("None", ENCODINGS.split_at(1).0)] {
        let directory = kit.directory_for(&format!("{NAME}-{security}"))?;
        let (agent, stage) = agent(kit, security, &directory)?;
        for (encoding, number) in encodings {
            let mut cell = Cell::new(NAME, &version, Side::Server, security, encoding);
            let client = Client {
                kit,
                agent: &agent,
                number: *number,
            };
            if *number == 16 {
                cell.record(Check::Keys, client.check_keys(&stage));
                cell.limit("vncdotool has no clipboard, no pointer shape and no resizing");
            }
            cell.record(Check::Picture, client.check_picture(&stage, encoding));
            matrix.add(cell);
        }
    }
    Ok(())
}

/// Each command is a session of its own.
struct Client<'a> {
    kit: &'a Kit,
    agent: &'a Agent,
    number: u8,
}

impl Client<'_> {
    fn command(&self) -> Result<Command> {
        let mut command = Command::new(self.kit.vncdo.with_file_name("python"));
        command.args(["-c", PROGRAM, &self.number.to_string()]);
        command.args(["--server", &format!("127.0.0.1::{}", self.agent.port()?)]);
        if self.agent.credentials.password.is_some() {
            command.args(["--password", password_of(self.agent)?]);
        }
        command.args(["--timeout", "15", "--nocursor"]);
        Ok(command)
    }

    fn check_keys(&self, stage: &Stage) -> Result<()> {
        let (x, y) = (IN_TERMINAL.0.to_string(), IN_TERMINAL.1.to_string());
        let mut command = self.command()?;
        command.args(["move", &x, &y, "pause", "0.2", "type", TYPED]);
        run(command.args(["key", "enter"]), SHORT)?;
        stage.expect_typed(TYPED)
    }

    fn check_picture(&self, stage: &Stage, name: &str) -> Result<()> {
        let capture = |file: &Path| {
            run(self.command()?.arg("capture").arg(file), SHORT)?;
            Picture::read(file)
        };
        stage.expect_same(name, capture)?;
        stage.paint(self.number.into())?;
        stage.expect_same(&format!("{name}-painted"), capture)
    }
}
