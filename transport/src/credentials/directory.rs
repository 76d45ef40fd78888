//! Credentials as directories of files: what an agent and a client read.
//!
//! A password is the first line of its file. Empty lines and lines that begin with `#` mean nothing in files of several
//! lines.

use std::path::Path;
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::{CredentialsError, Fingerprint, Identity, Secret, file, files, moment};

/// What a server reads: `certificate.pem` and `key.pem`, `password`, `view-only-password`, `client-fingerprints` (one a
/// line), `expires`, `rsa-key.pem`. Any may be missing; whoever needs one asks for it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AgentCredentials {
    /// Who it is.
    pub identity: Option<Identity>,
    /// Lets clients in.
    pub password: Option<Secret>,
    /// Lets clients in who may look but not touch.
    pub view_only_password: Option<Secret>,
    /// Certificates whose owners are let in.
    pub trusted_clients: Vec<Fingerprint>,
    /// From when on nobody is let in.
    pub expires: Option<SystemTime>,
    /// The private key of RSA-AES, as PEM.
    pub rsa_key: Option<Secret>,
}

/// What a client reads: `url` (one a line), `fingerprint`, `certificate.pem` and `key.pem`, `password`,
/// `view-only-password`, `expires`. Any may be missing.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ClientCredentials {
    /// Where the server may be, in the order to try.
    pub urls: Vec<String>,
    /// The server's certificate.
    pub fingerprint: Option<Fingerprint>,
    /// Who the client is.
    pub identity: Option<Identity>,
    /// For servers that ask.
    pub password: Option<Secret>,
    /// The same, to look and not to touch.
    pub view_only_password: Option<Secret>,
    /// From when on no server lets it in.
    pub expires: Option<SystemTime>,
}

impl AgentCredentials {
    /// Reads `directory`.
    pub fn read(directory: &Path) -> Result<Self, CredentialsError> {
        let clients = lines(directory, file::CLIENTS)?;
        let trusted = clients.iter().map(|line| fingerprint(directory, line));
        Ok(Self {
            identity: identity(directory)?,
            password: password(directory, file::PASSWORD)?,
            view_only_password: password(directory, file::VIEW_ONLY_PASSWORD)?,
            trusted_clients: trusted.collect::<Result<_, _>>()?,
            expires: expires(directory)?,
            rsa_key: text(directory, file::RSA_KEY)?.map(Secret::from_zeroizing),
        })
    }
}

impl ClientCredentials {
    /// Reads `directory`.
    pub fn read(directory: &Path) -> Result<Self, CredentialsError> {
        let pin = lines(directory, file::FINGERPRINT)?;
        let pin = pin.first().map(|line| fingerprint(directory, line));
        let urls = lines(directory, file::URL)?;
        Ok(Self {
            urls: urls.into_iter().map(|line| line.text).collect(),
            fingerprint: pin.transpose()?,
            identity: identity(directory)?,
            password: password(directory, file::PASSWORD)?,
            view_only_password: password(directory, file::VIEW_ONLY_PASSWORD)?,
            expires: expires(directory)?,
        })
    }
}

/// A line that means something.
struct Line {
    file: &'static str,
    number: usize,
    text: String,
}

fn text(
    directory: &Path,
    name: &'static str,
) -> Result<Option<Zeroizing<String>>, CredentialsError> {
    files::read(&directory.join(name))
}

fn lines(directory: &Path, name: &'static str) -> Result<Vec<Line>, CredentialsError> {
    let text = text(directory, name)?.unwrap_or_default();
    let lines = text.lines().map(str::trim).zip(1..);
    let meant = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    let owned = meant.map(|(text, number)| Line {
        file: name,
        number,
        text: text.to_owned(),
    });
    Ok(owned.collect())
}

fn fingerprint(directory: &Path, line: &Line) -> Result<Fingerprint, CredentialsError> {
    line.text
        .parse()
        .map_err(|error| CredentialsError::Invalid {
            file: directory.join(line.file),
            line: Some(line.number),
            rule: format!("{error}"),
        })
}

fn password(directory: &Path, name: &'static str) -> Result<Option<Secret>, CredentialsError> {
    let line = files::read_line(&directory.join(name))?;
    Ok(line.map(Secret::from_zeroizing))
}

