//! Keys and certificates that the programs of others can be given: for this machine's own address, made by OpenSSL.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::stage::{PASSWORD, USER};
use crate::process::{SHORT, run, run_with_input};

/// The names it is for: what the peers are told to connect to, and check.
const NAMES: &str = "subjectAltName=DNS:localhost,IP:127.0.0.1";

/// A self-signed certificate and its key, in a directory that `tightrope-agent --credentials` reads.
pub(super) struct Certificate {
    pub(super) directory: PathBuf,
    /// As our viewer takes it.
    pub(super) fingerprint: String,
}

impl Certificate {
    /// Makes one in a new directory below `directory`, with a password beside it.
    pub(super) fn make(directory: &Path) -> Result<Self> {
        let directory = directory.join("certificate");
        std::fs::create_dir_all(&directory)?;
        std::fs::write(directory.join("password"), PASSWORD)?;
        let mut certificate = Self {
            directory,
            fingerprint: String::new(),
        };
        let mut command = openssl(&["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=peer"]);
        command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        command
            .args(["-addext", NAMES, "-keyout"])
            .arg(certificate.key());
        run(command.arg("-out").arg(certificate.file()), SHORT)?;
        let said = certificate.tell(&["-noout", "-fingerprint", "-sha256"])?;
        let (_, hex) = said.trim().split_once('=').context("no fingerprint")?;
        certificate.fingerprint = format!("sha256:{hex}");
        Ok(certificate)
    }

    /// The certificate itself.
    pub(super) fn file(&self) -> PathBuf {
        self.directory.join("certificate.pem")
    }

    /// Its key.
    pub(super) fn key(&self) -> PathBuf {
        self.directory.join("key.pem")
    }

    /// Makes `home` a home directory in which TigerVNC's viewer knows this certificate.
    pub(super) fn known_to_tigervnc(&self, home: &Path) -> Result<()> {
        let public = self.tell(&["-noout", "-pubkey"])?;
        let base64: String = public
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect();
        let directory = home.join(".vnc");
        std::fs::create_dir_all(&directory)?;
        // The form of GnuTLS: any service, for ever.
        let line = format!("|g0|127.0.0.1|*|0|{base64}\n");
        std::fs::write(directory.join("x509_known_hosts"), line)?;
        Ok(())
    }

    fn tell(&self, what: &[&str]) -> Result<String> {
        run(openssl(&["x509", "-in"]).arg(self.file()).args(what), SHORT)
    }
}

/// A private RSA key for a peer that serves RSA-AES, and the fingerprint our viewer has to find.
pub(super) fn rsa_key(directory: &Path) -> Result<(PathBuf, String)> {
    let file = directory.join("rsa-key.pem");
    run(openssl(&["genrsa", "-out"]).arg(&file).arg("2048"), SHORT)?;
    // SubjectPublicKeyInfo ends with a sequence of two numbers: 257 bytes of modulus, the first of them 0, and 3 of
    // exponent, each behind a type and a length.
    let mut command = openssl(&["rsa", "-pubout", "-outform", "DER", "-in"]);
    let der = run_with_input(command.arg(&file), &[], SHORT)?;
    let numbers = der.split_last_chunk::<{ 256 + 2 + 3 }>();
    let (_, numbers) = numbers.context("the key is too short")?;
    let (modulus, exponent) = numbers.split_at(256);
    // As it is sent: bits, modulus, exponent.
    let mut sent = 2048_u32.to_be_bytes().to_vec();
    sent.extend_from_slice(modulus);
    sent.resize(sent.len() + 256 - 3, 0);
    sent.extend_from_slice(exponent.get(2..).unwrap_or_default());
    let digest = run_with_input(&mut openssl(&["dgst", "-sha256", "-r"]), &sent, SHORT)?;
    let digest = String::from_utf8(digest)?;
    let hex = digest.split_whitespace().next().context("no digest")?;
    Ok((file, format!("sha256:{hex}")))
}

/// The command, for which PAM knows that [`USER`] has [`PASSWORD`].
pub(super) fn with_login(command: &Command, service: &str, directory: &Path) -> Result<Command> {
    let pam = directory.join("pam.d");
    std::fs::create_dir_all(&pam)?;
    let check = directory.join("check-password");
    // PAM gives the password with a NUL behind it.
    let script =
        format!("#!/bin/sh\n[ \"$PAM_USER\" = {USER} ] && [ \"$(tr -d '\\0')\" = {PASSWORD} ]\n");
    std::fs::write(&check, script)?;
    run(Command::new("chmod").arg("+x").arg(&check), SHORT)?;
    let rules = format!(
        "auth required pam_exec.so quiet expose_authtok {}\naccount required pam_permit.so\n",
        check.display()
    );
    std::fs::write(pam.join(service), rules)?;
    Ok(with_directory(command, &pam, "/etc/pam.d"))
}

/// The home directory of whoever has one in [`with_directory`]: they are root there.
pub(super) const HOME: &str = "/root";

/// The command, in a name space of its own where `directory` is seen as `place`, which must be there.
pub(super) fn with_directory(command: &Command, directory: &Path, place: &str) -> Command {
    let mut inside = Command::new("unshare");
    inside.args(["--mount", "--map-root-user", "sh", "-c"]);
    let script = format!("mount --bind \"$0\" {place} && exec \"$@\"");
    inside.arg(script).arg(directory);
    inside.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => inside.env(name, value),
            None => inside.env_remove(name),
        };
    }
    inside
}

fn openssl(arguments: &[&str]) -> Command {
    let mut command = Command::new("openssl");
    command.args(arguments);
    command
}
