//! Our viewer against Xtigervnc, TigerVNC's X server.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::super::cell::Check;
use super::super::certificate::{Certificate, rsa_key, with_login};
use super::super::matrix::Matrix;
use super::super::stage::{PASSWORD, SIZE, Stage, USER, free_port, password_file};
use super::super::trixie::Trixie;
use super::super::viewing::{Foreign, HEXTILE, RAW, RRE, TIGHT, TIGHT_JPEG, Way, ZRLE};
use super::super::{Kit, version_of};
use crate::x11::XServer;

pub(super) const NAME: &str = "Xtigervnc";
pub(super) const TRIXIE: &str = "Xtigervnc-trixie";
const TYPED: &str = "To Xtigervnc: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]} \\ é ü ß € ł";
const THERE: &str = "over there: Grüße, 10 €, 漢字";
const BACK: &str = "and back: Ærø, 20 £, かな";

/// Tight without JPEG is checked in every respect; JPEG comes first, while the desktop is as a camera would see it. What is sent as JPEG is refreshed as JPEG of quality 100.
const WAYS: &[Way] = &[TIGHT_JPEG, TIGHT, ZRLE, HEXTILE, RRE, RAW];

/// What encrypts, checked for the picture and the keys.
const ENCRYPTED: &[&str] = &["X509None", "X509Vnc", "X509Plain"];
/// What only newer versions know.
const RSA_AES: &[&str] = &["RA2", "RA2_256", "RA2ne", "RA2ne_256"];

/// Plays its cells.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of(NAME, "-version")?;
    let peer = Peer {
        name: NAME,
        version: &version,
        command: &|| Command::new(NAME),
    };
    peer.play(kit, matrix)?;
    peer.play_encrypted(ENCRYPTED, kit, matrix)
}

/// Plays the cells of Debian 13's.
pub(super) fn play_trixie(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let trixie = Trixie::provide(kit)?;
    let peer = Peer {
        name: TRIXIE,
        version: &trixie.version()?,
        command: &|| trixie.command(NAME),
    };
    peer.play(kit, matrix)?;
    peer.play_encrypted(ENCRYPTED, kit, matrix)?;
    peer.play_encrypted(RSA_AES, kit, matrix)
}

/// One of its versions.
struct Peer<'a> {
    name: &'static str,
    version: &'a str,
    command: &'a dyn Fn() -> Command,
}

impl Peer<'_> {
    /// A server with and one without a password.
    fn play(&self, kit: &Kit, matrix: &Matrix) -> Result<()> {
        for (security, ways) in [("VncAuth", WAYS), ("None", &[TIGHT])] {
            let directory = kit.directory_for(&format!("{}-{security}", self.name))?;
            let server = Server::start((self.command)(), security, &directory)?;
            let mut stage = Stage::furnish(kit, server.screen.display.clone(), &directory)?;
            // Of what is painted over a copy just made, 1.12 at times sends only the copy: seen in its own stream.
            stage.copies = false;
            let foreign = self.foreign(kit, security, &server, &directory);
            foreign.play(matrix, ways, |cell, viewer, way| {
                cell.record(Check::Picture, foreign.check_picture(viewer, &stage, way));
                if way.name == TIGHT.name {
                    cell.record(Check::Keys, viewer.check_keys(&stage, TYPED));
                    cell.record(Check::Cursor, viewer.check_cursor(&stage));
                    cell.record(
                        Check::Clipboard,
                        viewer.check_clipboard(&stage, THERE, BACK),
                    );
                    cell.record(Check::Resize, viewer.check_resize(&stage, security));
                }
            });
        }
        Ok(())
    }

    /// A server for each security type that encrypts.
    fn play_encrypted(
        &self,
        securities: &[&'static str],
        kit: &Kit,
        matrix: &Matrix,
    ) -> Result<()> {
        for security in securities {
            let directory = kit.directory_for(&format!("{}-{security}", self.name))?;
            let server = Server::start((self.command)(), security, &directory)?;
            let mut stage = Stage::furnish(kit, server.screen.display.clone(), &directory)?;
            stage.copies = false;
            let foreign = self.foreign(kit, security, &server, &directory);
            foreign.play(matrix, &[TIGHT], |cell, viewer, way| {
                cell.record(Check::Picture, foreign.check_picture(viewer, &stage, way));
                cell.record(Check::Keys, viewer.check_keys(&stage, TYPED));
            });
        }
        Ok(())
    }

    fn foreign<'a>(
        &'a self,
        kit: &'a Kit,
        security: &'static str,
        server: &'a Server,
        directory: &'a Path,
    ) -> Foreign<'a> {
        Foreign {
            kit,
            name: self.name,
            version: self.version,
            security,
            port: server.port,
            pin: server.pin.as_deref(),
            directory,
        }
    }
}

struct Server {
    screen: XServer,
    port: u16,
    /// The fingerprint of its certificate or key, if it encrypts.
    pin: Option<String>,
}

impl Server {
    fn start(mut command: Command, security: &str, directory: &Path) -> Result<Self> {
        let port = free_port()?;
        let geometry = format!("{}x{}", SIZE.0, SIZE.1);
        command.args(["-geometry", &geometry, "-depth", "24"]);
        command.args(["-rfbport", &port.to_string(), "-localhost=1"]);
        command.args(["-AlwaysShared=1", "-SecurityTypes", security]);
        command.args(["-desktop", "peer", "-nolisten", "tcp", "-noreset"]);
        command
            .arg("-PasswordFile")
            .arg(password_file(PASSWORD, directory)?);
        let mut pin = None;
        if security.starts_with("X509") {
            let certificate = Certificate::make(directory)?;
            command.arg("-X509Cert").arg(certificate.file());
            command.arg("-X509Key").arg(certificate.key());
            pin = Some(certificate.fingerprint);
        }
        if security.starts_with("RA2") {
            let (key, fingerprint) = rsa_key(directory)?;
            command.arg("-RSAKey").arg(key);
            pin = Some(fingerprint);
        }
        if security == "X509Plain" {
            command.args(["-PlainUsers", USER, "-PAMService", "vnc"]);
            command = with_login(&command, "vnc", directory)?;
        }
        let screen = XServer::start(NAME, &mut command, directory)?;
        Ok(Self { screen, port, pin })
    }
}
