//! `goldens`: plays scenes to and from real peers, and keeps the bytes with the picture they stand for in
//! testkit/goldens, where a test replays them.

mod list;
mod qemu;

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use self::list::{Case, Closeness, LIBVNCCLIENT, LIBVNCSERVER, XTIGERVNC, XTIGHTVNC};
use crate::process::{SHORT, Service, command_line, run as run_program};
use crate::setup;
use crate::workspace::Workspace;
use crate::x11::{Display, XServer};

const SERVER: &str = include_str!("server.c");
const CLIENT: &str = include_str!("../interop/peers/libvncclient/client.c");
const PAINTER: &str = include_str!("../interop/painter.py");
const SIZE: &str = "160x120";
/// How close a picture of eight bits a pixel is to the scene at least, in decibels.
const ROUNDED: f64 = 14.0;
/// Tried for an X server that cannot pick one itself.
const DISPLAYS: std::ops::Range<u16> = 100..130;

/// Makes all of them anew.
///
/// # Errors
/// A peer is missing, or what it sent or showed is not the scene.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    setup::run(workspace)?;
    let scratch = workspace.scratch("goldens")?;
    let maker = Maker::new(workspace, scratch.path())?;
    maker.play_xtigervnc()?;
    maker.play_xtightvnc()?;
    maker.play_libvncserver()?;
    maker.play_qemu()?;
    maker.play_libvncclient()?;
    maker.keep(workspace)
}

/// What all of them are made with.
struct Maker {
    /// `testkit/examples/golden.rs`.
    program: PathBuf,
    /// Takes what is made, until all of it is.
    made: PathBuf,
    /// Takes pictures to compare with, programs and logs.
    scratch: PathBuf,
}

/// The other side of a golden, for its conditions.
struct Peer<'a> {
    name: &'a str,
    version: &'a str,
    side: &'a str,
    command: &'a str,
}

impl Maker {
    fn new(workspace: &Workspace, scratch: &Path) -> Result<Self> {
        let mut build = workspace.cargo();
        build.args(["build", "--package", "tightrope-testkit"]);
        build.args(["--features", "goldens", "--example", "golden"]);
        let status = build.status().context("cannot start cargo")?;
        ensure!(
            status.success(),
            "the program that plays goldens cannot be built"
        );
        let maker = Self {
            program: workspace.target().join("debug/examples/golden"),
            made: scratch.join("made"),
            scratch: scratch.to_owned(),
        };
        std::fs::create_dir(&maker.made)?;
        maker.golden(&["scenes", text(&maker.made)?])?;
        Ok(maker)
    }

    fn golden(&self, words: &[&str]) -> Result<String> {
        run_program(Command::new(&self.program).args(words), SHORT * 3)
    }

    fn scene(&self, name: &str, extension: &str) -> PathBuf {
        self.made.join(name).with_extension(extension)
    }

    /// Whether two pictures are the same, or how far they are apart in decibels.
    fn psnr(&self, a: &Path, b: &Path) -> Result<f64> {
        let said = self.golden(&["psnr", text(a)?, text(b)?])?;
        said.trim()
            .parse()
            .with_context(|| format!("it said {said}"))
    }

    fn play_xtigervnc(&self) -> Result<()> {
        let said = run_program(
            Command::new("sh").args(["-c", "Xtigervnc -version 2>&1 || true"]),
            SHORT,
        )?;
        let version = said.split_whitespace().nth(1).unwrap_or_default();
        let mut command = Command::new("Xtigervnc");
        let port = free_port()?;
        command.args(["-geometry", SIZE, "-depth", "24", "-localhost=1"]);
        command.args(["-SecurityTypes", "None", "-nolisten", "tcp", "-noreset"]);
        let shown = command_line(&command);
        command.args(["-rfbport", &port.to_string()]);
        let server = XServer::start("Xtigervnc", &mut command, &self.scratch)?;
        let peer = Peer {
            name: "Xtigervnc",
            version,
            side: "server",
            command: &shown,
        };
        self.play_x_server(&peer, port, &server.display, XTIGERVNC)
    }

    fn play_xtightvnc(&self) -> Result<()> {
        let version = package_version("tightvncserver")?;
        let port = free_port()?;
        let flags = ["-geometry", SIZE, "-depth", "24", "-localhost"];
        for number in DISPLAYS {
            if Path::new(&format!("/tmp/.X{number}-lock")).exists() {
                continue;
            }
            let name = format!(":{number}");
            let mut command = Command::new("Xtightvnc");
            command.args(flags).args(["-nolisten", "tcp"]);
            let shown = command_line(&command);
            command.args(["-rfbport", &port.to_string(), &name]);
            let mut server = Service::start("Xtightvnc", &mut command, &self.scratch)?;
            let display = Display::named(&name);
            let up = server.wait_until("it is up", SHORT, || Ok(display.size().ok()));
            if up.is_err() {
                continue;
            }
            let peer = Peer {
                name: "Xtightvnc",
                version: &version,
                side: "server",
                command: &shown,
            };
            return self.play_x_server(&peer, port, &display, XTIGHTVNC);
        }
        bail!("Xtightvnc works on no display number of {DISPLAYS:?}")
    }

