//! Our viewer against wayvnc, which serves a Wayland desktop; here a headless sway with a terminal.

use std::fs::{read_to_string, write};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::super::cell::Check;
use super::super::compare::Comparison;
use super::super::matrix::Matrix;
use super::super::stage::{ARRIVAL, IN_TERMINAL, SIZE, free_port, wait_for_port};
use super::super::viewing::{Foreign, RAW, TIGHT, TIGHT_JPEG, Way, ZRLE};
use super::super::{Kit, version_of};
use crate::picture::Picture;
use crate::process::{SHORT, Service, run, run_with_input, wait_until};
use crate::programs::{Viewer, quoted, typed};

pub(super) const NAME: &str = "wayvnc";
const TYPED: &str = "To wayvnc: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]} \\";
const THERE: &str = "over there: ASCII"; // it takes the bytes of Latin-1 for UTF-8
const BACK: &str = "and back: ASCII as well";
/// sway refuses to run as root: the user called nobody.
const NOBODY: u32 = 65534;

const WAYS: &[Way] = &[TIGHT_JPEG, TIGHT, ZRLE, RAW];

/// Plays its cells.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of(NAME, "--version")?;
    let directory = kit.directory_for(NAME)?;
    let port = free_port()?;
    let desktop = Desktop::start(kit, &directory)?;
    let mut command = desktop.command(NAME);
    command.args(["127.0.0.1", &port.to_string()]);
    let mut server = Service::start(NAME, &mut command, &directory)?;
    wait_for_port(&mut server, port)?;
    let foreign = Foreign {
        kit,
        name: NAME,
        version: &version,
        security: "None",
        port,
        pin: None,
        directory: &directory,
    };
    foreign.play(matrix, WAYS, |cell, viewer, way| {
        let name = foreign.picture_name(way);
        cell.record(
            Check::Picture,
            desktop.check_picture(viewer, &directory, &name, way),
        );
        if way.name == TIGHT.name {
            cell.record(Check::Keys, desktop.check_keys(viewer));
            cell.record(Check::Clipboard, desktop.check_clipboard(viewer, &directory));
            cell.limit("wayvnc of this version takes the Latin-1 of the clipboard for UTF-8 (ASCII works), sends no pointer shape and does not resize; its only other security is inside VeNCrypt");
        }
    });
    Ok(())
}

/// A compositor without a screen, and its terminal.
struct Desktop {
    /// Nobody's home, with the sockets.
    home: TempDir,
    as_nobody: bool,
    display: String,
    ipc: PathBuf,
    _sway: Service,
}

