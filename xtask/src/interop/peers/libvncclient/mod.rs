//! libvncclient, which many viewers are built on, against our agent: every encoding, three pixel formats.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::super::cell::{Cell, Check, Side};
use super::super::compare::{Closeness, Comparison, JPEG};
use super::super::matrix::Matrix;
use super::super::puppet::{Puppet, Texts};
use super::super::stage::{PASSWORD, Stage, USER, agent, encrypting_agent, password_of};
use super::super::{Kit, version_of_library};
use crate::picture::Picture;
use crate::programs::Agent;

pub(super) const NAME: &str = "libvncclient";
const PROGRAM: &str = include_str!("client.c");

/// Its clipboard is Latin-1.
const TEXTS: Texts<'_> = Texts {
    typed: "From libvncclient: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]} é ß €",
    there: "over there: Grüße",
    back: "and back: Ærø, 20 £",
};

/// One encoding in one pixel format.
struct Way {
    /// For the matrix.
    name: &'static str,
    /// What the library calls it.
    encoding: &'static str,
    /// JPEG quality level, or -1 for none.
    quality: &'static str,
    bits: u8,
}

const fn way(name: &'static str, encoding: &'static str, quality: &'static str, bits: u8) -> Way {
    Way {
        name,
        encoding,
        quality,
        bits,
    }
}

const WAYS: &[Way] = &[
    way("Tight JPEG", "tight", "8", 32),
    way("Tight", "tight", "-1", 32),
    way("ZRLE", "zrle", "-1", 32),
    way("TRLE", "trle", "-1", 32),
    way("Zlib", "zlib", "-1", 32),
    way("Hextile", "hextile", "-1", 32),
    way("CoRRE", "corre", "-1", 32),
    way("RRE", "rre", "-1", 32),
    way("Raw", "raw", "-1", 32),
    way("Tight 16 bit", "tight", "-1", 16),
    way("ZRLE 16 bit", "zrle", "-1", 16),
    way("TRLE 16 bit", "trle", "-1", 16),
    way("Zlib 16 bit", "zlib", "-1", 16),
    way("Hextile 16 bit", "hextile", "-1", 16),
    way("CoRRE 16 bit", "corre", "-1", 16),
    way("RRE 16 bit", "rre", "-1", 16),
    way("Raw 16 bit", "raw", "-1", 16),
    way("Tight 8 bit", "tight", "-1", 8),
    way("ZRLE 8 bit", "zrle", "-1", 8),
    way("TRLE 8 bit", "trle", "-1", 8),
    way("Zlib 8 bit", "zlib", "-1", 8),
    way("Hextile 8 bit", "hextile", "-1", 8),
    way("CoRRE 8 bit", "corre", "-1", 8),
    way("RRE 8 bit", "rre", "-1", 8),
    way("Raw 8 bit", "raw", "-1", 8),
];

/// What encrypts: its numbers in RFB, and what our agent has to be told to offer it. Of several it takes the first.
const X509: &[(&str, &str, &[&str])] = &[
    ("X509None", "19 260", &["vencrypt", "--no-password"]),
    ("X509Plain", "19 262", &["vencrypt"]),
];

/// Plays its cells; an agent with and one without a password.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of_library(NAME)?;
    let directory = kit.directory_for(NAME)?;
    let program = kit.compile("client", PROGRAM, NAME, &directory)?;
    for (security, ways) in [("VncAuth", WAYS), ("None", WAYS.split_at(1).0)] {
        let directory = kit.directory_for(&format!("{NAME}-{security}"))?;
        let (agent, stage) = agent(kit, security, &directory)?;
        for (index, way) in ways.iter().enumerate() {
            let mut cell = Cell::new(NAME, &version, Side::Server, security, way.name);
            if let Err(error) = check(&mut cell, way, index, &program, &agent, &stage) {
                cell.fail(&error);
            }
            matrix.add(cell);
        }
    }
    let way = &way("Tight", "tight", "-1", 32);
    for (security, numbers, allow) in X509 {
        let directory = kit.directory_for(&format!("{NAME}-{security}"))?;
        let (agent, stage, certificate) = encrypting_agent(kit, allow, &directory)?;
        let mut cell = Cell::new(NAME, &version, Side::Server, security, way.name);
        let mut command = command(way, &program, &agent, &stage)?;
        command.args([PASSWORD, USER]).arg(certificate.file());
        match start(&mut command, &stage) {
            Ok(mut client) => {
                client.check_first(&mut cell, &stage, TEXTS.typed);
                let ended = client
                    .expect("security?", numbers)
                    .and_then(|()| client.quit());
                if let Err(error) = ended {
                    cell.fail(&error);
                }
            }
            Err(error) => cell.fail(&error),
        }
        matrix.add(cell);
    }
    Ok(())
}

