//! The command line; `--help` is the reference.

use crate::issue::Order;
use crate::playing::Speed;
use crate::probe::Probe;
use crate::sound::Wishes;
use crate::window::{MenuKey, Scale};
use clap::{ArgAction, Parser, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Hand-wrapped to the width of the narrowest terminals.
const AFTER_HELP: &str = include_str!("help.txt");

const CONNECTION: &str = "Connection";
const PICTURE: &str = "Picture";
const WINDOW: &str = "Window";
const SESSION: &str = "Headless, scripts and results";
const RECORDING: &str = "Recordings";

/// A remote desktop in a window, or headless: for pictures, figures and scripts.
#[derive(Debug, Parser)]
#[command(name = "tightrope-viewer", version, after_long_help = AFTER_HELP, max_term_width = 80)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of a command line are independent"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Order>,

    /// The desktop's address; may be left out if --credentials has it. Of several the first that answers is used
    #[arg(value_name = "URL")]
    pub(crate) urls: Vec<String>,

    /// Address, fingerprint and password, from a file of JSON or from a directory
    #[arg(help_heading = CONNECTION, long, value_name = "FILE|DIR")]
    pub(crate) credentials: Option<PathBuf>,
    /// The server's certificate: sha256: and 64 hexadecimal digits
    #[arg(help_heading = CONNECTION, long, value_name = "FINGERPRINT")]
    pub(crate) fingerprint: Option<String>,
    /// The password is the first line of this file; - for standard input
    #[arg(help_heading = CONNECTION, long, value_name = "FILE|-")]
    pub(crate) password_file: Option<PathBuf>,
    /// The name to log in with, for servers that ask for one
    #[arg(help_heading = CONNECTION, long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Go through this machine by SSH, with the system's ssh and its settings
    #[arg(help_heading = CONNECTION, long, value_name = "USER@HOST")]
    pub(crate) via: Option<String>,
    /// Trust a server that is not known yet, and remember it, without asking
    #[arg(help_heading = CONNECTION, long)]
    pub(crate) accept_new: bool,
    /// Allow what anybody on the way can read and change: vnc:// where the server does not encrypt, and ws://
    #[arg(help_heading = CONNECTION, long)]
    pub(crate) insecure: bool,
    /// When the connection is lost, try to get it back for so long
    #[arg(help_heading = CONNECTION, long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) reconnect: Duration,
    /// End with the connection
    #[arg(help_heading = CONNECTION, long, conflicts_with = "reconnect")]
    pub(crate) no_reconnect: bool,

    /// JPEG quality: 0 (small) to 9 (good), or lossless
    #[arg(help_heading = PICTURE, long, value_name = "0-9|lossless", default_value = "8", value_parser = quality)]
    pub(crate) quality: Quality,
    /// Keep --quality on slow links too, where our servers would send less and so more pictures
    #[arg(help_heading = PICTURE, long)]
    pub(crate) fixed_quality: bool,
    /// JPEG quality: 0 (small) to 100 (good), for servers that know it; the others go by --quality
    #[arg(help_heading = PICTURE, long, value_name = "0-100", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) fine_quality: Option<u8>,
    /// How finely JPEG holds colour; gray for none
    #[arg(help_heading = PICTURE, long, value_enum, value_name = "444|422|420|gray")]
    pub(crate) subsampling: Option<Subsampling>,
    /// Compression: 0 (fast) to 9 (small)
    #[arg(help_heading = PICTURE, long, value_name = "0-9", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=9))]
    pub(crate) compression: u8,
    /// The encoding to ask the server for; it may use others
    #[arg(help_heading = PICTURE, long, value_enum)]
    pub(crate) encoding: Option<Encoding>,
    /// Tell the server of no other encoding (but Raw, which all know)
    #[arg(help_heading = PICTURE, long, requires = "encoding")]
    pub(crate) only: bool,
    /// Watch only: send no keys, no pointer, no clipboard
    #[arg(help_heading = CONNECTION, long)]
    pub(crate) view_only: bool,
    /// Ask the server to end the sessions of others
    #[arg(help_heading = CONNECTION, long)]
    pub(crate) exclusive: bool,
    /// Never ask the server for another desktop size: show it smaller if it does not fit
    #[arg(help_heading = WINDOW, long, conflicts_with = "headless")]
    pub(crate) no_resize: bool,
    /// How large the desktop is shown, see below
    #[arg(help_heading = WINDOW, long, conflicts_with = "headless")]
    #[arg(value_name = "auto|fit|1-8", default_value = "auto", value_parser = scale)]
    pub(crate) scale: Scale,
    /// Get the keys of the window manager too (Alt+Tab, Super) while the window has the keyboard; X11 only
    #[arg(help_heading = WINDOW, long, conflicts_with = "headless")]
    pub(crate) grab: bool,
    /// Begin in full screen
    #[arg(help_heading = WINDOW, long, conflicts_with = "headless")]
    pub(crate) full_screen: bool,
    /// The key that opens the menu: F1 to F12, but not F11, or none
    #[arg(help_heading = WINDOW, long, conflicts_with = "headless")]
    #[arg(value_name = "KEY|none", default_value = "F8", value_parser = menu_key)]
    pub(crate) menu_key: OwnKey,
    /// Do not ring when the desktop does
    #[arg(help_heading = WINDOW, long, conflicts_with = "headless")]
    pub(crate) no_bell: bool,

    #[command(flatten)]
    pub(crate) probe: Probe,

    #[command(flatten)]
    pub(crate) sound: Wishes,

    /// No window
    #[arg(help_heading = SESSION, long)]
    pub(crate) headless: bool,
    /// At the end (of --for or --script, or by Ctrl+C), write the picture to this PNG file
    #[arg(help_heading = SESSION, long, value_name = "FILE.png")]
    pub(crate) snapshot: Option<PathBuf>,
    /// At the end, write the statistics to standard output, as one line of JSON
    #[arg(help_heading = SESSION, long)]
    pub(crate) stats: bool,
    /// End the session after so many seconds
    #[arg(help_heading = SESSION, long = "for", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) duration: Option<Duration>,
    /// Run the commands of this file; - for standard input
    #[arg(help_heading = SESSION, long, value_name = "FILE|-")]
    pub(crate) script: Option<PathBuf>,
    /// Record what is shown to a .vtz file, or what the server sends to an .fbs file, see below
    #[arg(help_heading = RECORDING, long, value_name = "FILE.vtz|.fbs")]
    pub(crate) record: Option<PathBuf>,
    /// Pictures a second in a .vtz recording, at most
    #[arg(help_heading = RECORDING, long, value_name = "1-240", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=240))]
    pub(crate) record_fps: u32,
    /// Show this recording instead of a desktop
    #[arg(help_heading = RECORDING, long, value_name = "FILE.vtz|.fbs", conflicts_with_all = ["urls", "credentials"])]
    pub(crate) play: Option<PathBuf>,
    /// Play so many times as fast as it was recorded; max for as fast as it goes
    #[arg(help_heading = RECORDING, long, value_name = "TIMES|max", default_value = "1", value_parser = speed, requires = "play")]
    pub(crate) speed: Speed,
    /// Say more on standard error
    #[arg(long, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,
}

