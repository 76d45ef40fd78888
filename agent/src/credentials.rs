//! Who the server is and who may come in: made new or read from a directory, and shown to the right eyes only.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::SystemTime;

use serde_json::json;
use tightrope::{AgentCredentials, Allow, Fingerprint, Identity, Protocol, RsaKey, Secret, Server};

use crate::args::Args;
use crate::failure::Failure;
use crate::ffi::adopt_descriptor;

/// How often the credentials of a directory let in, if nothing else is said.
const USES: u32 = 1;
/// The size of a new key of RSA-AES.
const RSA_BITS: u32 = 2048;

/// What a server needs to know about itself and its clients.
#[derive(Debug)]
pub struct Credentials {
    /// Its certificate.
    pub identity: Identity,
    /// What is spoken.
    pub allow: Allow,
    /// Lets clients in.
    pub password: Option<Secret>,
    /// Lets clients in who may look but not touch.
    pub view_only_password: Option<Secret>,
    /// Clients that are let in for their certificate.
    pub trusted_clients: Vec<Fingerprint>,
    /// How often all of these let in; none for any number of times.
    pub uses: Option<u32>,
    /// When they end.
    pub expires: Option<SystemTime>,
    /// The key of RSA-AES, where that is spoken.
    pub rsa_key: Option<RsaKey>,
    /// Whether anything of it was made just now, so that somebody has to be told.
    is_new: bool,
}

/// Where the credentials are shown.
#[derive(Debug)]
pub enum Announcement {
    /// As one line of JSON.
    Descriptor(OwnedFd),
    /// For a person.
    Terminal,
    /// Nowhere: whoever made the files knows them.
    None,
}

impl Credentials {
    /// As `args` say: from the directory, or made new.
    pub fn new(args: &Args) -> Result<Self, Failure> {
        match &args.credentials {
            Some(directory) => Self::read(directory, args),
            None => Self::make(args),
        }
    }

    fn make(args: &Args) -> Result<Self, Failure> {
        let secret = || Secret::generate().map_err(Failure::error);
        let allow = allow(args)?;
        Ok(Self {
            identity: Identity::generate().map_err(Failure::error)?,
            rsa_key: rsa_key(&allow, None)?,
            allow,
            password: (!args.no_password).then(secret).transpose()?,
            view_only_password: args.view_only.then(secret).transpose()?,
            trusted_clients: Vec::new(),
            uses: args.uses.filter(|&uses| uses > 0),
            expires: None,
            is_new: true,
        })
    }

    fn read(directory: &Path, args: &Args) -> Result<Self, Failure> {
        let allow = allow(args)?;
        let stored = AgentCredentials::read(directory).map_err(Failure::error)?;
        let missing = |name, instead| {
            let path = directory.join(name);
            Failure::error(format_args!(
                "{} is missing: --credentials needs it (or {instead})",
                path.display()
            ))
        };
        if stored.expires.is_some_and(|end| end <= SystemTime::now()) {
            return Err(Failure::error(format_args!(
                "the credentials in {} have expired: make new ones with tightrope-viewer credentials new",
                directory.display()
            )));
        }
        let identity = match stored.identity {
            Some(identity) => identity,
            None if args.insecure => Identity::generate().map_err(Failure::error)?,
            None => return Err(missing("certificate.pem", "--insecure")),
        };
        if stored.password.is_none() && !args.no_password {
            return Err(missing("password", "--no-password"));
        }
        let make_view_only = args.view_only && stored.view_only_password.is_none();
        let made = make_view_only.then(Secret::generate).transpose();
        let made = made.map_err(Failure::error)?;
        let stored_key = stored.rsa_key.map(|pem| {
            RsaKey::from_pem(pem.reveal()).map_err(|error| {
                let path = directory.join("rsa-key.pem");
                Failure::error(format_args!("{}: {error}", path.display()))
            })
        });
        Ok(Self {
            identity,
            rsa_key: rsa_key(&allow, stored_key.transpose()?)?,
            allow,
            password: stored.password.filter(|_| !args.no_password),
            view_only_password: stored.view_only_password.or(made),
            trusted_clients: stored.trusted_clients,
            uses: Some(args.uses.unwrap_or(USES)).filter(|&uses| uses > 0),
            expires: stored.expires,
            is_new: make_view_only,
        })
    }

