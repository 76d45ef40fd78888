//! The command line; `--help` is the reference.

use clap::{ArgAction, Parser, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

const AFTER_HELP: &str = "\
Address:
  vncs://HOST[:PORT][/?fingerprint=sha256:…]  encrypted; HOST[:PORT] alone means this
  vnc://HOST[:PORT]                           not encrypted: needs --insecure
  The port is 5900 if it is not given. An IPv6 address stands in brackets.

Credentials:
  The server prints its address, the fingerprint of its certificate and a password when it starts. A server whose
  certificate is another one is not talked to. The password is taken from --credentials, else from --password-file,
  else from the environment variable TIGHTROPE_PASSWORD, else asked for on the terminal if the server wants one.
  --credentials FILE reads the line of JSON that `tightrope-agent --print-credentials` writes; --credentials DIR reads
  the files `fingerprint` and `password`, and, where they are there, `url`, `certificate.pem` and `key.pem`.

In the window:
  F11             full screen and back
  Ctrl+Shift+F11  sends F11 to the desktop
  All other keys, also F11 with other modifiers, go to the desktop. A desktop larger than the window is shown smaller;
  when the window gets another size, the server is asked for a desktop of that size (see --no-resize). A text copied
  on one side can be pasted on the other: local texts are sent when the window gets the keyboard.

Script:
  --script runs commands, one a line. Each answers with one line of JSON on standard output, {\"ok\":true,…} or
  {\"ok\":false,\"error\":\"…\"}, when it is done; empty lines and lines that begin with # answer nothing.
    type TEXT                      keys that type TEXT (Shift as on a US keyboard); \\n Return, \\t Tab, \\\\ backslash
    key [MODIFIER-…]KEY            a key with ctrl, shift, alt, altgr, super, meta: key ctrl-shift-t, key alt-F4.
                                   KEY is a character, a name (Return, Tab, Escape, Page_Up, F1, KP_0, …) or 0x… (keysym)
    move X Y                       the pointer, in pixels of the desktop
    click X Y [BUTTON]             BUTTON is left (default), middle, right, or 1, 2, 3
    drag X1 Y1 X2 Y2 [BUTTON]
    scroll X Y STEPS               down; up if STEPS is negative
    wait SECONDS
    still MILLISECONDS [TIMEOUT]   until no update came for so long; fails after TIMEOUT (30) seconds
    snapshot FILE.png              answers with \"size\"
    clipboard TEXT                 the server's clipboard becomes TEXT (\\n, \\t, \\\\ as above)
    clipboard-wait [TIMEOUT]       answers with \"text\", the server's clipboard text that came after the last input
    resize WIDTHxHEIGHT [TIMEOUT]  asks for another desktop size; answers with \"size\"
    stats                          answers with the statistics, as --stats
    quit
  The end of the script ends the session. A script from a file in which a command failed makes the exit code 1; a
  program that writes to `--script -` reads the answers and judges for itself.

Exit codes:
  0 ok   1 error   2 wrong usage   4 refused (password, certificate)
  5 the server ended the session before --for or --script were over

Examples:
  tightrope-viewer --credentials pod.json
  tightrope-viewer vncs://pod:5900 --fingerprint sha256:… --password-file secret.txt
  tightrope-viewer --credentials pod.json --headless --for 5 --snapshot screen.png --stats
  printf 'type ls\\\\n\\nstill 500\\nsnapshot ls.png\\n' | tightrope-viewer --credentials pod.json --headless --script -
  tightrope-viewer vnc://localhost:5901 --insecure";

/// A remote desktop in a window, or headless: for pictures, figures and scripts.
#[derive(Debug, Parser)]
#[command(name = "tightrope-viewer", version, after_long_help = AFTER_HELP, max_term_width = 120)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of a command line are independent"
)]
pub(crate) struct Args {
    /// The desktop's address; may be left out if --credentials has it
    pub(crate) url: Option<String>,

    /// Address, fingerprint and password, from a file of JSON or from a directory
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) credentials: Option<PathBuf>,
    /// The server's certificate: sha256: and 64 hexadecimal digits
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) fingerprint: Option<String>,
    /// The password is the first line of this file; - for standard input
    #[arg(long, value_name = "FILE|-")]
    pub(crate) password_file: Option<PathBuf>,
    /// Allow vnc://, which anybody on the way can read and change
    #[arg(long)]
    pub(crate) insecure: bool,

    /// JPEG quality: 0 (small) to 9 (good), or lossless
    #[arg(long, value_name = "0-9|lossless", default_value = "8", value_parser = quality)]
    pub(crate) quality: Quality,
    /// Compression: 0 (fast) to 9 (small)
    #[arg(long, value_name = "0-9", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=9))]
    pub(crate) compression: u8,
    /// The encoding to ask the server for; it may use others
    #[arg(long, value_enum)]
    pub(crate) encoding: Option<Encoding>,
    /// Watch only: send no keys, no pointer, no clipboard
    #[arg(long)]
    pub(crate) view_only: bool,
    /// Ask the server to end the sessions of others
    #[arg(long)]
    pub(crate) exclusive: bool,
    /// Never ask the server for another desktop size: show it smaller if it does not fit
    #[arg(long, conflicts_with = "headless")]
    pub(crate) no_resize: bool,
    /// Begin in full screen
    #[arg(long, conflicts_with = "headless")]
    pub(crate) full_screen: bool,

    /// No window
    #[arg(long)]
    pub(crate) headless: bool,
    /// At the end, write the picture to this PNG file
    #[arg(long, value_name = "FILE.png")]
    pub(crate) snapshot: Option<PathBuf>,
    /// At the end, write the statistics to standard output, as one line of JSON
    #[arg(long)]
    pub(crate) stats: bool,
    /// End the session after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) duration: Option<Duration>,
    /// Run the commands of this file; - for standard input
    #[arg(long, value_name = "FILE|-")]
    pub(crate) script: Option<PathBuf>,
    /// Say more on standard error
    #[arg(long, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,
}