    fn play_x_server(
        &self,
        peer: &Peer<'_>,
        port: u16,
        display: &Display,
        cases: &[Case],
    ) -> Result<()> {
        for case in cases {
            let mut painter = display.command("python3");
            painter
                .args(["-c", PAINTER])
                .arg(self.scene(case.scene, "ppm"));
            run_program(&mut painter, SHORT)?;
            self.record(peer, port, case)?;
        }
        Ok(())
    }

    fn play_libvncserver(&self) -> Result<()> {
        let version = library_version("libvncserver")?;
        let server = self.compile("server", SERVER, "libvncserver")?;
        for case in LIBVNCSERVER {
            let port = free_port()?;
            let mut command = Command::new(&server);
            command.arg(port.to_string());
            command.arg(self.scene(case.scene, "ppm"));
            let (_service, talk) =
                Service::start_talking("libvncserver", &mut command, &self.scratch)?;
            talk.hear(SHORT)?.context("it ended")?;
            let peer = Peer {
                name: "libvncserver",
                version: &version,
                side: "server",
                command: "xtask/src/goldens/server.c",
            };
            self.record(&peer, port, case)?;
        }
        Ok(())
    }

    /// A server's bytes, and what they stand for.
    fn record(&self, peer: &Peer<'_>, port: u16, case: &Case) -> Result<()> {
        let name = format!("from-{}-{}", peer.name.to_lowercase(), case.name());
        let shown = self.scratch.join(&name).with_extension("png");
        let quality = case.quality.map_or("-".to_owned(), |own| own.to_string());
        let stream = self.made.join(&name).with_extension("fbs");
        let (port_text, stream) = (port.to_string(), text(&stream)?);
        let words = [case.encoding, case.format, &quality, stream, text(&shown)?];
        let words = [&["record", &port_text], &words[..]].concat();
        self.golden(&words).with_context(|| name.clone())?;
        let picture = match case.closeness {
            Closeness::Peer => {
                let picture = self.made.join(format!("{name}.png"));
                self.show_by_libvncclient(port, case, &picture)?;
                picture
            }
            Closeness::Exact => self.expected("from", peer, case, &shown)?,
            Closeness::Close(_) => self.scene(case.scene, "png"),
        };
        self.check(&name, case, &shown, &picture)?;
        self.note(&name, peer, case, &picture)
    }

    /// The picture that `shown` must be: the scene, or what Raw says of it where the pixel format cannot say it. Raw is
    /// read without any codec, and comes first.
    fn expected(&self, way: &str, peer: &Peer<'_>, case: &Case, shown: &Path) -> Result<PathBuf> {
        let scene = self.scene(case.scene, "png");
        if case.holds_every_colour() {
            return Ok(scene);
        }
        let name = format!("{way}-{}-{}.png", peer.name.to_lowercase(), case.format);
        let picture = self.made.join(name);
        if case.encoding == "raw" {
            let found = self.psnr(shown, &scene)?;
            ensure!(
                found >= ROUNDED,
                "{} is {found:.1} dB from the scene",
                shown.display()
            );
            std::fs::copy(shown, &picture)?;
        }
        Ok(picture)
    }

    fn play_libvncclient(&self) -> Result<()> {
        let version = library_version("libvncclient")?;
        for case in LIBVNCCLIENT {
            let name = format!("to-libvncclient-{}", case.name());
            let scene = self.scene(case.scene, "png");
            let stream = self.made.join(&name).with_extension("fbs");
            let mut command = Command::new(&self.program);
            command
                .arg("serve")
                .arg(&scene)
                .arg(case.format)
                .arg(&stream);
            let (mut service, talk) =
                Service::start_talking("golden", &mut command, &self.scratch)?;
            let port = talk.hear(SHORT)?.context("it ended")?;
            let picture = self.scratch.join(format!("{name}.png"));
            let port = port.trim().parse().context("a port")?;
            self.show_by_libvncclient(port, case, &picture)
                .and_then(|()| service.wait(SHORT))
                .with_context(|| name.clone())?;
            let peer = Peer {
                name: "libvncclient",
                version: &version,
                side: "client",
                command: "xtask/src/interop/peers/libvncclient/client.c",
            };
            let expected = self.expected("to", &peer, case, &picture)?;
            self.check(&name, case, &picture, &expected)?;
            self.note(&name, &peer, case, &expected)?;
        }
        Ok(())
    }

