//! Servers that a person has once taken to be the right ones: trust on first use.

use std::path::{Path, PathBuf};

use super::{CredentialsError, Fingerprint, files};

/// A file of lines `host:port sha256:…`, which may be edited by hand. Empty lines and lines that begin with `#` mean
/// nothing; of several lines with the same address the first counts.
#[derive(Clone, Debug)]
pub struct KnownHosts {
    file: PathBuf,
}

/// What is remembered of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownHost {
    /// Its certificate or key.
    pub fingerprint: Fingerprint,
    /// The line of the file, from 1.
    pub line: usize,
}

impl KnownHosts {
    /// Those of `file`, which need not be there yet.
    #[must_use]
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// Those of the person who runs the program: `tightrope/known_hosts` in the directory that holds settings
    /// (`$XDG_CONFIG_HOME`, else `.config` at home). `None` if there is neither.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let directory = |name| std::env::var_os(name).map(PathBuf::from);
        let settings = directory("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        let settings = settings.or_else(|| directory("HOME").map(|home| home.join(".config")))?;
        Some(Self::new(settings.join("tightrope").join("known_hosts")))
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What is remembered of the server at `address`, `host:port`.
    pub fn look_up(&self, address: &str) -> Result<Option<KnownHost>, CredentialsError> {
        let text = files::read(&self.file)?.unwrap_or_default();
        for (line, number) in text.lines().map(str::trim).zip(1..) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let invalid = |rule: String| CredentialsError::Invalid {
                file: self.file.clone(),
                line: Some(number),
                rule,
            };
            let (host, print) = line
                .split_once(char::is_whitespace)
                .ok_or_else(|| invalid("a line is \"host:port sha256:…\"".to_owned()))?;
            if host.eq_ignore_ascii_case(address) {
                let fingerprint = print.trim().parse();
                return Ok(Some(KnownHost {
                    fingerprint: fingerprint.map_err(|error| invalid(format!("{error}")))?,
                    line: number,
                }));
            }
        }
        Ok(None)
    }

    /// Whether the server at `address`, which showed `found`, is the one that is remembered; `false` if nothing is
    /// remembered of it. Another one is an error.
    pub fn check(&self, address: &str, found: Fingerprint) -> Result<bool, CredentialsError> {
        match self.look_up(address)? {
            None => Ok(false),
            Some(known) if known.fingerprint == found => Ok(true),
            Some(known) => Err(CredentialsError::OtherServer {
                file: self.file.clone(),
                line: known.line,
                address: address.to_owned(),
                expected: known.fingerprint,
                found,
            }),
        }
    }

    /// Remembers that the server at `address` has `fingerprint`. Fails if another is remembered.
    pub fn remember(
        &self,
        address: &str,
        fingerprint: Fingerprint,
    ) -> Result<(), CredentialsError> {
        if self.check(address, fingerprint)? {
            return Ok(());
        }
        let before = files::read(&self.file)?.unwrap_or_default();
        let gap = match before.is_empty() || before.ends_with('\n') {
            true => "",
            false => "\n",
        };
        files::append(&self.file, &format!("{gap}{address} {fingerprint}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn print(of: &str) -> Fingerprint {
        Fingerprint::of_bytes(of.as_bytes())
    }

    fn empty() -> (tempfile::TempDir, KnownHosts) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("tightrope").join("known_hosts");
        (directory, KnownHosts::new(file))
    }

    #[test]
    fn a_server_that_was_remembered_is_known_and_no_other() {
        let (_directory, known) = empty();
        assert_eq!(known.look_up("pod:5900").unwrap(), None);
        assert!(!known.check("pod:5900", print("pod")).unwrap());
        known.remember("pod:5900", print("pod")).unwrap();
        known.remember("[fd00::1]:7", print("other")).unwrap();
        known.remember("pod:5900", print("pod")).unwrap();
        assert!(known.check("POD:5900", print("pod")).unwrap());
        assert!(known.check("[fd00::1]:7", print("other")).unwrap());
        assert!(!known.check("pod:5901", print("pod")).unwrap());
        let text = fs::read_to_string(known.file()).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn another_certificate_is_an_error_that_names_file_and_line() {
        let (_directory, known) = empty();
        known.remember("first:1", print("first")).unwrap();
        known.remember("pod:5900", print("pod")).unwrap();
        for error in [
            known.check("pod:5900", print("evil")).unwrap_err(),
            known.remember("pod:5900", print("evil")).unwrap_err(),
        ] {
            let told = error.to_string();
            let file = known.file().display().to_string();
            assert!(told.contains(&format!("{file}, line 2")), "{told}");
            assert!(told.contains(&print("evil").to_string()), "{told}");
            assert!(told.contains(&print("pod").to_string()), "{told}");
        }
    }

    #[test]
    fn a_file_edited_by_hand_is_understood_or_refused_by_line() {
        let (_directory, known) = empty();
        known.remember("pod:5900", print("pod")).unwrap();
        fs::write(
            known.file(),
            format!("# mine\n\n  pod:5900\t{}  ", print("pod")),
        )
        .unwrap();
        assert_eq!(known.look_up("pod:5900").unwrap().unwrap().line, 3);
        known.remember("new:1", print("new")).unwrap();
        assert_eq!(known.look_up("new:1").unwrap().unwrap().line, 4);
        for (wrong, line) in [
            ("pod:5900\n", "line 1"),
            ("#\npod:5900 sha256:12\n", "line 2"),
        ] {
            fs::write(known.file(), wrong).unwrap();
            let told = known.look_up("pod:5900").unwrap_err().to_string();
            assert!(told.contains(line), "{told}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_look() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_directory, known) = empty();
        known.remember("pod:5900", print("pod")).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(known.file()), 0o600);
        assert_eq!(mode(known.file().parent().unwrap()), 0o700);
    }
}