/// Certificate and key: both or neither.
fn identity(directory: &Path) -> Result<Option<Identity>, CredentialsError> {
    let missing = |name: &'static str, with| CredentialsError::Missing {
        file: directory.join(name),
        with,
    };
    let certificate = text(directory, file::CERTIFICATE)?;
    let key = text(directory, file::KEY)?;
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing(file::KEY, file::CERTIFICATE)),
        (None, Some(_)) => Err(missing(file::CERTIFICATE, file::KEY)),
        (Some(certificate), Some(key)) => {
            let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes());
            identity.map(Some).map_err(|error| {
                let name = match error {
                    super::IdentityError::Key(_) => file::KEY,
                    _ => file::CERTIFICATE,
                };
                CredentialsError::Invalid {
                    file: directory.join(name),
                    line: None,
                    rule: error.to_string(),
                }
            })
        }
    }
}

fn expires(directory: &Path) -> Result<Option<SystemTime>, CredentialsError> {
    let path = directory.join(file::EXPIRES);
    let Some(line) = files::read_line(&path)? else {
        return Ok(None);
    };
    let time = moment::read(line.trim());
    time.map(Some).ok_or_else(|| CredentialsError::Invalid {
        file: path,
        line: Some(1),
        rule: format!(
            "{:?} is no time in UTC like 2026-11-23T08:00:00Z",
            line.trim()
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        directory
    }

    #[test]
    fn lines_may_end_or_not_and_comments_mean_nothing() {
        let print = format!("sha256:{}", "0a".repeat(32));
        let clients = format!("# operators\n\n{print}\r\n{print}");
        let agent = directory(&[
            ("password", "geheim"),
            ("view-only-password", "look\nsecond line\n"),
            ("client-fingerprints", &clients),
            ("expires", "2009-02-13T23:31:30Z"),
        ]);
        let agent = AgentCredentials::read(agent.path()).unwrap();
        assert_eq!(agent.password.unwrap().reveal(), "geheim");
        assert_eq!(agent.view_only_password.unwrap().reveal(), "look");
        assert_eq!(agent.trusted_clients.len(), 2);
        assert!(agent.expires.unwrap() < SystemTime::now());
        assert!(agent.identity.is_none() && agent.rsa_key.is_none());
        let client = directory(&[
            ("url", "vncs://a\n\n# later\nquic://b"),
            ("fingerprint", &print),
        ]);
        let client = ClientCredentials::read(client.path()).unwrap();
        assert_eq!(client.urls, ["vncs://a", "quic://b"]);
        assert_eq!(client.fingerprint.unwrap().to_string(), print);
        assert!(client.password.is_none() && client.expires.is_none());
    }

    #[cfg(unix)]
    #[test]
    fn files_may_be_links_as_kubernetes_mounts_them() {
        let mounted = directory(&[]);
        fs::create_dir(mounted.path().join("..2026_11_23")).unwrap();
        fs::write(mounted.path().join("..2026_11_23/password"), "geheim").unwrap();
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, mounted.path().join(name)).unwrap();
        };
        link("..2026_11_23", "..data");
        link("..data/password", "password");
        let agent = AgentCredentials::read(mounted.path()).unwrap();
        assert_eq!(agent.password.unwrap().reveal(), "geheim");
    }

    #[test]
    fn what_is_wrong_is_told_by_file_and_line_without_the_secret() {
        let long = "x".repeat((1 << 20) + 1);
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (files, told) in [
            (&[("password", "\n")][..], "password, line 1: it is empty"),
            (&[("password", "")], "password, line 1: it is empty"),
            (
                &[("password", &long)],
                "password: it is longer than a mebibyte",
            ),
            (&[("certificate.pem", "hush")], "key.pem is missing"),
            (&[("key.pem", "hush")], "certificate.pem is missing"),
            (
                &[("certificate.pem", "hush"), ("key.pem", "hush")],
                "certificate.pem: the certificate is not readable PEM",
            ),
            (
                &[("certificate.pem", pem), ("key.pem", "hush")],
                "key.pem: the private key is not readable PEM",
            ),
            (
                &[("client-fingerprints", "\n12")],
                "client-fingerprints, line 2: ",
            ),
            (
                &[("expires", "soon")],
                "expires, line 1: \"soon\" is no time",
            ),
        ] {
            let directory = directory(files);
            let error = AgentCredentials::read(directory.path()).unwrap_err();
            let error = error.to_string();
            assert!(error.contains(told), "{error}");
            assert!(!error.contains("hush"), "{error}");
        }
        let directory = directory(&[]);
        fs::write(directory.path().join("password"), [0xff, 0xfe]).unwrap();
        let error = ClientCredentials::read(directory.path()).unwrap_err();
        assert!(error.to_string().contains("password: it is not UTF-8"));
        fs::remove_file(directory.path().join("password")).unwrap();
        fs::create_dir(directory.path().join("password")).unwrap();
        let error = ClientCredentials::read(directory.path()).unwrap_err();
        assert!(matches!(error, CredentialsError::Read(..)), "{error}");
    }
}
