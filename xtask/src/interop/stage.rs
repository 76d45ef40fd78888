//! A small desktop for a peer's cells: a wallpaper of many colours and a terminal that keeps what is typed.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::certificate::Certificate;
use super::compare::{Closeness, Comparison};
use super::{Kit, cursor, painter, sound};
use crate::picture::Picture;
use crate::process::{Service, run_with_input, wait_until};
use crate::programs::{Agent, quoted};
use crate::x11::Display;

/// The size of the desktops: small enough to be quick, large enough for many Tight rectangles.
pub(super) const SIZE: (usize, usize) = (1024, 768);
/// Another size, for resizing.
pub(super) const OTHER_SIZE: (usize, usize) = (900, 660);
/// A point inside the terminal's window.
pub(super) const IN_TERMINAL: (i32, i32) = (200, 150);
/// A point outside it, on the wallpaper, where the pointer has its special shape.
pub(super) const BESIDE_TERMINAL: (i32, i32) = (700, 600);
/// VncAuth uses the first eight characters, so more would promise what it does not keep.
pub(super) const PASSWORD: &str = "tight0pe";
/// For the security types that have names.
pub(super) const USER: &str = "tester";

/// How long what is sent may take to arrive.
pub(super) const ARRIVAL: Duration = Duration::from_secs(10);
/// When nothing came for so long, a picture is whole.
pub(super) const QUIET: Duration = Duration::from_millis(500);

/// A display with something to look at and something to type into.
pub(super) struct Stage {
    pub(super) display: Display,
    /// Takes logs and pictures.
    pub(super) directory: PathBuf,
    /// Whether random painting also moves what is there.
    pub(super) copies: bool,
    typed: PathBuf,
    _terminal: Service,
}

impl Stage {
    /// Sets it up; `directory` takes logs and pictures.
    pub(super) fn furnish(kit: &Kit, display: Display, directory: &Path) -> Result<Self> {
        display.set_wallpaper(&kit.wallpaper)?;
        cursor::set(&display, directory)?;
        let typed = directory.join("typed.txt");
        std::fs::write(&typed, "")?;
        let mut xterm = display.command("xterm");
        xterm.env("LC_ALL", "C.UTF-8").args([
            "-u8",
            "-geometry",
            "70x20+40+40",
            "-fa",
            "DejaVu Sans Mono",
            "-fs",
            "10",
        ]);
        xterm.args(["-e", "sh", "-c", &format!("exec cat >>{}", quoted(&typed))]);
        let terminal = Service::start("xterm", &mut xterm, directory)?;
        wait_until("xterm shows its window", ARRIVAL, || {
            Ok(display.shows_window("XTerm")?.then_some(()))
        })?;
        Ok(Self {
            display,
            directory: directory.to_owned(),
            copies: true,
            typed,
            _terminal: terminal,
        })
    }

    /// Waits until the terminal got a line with exactly this text as its last.
    pub(super) fn expect_typed(&self, text: &str) -> Result<()> {
        let last = || {
            Ok(std::fs::read_to_string(&self.typed)?
                .lines()
                .next_back()
                .unwrap_or_default()
                .to_owned())
        };
        let arrived = wait_until(
            "it arrives",
            ARRIVAL,
            || Ok((last()? == text).then_some(())),
        );
        arrived.or_else(|_: anyhow::Error| {
            let last: Result<String> = last();
            bail!("typed {text:?}, the terminal got {:?}", last?)
        })
    }

    /// Waits until the clipboard of the desktop holds this text.
    pub(super) fn expect_clipboard(&self, text: &str) -> Result<()> {
        expect_clipboard(&self.display, text)
    }

    /// Waits until the old cut buffer of the desktop holds this text, which must be Latin-1.
    pub(super) fn expect_cut_buffer(&self, text: &str) -> Result<()> {
        let held = || self.display.cut_buffer();
        let arrived = wait_until("it arrives", ARRIVAL, || {
            Ok(held().filter(|held| held == text).map(drop))
        });
        arrived.or_else(|_| bail!("the cut buffer should hold {text:?} and holds {:?}", held()))
    }

    /// Takes pairs of pictures, what is shown and the desktop itself, until they are as close as that.
    ///
    /// # Errors
    /// They never were; both pictures and their difference are left in the directory as `NAME-*.png`.
    pub(super) fn expect(
        &self,
        name: &str,
        closeness: Closeness,
        shown: impl FnMut(&Path) -> Result<Picture>,
    ) -> Result<()> {
        let desktop = |file: &Path| self.display.screenshot(file);
        Comparison::new(&self.directory, name, closeness).run(desktop, shown)
    }

