//! Asks the person at the terminal: for the password without showing what is typed, and for decisions.

use std::io;

/// The password typed on the terminal after `question`; `None` if there is no terminal.
/// `Interrupted` if the person gave up (Ctrl+C, or Ctrl+D at once).
#[cfg(unix)]
pub(crate) fn password(question: &str) -> io::Result<Option<String>> {
    use std::io::{BufReader, Read, Write};
    let Some(mut terminal) = terminal() else {
        return Ok(None);
    };
    write!(terminal, "{question}")?;
    let line = {
        let _silence = silence::Silence::new(&terminal)?;
        edited(BufReader::new(&terminal).bytes())
    };
    writeln!(terminal)?;
    line.map(Some)
}

/// The line typed on the terminal after `question`, shown as it is typed; `None` if there is no terminal.
#[cfg(unix)]
pub(crate) fn line(question: &str) -> io::Result<Option<String>> {
    use std::io::{BufRead, BufReader, Write};
    let Some(mut terminal) = terminal() else {
        return Ok(None);
    };
    write!(terminal, "{question}")?;
    let mut line = String::new();
    BufReader::new(&terminal).read_line(&mut line)?;
    Ok(Some(line))
}

/// Standard input may be a script; the person is at the terminal.
#[cfg(unix)]
fn terminal() -> Option<std::fs::File> {
    let mut options = std::fs::File::options();
    options.read(true).write(true).open("/dev/tty").ok()
}

/// There is no way to hide what is typed here: use a file or the environment.
#[cfg(not(unix))]
pub(crate) fn password(_question: &str) -> io::Result<Option<String>> {
    Ok(None)
}

/// The same as for passwords, so that a program behaves in one way on a system.
#[cfg(not(unix))]
pub(crate) fn line(_question: &str) -> io::Result<Option<String>> {
    Ok(None)
}

/// The line that `keys` leave when Return is pressed. Backspace takes back a character, Ctrl+U all.
#[cfg(any(unix, test))]
fn edited(keys: impl Iterator<Item = io::Result<u8>>) -> io::Result<String> {
    let given_up = || io::Error::from(io::ErrorKind::Interrupted);
    let mut line = Vec::new();
    for key in keys {
        match key? {
            b'\r' | b'\n' => {
                return String::from_utf8(line)
                    .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"));
            }
            // Ctrl+C; Ctrl+D where nothing was typed.
            3 => return Err(given_up()),
            4 if line.is_empty() => return Err(given_up()),
            // Ctrl+U.
            21 => line.clear(),
            8 | 0x7f => {
                // The continuation bytes of a UTF-8 character, then its first.
                while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            byte => line.push(byte),
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

#[cfg(unix)]
mod silence {
    use rustix::termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
    };
    use std::fs::File;
    use std::io;

    /// A terminal that hands over every key and shows none, until dropped. Ctrl+C is a key too, so that it cannot
    /// leave the terminal like this.
    pub(super) struct Silence<'a> {
        terminal: &'a File,
        before: Termios,
    }

    impl<'a> Silence<'a> {
        pub(super) fn new(terminal: &'a File) -> io::Result<Self> {
            let before = tcgetattr(terminal)?;
            let mut silent = before.clone();
            let cooked = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
            silent.local_modes.remove(cooked);
            silent.special_codes[SpecialCodeIndex::VMIN] = 1;
            silent.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(terminal, OptionalActions::Flush, &silent)?;
            Ok(Self { terminal, before })
        }
    }

    impl Drop for Silence<'_> {
        fn drop(&mut self) {
            // The terminal may be gone: then nothing is left to put back.
            _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> io::Result<String> {
        edited(keys.bytes().map(Ok))
    }

    #[test]
    fn a_line_can_be_corrected() {
        assert_eq!(typed("sesamx\u{7f}e\n").unwrap(), "sesame");
        assert_eq!(typed("schlüß\u{8}\u{7f}ü\r").unwrap(), "schlü");
        assert_eq!(typed("wrong\u{15}right\nrest").unwrap(), "right");
        assert_eq!(typed("\u{7f}\n").unwrap(), "");
    }

    #[test]
    fn one_can_give_up() {
        assert_eq!(
            typed("ses\u{3}").unwrap_err().kind(),
            io::ErrorKind::Interrupted
        );
        assert_eq!(
            typed("\u{4}").unwrap_err().kind(),
            io::ErrorKind::Interrupted
        );
        assert_eq!(
            typed("ses").unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
    }
}
