//! A small desktop for a peer's cells: a wallpaper of many colours and a terminal that keeps what is typed.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::cursor;
use crate::picture::{Difference, Picture};
use crate::process::{Service, run_with_input, wait_until};
use crate::programs::{Agent, Viewer, quoted, typed, write_secret};
use crate::workspace::Programs;
use crate::x11::{Display, make_wallpaper};

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

const ARRIVAL: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(600);

/// A display with something to look at and something to type into.
pub(super) struct Stage {
    pub(super) display: Display,
    directory: PathBuf,
    typed: PathBuf,
    _terminal: Service,
}

impl Stage {
    /// Sets it up; `directory` takes logs and pictures.
    pub(super) fn furnish(display: Display, directory: &Path) -> Result<Self> {
        let wallpaper = directory.join("wallpaper.png");
        make_wallpaper(&wallpaper, SIZE, "#16425b-#d9b08c")?;
        display.set_wallpaper(&wallpaper)?;
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
            display.window("^XTerm$")
        })?;
        Ok(Self {
            display,
            directory: directory.to_owned(),
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

    /// Takes pairs of pictures, what is shown and the desktop itself, until they are equal.
    ///
    /// # Errors
    /// They never were; both pictures and their difference are left in the directory as `NAME-*.png`.
    pub(super) fn expect_same(
        &self,
        name: &str,
        shown: impl FnMut(&Path) -> Result<Picture>,
    ) -> Result<()> {
        self.expect_close(name, 0, shown)
    }

    /// As [`Stage::expect_same`], but every sample may be off by so much.
    pub(super) fn expect_close(
        &self,
        name: &str,
        tolerance: u8,
        mut shown: impl FnMut(&Path) -> Result<Picture>,
    ) -> Result<()> {
        let file = |what: &str| self.directory.join(format!("{name}-{what}.png"));
        let mut pair = || {
            Ok::<_, anyhow::Error>((
                shown(&file("shown"))?,
                self.display.screenshot(&file("desktop"))?,
            ))
        };
        let close = wait_until("equal", ARRIVAL, || {
            let (shown, desktop) = pair()?;
            Ok((desktop.difference(&shown).worst() <= tolerance).then_some(desktop))
        });
        if let Ok(desktop) = close {
            let colours = desktop.colours();
            ensure!(
                colours > 1000,
                "the desktop shows only {colours} colours: that proves little"
            );
            return Ok(());
        }
        let (shown, desktop) = pair()?;
        let difference = desktop.difference(&shown);
        if let Difference::Pixels(_) = difference {
            desktop.marked(&shown).write(&file("difference"))?;
        }
        bail!("{difference}; see {}", file("shown").display())
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

/// Our agent, unencrypted and with VncAuth as the peers know it, on a furnished desktop.
pub(super) fn agent(programs: &Programs, directory: &Path) -> Result<(Agent, Stage)> {
    let credentials = directory.join("agent");
    std::fs::create_dir_all(&credentials)?;
    write_secret(&credentials.join("password"), PASSWORD)?;
    let flags = [
        "--insecure",
        "--max-geometry",
        "1600x1200",
        "--name",
        "Tightrope",
    ];
    let mut agent = Agent::start(programs, "exec sleep 3600", SIZE, &flags, directory)?;
    let stage = Stage::furnish(agent.display()?, directory)?;
    Ok((agent, stage))
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

/// A TCP port nobody listens on just now.
pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
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

impl Viewer {
    /// What our viewer holds, once nothing more comes.
    pub(super) fn still_picture(&mut self, file: &Path) -> Result<Picture> {
        self.wait_until_still(QUIET, ARRIVAL)?;
        self.snapshot(file)
    }

    /// Points at the wallpaper. A server may draw the pointer into the picture until its client has pointed at
    /// something itself (TigerVNC does).
    pub(super) fn point_beside_terminal(&mut self) -> Result<()> {
        self.tell(&format!("move {} {}", BESIDE_TERMINAL.0, BESIDE_TERMINAL.1))
            .map(drop)
    }

    /// Types a line into the terminal of the stage and sees it arrive.
    pub(super) fn check_keys(&mut self, stage: &Stage, text: &str) -> Result<()> {
        self.tell(&format!("move {} {}", IN_TERMINAL.0, IN_TERMINAL.1))?;
        self.tell(&format!("type {}\\n", typed(text)))?;
        stage.expect_typed(text)
    }

    /// Sends text to the desktop's clipboard, then gets other text from it.
    pub(super) fn check_clipboard(&mut self, stage: &Stage, there: &str, back: &str) -> Result<()> {
        self.send_clipboard(there)?;
        stage.expect_clipboard(there).context("to the server")?;
        self.check_clipboard_from(back, || {
            stage.display.offer_clipboard(back, &stage.directory)
        })
    }

    /// Sends text to the desktop's clipboard.
    pub(super) fn send_clipboard(&mut self, text: &str) -> Result<()> {
        self.tell(&format!("clipboard {text}")).map(drop)
    }

    /// Gets this text, which `offer` puts on the desktop's clipboard.
    pub(super) fn check_clipboard_from<T>(
        &mut self,
        text: &str,
        offer: impl FnOnce() -> Result<T>,
    ) -> Result<()> {
        let command = format!("clipboard-wait {}", ARRIVAL.as_secs());
        let answer = self.ask_during(&command, ARRIVAL * 2, offer);
        let (answer, _owner) = answer.context("from the server")?;
        let got = answer.get("text").and_then(serde_json::Value::as_str);
        ensure!(
            got == Some(text),
            "from the server: should be {text:?} and is {got:?}"
        );
        Ok(())
    }

    /// Asks for another size of the desktop, gets it, and goes back.
    pub(super) fn check_resize(&mut self, stage: &Stage, name: &str) -> Result<()> {
        for (width, height) in [OTHER_SIZE, SIZE] {
            self.tell(&format!("resize {width}x{height}"))?;
            let size = || Ok((stage.display.size()? == (width, height)).then_some(()));
            wait_until(&format!("the desktop is {width}x{height}"), ARRIVAL, size)?;
            stage.expect_same(&format!("{name}-{width}x{height}"), |file| {
                self.still_picture(file)
            })?;
        }
        Ok(())
    }
}
