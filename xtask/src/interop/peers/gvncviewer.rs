//! gvncviewer, the viewer of gtk-vnc, in a window, against our agent.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::super::cell::{Cell, Check, Side};
use super::super::certificate::{HOME, with_directory};
use super::super::cursor;
use super::super::matrix::Matrix;
use super::super::sound::Speaker;
use super::super::stage::{
    BESIDE_TERMINAL, IN_TERMINAL, PASSWORD, SIZE, Stage, USER, agent, encrypting_agent,
    password_of, point, sounding_agent,
};
use super::super::{Kit, version_of_package};
use crate::picture::Picture;
use crate::process::{SHORT, Service};
use crate::programs::Agent;
use crate::x11::{Display, XServer};

pub(super) const NAME: &str = "gvncviewer";
const TYPED: &str = "From gvncviewer: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]}";
/// It takes `host:display`, where the port is the display's number and this.
const FIRST_PORT: u16 = 5900;
/// What its menu may need above the desktop.
const MENU: usize = 100;

/// How often it is started where it plays sound. gtk-vnc reads a message of samples in the middle of which its own timer may
/// take its buffer away; then it crashes.
const STARTS: usize = 3;

/// What encrypts: what our agent has to be told to offer it. Of several it takes the one with a name.
const X509: &[(&str, &[&str])] = &[
    ("X509None", &["vencrypt", "--no-password"]),
    ("X509Plain", &["vencrypt"]),
];

/// Plays its cells: an agent with and one without a password, encrypted and not.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of_package(NAME)?;
    let screen = XServer::xvfb((SIZE.0 + 100, SIZE.1 + MENU), &kit.directory_for(NAME)?)?;
    let speaker = Speaker::start(&kit.directory_for(&format!("{NAME}-sound"))?)?;
    let ends = Ends {
        version,
        display: &screen.display,
        speaker: &speaker,
    };
    for security in ["VncAuth", "None"] {
        let directory = kit.directory_for(&format!("{NAME}-{security}"))?;
        let (agent, stage) = match security {
            "None" => sounding_agent(kit, &directory)?,
            _ => agent(kit, security, &directory)?,
        };
        matrix.add(ends.cell(security, &agent, &stage));
    }
    for (security, allow) in X509 {
        let directory = kit.directory_for(&format!("{NAME}-{security}"))?;
        let (agent, stage, certificate) = encrypting_agent(kit, allow, &directory)?;
        let authorities = home(&directory).join(".pki/CA");
        std::fs::create_dir_all(&authorities)?;
        std::fs::copy(certificate.file(), authorities.join("cacert.pem"))?;
        matrix.add(ends.cell(security, &agent, &stage));
    }
    Ok(())
}

/// It looks for authorities in its user's home directory, whatever HOME says.
fn home(directory: &Path) -> PathBuf {
    directory.join("home")
}

/// Where the viewer shows and plays what it gets.
struct Ends<'a> {
    version: String,
    display: &'a Display,
    speaker: &'a Speaker,
}

impl Ends<'_> {
    fn cell(&self, security: &'static str, agent: &Agent, stage: &Stage) -> Cell {
        let starts = if security == "None" { STARTS } else { 1 };
        let mut crashes = 0;
        let mut cell = loop {
            let (cell, crashed) = self.try_cell(security, agent, stage);
            if !crashed || crashes + 1 == starts {
                break cell;
            }
            crashes += 1;
        };
        if crashes > 0 {
            cell.limit(&format!("gvncviewer crashed {crashes} times and was started again: its timer forgets the sound whose message it is reading"));
        }
        cell.limit("gvncviewer lets nobody choose the encoding, has no clipboard, and asks for another size only when its menu is told to");
        cell
    }

    /// Plays it once; and whether the viewer ended by SIGSEGV.
    fn try_cell(&self, security: &'static str, agent: &Agent, stage: &Stage) -> (Cell, bool) {
        let mut cell = Cell::new(NAME, &self.version, Side::Server, security, "Tight");
        let viewer = self.start(agent, security, &stage.directory);
        let mut viewer = match viewer {
            Ok(viewer) => viewer,
            Err(error) => {
                cell.fail(&error);
                return (cell, false);
            }
        };
        match Window::open(self.display, &mut viewer, agent, security) {
            Ok(window) => {
                if security == "None" {
                    cell.record(Check::Sound, self.speaker.expect_tone());
                }
                window.check(&mut cell, stage);
                if let Err(error) = viewer.check() {
                    cell.fail(&error);
                }
            }
            Err(error) => cell.fail(&error),
        }
        (cell, viewer.has_crashed())
    }

    fn start(&self, agent: &Agent, security: &str, directory: &Path) -> Result<Service> {
        let number = agent.port()?.checked_sub(FIRST_PORT);
        let number = number.context("the agent's port is too low for a display number")?;
        let mut command = self.display.command(NAME);
        command.arg(format!("127.0.0.1:{number}"));
        self.speaker.plug_in(&mut command);
        if security.starts_with("X509") {
            command = with_directory(&command, &home(directory), HOME);
        }
        Service::start(NAME, &mut command, directory)
    }
}

