//! The command line; `--help` is the reference.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Parser};
use tightrope::{Allow, Size};

use crate::help::AFTER_HELP;
use crate::sound::Choice;

/// Serves an X11 desktop: shows it to viewers, and plays their keys and pointers.
#[derive(Debug, Parser)]
#[command(name = "tightrope-agent", version, after_long_help = AFTER_HELP, max_term_width = 100)]
#[command(group = ArgGroup::new("desktop").required(true).args(["display", "exec", "list_sound_devices"]))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of a command line are independent"
)]
pub struct Args {
    /// Serve the X server that runs on this display, for instance :0
    #[arg(long, value_name = "DISPLAY")]
    pub display: Option<String>,
    /// Start an X server, run this shell command on it, and end with it
    #[arg(long, value_name = "COMMAND")]
    pub exec: Option<String>,

    /// The screen's size at the start. With --exec 1920x1080 if it is not given; with --display the size is left alone
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    pub geometry: Option<Size>,
    /// The largest size that viewers can ask for. Memory is set aside for it: 4 bytes a pixel
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "3840x2160", value_parser = size)]
    #[arg(conflicts_with = "display")]
    pub max_geometry: Size,
    /// Pictures a second, at most. A screen on which nothing happens costs nothing, and the first change after a pause is
    /// shown at once
    #[arg(long, value_name = "1-240", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=240))]
    pub fps: u32,
    /// Threads that share the work on one picture, at most. If it is not given, as many as there are processors
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,

    /// The address and port to listen on; port 0 for any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:5900")]
    pub listen: SocketAddr,
    /// The desktop's name in the viewers' titles. If it is not given, the program's name or the display's
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// Viewers at once, at most. Who has lost the connection keeps a place, unless a new viewer finds no other
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub max_clients: u16,
    /// Send each viewer no more than this, with all that encryption adds: 8mbit, 500kbit. Pictures get less good, and
    /// then fewer
    #[arg(long, value_name = "RATE", value_parser = lab::link::parse_rate)]
    pub max_rate: Option<u64>,
    /// Also make a second password, for viewers who may look but not touch
    #[arg(long, conflicts_with = "no_password")]
    pub view_only: bool,

    /// Let viewers end and restart the command of --exec, see below
    #[arg(long, conflicts_with = "display")]
    pub power: bool,

    /// Write address, fingerprint and passwords to this file descriptor, as one line of JSON, and close it
    #[arg(long, value_name = "FD", value_parser = clap::value_parser!(RawFd).range(0..))]
    pub print_credentials: Option<RawFd>,
    /// Take certificate and passwords from the files in this directory
    #[arg(long, value_name = "DIR")]
    pub credentials: Option<PathBuf>,
    /// How often password and certificates let in before they are used up; 0 for any number of times. With
    /// --credentials 1 if it is not given, else any number
    #[arg(long, value_name = "N")]
    pub uses: Option<u32>,
    /// Keep a session whose connection is lost for so long: its viewer may come back
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub linger: Duration,
    /// What may be spoken on the port, with commas between: tls, wss, quic, vencrypt, ra2, ra2ne, ws, plain; see below.
    /// If it is not given, tls,wss,quic,vencrypt; with --insecure plain,ws
    #[arg(long, value_name = "LIST")]
    pub allow: Option<Allow>,
    /// A web page that may connect, beside those of the agent's own host: `https://example.org`. May be given again
    #[arg(long = "origin", value_name = "URL")]
    pub origins: Vec<String>,
    /// Do not encrypt: anybody on the way can read everything and type along. For viewers that know nothing else
    #[arg(long)]
    pub insecure: bool,
    /// Let in everybody who can reach the port
    #[arg(long)]
    pub no_password: bool,

    /// What viewers hear: auto, off, or a sound device of this machine; see below
    #[arg(long, value_name = "auto|off|DEVICE", default_value = "auto")]
    pub sound: Choice,
    /// Let viewers who may touch the desktop speak into its microphone, see below
    #[arg(long)]
    pub microphone: bool,
    /// Print the sound devices of this machine, and end
    #[arg(long, exclusive = true)]
    pub list_sound_devices: bool,

    /// Record the desktop to this file, see below
    #[arg(long, value_name = "FILE.vtz")]
    pub record: Option<PathBuf>,
    /// Pictures a second in the recording, at most
    #[arg(long, value_name = "1-240", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=240))]
    pub record_fps: u32,

    /// Say more on standard error
    #[arg(long)]
    pub verbose: bool,
}

/// The screen's size at the start of `--exec` if none is given.
pub const DEFAULT_GEOMETRY: Size = Size::new(1920, 1080);

