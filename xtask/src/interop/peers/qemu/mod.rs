//! Our viewer against the VNC server of QEMU, with a guest of 512 bytes.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::super::cell::Check;
use super::super::certificate::Certificate;
use super::super::compare::Comparison;
use super::super::matrix::Matrix;
use super::super::sound;
use super::super::stage::{ARRIVAL, PASSWORD, free_port, wait_for_port};
use super::super::viewing::{Foreign, HEXTILE, RAW, TIGHT, TIGHT_PNG, Way, ZLIB, ZRLE};
use super::super::{Kit, version_of};
use crate::picture::Picture;
use crate::process::{SHORT, Service, Talk, run, wait_until};
use crate::programs::Viewer;

pub(super) const NAME: &str = "QEMU";
const PROGRAM: &str = "qemu-system-x86_64";
const GUEST: &str = include_str!("boot.asm");
/// A keyboard of 1984: it holds a few keys, and types ASCII.
const TYPED: &str = "QEMU {5}";
/// `-vnc` takes a display number: the port is so much more.
const FIRST_PORT: u16 = 5900;
/// What says that the guest shows its picture: its size.
const SIZE: (usize, usize) = (640, 480);

/// Without `lossy=on` it sends no JPEG, and ZRLE for ZYWRLE.
const WAYS: &[Way] = &[TIGHT, TIGHT_PNG, ZRLE, ZLIB, HEXTILE, RAW];

/// Plays its cells; a server with and one without a password.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of(PROGRAM, "--version")?;
    let first = &[TIGHT][..];
    for (security, ways) in [
        ("VncAuth", WAYS),
        ("None", first),
        ("X509None", first),
        ("X509Vnc", first),
        ("ws VncAuth", first),
        ("wss VncAuth", first),
    ] {
        let name = format!("{NAME}-{security}").replace(' ', "-");
        let directory = kit.directory_for(&name)?;
        let port = free_port()?;
        let mut machine = Machine::start(security, port, &directory)?;
        let (version, directory) = (version.as_str(), directory.as_path());
        let pin = machine.pin.take();
        let foreign = Foreign {
            kit,
            name: NAME,
            version,
            security,
            port,
            pin: pin.as_deref(),
            directory,
        };
        foreign.play(matrix, ways, |cell, viewer, way| {
            let name = foreign.picture_name(way);
            if way.name == TIGHT.name {
                cell.record(Check::Keys, machine.check_keys(viewer));
                if security == "None" {
                    cell.record(Check::Sound, check_sound(kit, port, directory));
                }
                cell.limit("a guest without drivers has no clipboard, no pointer shape, and decides its size alone");
            }
            cell.record(Check::Picture, machine.check_picture(viewer, &name, way));
        });
    }
    Ok(())
}

/// Another viewer hears the guest's speaker.
fn check_sound(kit: &Kit, port: u16, directory: &Path) -> Result<()> {
    let (url, wav) = (
        format!("vnc://127.0.0.1:{port}"),
        directory.join("sound.wav"),
    );
    let file = wav.display().to_string();
    let directory = directory.join("sound");
    std::fs::create_dir_all(&directory)?;
    let flags = [url.as_str(), "--insecure", "--sound", &file];
    let viewer = Viewer::start(&kit.programs, &flags, &directory)?;
    sound::expect_tone_in(&wav)?;
    viewer.quit().map(drop)
}

/// A virtual machine whose monitor is in our hands.
struct Machine {
    service: Service,
    monitor: Talk,
    directory: PathBuf,
    /// The fingerprint of its certificate, if it has one.
    pin: Option<String>,
}

