//! Where to connect to, and what proves either side to the other.

use crate::args::Args;
use crate::ending::{Failure, REFUSED};
use serde::Deserialize;
use std::fmt::Display;
use std::io::{self, BufRead};
use std::path::Path;
use std::time::SystemTime;
use tightrope::{ClientConfig, ClientCredentials, Endpoint, Fingerprint, Secret};

const PASSWORD_VARIABLE: &str = "TIGHTROPE_PASSWORD";

/// The line of JSON that `tightrope-agent --print-credentials` writes.
#[derive(Deserialize)]
struct Line {
    url: Option<String>,
    fingerprint: Option<String>,
    password: Option<String>,
    view_only_password: Option<String>,
}

/// The configuration that the command line, its files and the environment ask for.
pub(crate) fn configuration(args: &Args) -> Result<ClientConfig, Failure> {
    let credentials = match &args.credentials {
        Some(path) => read(path)?,
        None => ClientCredentials::default(),
    };
    let urls = match args.urls.is_empty() {
        true => &credentials.urls,
        false => &args.urls,
    };
    let Some(first) = urls.first() else {
        return Err(Failure::usage(
            "no address: give one (vncs://HOST:PORT), or --credentials that have it",
        ));
    };
    let mut config = ClientConfig::new(&with_scheme(first)).map_err(Failure::usage)?;
    for url in urls.iter().skip(1) {
        let (endpoint, pin) = Endpoint::read(&with_scheme(url)).map_err(Failure::usage)?;
        config.endpoints.push(endpoint);
        config.fingerprint = config.fingerprint.or(pin);
    }
    config.insecure = args.insecure;
    config.via.clone_from(&args.via);
    config.user.clone_from(&args.user);
    config.shared = !args.exclusive;
    config.quality = args.quality.0;
    config.adapts = !args.fixed_quality;
    config.fine_quality = args.fine_quality;
    config.subsampling = args.subsampling.map(Into::into);
    config.compression = args.compression;
    config.prefer = args.encoding.map(Into::into);
    config.prefer_only = args.only;
    let given = args.fingerprint.as_deref().map(fingerprint).transpose()?;
    config.fingerprint = given.or(config.fingerprint).or(credentials.fingerprint);
    config.identity.clone_from(&credentials.identity);
    config.password = password(args, credentials)?;
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

fn password(args: &Args, credentials: ClientCredentials) -> Result<Option<Secret>, Failure> {
    let stored = match args.view_only {
        true => credentials.view_only_password.or(credentials.password),
        false => credentials.password,
    };
    if stored.is_some() {
        return Ok(stored);
    }
    if let Some(path) = &args.password_file {
        return first_line(path).map(|line| Some(line.into()));
    }
    Ok(std::env::var(PASSWORD_VARIABLE).ok().map(Secret::from))
}

fn first_line(path: &Path) -> Result<String, Failure> {
    if path.as_os_str() == "-" {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        read.map_err(|error| unreadable("standard input", error))?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let text = read_text(path)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// From a directory, or from a file of JSON.
fn read(path: &Path) -> Result<ClientCredentials, Failure> {
    if !path.is_dir() {
        return read_line(path);
    }
    let read = ClientCredentials::read(path).map_err(Failure::error)?;
    if read.expires.is_some_and(|end| end <= SystemTime::now()) {
        let path = path.display();
        let text = format!("the credentials in {path} have expired: make new ones");
        return Err(Failure {
            code: REFUSED,
            text,
        });
    }
    Ok(read)
}

fn read_line(path: &Path) -> Result<ClientCredentials, Failure> {
    // The error of serde_json names line and column, never the text.
    let line: Line = serde_json::from_str(&read_text(path)?).map_err(|error| {
        let path = path.display();
        Failure::error(format_args!(
            "{path} holds no credentials ({error}): the line that tightrope-agent --print-credentials writes is \
             expected"
        ))
    })?;
    let mut read = ClientCredentials::default();
    read.urls.extend(line.url);
    read.fingerprint = line.fingerprint.as_deref().map(fingerprint).transpose()?;
    read.password = line.password.map(Secret::from);
    read.view_only_password = line.view_only_password.map(Secret::from);
    Ok(read)
}

fn read_text(path: &Path) -> Result<String, Failure> {
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
    use std::time::Duration;
    use tightrope::Bundle;

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
        assert!(!configured(&["--credentials", path]).unwrap().insecure);
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
    fn what_was_made_for_one_session_is_taken_as_a_whole() {
        let parent = tempfile::tempdir().unwrap();
        let urls = ["quic://pod:1", "vncs://pod:1", "wss://gate:443/pod"];
        let made = urls.map(str::to_owned).to_vec();
        let bundle = Bundle::generate(Duration::from_secs(60), made).unwrap();
        let pod = parent.path().join("pod");
        bundle.write(&pod).unwrap();
        let client = pod.join("client");
        let client = client.to_str().unwrap();
        let addresses = |config: &ClientConfig| -> Vec<String> {
            config.endpoints.iter().map(ToString::to_string).collect()
        };
        let config = configured(&["--credentials", client]).unwrap();
        assert_eq!(addresses(&config), urls);
        assert!(config.identity.is_some() && config.fingerprint.is_some());
        assert!(config.password.is_some());
        let config = configured(&["node:7", "quic://node:8", "--credentials", client]).unwrap();
        assert_eq!(addresses(&config), ["vncs://node:7", "quic://node:8"]);
        std::fs::write(pod.join("client/expires"), "2009-02-13T23:31:30Z").unwrap();
        assert_eq!(failure(&["--credentials", client]).code, REFUSED);
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