/// The viewer's window: a menu, and the desktop below it.
struct Window {
    display: Display,
    /// Where the desktop begins on the screen.
    origin: (usize, usize),
}

impl Window {
    fn open(
        display: &Display,
        viewer: &mut Service,
        agent: &Agent,
        security: &str,
    ) -> Result<Self> {
        let typed = match security {
            "VncAuth" => Some(password_of(agent)?.to_owned()),
            "X509Plain" => Some(format!("{USER}\t{PASSWORD}")),
            _ => None,
        };
        if let Some(typed) = typed {
            let asks = || display.window_named("^Authentication required$");
            let dialog = viewer.wait_until("it asks for the password", SHORT, asks)?;
            display.xdotool(&["windowfocus", "--sync", &dialog, "sleep", "0.2"])?;
            display.xdotool(&["type", "--delay", "15", &typed])?;
            display.xdotool(&["key", "Return"])?;
        }
        let shows = || display.window_named("^Tightrope");
        let id = viewer.wait_until("it shows the desktop", SHORT, shows)?;
        let large = || {
            let place = display.place(&id)?;
            let (width, height) = (
                usize::try_from(place.width)?,
                usize::try_from(place.height)?,
            );
            Ok((width == SIZE.0 && height >= SIZE.1).then(|| height - SIZE.1))
        };
        let menu = viewer.wait_until("its window is as large as the desktop", SHORT, large)?;
        // There is no window manager, so nothing else puts it into the corner and gives it the keys.
        display.xdotool(&["windowmove", "--sync", &id, "0", "0", "windowfocus", &id])?;
        Ok(Self {
            display: display.clone(),
            origin: (0, menu),
        })
    }

    fn check(&self, cell: &mut Cell, stage: &Stage) {
        cell.record(Check::Picture, self.check_picture(stage));
        cell.record(Check::Keys, self.check_keys(stage));
        cell.record(Check::Cursor, self.check_cursor(stage));
    }

    fn picture(&self, file: &Path) -> Result<Picture> {
        let picture = self.display.screenshot(file)?.part(self.origin, SIZE)?;
        picture.write(file)?;
        Ok(picture)
    }

    fn check_picture(&self, stage: &Stage) -> Result<()> {
        stage.expect_same("Tight", |file| self.picture(file))?;
        stage.paint(NAME.len())?;
        stage.expect_same("Tight-painted", |file| self.picture(file))
    }

    fn point(&self, (x, y): (i32, i32), then: &[&str]) -> Result<()> {
        let below_menu = y + i32::try_from(self.origin.1)?;
        point(&self.display, (x, below_menu), then)
    }

    fn check_keys(&self, stage: &Stage) -> Result<()> {
        self.point(IN_TERMINAL, &["click", "1", "type", "--delay", "15", TYPED])?;
        self.display.xdotool(&["key", "Return"])?;
        stage.expect_typed(TYPED)
    }

    fn check_cursor(&self, stage: &Stage) -> Result<()> {
        self.point(BESIDE_TERMINAL, &[])?;
        let wanted = || cursor::shown(&stage.display);
        cursor::expect(wanted, || cursor::shown(&self.display))
    }
}