fn check(
    cell: &mut Cell,
    way: &Way,
    index: usize,
    program: &Path,
    agent: &Agent,
    stage: &Stage,
) -> Result<()> {
    let mut client = connect(way, program, agent, stage)?;
    let name = way.name.replace(' ', "-");
    let picture = if way.quality == "-1" {
        Ok(())
    } else {
        check_first(&mut client, stage, &name)
    };
    let picture = picture.and_then(|()| check_picture(&mut client, stage, &name, way, index));
    cell.record(Check::Picture, picture);
    if index == 0 {
        client.check_rest(cell, stage, TEXTS);
    }
    client.quit()
}

fn connect(way: &Way, program: &Path, agent: &Agent, stage: &Stage) -> Result<Puppet> {
    let mut command = command(way, program, agent, stage)?;
    if agent.credentials.password.is_some() {
        command.arg(password_of(agent)?);
    }
    start(&mut command, stage)
}

/// The program, told what to connect to and how.
fn command(way: &Way, program: &Path, agent: &Agent, stage: &Stage) -> Result<Command> {
    let first = first_picture(stage);
    if first.exists() {
        std::fs::remove_file(&first)?;
    }
    let mut command = Command::new(program);
    command.current_dir(&stage.directory);
    command.args([&agent.port()?.to_string(), way.encoding, way.quality]);
    command.arg(way.bits.to_string());
    Ok(command)
}

fn start(command: &mut Command, stage: &Stage) -> Result<Puppet> {
    let mut client = Puppet::start(NAME, command, &stage.directory)?;
    let said = client.hear()?;
    ensure!(said == "ok connected", "it said {said:?}");
    Ok(client)
}

/// What the first update showed, which may have lost as much as JPEG may.
fn check_first(client: &mut Puppet, stage: &Stage, name: &str) -> Result<()> {
    client.still_picture(&stage.directory.join("then.ppm"))?;
    let shown = |_: &Path| Picture::read(&first_picture(stage));
    let close = stage.expect(&format!("{name}-first"), JPEG, shown);
    close.context("the first picture")
}

fn first_picture(stage: &Stage) -> PathBuf {
    stage.directory.join("first.ppm")
}

/// The picture exactly, as it stands and painted at random; lossy areas are refreshed by then.
fn check_picture(
    client: &mut Puppet,
    stage: &Stage,
    name: &str,
    way: &Way,
    seed: usize,
) -> Result<()> {
    let maxima = match way.bits {
        8 => [7, 7, 3],
        16 => [31, 63, 31],
        _ => [255; 3],
    };
    for (what, colours) in [("still", 12 * usize::from(way.bits)), ("painted", 200)] {
        if what == "painted" {
            stage.paint(seed)?;
        }
        let file = format!("{name}-{what}");
        let mut comparison = Comparison::new(&stage.directory, &file, Closeness::Exact);
        comparison.colours = colours;
        let desktop = |file: &Path| Ok(stage.display.screenshot(file)?.rounded(maxima));
        let same = comparison.run(desktop, |file| client.still_picture(file));
        same.with_context(|| format!("{what}, seed {seed}"))?;
    }
    Ok(())
}
