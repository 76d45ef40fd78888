//! Where to connect to, and what proves either side to the other.

use crate::args::Args;
use crate::ending::Failure;
use serde::Deserialize;
use std::fmt::Display;
use std::io::{self, BufRead};
use std::path::Path;
use tightrope::{ClientConfig, Fingerprint, Identity, Secret};

const PASSWORD_VARIABLE: &str = "TIGHTROPE_PASSWORD";

/// What a file or a directory of credentials holds.
#[derive(Default, Deserialize)]
struct Credentials {
    url: Option<String>,
    fingerprint: Option<String>,
    password: Option<String>,
    view_only_password: Option<String>,
    /// Certificate and key, as PEM.
    #[serde(skip)]
    identity: Option<(String, String)>,
}

/// The configuration that the command line, its files and the environment ask for.
pub(crate) fn configuration(args: &Args) -> Result<ClientConfig, Failure> {
    let mut credentials = match &args.credentials {
        Some(path) => Credentials::read(path)?,
        None => Credentials::default(),
    };
    let url = args.url.clone().or(credentials.url.take());
    let url = url.ok_or_else(|| {
        Failure::usage("no address: give one (vncs://HOST:PORT), or --credentials that have it")
    })?;
    let mut config = ClientConfig::new(&with_scheme(&url)).map_err(Failure::usage)?;
    config.insecure = args.insecure;
    config.shared = !args.exclusive;
    config.quality = args.quality.0;
    config.fine_quality = args.fine_quality;
    config.subsampling = args.subsampling.map(Into::into);
    config.compression = args.compression;
    config.prefer = args.encoding.map(Into::into);
    config.prefer_only = args.only;
    config.fingerprint = match (
        &args.fingerprint,
        config.fingerprint,
        &credentials.fingerprint,
    ) {
        (Some(given), _, _) => Some(fingerprint(given)?),
        (None, Some(in_url), _) => Some(in_url),
        (None, None, Some(given)) => Some(fingerprint(given)?),
        (None, None, None) => None,
    };
    check_security(&config)?;
    if let Some((certificate, key)) = &credentials.identity {
        let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes());
        config.identity = Some(identity.map_err(Failure::error)?);
    }
    config.password = password(args, credentials)?.map(Secret::from);
    Ok(config)
}

/// `HOST[:PORT]` alone is an encrypted address.
pub(crate) fn with_scheme(url: &str) -> String {
    match url.contains("://") {
        true => url.to_owned(),
        false => format!("vncs://{url}"),
    }
}

fn fingerprint(text: &str) -> Result<Fingerprint, Failure> {
    text.trim().parse().map_err(Failure::usage)
}

fn check_security(config: &ClientConfig) -> Result<(), Failure> {
    for endpoint in &config.endpoints {
        let (encrypted, address) = (endpoint.scheme.is_encrypted(), endpoint.address());
        if !encrypted && !config.insecure {
            return Err(Failure::usage(format_args!(
                "{endpoint} is not encrypted, anybody on the way can read and change it: \
                 use vncs://, or allow it with --insecure"
            )));
        }
        if encrypted && config.fingerprint.is_none() {
            return Err(Failure::usage(format_args!(
                "the certificate of {address} is not known: give --fingerprint or --credentials, with what the server \
                 printed when it started"
            )));
        }
    }
    Ok(())
}

fn password(args: &Args, credentials: Credentials) -> Result<Option<String>, Failure> {
    let stored = match args.view_only {
        true => credentials.view_only_password.or(credentials.password),
        false => credentials.password,
    };
    if stored.is_some() {
        return Ok(stored);
    }
    if let Some(path) = &args.password_file {
        return first_line(path).map(Some);
    }
    Ok(std::env::var(PASSWORD_VARIABLE).ok())
}