/// JPEG quality level; `None` for lossless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quality(pub(crate) Option<u8>);

/// An encoding by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Encoding {
    Tight,
    Zrle,
    Raw,
}

impl From<Encoding> for rfb::Encoding {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Tight => Self::TIGHT,
            Encoding::Zrle => Self::ZRLE,
            Encoding::Raw => Self::RAW,
        }
    }
}

fn quality(text: &str) -> Result<Quality, String> {
    match text.parse() {
        _ if text == "lossless" => Ok(Quality(None)),
        Ok(level @ 0..=9) => Ok(Quality(Some(level))),
        _ => Err("not a level from 0 to 9, nor \"lossless\"".into()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok();
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    // The clock cannot be set centuries ahead.
    let duration = duration.filter(|&duration| duration < Duration::from_secs(1 << 32));
    duration.ok_or_else(|| "not a number of seconds".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn values_out_of_range_are_usage_errors() {
        for flag in [
            "--quality=10",
            "--quality=good",
            "--compression=10",
            "--for=-1",
            "--for=inf",
            "--for=soon",
            "--encoding=h264",
        ] {
            let error = Args::try_parse_from(["tightrope-viewer", "vncs://pod", flag]).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{flag}");
        }
    }

    #[test]
    fn quality_is_a_level_or_lossless() {
        assert_eq!(quality("lossless"), Ok(Quality(None)));
        assert_eq!(quality("0"), Ok(Quality(Some(0))));
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
    }

    #[test]
    fn the_help_names_every_command_of_a_script() {
        for command in [
            "type",
            "key",
            "move",
            "click",
            "drag",
            "scroll",
            "wait",
            "still",
            "snapshot",
            "clipboard",
            "clipboard-wait",
            "resize",
            "stats",
            "quit",
        ] {
            assert!(
                AFTER_HELP.contains(&format!("\n    {command}")),
                "{command}"
            );
        }
    }
}
