//! The credentials of one session: made together, stored as two directories, one for each side.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::identity::Made;
use super::{CredentialsError, IdentityError, Secret, file, files, fill_random, moment};

/// Longer than this no session's credentials are valid.
const LONGEST: Duration = Duration::from_secs(3652 * 24 * 3600);

/// Both sides of one session: each has a key and a certificate and knows the other's, and both know a password for
/// programs that know no certificates.
pub struct Bundle {
    agent: Made,
    client: Made,
    password: Secret,
    expires: SystemTime,
    urls: Vec<String>,
}

impl Bundle {
    /// Makes new ones, valid from now for `valid_for` (a second to ten years). `urls` are where the agent will be found,
    /// as far as is known; its certificate is for these hosts.
    pub fn generate(valid_for: Duration, urls: Vec<String>) -> Result<Self, CredentialsError> {
        if valid_for < Duration::from_secs(1) || valid_for > LONGEST {
            return Err(CredentialsError::Validity);
        }
        let now = SystemTime::now();
        // Whole seconds: that is what files and certificates hold.
        let until = now.duration_since(UNIX_EPOCH).unwrap_or_default() + valid_for;
        let expires = UNIX_EPOCH + Duration::from_secs(until.as_secs());
        let hosts: Vec<String> = urls.iter().filter_map(|url| host(url)).collect();
        Ok(Self {
            agent: Made::new(now, expires, &hosts)?,
            client: Made::new(now, expires, &[])?,
            password: Secret::generate()?,
            expires,
            urls,
        })
    }

    /// When they end.
    #[must_use]
    pub fn expires(&self) -> SystemTime {
        self.expires
    }

    /// The same for people, in UTC: `2026-11-23T08:00:00Z`.
    #[must_use]
    pub fn expires_text(&self) -> String {
        moment::write(self.expires)
    }

    /// Stores them as the new directory `directory`, which only its owner may enter: `agent` for who serves (see
    /// [`AgentCredentials`](super::AgentCredentials)), `client` for who looks
    /// ([`ClientCredentials`](super::ClientCredentials)). It is there as a whole or not at all; what is there already
    /// stays and is an error.
    pub fn write(&self, directory: &Path) -> Result<(), CredentialsError> {
        if directory.symlink_metadata().is_ok() {
            return Err(CredentialsError::Exists(directory.to_owned()));
        }
        let unfinished = unfinished(directory)?;
        let written = files::create_directory(&unfinished)
            .and_then(|()| self.write_agent(&unfinished.join("agent")))
            .and_then(|()| self.write_client(&unfinished.join("client")))
            .and_then(|()| files::publish(&unfinished, directory));
        if written.is_err()
            && let Err(error) = fs::remove_dir_all(&unfinished)
        {
            tracing::debug!("{} is left behind: {error}", unfinished.display());
        }
        written
    }

    fn write_agent(&self, directory: &Path) -> Result<(), CredentialsError> {
        let client = self.client.identity.fingerprint();
        self.write_side(directory, &self.agent)?;
        let write = |name, text: String| files::write_new(&directory.join(name), &text);
        write(file::CLIENTS, format!("{client}\n"))
    }

    fn write_client(&self, directory: &Path) -> Result<(), CredentialsError> {
        let agent = self.agent.identity.fingerprint();
        self.write_side(directory, &self.client)?;
        let write = |name, text: String| files::write_new(&directory.join(name), &text);
        write(file::FINGERPRINT, format!("{agent}\n"))?;
        let lines = self.urls.iter().map(|url| format!("{url}\n"));
        match self.urls.is_empty() {
            true => Ok(()),
            false => write(file::URL, lines.collect()),
        }
    }

    /// What both sides have.
    fn write_side(&self, directory: &Path, own: &Made) -> Result<(), CredentialsError> {
        files::create_directory(directory)?;
        let expires = self.expires_text() + "\n";
        let write = |name, text: &str| files::write_new(&directory.join(name), text);
        write(file::CERTIFICATE, &own.certificate_pem)?;
        write(file::KEY, &own.key_pem)?;
        // Without a line's end: a Secret of Kubernetes is the file's bytes, and not every program drops it.
        write(file::PASSWORD, self.password.reveal())?;
        write(file::EXPIRES, &expires)
    }
}

