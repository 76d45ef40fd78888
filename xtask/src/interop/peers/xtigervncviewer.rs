//! xtigervncviewer, TigerVNC's viewer, in a window, against our agent.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::super::cell::{Cell, Check, Side};
use super::super::cursor;
use super::super::matrix::Matrix;
use super::super::stage::{
    BESIDE_TERMINAL, IN_TERMINAL, OTHER_SIZE, SIZE, Stage, agent, expect_clipboard, password_file,
    password_of, point,
};
use super::super::trixie::Trixie;
use super::super::{Kit, version_of};
use crate::picture::Picture;
use crate::process::{SHORT, Service, wait_until};
use crate::programs::Agent;
use crate::x11::{Display, XServer};

pub(super) const NAME: &str = "xtigervncviewer";
pub(super) const TRIXIE: &str = "xtigervncviewer-trixie";
const TYPED: &str = "From xtigervncviewer: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]}";
const THERE: &str = "over there: Grüße, 10 €, 漢字";
const BACK: &str = "and back: Ærø, 20 £, かな";

/// The encodings to prefer; Tight with JPEG of quality 8, which our agent refreshes losslessly.
const ENCODINGS: &[&str] = &["Tight", "ZRLE", "Hextile", "RRE", "Raw"];

/// Plays its cells.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of(NAME, "--version")?;
    play_as(NAME, &version, &|| Command::new(NAME), kit, matrix)
}

/// Plays the cells of Debian 13's.
pub(super) fn play_trixie(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let trixie = Trixie::provide(kit)?;
    let version = trixie.version()?;
    play_as(TRIXIE, &version, &|| trixie.command(NAME), kit, matrix)
}

/// A viewer for each encoding, one after the other; an agent with and one without a password.
fn play_as(
    name: &'static str,
    version: &str,
    viewer: &dyn Fn() -> Command,
    kit: &Kit,
    matrix: &Matrix,
) -> Result<()> {
    // Larger than the desktop; without a window manager the window is all there is on it.
    let screen = XServer::xvfb((SIZE.0 + 100, SIZE.1 + 100), &kit.directory_for(name)?)?;
    for (security, encodings) in [("VncAuth", ENCODINGS), ("None", ENCODINGS.split_at(1).0)] {
        let directory = kit.directory_for(&format!("{name}-{security}"))?;
        let (agent, stage) = agent(kit, security, &directory)?;
        for encoding in encodings {
            let mut cell = Cell::new(name, version, Side::Server, security, encoding);
            match Window::open(
                viewer(),
                &screen.display,
                &agent,
                (security, encoding),
                &directory,
            ) {
                Ok(window) => window.check(&mut cell, &stage, encoding),
                Err(error) => cell.fail(&error),
            }
            matrix.add(cell);
        }
    }
    Ok(())
}

/// The viewer's window, at the upper left corner of its screen and as large as the desktop.
struct Window {
    display: Display,
    id: String,
    directory: PathBuf,
    viewer: Service,
}

impl Window {
    fn open(
        viewer: Command,
        display: &Display,
        agent: &Agent,
        (security, encoding): (&str, &str),
        directory: &Path,
    ) -> Result<Self> {
        let mut command = display.take(viewer);
        command.args([
            "-SecurityTypes",
            security,
            "-AutoSelect=0",
            "-FullColor=1",
            "-QualityLevel=8",
            "-MenuKey=",
        ]);
        command.args([
            "-AlertOnFatalError=0",
            "-ReconnectOnError=0",
            "-Shared=1",
            "-SetPrimary=0",
            "-SendPrimary=0",
        ]);
        command.args([
            "-PreferredEncoding",
            encoding,
            "-geometry",
            &format!("{}x{}+0+0", SIZE.0, SIZE.1),
        ]);
        if security == "VncAuth" {
            let file = password_file(password_of(agent)?, directory)?;
            command.arg("-passwd").arg(file);
        }
        command.arg(format!("127.0.0.1::{}", agent.port()?));
        let mut viewer = Service::start(&format!("{NAME}-{encoding}"), &mut command, directory)?;
        let id = viewer.wait_until("it shows its window", SHORT, || {
            display.window("^TigerVNC Viewer$")
        })?;
        // There is no window manager, so nothing else puts it into the corner and gives it the keys; it takes
        // them only after it was clicked into once.
        display.xdotool(&["windowmove", &id, "0", "0"])?;
        point(display, IN_TERMINAL, &["click", "1", "windowfocus", &id])?;
        Ok(Self {
            display: display.clone(),
            id,
            directory: directory.to_owned(),
            viewer,
        })
    }

    fn check(mut self, cell: &mut Cell, stage: &Stage, name: &str) {
        cell.record(Check::Picture, self.check_picture(stage, name));
        if name == "Tight" {
            cell.record(Check::Keys, self.check_keys(stage));
            cell.record(Check::Cursor, self.check_cursor(stage));
            cell.record(Check::Clipboard, self.check_clipboard(stage));
            cell.record(Check::Resize, self.check_resize(stage, name));
        }
        if let Err(error) = self.viewer.check() {
            cell.fail(&error);
        }
    }

    /// What the window shows of a desktop of this size.
    fn picture(&self, file: &Path, size: (usize, usize)) -> Result<Picture> {
        let picture = self.display.screenshot(file)?.part((0, 0), size)?;
        picture.write(file)?;
        Ok(picture)
    }

    fn check_picture(&self, stage: &Stage, name: &str) -> Result<()> {
        stage.expect_same(name, |file| self.picture(file, SIZE))?;
        stage.paint(name.len())?;
        stage.expect_same(&format!("{name}-painted"), |file| self.picture(file, SIZE))
    }

    fn check_keys(&self, stage: &Stage) -> Result<()> {
        point(
            &self.display,
            IN_TERMINAL,
            &["type", "--delay", "15", TYPED],
        )?;
        self.display.xdotool(&["key", "Return"])?;
        stage.expect_typed(TYPED)
    }

    fn check_cursor(&self, stage: &Stage) -> Result<()> {
        point(&self.display, BESIDE_TERMINAL, &[])?;
        cursor::expect(&cursor::shown(&stage.display)?, || {
            cursor::shown(&self.display)
        })
    }

    fn check_clipboard(&self, stage: &Stage) -> Result<()> {
        let there = self.display.offer_clipboard(THERE, &self.directory)?;
        stage.expect_clipboard(THERE).context("to our agent")?;
        drop(there);
        let _back = stage.display.offer_clipboard(BACK, &self.directory)?;
        expect_clipboard(&self.display, BACK).context("from our agent")
    }

    /// The viewer asks for the size its window gets.
    fn check_resize(&self, stage: &Stage, name: &str) -> Result<()> {
        for size in [OTHER_SIZE, SIZE] {
            let (width, height) = (size.0.to_string(), size.1.to_string());
            self.display
                .xdotool(&["windowsize", &self.id, &width, &height])?;
            let reached = || Ok((stage.display.size()? == size).then_some(()));
            wait_until(&format!("the desktop is {width}x{height}"), SHORT, reached)?;
            stage.expect_same(&format!("{name}-{width}x{height}"), |file| {
                self.picture(file, size)
            })?;
        }
        Ok(())
    }
}
