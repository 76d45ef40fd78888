//! OpenSSH: our viewer goes through an sshd on this machine, with a key made for this one time.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::super::cell::{Cell, Check, Side};
use super::super::matrix::Matrix;
use super::super::stage::{PASSWORD, Stage, encrypting_agent, free_port, wait_for_port};
use super::super::{Kit, version_of_package};
use crate::process::{SHORT, Service, run};
use crate::programs::{Viewer, quoted};

pub(super) const NAME: &str = "OpenSSH";
/// It is not in everybody's path.
const PROGRAM: &str = "/usr/sbin/sshd";
/// It wants this directory, whatever else it is told.
const RUNTIME: &str = "/run/sshd";
const TYPED: &str = "Through OpenSSH: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]}";

/// Plays its cell.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of_package("openssh-server")?;
    let directory = kit.directory_for(NAME)?;
    let (agent, stage, certificate) = encrypting_agent(kit, &["tls"], &directory)?;
    let mut cell = Cell::new(NAME, &version, Side::Client, "ssh, TLS", "Tight");
    match Tunnel::start(&directory) {
        Ok(tunnel) => {
            let port = agent.port()?;
            let url = format!("vncs://127.0.0.1:{port}");
            let flags = [&url, "--fingerprint", &certificate.fingerprint];
            if let Err(error) = check(kit, &mut cell, &stage, &tunnel, &flags) {
                cell.fail(&error);
            }
        }
        Err(error) => cell.fail(&error),
    }
    matrix.add(cell);
    Ok(())
}

fn check(kit: &Kit, cell: &mut Cell, stage: &Stage, tunnel: &Tunnel, flags: &[&str]) -> Result<()> {
    let file = stage.directory.join("viewer-password");
    crate::programs::write_secret(&file, PASSWORD)?;
    let file = file.display().to_string();
    let path = tunnel.path()?;
    let more = ["--via", "tunnel", "--password-file", &file];
    let more = [&more[..], &["--quality", "lossless"]].concat();
    let flags = [flags, &more].concat();
    let mut viewer =
        Viewer::start_with(&kit.programs, &flags, &[("PATH", &path)], &stage.directory)?;
    viewer.point_beside_terminal()?;
    let picture = stage.expect_same("tunnel", |file| viewer.still_picture(file));
    cell.record(Check::Picture, picture);
    cell.record(Check::Keys, viewer.check_keys(stage, TYPED));
    viewer.quit().map(drop)
}

/// An sshd, and a program `ssh` that knows it under the name `tunnel`.
struct Tunnel {
    _server: Service,
    programs: std::path::PathBuf,
}

impl Tunnel {
    fn start(directory: &Path) -> Result<Self> {
        let file = |name: &str| directory.join(name);
        for name in ["host-key", "user-key"] {
            let mut command = Command::new("ssh-keygen");
            command.args(["-q", "-t", "ed25519", "-N", "", "-f"]);
            run(command.arg(file(name)), SHORT)?;
        }
        std::fs::copy(file("user-key.pub"), file("authorized-keys"))?;
        let (port, user) = (free_port()?, run(Command::new("id").arg("-un"), SHORT)?);
        let server = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n",
            file("host-key").display(),
            file("authorized-keys").display(),
        );
        std::fs::write(file("sshd_config"), server)?;
        let host_key = std::fs::read_to_string(file("host-key.pub"))?;
        let known = format!("[127.0.0.1]:{port} {host_key}");
        std::fs::write(file("known-hosts"), known)?;
        let client = format!(
            "Host tunnel\n HostName 127.0.0.1\n Port {port}\n User {}\n IdentityFile {}\n IdentitiesOnly yes\n\
             UserKnownHostsFile {}\n StrictHostKeyChecking yes\n",
            user.trim(),
            file("user-key").display(),
            file("known-hosts").display(),
        );
        std::fs::write(file("ssh_config"), client)?;
        let programs = file("programs");
        std::fs::create_dir_all(&programs)?;
        let script = format!(
            "#!/bin/sh\nexec /usr/bin/ssh -F {} \"$@\"\n",
            quoted(&file("ssh_config"))
        );
        std::fs::write(programs.join("ssh"), script)?;
        run(
            Command::new("chmod").arg("+x").arg(programs.join("ssh")),
            SHORT,
        )?;
        // Only root needs it, and only root can make it.
        let _ = std::fs::create_dir_all(RUNTIME);
        let mut command = Command::new(PROGRAM);
        command.args(["-D", "-e", "-f"]).arg(file("sshd_config"));
        let mut server = Service::start("sshd", &mut command, directory)?;
        wait_for_port(&mut server, port)?;
        Ok(Self {
            _server: server,
            programs,
        })
    }

    /// Where programs are looked for: this `ssh` before the system's.
    fn path(&self) -> Result<String> {
        let others = std::env::var("PATH").context("no PATH")?;
        Ok(format!("{}:{others}", self.programs.display()))
    }
}