    /// Tells viewers' users how to come in, now that `server` is there.
    pub fn announce(&self, server: &Server, to: Announcement) -> io::Result<()> {
        let reveal =
            |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.reveal().to_owned());
        let (url, fingerprint) = (
            server.url(),
            server.fingerprint().map(|own| own.to_string()),
        );
        let (password, view_only) = (reveal(&self.password), reveal(&self.view_only_password));
        match to {
            Announcement::None => Ok(()),
            Announcement::Descriptor(descriptor) => {
                let line = json!({
                    "url": url,
                    "fingerprint": fingerprint,
                    "password": password,
                    "view_only_password": view_only,
                });
                fs::File::from(descriptor).write_all(format!("{line}\n").as_bytes())
            }
            Announcement::Terminal => {
                let mut text = format!("address             {url}\n");
                let lines = [
                    ("fingerprint        ", fingerprint.as_ref()),
                    ("password           ", password.as_ref()),
                    ("view-only password ", view_only.as_ref()),
                ];
                for (name, value) in lines {
                    if let Some(value) = value {
                        text += &format!("{name} {value}\n");
                    }
                }
                let insecure = if fingerprint.is_none() {
                    " --insecure"
                } else {
                    ""
                };
                let pin = fingerprint.map(|own| format!(" --fingerprint {own}"));
                let pin = pin.unwrap_or_default();
                text += &format!("to view it          tightrope-viewer {url}{pin}{insecure}\n");
                io::stdout().write_all(text.as_bytes())
            }
        }
    }
}

impl Announcement {
    /// Where `args` want the credentials shown. To be called before anything else opens a file.
    ///
    /// Without a descriptor they go to standard output if that is a terminal; if it is none, and there is something new
    /// to show, that is wrong usage: they would end up in some log.
    pub fn new(args: &Args) -> Result<Self, Failure> {
        if let Some(number) = args.print_credentials {
            let descriptor = adopt_descriptor(number).map_err(|error| {
                Failure::usage(format_args!(
                    "--print-credentials {number}: this file descriptor cannot be used: {error}. Open it when starting the \
                     agent: {number}>FILE"
                ))
            })?;
            return Ok(Self::Descriptor(descriptor));
        }
        if args.credentials.is_some() {
            return Ok(Self::None);
        }
        if io::stdout().is_terminal() {
            return Ok(Self::Terminal);
        }
        Err(nowhere_to_show())
    }

    /// Checks that what `credentials` hold can be known by somebody.
    pub fn suits(self, credentials: &Credentials) -> Result<Self, Failure> {
        match self {
            Self::None if credentials.is_new && io::stdout().is_terminal() => Ok(Self::Terminal),
            Self::None if credentials.is_new => Err(nowhere_to_show()),
            fits => Ok(fits),
        }
    }
}

/// What may be spoken. What anybody on the way can read has to be asked for twice.
fn allow(args: &Args) -> Result<Allow, Failure> {
    let Some(allow) = &args.allow else {
        return Ok(match args.insecure {
            true => Allow::only(&[Protocol::Plain, Protocol::Ws]),
            false => Allow::default(),
        });
    };
    let open = [Protocol::Plain, Protocol::Ws]
        .into_iter()
        .find(|&own| allow.contains(own));
    match open {
        Some(protocol) if !args.insecure => Err(Failure::usage(format_args!(
            "--allow {protocol}: it is not encrypted, anybody on the way can read everything and type along; allow it \
             with --insecure"
        ))),
        _ => Ok(allow.clone()),
    }
}

/// The key of RSA-AES: the one that is there, or a new one; none where it is not spoken.
fn rsa_key(allow: &Allow, stored: Option<RsaKey>) -> Result<Option<RsaKey>, Failure> {
    let is_spoken = [Protocol::Ra2, Protocol::Ra2ne]
        .into_iter()
        .any(|own| allow.contains(own));
    if !is_spoken {
        return Ok(None);
    }
    let key = stored.map_or_else(|| RsaKey::generate(RSA_BITS), Ok);
    let key = key.map_err(Failure::error)?;
    tracing::info!(fingerprint = %key.fingerprint(), "the key of RSA-AES");
    Ok(Some(key))
}