    /// What libvncclient shows of the server on `port`, as `picture`.
    fn show_by_libvncclient(&self, port: u16, case: &Case, picture: &Path) -> Result<()> {
        let program = self.compile("client", CLIENT, "libvncclient")?;
        let dump = self.scratch.join("dump.ppm");
        let mut command = Command::new(program);
        command.current_dir(&self.scratch);
        command.args([&port.to_string(), case.encoding]);
        command.arg(case.quality.map_or("-1".to_owned(), |own| own.to_string()));
        command.arg(match case.format {
            "bgr233" => "8",
            "rgb565" => "16",
            _ => "32",
        });
        let (mut service, mut talk) =
            Service::start_talking("libvncclient", &mut command, &self.scratch)?;
        let said = talk.hear(SHORT)?.context("it ended")?;
        ensure!(said == "ok connected", "it said {said:?}");
        // The first picture: with loss, a finer one would follow.
        let first = self.scratch.join("first.ppm");
        let shown = if case.quality.is_some() {
            talk.say("still 800 10000")?;
            &first
        } else {
            talk.say("still 800 10000")?;
            talk.hear(SHORT)?;
            talk.say(&format!("dump {}", text(&dump)?))?;
            &dump
        };
        let said = talk.hear(SHORT)?.context("it ended")?;
        ensure!(said == "ok", "it said {said:?}");
        talk.say("quit")?;
        service.wait(SHORT)?;
        qemu::to_png(shown, picture)?;
        std::fs::remove_file(shown)?;
        Ok(())
    }

    fn compile(&self, name: &str, source: &str, library: &str) -> Result<PathBuf> {
        let program = self.scratch.join(name);
        if program.exists() {
            return Ok(program);
        }
        let file = program.with_extension("c");
        std::fs::write(&file, source)?;
        let mut flags = Command::new("pkg-config");
        let flags = run_program(flags.args(["--cflags", "--libs", library]), SHORT)?;
        let mut compiler = Command::new("cc");
        compiler.args(["-std=gnu11", "-O2", "-Wall", "-Werror", "-o"]);
        compiler
            .arg(&program)
            .arg(&file)
            .args(flags.split_whitespace());
        run_program(&mut compiler, SHORT)?;
        Ok(program)
    }

    fn check(&self, name: &str, case: &Case, shown: &Path, expected: &Path) -> Result<()> {
        let found = self.psnr(shown, expected)?;
        let wanted = match case.closeness {
            Closeness::Close(wanted) => wanted,
            Closeness::Exact | Closeness::Peer => f64::INFINITY,
        };
        ensure!(
            wanted <= found,
            "{name}: {} is {found:.1} dB from {}",
            shown.display(),
            expected.display()
        );
        eprintln!("goldens: {name}: {found:.1} dB");
        Ok(())
    }

    /// Writes the conditions.
    fn note(&self, name: &str, peer: &Peer<'_>, case: &Case, picture: &Path) -> Result<()> {
        let psnr = match case.closeness {
            Closeness::Close(wanted) => Some(wanted),
            Closeness::Exact | Closeness::Peer => None,
        };
        let file = picture.file_name().unwrap_or_default().to_string_lossy();
        let conditions = json!({
            "peer": peer.name,
            "version": peer.version,
            "side": peer.side,
            "command": peer.command,
            "scene": case.scene,
            "encoding": case.encoding,
            "format": case.format,
            "quality": case.quality,
            "picture": file,
            "psnr": psnr,
        });
        let text = serde_json::to_string_pretty(&conditions)? + "\n";
        std::fs::write(self.made.join(format!("{name}.json")), text)?;
        Ok(())
    }

    /// Puts what was made in the place of what there was.
    fn keep(&self, workspace: &Workspace) -> Result<()> {
        let kept = workspace.root().join("testkit/goldens");
        if kept.exists() {
            std::fs::remove_dir_all(&kept)?;
        }
        std::fs::create_dir(&kept)?;
        let (mut files, mut bytes) = (0, 0);
        for entry in std::fs::read_dir(&self.made)? {
            let path = entry?.path();
            if path.extension().is_some_and(|own| own == "ppm") {
                continue;
            }
            bytes += std::fs::copy(&path, kept.join(path.file_name().unwrap_or_default()))?;
            files += 1;
        }
        eprintln!(
            "goldens: {files} files, {bytes} bytes in {}",
            kept.display()
        );
        Ok(())
    }
}

fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is no text", path.display()))
}

fn free_port() -> Result<u16> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(socket.local_addr()?.port())
}

fn library_version(library: &str) -> Result<String> {
    let mut command = Command::new("pkg-config");
    let said = run_program(command.args(["--modversion", library]), SHORT)?;
    Ok(said.trim().to_owned())
}

fn package_version(package: &str) -> Result<String> {
    let mut command = Command::new("dpkg-query");
    let said = run_program(command.args(["-W", "-f", "${Version}", package]), SHORT)?;
    Ok(said.trim().to_owned())
}
