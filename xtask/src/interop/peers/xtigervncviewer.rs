//! xtigervncviewer, TigerVNC's viewer, in a window, against our agent.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::super::cell::{Cell, Check, Side};
use super::super::cursor;
use super::super::matrix::Matrix;
use super::super::stage::{
    BESIDE_TERMINAL, IN_TERMINAL, OTHER_SIZE, PASSWORD, SIZE, Stage, USER, agent, encrypting_agent,
    expect_clipboard, password_file, password_of, point,
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

/// What encrypts, checked for the picture and the keys: what our agent has to be told, and the types it offers then.
type Encrypted = (&'static [&'static str], &'static [&'static str]);
const X509: &[Encrypted] = &[
    (&["vencrypt", "--no-password"], &["X509None"]),
    (&["vencrypt"], &["X509Vnc", "X509Plain"]),
];
const RSA_AES: &[Encrypted] = &[(&["ra2"], &["RA2", "RA2_256"])];

/// Plays its cells.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let peer = Peer {
        name: NAME,
        version: &version_of(NAME, "--version")?,
        command: &|| Command::new(NAME),
    };
    peer.play(X509, kit, matrix)
}

/// Plays the cells of Debian 13's.
pub(super) fn play_trixie(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let trixie = Trixie::provide(kit)?;
    let peer = Peer {
        name: TRIXIE,
        version: &trixie.version()?,
        command: &|| trixie.command(NAME),
    };
    peer.play(&[X509, RSA_AES].concat(), kit, matrix)
}

/// One of its versions.
struct Peer<'a> {
    name: &'static str,
    version: &'a str,
    command: &'a dyn Fn() -> Command,
}

impl Peer<'_> {
    /// A viewer for each encoding, one after the other; an agent with and one without a password. Then one for each
    /// security type that encrypts.
    fn play(&self, encrypted: &[Encrypted], kit: &Kit, matrix: &Matrix) -> Result<()> {
        // Larger than the desktop; without a window manager the window is all there is on it.
        let larger = (SIZE.0 + 100, SIZE.1 + 100);
        let screen = XServer::xvfb(larger, &kit.directory_for(self.name)?)?;
        for (security, encodings) in [("VncAuth", ENCODINGS), ("None", ENCODINGS.split_at(1).0)] {
            let directory = kit.directory_for(&format!("{}-{security}", self.name))?;
            let (agent, stage) = agent(kit, security, &directory)?;
            for encoding in encodings {
                let way = (security, *encoding);
                matrix.add(self.cell(way, &screen.display, &agent, &stage, Window::check));
            }
        }
        for (allow, securities) in encrypted {
            let directory =
                kit.directory_for(&format!("{}-{}", self.name, securities.join("-")))?;
            let (agent, stage, certificate) = encrypting_agent(kit, allow, &directory)?;
            certificate.known_to_tigervnc(&directory)?;
            for security in *securities {
                let way = (*security, "Tight");
                let cell = self.cell(way, &screen.display, &agent, &stage, Window::check_first);
                matrix.add(cell);
            }
        }
        Ok(())
    }

    fn cell(
        &self,
        (security, encoding): (&'static str, &'static str),
        display: &Display,
        agent: &Agent,
        stage: &Stage,
        check: fn(&Window, &mut Cell, &Stage, &str),
    ) -> Cell {
        let mut cell = Cell::new(self.name, self.version, Side::Server, security, encoding);
        let way = (security, encoding);
        match Window::open((self.command)(), display, agent, way, &stage.directory) {
            Ok(mut window) => {
                check(&window, &mut cell, stage, encoding);
                if let Err(error) = window.viewer.check() {
                    cell.fail(&error);
                }
            }
            Err(error) => cell.fail(&error),
        }
        cell
    }
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
        } else {
            command.env("HOME", directory);
            command
                .env("VNC_USERNAME", USER)
                .env("VNC_PASSWORD", PASSWORD);
        }
        command.arg(format!("127.0.0.1::{}", agent.port()?));
        let mut viewer = Service::start(&format!("{NAME}-{encoding}"), &mut command, directory)?;
        if security.starts_with("RA2") {
            // It asks about the server's key each time; Yes is what Return means.
            let asks = || display.window_named("fingerprint");
            let dialog = viewer.wait_until("it asks about the server's key", SHORT, asks)?;
            display.xdotool(&["windowfocus", "--sync", &dialog, "key", "Return"])?;
            let gone = || Ok(display.window_named("fingerprint")?.is_none().then_some(()));
            viewer.wait_until("it has its answer", SHORT, gone)?;
        }
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

    fn check(&self, cell: &mut Cell, stage: &Stage, name: &str) {
        if name != "Tight" {
            return cell.record(Check::Picture, self.check_picture(stage, name));
        }
        self.check_first(cell, stage, name);
        cell.record(Check::Cursor, self.check_cursor(stage));
        cell.record(Check::Clipboard, self.check_clipboard(stage));
        cell.record(Check::Resize, self.check_resize(stage, name));
    }

    /// What shows that bytes come and go.
    fn check_first(&self, cell: &mut Cell, stage: &Stage, name: &str) {
        cell.record(Check::Picture, self.check_picture(stage, name));
        cell.record(Check::Keys, self.check_keys(stage));
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
        let wanted = || cursor::shown(&stage.display);
        cursor::expect(wanted, || cursor::shown(&self.display))
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