impl Machine {
    fn start(security: &str, port: u16, directory: &Path) -> Result<Self> {
        let (source, image) = (directory.join("boot.asm"), directory.join("boot.img"));
        std::fs::write(&source, GUEST)?;
        let mut assembler = Command::new("nasm");
        assembler.args(["-f", "bin", "-o"]).arg(&image);
        run(assembler.arg(&source), SHORT)?;
        // The size of a floppy disk, so that it is taken for one.
        let disk = std::fs::OpenOptions::new().write(true).open(&image)?;
        disk.set_len(1_474_560)?;

        let mut command = Command::new(PROGRAM);
        command.args(["-accel", "tcg", "-m", "32", "-nodefaults", "-vga", "std"]);
        command.args(["-display", "none", "-monitor", "stdio"]);
        command.args([
            "-audiodev",
            "none,id=sound",
            "-machine",
            "pcspk-audiodev=sound",
        ]);
        let disk = format!("if=floppy,format=raw,readonly=on,file={}", image.display());
        command.args(["-drive", &disk, "-boot", "a"]);
        let typed = format!("file:{}", directory.join("typed.txt").display());
        command.args(["-debugcon", &typed]);
        let web = security.starts_with("ws");
        let plain = if web { free_port()? } else { port };
        let number = plain
            .checked_sub(FIRST_PORT)
            .context("the port is too low")?;
        let mut vnc = format!("127.0.0.1:{number},share=ignore,audiodev=sound");
        if web {
            vnc.push_str(&format!(",websocket={port}"));
        }
        let mut pin = None;
        if security.starts_with("X509") || security.starts_with("wss") {
            let (credentials, fingerprint) = certificate_for_qemu(directory)?;
            command.args(["-object", &credentials]);
            vnc.push_str(",tls-creds=tls");
            pin = Some(fingerprint);
        }
        if !security.ends_with("None") {
            command.args(["-object", &format!("secret,id=vnc,data={PASSWORD}")]);
            vnc.push_str(",password-secret=vnc");
        }
        command.args(["-vnc", &vnc]);
        let (service, monitor) = Service::start_talking(NAME, &mut command, directory)?;
        let directory = directory.to_owned();
        let mut machine = Self {
            service,
            monitor,
            directory,
            pin,
        };
        wait_for_port(&mut machine.service, port)?;
        let file = machine.directory.join("boot.ppm");
        wait_until("the guest shows its picture", SHORT, || {
            let screen = machine.screen(&file)?;
            Ok((screen.size() == SIZE && screen.colours() > 1000).then_some(()))
        })?;
        Ok(machine)
    }

    /// What the guest's screen shows.
    fn screen(&mut self, file: &Path) -> Result<Picture> {
        let file = file.with_extension("ppm");
        if file.exists() {
            std::fs::remove_file(&file)?;
        }
        self.monitor
            .say(&format!("screendump {}", file.display()))?;
        // The monitor's answer is made for people; a file that is whole is the better one.
        let read = || Ok(Picture::read(&file).ok());
        self.service.wait_until("a screen dump", ARRIVAL, read)
    }

    /// Types slowly, as the guest's keyboard holds but a few keys.
    fn check_keys(&mut self, viewer: &mut Viewer) -> Result<()> {
        for character in TYPED.chars() {
            viewer.tell(&format!("type {character}"))?;
            viewer.tell("wait 0.05")?;
        }
        let file = self.directory.join("typed.txt");
        let typed = || Ok((read_to_string(&file)? == TYPED).then_some(()));
        let arrived = wait_until("it arrives", ARRIVAL, typed);
        arrived
            .with_context(|| format!("typed {TYPED:?}, the guest got {:?}", read_to_string(&file)))
    }

    /// The guest's picture, and the one it shows after Return.
    fn check_picture(&mut self, viewer: &mut Viewer, name: &str, way: &Way) -> Result<()> {
        for turn in ["first", "next"] {
            let name = format!("{name}-{turn}");
            let directory = self.directory.clone();
            let comparison = Comparison::new(&directory, &name, way.closeness);
            let screen = |file: &Path| self.screen(file);
            comparison.run(screen, |file| viewer.still_picture(file))?;
            viewer.tell("key Return")?;
        }
        Ok(())
    }
}

/// Its option for a certificate of its own, and the certificate's fingerprint. It goes by names.
fn certificate_for_qemu(directory: &Path) -> Result<(String, String)> {
    let certificate = Certificate::make(directory)?;
    for (file, name) in [
        (certificate.file(), "ca-cert.pem"),
        (certificate.file(), "server-cert.pem"),
        (certificate.key(), "server-key.pem"),
    ] {
        std::fs::copy(file, certificate.directory.join(name))?;
    }
    // It would rather have an authority and a server's certificate in two.
    let option = format!(
        "tls-creds-x509,id=tls,endpoint=server,verify-peer=off,sanity-check=off,dir={}",
        certificate.directory.display()
    );
    Ok((option, certificate.fingerprint))
}
