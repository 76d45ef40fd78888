//! Xtigervnc, X server and VNC server in one, on a free display.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tightrope::Size;
use x11rb::rust_connection::RustConnection;

use super::agent::words_of;
use super::screen::Screen;

/// What it is called, as a program and in figures.
pub(crate) const XTIGERVNC: &str = "Xtigervnc";

/// A running Xtigervnc without authentication, for this machine only. Dropping it ends it.
pub(crate) struct Xtigervnc {
    process: Child,
    log: PathBuf,
    pub(crate) screen: Screen,
    /// Where its VNC server listens.
    pub(crate) address: SocketAddr,
    /// It ends with the last program on it, and this connection is one: so it does not outlive us.
    _guest: Box<RustConnection>,
}

impl Xtigervnc {
    /// Starts it with a screen of `size`; what it says goes to a file in `directory`. Returns when programs can
    /// connect.
    pub(crate) fn start(directory: &Path, size: Size) -> Result<Self> {
        let address = free_address()?;
        let log = directory.join("xtigervnc.log");
        let mut process = Command::new(XTIGERVNC)
            .args(["-displayfd", "1", "-geometry", &size.to_string()])
            .args(["-depth", "24", "-SecurityTypes", "None", "-localhost=1"])
            .args(["-AlwaysShared=1", "-desktop", "measured"])
            .args(["-rfbport", &address.port().to_string()])
            .args(["-nolisten", "tcp", "-terminate"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .context(
                "cannot start Xtigervnc (Debian, Ubuntu: apt install tigervnc-standalone-server)",
            )?;
        let joined = join(&mut process);
        let (screen, guest) = match joined {
            Ok(joined) => joined,
            Err(error) => {
                let _ended = process.kill();
                let _status = process.wait();
                return Err(error
                    .context(words_of(&log))
                    .context("Xtigervnc did not start"));
            }
        };
        Ok(Self {
            process,
            log,
            screen,
            address,
            _guest: Box::new(guest),
        })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it said last, for an error.
    pub(crate) fn last_words(&self) -> String {
        words_of(&self.log)
    }
}

impl Drop for Xtigervnc {
    fn drop(&mut self) {
        let _asked = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _status = self.process.wait();
    }
}

/// Its display, and a connection to it.
fn join(process: &mut Child) -> Result<(Screen, RustConnection)> {
    let output = process.stdout.take().context("no output")?;
    let mut number = String::new();
    BufReader::new(output).read_line(&mut number)?;
    let number: u32 = number.trim().parse().context("it opened no display")?;
    let screen = Screen::named(&format!(":{number}"));
    let (guest, _) = RustConnection::connect(Some(&screen.name))?;
    Ok((screen, guest))
}

/// A port of this machine that nobody listens on now.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?)
}