impl Desktop {
    fn start(kit: &Kit, directory: &Path) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let wallpaper = home.path().join("wallpaper.png");
        Picture::read(&kit.wallpaper)?.write(&wallpaper)?;
        let typed = home.path().join("typed.txt");
        write(&typed, "")?;
        let settings = home.path().join("sway.conf");
        write(&settings, settings_of(&wallpaper, &typed))?;
        let as_nobody = run(Command::new("id").arg("-u"), SHORT)?.trim() == "0";
        if as_nobody {
            for file in [home.path(), &wallpaper, &typed, &settings] {
                chown(file, Some(NOBODY), Some(NOBODY))?;
            }
        }
        let mut command = command(as_nobody, home.path(), "sway");
        command.arg("-c").arg(&settings);
        let mut sway = Service::start("sway", &mut command, directory)?;
        let up = || Ok(sockets(home.path()));
        let (display, ipc) = sway.wait_until("sway is up", SHORT, up)?;
        let desktop = Self {
            home,
            as_nobody,
            display,
            ipc,
            _sway: sway,
        };
        desktop.wait_for_terminal()?;
        Ok(desktop)
    }

    fn wait_for_terminal(&self) -> Result<()> {
        wait_until("foot shows its window", SHORT, || {
            let tree = self.message(&["-t", "get_tree"])?;
            Ok(tree.contains("\"app_id\": \"foot\"").then_some(()))
        })
    }

    /// A program on this desktop.
    fn command(&self, program: &str) -> Command {
        let mut command = command(self.as_nobody, self.home.path(), "env");
        command.arg(format!("WAYLAND_DISPLAY={}", self.display));
        command.arg(format!("SWAYSOCK={}", self.ipc.display()));
        command.arg(program);
        command
    }

    /// What sway answers.
    fn message(&self, words: &[&str]) -> Result<String> {
        run(self.command("swaymsg").args(words), SHORT)
    }

    fn screenshot(&self, file: &Path) -> Result<Picture> {
        let own = self.home.path().join("screen.png");
        run(self.command("grim").arg(&own), SHORT)?;
        std::fs::copy(&own, file)?;
        Picture::read(file)
    }

    /// The picture as it is, and with the terminal elsewhere.
    fn check_picture(
        &self,
        viewer: &mut Viewer,
        directory: &Path,
        name: &str,
        way: &Way,
    ) -> Result<()> {
        for place in ["60 300", "40 40"] {
            let name = format!("{name}-{}", place.replace(' ', "-"));
            let comparison = Comparison::new(directory, &name, way.closeness);
            comparison.run(
                |file| self.screenshot(file),
                |file| viewer.still_picture(file),
            )?;
            self.message(&[&format!("[app_id=foot] move position {place}")])?;
        }
        Ok(())
    }

    fn check_keys(&self, viewer: &mut Viewer) -> Result<()> {
        viewer.tell(&format!("click {} {}", IN_TERMINAL.0, IN_TERMINAL.1))?;
        viewer.tell(&format!("type {}\\n", typed(TYPED)))?;
        let file = self.home.path().join("typed.txt");
        let arrived = wait_until("it arrives", ARRIVAL, || {
            let text = read_to_string(&file)?;
            Ok((text.lines().next_back() == Some(TYPED)).then_some(()))
        });
        let got = || read_to_string(&file).unwrap_or_default();
        arrived.with_context(|| format!("typed {TYPED:?}, the terminal got {:?}", got()))
    }

    fn check_clipboard(&self, viewer: &mut Viewer, directory: &Path) -> Result<()> {
        let mut copy = self.command("wl-copy");
        copy.args(["--foreground", BACK]);
        // First, as the server tells a client its own text again.
        viewer.check_clipboard_from(BACK, || Service::start("wl-copy", &mut copy, directory))?;
        viewer.send_clipboard(THERE)?;
        let held = || {
            let mut paste = self.command("wl-paste");
            run_with_input(paste.arg("--no-newline"), &[], SHORT).unwrap_or_default()
        };
        let arrived = wait_until("to the server", ARRIVAL, || {
            Ok((held() == THERE.as_bytes()).then_some(()))
        });
        arrived.with_context(|| {
            let held = String::from_utf8_lossy(&held()).into_owned();
            format!("should be {THERE:?} and is {held:?}")
        })
    }
}

/// A program with nothing of our environment, as a user sway runs for.
fn command(as_nobody: bool, home: &Path, program: &str) -> Command {
    let mut command = Command::new("env");
    if as_nobody {
        command = Command::new("setpriv");
        let (user, group) = (format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"));
        command.args([&user, &group, "--clear-groups", "env"]);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let home = home.display();
    command.args(["-i", &format!("PATH={path}"), "LANG=C.UTF-8"]);
    command.args([format!("HOME={home}"), format!("XDG_RUNTIME_DIR={home}")]);
    command.args(["WLR_BACKENDS=headless", "WLR_LIBINPUT_NO_DEVICES=1"]);
    command.args(["WLR_RENDERER=pixman", program]);
    command
}

/// One screen with the wallpaper, and the terminal where xterm stands on the other desktops.
fn settings_of(wallpaper: &Path, typed: &Path) -> String {
    let (width, height) = SIZE;
    format!(
        "output HEADLESS-1 resolution {width}x{height}\n\
         output HEADLESS-1 background {} fill\n\
         for_window [app_id=\"foot\"] floating enable, resize set 600 300, move position 40 40\n\
         exec foot sh -c \"exec cat >>{}\"\n",
        wallpaper.display(),
        quoted(typed)
    )
}

/// The names of the display's socket and of the one for messages, once both are there.
fn sockets(home: &Path) -> Option<(String, PathBuf)> {
    let names = std::fs::read_dir(home).ok()?.filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.into_string().ok()
    });
    let names: Vec<String> = names.collect();
    let display = |name: &&String| name.starts_with("wayland-") && !name.ends_with(".lock");
    let ipc = |name: &&String| name.starts_with("sway-ipc.");
    let (display, ipc) = (names.iter().find(display)?, names.iter().find(ipc)?);
    Some((display.clone(), home.join(ipc)))
}