    /// As [`Stage::expect`], every pixel.
    pub(super) fn expect_same(
        &self,
        name: &str,
        shown: impl FnMut(&Path) -> Result<Picture>,
    ) -> Result<()> {
        self.expect(name, Closeness::Exact, shown)
    }

    /// Paints at random, the same for the same seed, over everything.
    pub(super) fn paint(&self, seed: usize) -> Result<()> {
        painter::paint(&self.display, seed, self.copies)
    }
}

/// Waits until a clipboard holds this text.
pub(super) fn expect_clipboard(display: &Display, text: &str) -> Result<()> {
    let arrived = wait_until("it arrives", ARRIVAL, || {
        Ok(display.clipboard().filter(|held| held == text).map(drop))
    });
    arrived.or_else(|_| {
        bail!(
            "the clipboard should hold {text:?} and holds {:?}",
            display.clipboard()
        )
    })
}

/// Our agent, unencrypted, with VncAuth or with no authentication as the peers know them, on a furnished desktop.
pub(super) fn agent(kit: &Kit, security: &str, directory: &Path) -> Result<(Agent, Stage)> {
    let open: &[&str] = match security {
        "None" => &["--no-password"],
        _ => &[],
    };
    furnished(kit, "", &[&["--insecure"], open].concat(), directory)
}

/// Our agent, unencrypted and without a password, with a desktop that sounds.
pub(super) fn sounding_agent(kit: &Kit, directory: &Path) -> Result<(Agent, Stage)> {
    let flags = ["--insecure", "--no-password", "--sound", "auto"];
    furnished(kit, sound::PLAY, &flags, directory)
}

/// Our agent with a certificate that peers can check; `allow` is what may be spoken.
pub(super) fn encrypting_agent(
    kit: &Kit,
    allow: &[&str],
    directory: &Path,
) -> Result<(Agent, Stage, Certificate)> {
    let certificate = Certificate::make(directory)?;
    let credentials = certificate.directory.display().to_string();
    let mut flags = vec!["--credentials", &credentials, "--uses", "0", "--allow"];
    flags.extend(allow);
    let (agent, stage) = furnished(kit, "", &flags, directory)?;
    Ok((agent, stage, certificate))
}

/// An agent with a furnished desktop, in which the shell does `first`.
fn furnished(kit: &Kit, first: &str, flags: &[&str], directory: &Path) -> Result<(Agent, Stage)> {
    let shown = ["--max-geometry", "1600x1200", "--name", "Tightrope"];
    let flags = [&shown, flags].concat();
    let desktop = format!("{first}exec sleep 3600");
    let mut agent = Agent::start(&kit.programs, &desktop, SIZE, &flags, directory)?;
    let stage = Stage::furnish(kit, agent.display()?, directory)?;
    Ok((agent, stage))
}

/// The password of an agent that has one.
pub(super) fn password_of(agent: &Agent) -> Result<&str> {
    let password = agent.credentials.password.as_deref();
    password.context("the agent gave no password")
}

/// Moves a display's pointer, gives it time to arrive at the other end, and does `then` (words of xdotool).
pub(super) fn point(display: &Display, at: (i32, i32), then: &[&str]) -> Result<()> {
    let (x, y) = (at.0.to_string(), at.1.to_string());
    let mut words = vec!["mousemove", &x, &y, "sleep", "0.2"];
    words.extend(then);
    display.xdotool(&words).map(drop)
}

/// A password file as TigerVNC and x11vnc read it.
pub(super) fn password_file(password: &str, directory: &Path) -> Result<PathBuf> {
    let file = directory.join("vnc-password");
    let hidden = run_with_input(
        std::process::Command::new("tigervncpasswd").arg("-f"),
        password.as_bytes(),
        ARRIVAL,
    )?;
    std::fs::write(&file, hidden).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

/// A TCP port nobody listens on just now, and which nobody here was given before.
pub(super) fn free_port() -> Result<u16> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = socket.local_addr()?.port();
        if given.insert(port) {
            return Ok(port);
        }
    }
}

/// Waits until somebody listens on a port of this machine.
pub(super) fn wait_for_port(service: &mut Service, port: u16) -> Result<()> {
    let connects = || {
        Ok(std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .ok()
            .map(drop))
    };
    service.wait_until("its port answers", ARRIVAL, connects)
}
