//! QEMU's server, with a guest of 512 bytes that shows a picture.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::list::QEMU;
use super::{Maker, Peer, free_port, text};
use crate::picture::Picture;
use crate::process::{SHORT, Service, Talk, command_line, run as run_program, wait_until};

const PROGRAM: &str = "qemu-system-x86_64";
const GUEST: &str = include_str!("guest.asm");
/// `-vnc` takes a display number: the port is so much more.
const FIRST_PORT: u16 = 5900;
/// The guest's picture has more colours than what the BIOS shows before.
const COLOURS: usize = 100;

impl Maker {
    /// The guest's picture as QEMU's monitor dumps it, and how its server sends it.
    pub(super) fn play_qemu(&self) -> Result<()> {
        let said = run_program(Command::new(PROGRAM).arg("--version"), SHORT)?;
        let version = said.split_whitespace().nth(3).unwrap_or_default();
        let port = free_port()?;
        let number = port
            .checked_sub(FIRST_PORT)
            .context("the port is too low")?;
        let mut command = Command::new(PROGRAM);
        command.args(["-accel", "tcg", "-m", "32", "-nodefaults", "-vga", "std"]);
        command.args(["-display", "none", "-monitor", "stdio", "-boot", "a"]);
        let shown = command_line(&command) + " (a floppy disk with xtask/src/goldens/guest.asm)";
        let disk = format!(
            "if=floppy,format=raw,readonly=on,file={}",
            text(&self.disk()?)?
        );
        command.args(["-drive", &disk]);
        command.args(["-vnc", &format!("127.0.0.1:{number},share=ignore")]);
        let (_service, mut monitor) = Service::start_talking("qemu", &mut command, &self.scratch)?;
        self.dump(&mut monitor)?;
        let peer = Peer {
            name: "QEMU",
            version,
            side: "server",
            command: &shown,
        };
        QEMU.iter()
            .try_for_each(|case| self.record(&peer, port, case))
    }

    /// The guest, in the size of a floppy disk, so that it is taken for one.
    fn disk(&self) -> Result<PathBuf> {
        let (source, image) = (
            self.scratch.join("guest.asm"),
            self.scratch.join("guest.img"),
        );
        std::fs::write(&source, GUEST)?;
        let mut assembler = Command::new("nasm");
        assembler.args(["-f", "bin", "-o"]).arg(&image);
        run_program(assembler.arg(&source), SHORT)?;
        let disk = std::fs::OpenOptions::new().write(true).open(&image)?;
        disk.set_len(1_474_560)?;
        Ok(image)
    }

    /// Waits for the guest's picture and leaves it as the scene `guest`.
    fn dump(&self, monitor: &mut Talk) -> Result<()> {
        let dump = self.scratch.join("guest.ppm");
        wait_until("the guest's picture", SHORT, || {
            monitor.say(&format!("screendump {}", dump.display()))?;
            std::thread::sleep(std::time::Duration::from_millis(300));
            let picture = Picture::read(&dump).ok();
            Ok(picture.filter(|own| own.colours() > COLOURS).map(|_| ()))
        })?;
        to_png(&dump, &self.scene("guest", "png"))
    }
}

/// As RGB, which is all that the goldens' reader takes.
pub(super) fn to_png(ppm: &Path, png: &Path) -> Result<()> {
    let mut convert = Command::new("convert");
    convert.arg(ppm).args(["-define", "png:color-type=2"]);
    convert
        .args(["-define", "png:bit-depth=8", "-strip"])
        .arg(png);
    run_program(&mut convert, SHORT).map(drop)
}