fn nowhere_to_show() -> Failure {
    Failure::usage(
        "nobody would see the password: standard output is not a terminal. Give --print-credentials FD (a file descriptor \
         that the line of JSON is written to, for instance 3 with 3>FILE), or --credentials DIR (a directory that holds \
         certificate and passwords)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn args(arguments: &[&str]) -> Args {
        let fixed = ["tightrope-agent", "--exec", "true"];
        Args::parse_from(fixed.iter().chain(arguments))
    }

    fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        directory
    }

    fn read(files: &[(&str, &str)], arguments: &[&str]) -> Result<Credentials, Failure> {
        let directory = directory(files);
        let path = directory.path().to_str().unwrap();
        let all: Vec<&str> = ["--credentials", path]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        Credentials::new(&args(&all))
    }

    #[test]
    fn by_default_everything_is_new_and_encrypted() {
        let made = Credentials::new(&args(&[])).unwrap();
        assert_eq!(made.allow, Allow::default());
        assert!(made.password.is_some() && made.view_only_password.is_none() && made.is_new);
        let other = Credentials::new(&args(&["--view-only"])).unwrap();
        assert_ne!(made.password, other.password);
        assert!(other.view_only_password.is_some());
        assert_ne!(other.view_only_password, other.password);
    }

    #[test]
    fn only_the_named_flags_take_protection_away() {
        let open = Credentials::new(&args(&["--insecure", "--no-password"])).unwrap();
        assert!(open.allow.contains(Protocol::Plain));
        assert!(open.password.is_none());
    }

    #[test]
    fn a_directory_gives_passwords_and_clients() {
        let client = format!("sha256:{}", "0a".repeat(32));
        let list = format!("# operators\n\n{client}\n");
        let files = [
            ("password", "geheim\n"),
            ("view-only-password", "look\nsecond line\n"),
            ("client-fingerprints", list.as_str()),
        ];
        let read = read(&files, &["--insecure"]).unwrap();
        assert_eq!(read.password.unwrap().reveal(), "geheim");
        assert_eq!(read.view_only_password.unwrap().reveal(), "look");
        assert_eq!(read.trusted_clients[0].to_string(), client);
        assert!(!read.is_new);
    }

    #[test]
    fn the_credentials_of_a_directory_are_used_once_unless_said_otherwise() {
        let uses = |arguments: &[&str]| {
            let all = [&["--insecure"], arguments].concat();
            read(&[("password", "geheim")], &all).unwrap().uses
        };
        assert_eq!(uses(&[]), Some(1));
        assert_eq!(uses(&["--uses", "3"]), Some(3));
        assert_eq!(uses(&["--uses", "0"]), None);
        assert_eq!(Credentials::new(&args(&[])).unwrap().uses, None);
        let twice = Credentials::new(&args(&["--uses", "2"])).unwrap();
        assert_eq!(twice.uses, Some(2));
    }

    #[test]
    fn credentials_that_have_expired_are_refused() {
        let until = |expires| read(&[("password", "x"), ("expires", expires)], &["--insecure"]);
        assert!(until("2200-01-01T00:00:00Z").unwrap().expires.is_some());
        let refused = until("2009-02-13T23:31:30Z").unwrap_err();
        assert!(refused.message.contains("expired"), "{refused}");
    }

    #[test]
    fn what_is_not_encrypted_is_allowed_only_with_insecure() {
        let allow = |arguments: &[&str]| Credentials::new(&args(arguments)).map(|own| own.allow);
        for open in ["tls,plain", "ws", "plain"] {
            let refused = allow(&["--allow", open]).unwrap_err();
            assert_eq!(refused.code, 2, "{refused}");
            let allowed = allow(&["--insecure", "--allow", open]).unwrap();
            assert_eq!(allowed, open.parse().unwrap());
        }
        let made = Credentials::new(&args(&["--allow", "tls,ra2,ra2ne"])).unwrap();
        assert!(made.rsa_key.is_some());
        let without = Credentials::new(&args(&["--allow", "tls"])).unwrap();
        assert!(without.rsa_key.is_none());
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (files, name) in [
            (&[][..], "certificate.pem"),
            (&[("certificate.pem", "x")][..], "key.pem"),
            (
                &[("certificate.pem", "x"), ("key.pem", "x")][..],
                "certificate",
            ),
        ] {
            let message = read(files, &[]).unwrap_err().message;
            assert!(message.contains(name), "{message}");
        }
        let files = [("password", "x"), ("rsa-key.pem", "hush")];
        let wrong = read(&files, &["--insecure", "--allow", "ra2"]).unwrap_err();
        assert!(wrong.message.contains("rsa-key.pem"), "{wrong}");
        assert!(!wrong.message.contains("hush"), "{wrong}");
        for (files, name) in [
            (&[][..], "password"),
            (&[("password", "\n")][..], "password"),
            (
                &[("password", "x"), ("client-fingerprints", "sha256:12")][..],
                "line 1",
            ),
        ] {
            let message = read(files, &["--insecure"]).unwrap_err().message;
            assert!(message.contains(name), "{message}");
        }
    }

    #[test]
    fn a_new_password_that_nobody_would_see_is_refused() {
        let files = [("password", "geheim")];
        let made = read(&files, &["--insecure", "--view-only"]).unwrap();
        assert!(made.is_new);
        let (_reader, writer) = io::pipe().unwrap();
        let written = Announcement::Descriptor(writer.into());
        assert!(written.suits(&made).is_ok());
    }

    #[test]
    fn nothing_shows_a_password_by_accident() {
        let made = Credentials::new(&args(&["--view-only"])).unwrap();
        let shown = format!("{made:?}");
        for secret in [&made.password, &made.view_only_password] {
            assert!(!shown.contains(secret.as_ref().unwrap().reveal()));
        }
    }
}