/// A name beside `directory` that nothing has.
fn unfinished(directory: &Path) -> Result<PathBuf, CredentialsError> {
    let Some(name) = directory.file_name() else {
        return Err(CredentialsError::Exists(directory.to_owned()));
    };
    let mut random = [0; 8];
    fill_random(&mut random).map_err(|_| IdentityError::Random)?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{:016x}", u64::from_le_bytes(random)));
    Ok(directory.with_file_name(hidden))
}

/// The host of an address `scheme://host[:port][/…]`, without the brackets of IPv6.
fn host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next()?,
        None => authority.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::{AgentCredentials, ClientCredentials};

    const HOUR: Duration = Duration::from_secs(3600);

    fn urls() -> Vec<String> {
        [
            "quic://pod.example:5900",
            "vncs://[fd00::1]/",
            "wss://10.0.0.1:30590/desktop",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    #[test]
    fn each_side_knows_the_other_and_both_the_password() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("pod");
        let bundle = Bundle::generate(HOUR, urls()).unwrap();
        bundle.write(&directory).unwrap();
        let agent = AgentCredentials::read(&directory.join("agent")).unwrap();
        let client = ClientCredentials::read(&directory.join("client")).unwrap();
        let print = |identity: Option<crate::Identity>| identity.unwrap().fingerprint();
        assert_eq!(agent.trusted_clients, [print(client.identity)]);
        assert_eq!(client.fingerprint, Some(print(agent.identity)));
        assert_eq!(agent.password, client.password);
        assert_eq!(client.password.unwrap().reveal().len(), 26);
        assert_eq!(agent.expires, Some(bundle.expires()));
        assert_eq!(client.expires, agent.expires);
        assert_eq!(client.urls, urls());
        assert!(bundle.expires() > SystemTime::now());
        assert!(bundle.expires() <= SystemTime::now() + HOUR);
        let left: Vec<_> = fs::read_dir(parent.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_look() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("pod/");
        Bundle::generate(HOUR, urls())
            .unwrap()
            .write(&directory)
            .unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        for (side, count) in [("agent", 5), ("client", 6)] {
            let side = directory.join(side);
            assert_eq!(mode(&side), 0o700);
            let files: Vec<_> = fs::read_dir(&side).unwrap().collect();
            assert_eq!(files.len(), count);
            for file in files {
                let path = file.unwrap().path();
                assert_eq!(mode(&path), 0o600, "{}", path.display());
            }
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let parent = tempfile::tempdir().unwrap();
        let bundle = Bundle::generate(HOUR, Vec::new()).unwrap();
        let file = parent.path().join("file");
        fs::write(&file, "mine").unwrap();
        let empty = parent.path().join("empty");
        fs::create_dir(&empty).unwrap();
        for taken in [&file, &empty, &parent.path().join("..")] {
            let refused = bundle.write(taken).unwrap_err();
            assert!(matches!(refused, CredentialsError::Exists(_)), "{refused}");
        }
        assert_eq!(fs::read_to_string(file).unwrap(), "mine");
        let nowhere = parent.path().join("not/there");
        let refused = bundle.write(&nowhere).unwrap_err();
        assert!(matches!(refused, CredentialsError::Write(..)), "{refused}");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 2);
    }

    #[test]
    fn credentials_that_never_or_hardly_ever_end_are_not_made() {
        for wrong in [
            Duration::ZERO,
            Duration::from_millis(999),
            LONGEST + HOUR,
            Duration::MAX,
        ] {
            let refused = Bundle::generate(wrong, Vec::new()).err();
            assert!(
                matches!(refused, Some(CredentialsError::Validity)),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn the_certificate_is_for_the_hosts_of_the_addresses() {
        let hosts: Vec<_> = urls().iter().filter_map(|url| host(url)).collect();
        assert_eq!(hosts, ["pod.example", "fd00::1", "10.0.0.1"]);
        assert_eq!(host("pod.example"), None);
        assert_eq!(host("vncs://"), None);
    }
}