/// JPEG quality level; `None` for lossless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quality(pub(crate) Option<u8>);

/// The key that opens the menu; `None` for no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnKey(pub(crate) Option<MenuKey>);

/// An encoding by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Encoding {
    Tight,
    TightPng,
    Jpeg,
    Zrle,
    Trle,
    Hextile,
    Zlib,
    Corre,
    Rre,
    /// Loses detail, and other servers mean something else by its number: used only if asked for
    Zywrle,
    Raw,
}

impl From<Encoding> for rfb::Encoding {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Tight => Self::TIGHT,
            Encoding::TightPng => Self::TIGHT_PNG,
            Encoding::Jpeg => Self::JPEG,
            Encoding::Zrle => Self::ZRLE,
            Encoding::Trle => Self(15),
            Encoding::Hextile => Self(5),
            Encoding::Zlib => Self(6),
            Encoding::Corre => Self(4),
            Encoding::Rre => Self(2),
            Encoding::Zywrle => Self(17),
            Encoding::Raw => Self::RAW,
        }
    }
}

/// JPEG subsampling by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subsampling {
    /// A colour for every pixel
    #[value(name = "444")]
    Yuv444,
    /// A colour for two pixels side by side
    #[value(name = "422")]
    Yuv422,
    /// A colour for two by two pixels
    #[value(name = "420")]
    Yuv420,
    /// No colour
    Gray,
}

impl From<Subsampling> for rfb::Subsampling {
    fn from(subsampling: Subsampling) -> Self {
        match subsampling {
            Subsampling::Yuv444 => Self::Yuv444,
            Subsampling::Yuv422 => Self::Yuv422,
            Subsampling::Yuv420 => Self::Yuv420,
            Subsampling::Gray => Self::Gray,
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

fn scale(text: &str) -> Result<Scale, String> {
    match text.parse() {
        _ if text == "auto" => Ok(Scale::Auto),
        _ if text == "fit" => Ok(Scale::Fit),
        Ok(times @ 1..=Scale::MOST_TIMES) => Ok(Scale::Times(times)),
        _ => Err("not \"auto\", \"fit\", nor a whole number from 1 to 8".into()),
    }
}

fn menu_key(text: &str) -> Result<OwnKey, String> {
    match text {
        "none" => Ok(OwnKey(None)),
        key => key.parse().map(|key| OwnKey(Some(key))),
    }
}

fn speed(text: &str) -> Result<Speed, String> {
    match text.parse() {
        _ if text == "max" => Ok(Speed::Full),
        Ok(times) if (0.01..=1000.0).contains(&times) => Ok(Speed::Times(times)),
        _ => Err("not a number from 0.01 to 1000, nor \"max\"".into()),
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
            "--fine-quality=101",
            "--subsampling=411",
            "--compression=10",
            "--for=-1",
            "--for=inf",
            "--for=soon",
            "--encoding=h264",
            "--scale=0",
            "--scale=9",
            "--scale=1.5",
            "--menu-key=F11",
            "--menu-key=a",
            "--volume=101",
            "--max-rtt=soon",
            "--min-rate=1mbit,2mbit@1s",
            "--max-loss=101%",
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
    fn the_help_fits_a_terminal() {
        let widest = AFTER_HELP.lines().max_by_key(|line| line.chars().count());
        assert!(widest.unwrap().chars().count() < 80, "{widest:?}");
        let whole = Args::command().render_long_help().to_string();
        let widest = whole.lines().max_by_key(|line| line.chars().count());
        assert!(widest.unwrap().chars().count() <= 80, "{widest:?}");
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
            "clipboard-html",
            "clipboard-rtf",
            "clipboard-image",
            "clipboard-wait",
            "clipboard-save",
            "resize",
            "mute",
            "volume",
            "microphone",
            "cursor",
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
