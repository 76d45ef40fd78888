//! The command line; `--help` is the reference.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Parser};
use tightrope::{Allow, Size};

const AFTER_HELP: &str = "\
Credentials:
  Sessions are encrypted. At every start the agent makes a new certificate, and a password that is
  good until it ends. Viewers need the address, the certificate's fingerprint (so that they talk to
  nobody else) and the password. These are shown where only you see them, and never logged:

  - on a terminal they are printed;
  - with --print-credentials FD one line of JSON goes to that file descriptor, which is closed then:
    {\"url\":…,\"fingerprint\":…,\"password\":…,\"view_only_password\":…}, null for what there is not.
    When the line is there, the desktop is up and the port listens;
  - with --credentials DIR nothing is shown: they come from files that were made before.
      certificate.pem, key.pem  the server's certificate and its private key
      password                  for viewers without a certificate
      view-only-password        if it is there: for those who may look but not touch
      client-fingerprints       if it is there: certificates of clients, one a line, which let in
                                without a password
      expires                   if it is there: when all this ends, for instance 2026-11-23T08:00:00Z
      rsa-key.pem               if it is there: the key of ra2 and ra2ne; else a new one is made

  If none of the three can be, the agent does not start.

  tightrope-viewer credentials new makes such a directory, DIR/agent, and its counterpart for the
  viewer. The first viewer that comes in uses them up (--uses): a second one is refused, but a viewer
  that lost its connection comes back, also to an agent that was restarted with the same directory.
  Wrong passwords make whoever gives them wait, and lock nobody out. VncAuth, which old viewers use,
  compares the first 8 characters of a password and no more.

The port:
  Everything is spoken on the one port of --listen; QUIC on the UDP port of the same number.
      tls       TLS from the first byte: tightrope-viewer vncs://, and others with a TLS tunnel
      quic      QUIC: tightrope-viewer quic://
      wss       WebSocket in TLS: noVNC on a page that was loaded with https
      vencrypt  RFB that turns to TLS: TigerVNC, gvncviewer, libvncclient with X509
      ra2       RFB that turns to RSA-AES: TigerVNC, RealVNC. Not by default: the arithmetic of the
                library behind it takes longer for some numbers than for others (RUSTSEC-2023-0071),
                which who measures closely might use
      ra2ne     the same for the password alone, clear afterwards: only inside TLS or with plain
      ws        WebSocket, not encrypted: needs --insecure
      plain     RFB, not encrypted: needs --insecure

The desktop:
  With --exec the agent starts Xvfb, an X server without hardware, on a free display that only the
  command can reach. The agent ends when the command ends: it must stay in the foreground. What it
  prints goes to standard error. Viewers may give the screen any size up to --max-geometry.

  With --power viewers who may touch the desktop may also shut it down: the command is asked to end
  by SIGTERM, with everything it started, and killed if it has not after 10 seconds; then the sessions
  and the agent end. Or they reboot it, which starts the command again on the same desktop, or reset
  it, which kills it first.

  With --display the agent uses an X server that runs already, and XAUTHORITY as other programs do.
  The size can be changed where RandR allows it, and is followed if others change it.

Recording:
  --record FILE.vtz writes every picture of the desktop, without loss and without the pointer, whether
  anybody looks or not: at most --record-fps a second, and only when something changed. When the
  desktop gets another size, FILE-2.vtz is begun, and so on. tightrope-viewer --play shows it. After a
  crash it can be read up to the last second. If the recording fails, for instance because the disk is
  full, the sessions go on; the exit code is 1 at the end.

Exit codes:
  0 ok, also after SIGTERM or SIGINT, which end all sessions with a goodbye
  1 error, or the command of --exec failed
  2 wrong usage
  5 the X server went away

Examples:
  tightrope-agent --exec xterm
  tightrope-agent --exec 'firefox https://example.org' --geometry 1280x800 --listen 127.0.0.1:5901
  tightrope-agent --exec xterm --print-credentials 3 3>pod.json
  tightrope-agent --exec /app/start --credentials /etc/tightrope
  tightrope-agent --exec xterm --credentials pod/agent --allow tls,quic,ra2 --uses 3
  tightrope-agent --display :0 --view-only";

/// Serves an X11 desktop: shows it to viewers, and plays their keys and pointers.
#[derive(Debug, Parser)]
#[command(name = "tightrope-agent", version, after_long_help = AFTER_HELP, max_term_width = 100)]
#[command(group = ArgGroup::new("desktop").required(true).args(["display", "exec"]))]
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
    /// Pictures a second, at most. A screen on which nothing happens costs nothing
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
    /// Viewers at once, at most
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub max_clients: u16,
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