fn first_line(path: &Path) -> Result<String, Failure> {
    if path.as_os_str() == "-" {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        read.map_err(|error| unreadable("standard input", error))?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let text = read(path)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

impl Credentials {
    fn read(path: &Path) -> Result<Self, Failure> {
        if path.is_dir() {
            return Self::read_directory(path);
        }
        // The error of serde_json names line and column, never the text.
        serde_json::from_str(&read(path)?).map_err(|error| {
            let path = path.display();
            Failure::error(format_args!(
                "{path} holds no credentials ({error}): the line that tightrope-agent --print-credentials writes is \
                 expected"
            ))
        })
    }
    fn read_directory(directory: &Path) -> Result<Self, Failure> {
        let optional = |name: &str| -> Result<Option<String>, Failure> {
            let path = directory.join(name);
            let found = path.try_exists();
            match found.map_err(|error| unreadable(path.display(), error))? {
                true => read(&path).map(Some),
                false => Ok(None),
            }
        };
        let line = |name: &str| -> Result<Option<String>, Failure> {
            let text = optional(name)?;
            Ok(text.map(|text| text.lines().next().unwrap_or_default().to_owned()))
        };
        Ok(Self {
            url: line("url")?,
            fingerprint: line("fingerprint")?,
            password: line("password")?,
            view_only_password: line("view-only-password")?,
            identity: optional("certificate.pem")?.zip(optional("key.pem")?),
        })
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path.display(), error))
}

fn unreadable(what: impl Display, error: io::Error) -> Failure {
    Failure::error(format_args!("{what} cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ending;
    use clap::Parser;

    fn configured(flags: &[&str]) -> Result<ClientConfig, Failure> {
        let flags = ["tightrope-viewer"].iter().chain(flags);
        configuration(&Args::try_parse_from(flags).unwrap())
    }

    fn print(digits: &str) -> String {
        format!("sha256:{}", digits.repeat(32))
    }

    fn failure(flags: &[&str]) -> Failure {
        match configured(flags) {
            Ok(_) => panic!("{flags:?} is accepted"),
            Err(failure) => failure,
        }
    }

    #[test]
    fn a_file_of_credentials_is_enough() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pod.json");
        let json = serde_json::json!({
            "url": "vncs://127.0.0.1:5907", "fingerprint": print("ab"), "password": "full",
            "view_only_password": "look",
        });
        std::fs::write(&path, json.to_string()).unwrap();
        let path = path.to_str().unwrap();

        let config = configured(&["--credentials", path]).unwrap();
        assert_eq!(config.endpoints[0].address(), "127.0.0.1:5907");
        assert_eq!(config.fingerprint.unwrap().to_string(), print("ab"));
        assert_eq!(config.password.unwrap().reveal(), "full");

        let config = configured(&["pod:1", "--view-only", "--credentials", path]).unwrap();
        assert_eq!(config.endpoints[0].address(), "pod:1");
        assert_eq!(config.password.unwrap().reveal(), "look");

        let config = configured(&["--credentials", path, "--fingerprint", &print("cd")]).unwrap();
        assert_eq!(config.fingerprint.unwrap().to_string(), print("cd"));
    }

    #[test]
    fn null_fields_of_an_insecure_server_are_no_credentials() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pod.json");
        let json =
            r#"{"url":"vnc://pod","fingerprint":null,"password":null,"view_only_password":null}"#;
        std::fs::write(&path, json).unwrap();
        let path = path.to_str().unwrap();
        let config = configured(&["--insecure", "--credentials", path]).unwrap();
        assert!(config.insecure && config.fingerprint.is_none());
        assert_eq!(failure(&["--credentials", path]).code, ending::USAGE);
    }

    #[test]
    fn a_directory_of_credentials_is_read_by_name() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("fingerprint"), print("0a") + "\n").unwrap();
        std::fs::write(directory.path().join("password"), "pass word\n").unwrap();
        let path = directory.path().to_str().unwrap();
        let config = configured(&["vncs://pod", "--credentials", path]).unwrap();
        assert_eq!(config.fingerprint.unwrap().to_string(), print("0a"));
        assert_eq!(config.password.unwrap().reveal(), "pass word");
        assert_eq!(failure(&["--credentials", path]).code, ending::USAGE);
    }

    #[test]
    fn a_password_file_holds_it_in_its_first_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        std::fs::write(&path, "first\r\nsecond\n").unwrap();
        let path = path.to_str().unwrap();
        let config = configured(&["vnc://pod", "--insecure", "--password-file", path]).unwrap();
        assert_eq!(config.password.unwrap().reveal(), "first");
    }

    #[test]
    fn what_is_missing_or_wrong_is_told_before_anything_is_sent() {
        let print = print("ab");
        for (flags, code) in [
            (&[][..], ending::USAGE),
            (&["vncs://pod"], ending::USAGE),
            (&["vnc://pod"], ending::USAGE),
            (&["http://pod"], ending::USAGE),
            (&["pod", "--fingerprint", "sha256:12"], ending::USAGE),
            (&["--credentials", "/nonexistent/pod.json"], ending::ERROR),
            (
                &[
                    "pod",
                    "--fingerprint",
                    &print,
                    "--password-file",
                    "/nonexistent/secret",
                ],
                ending::ERROR,
            ),
        ] {
            assert_eq!(failure(flags).code, code, "{flags:?}");
        }
    }
}