/// The largest side of an X11 screen.
const SIDE_LIMIT: u16 = 32_767;

fn size(text: &str) -> Result<Size, String> {
    let side = |text: &str| {
        let side: Option<u16> = text.parse().ok();
        side.filter(|side| (1..=SIDE_LIMIT).contains(side))
    };
    text.split_once('x')
        .and_then(|(width, height)| Some(Size::new(side(width)?, side(height)?)))
        .ok_or_else(|| {
            format!("a size is WIDTHxHEIGHT, each from 1 to {SIDE_LIMIT}: for instance 1280x800")
        })
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<u32> = text.parse().ok();
    let seconds = seconds.ok_or("not a whole number of seconds")?;
    Ok(Duration::from_secs(seconds.into()))
}

impl Args {
    /// The desktop's name: as given, else the program or the display.
    #[must_use]
    pub fn desktop_name(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let program = self
            .exec
            .as_deref()
            .and_then(|command| command.split_whitespace().next())
            .map(|path| path.rsplit('/').next().unwrap_or(path));
        let display = self.display.as_deref();
        program.or(display).unwrap_or("Tightrope").to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(arguments: &str) -> Result<Args, clap::Error> {
        let all = ["tightrope-agent"].into_iter();
        Args::try_parse_from(all.chain(arguments.split_whitespace()))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_flag_is_explained() {
        for argument in Args::command().get_arguments() {
            assert!(argument.get_help().is_some(), "{}", argument.get_id());
        }
    }

    #[test]
    fn a_desktop_is_either_there_or_started() {
        assert!(parse("").is_err());
        assert!(parse("--display :0 --exec xterm").is_err());
        assert!(parse("--display :0 --max-geometry 800x600").is_err());
        assert!(parse("--display :0").is_ok());
        assert!(parse("--display :0 --power").is_err());
        assert!(parse("--exec xterm --power").is_ok());
    }

    #[test]
    fn sound_is_automatic_unless_a_device_is_named_or_it_is_off() {
        let sound = |arguments| parse(arguments).map(|args| args.sound);
        assert_eq!(sound("--exec a").unwrap(), Choice::Auto);
        assert_eq!(sound("--exec a --sound off").unwrap(), Choice::Off);
        let device = Choice::Device("speaker".to_owned());
        assert_eq!(sound("--display :0 --sound speaker").unwrap(), device);
        assert!(parse("--list-sound-devices").unwrap().list_sound_devices);
        assert!(parse("--list-sound-devices --exec a").is_err());
    }

    #[test]
    fn sizes_are_read_and_nonsense_is_refused() {
        let args = parse("--exec xterm --geometry 1280x800").unwrap();
        assert_eq!(args.geometry, Some(Size::new(1280, 800)));
        assert_eq!(args.max_geometry, Size::new(3840, 2160));
        for nonsense in [
            "1280", "0x5", "5x0", "x", "1x2x3", "-1x5", "70000x5", "32768x5",
        ] {
            assert!(parse(&format!("--exec a --geometry={nonsense}")).is_err());
        }
    }

    #[test]
    fn what_may_be_spoken_is_a_list_of_known_names() {
        let allow = |list: &str| parse(&format!("--exec a --allow {list}")).map(|own| own.allow);
        assert_eq!(allow("tls,ra2").unwrap(), Some("tls,ra2".parse().unwrap()));
        assert!(allow("tls,telnet").is_err());
        assert_eq!(parse("--exec a").unwrap().linger, Duration::from_secs(60));
        assert!(parse("--exec a --linger soon").is_err());
        assert!(parse("--exec a --uses -1").is_err());
    }

    #[test]
    fn a_limit_is_a_rate_with_its_unit() {
        let limit = |arguments| parse(arguments).map(|args| args.max_rate);
        assert_eq!(limit("--exec a").unwrap(), None);
        assert_eq!(
            limit("--exec a --max-rate 1.5mbit").unwrap(),
            Some(1_500_000)
        );
        for nonsense in ["8", "0mbit", "fast", "-1mbit"] {
            let arguments = format!("--exec a --max-rate={nonsense}");
            assert!(parse(&arguments).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_view_only_password_makes_no_sense_without_any() {
        assert!(parse("--exec xterm --view-only --no-password").is_err());
    }

    #[test]
    fn the_desktop_is_called_after_what_it_shows() {
        let name = |arguments| parse(arguments).unwrap().desktop_name();
        assert_eq!(name("--exec /usr/bin/xterm"), "xterm");
        assert_eq!(name("--display :7"), ":7");
        assert_eq!(name("--exec xterm --name Pod"), "Pod");
    }
}
