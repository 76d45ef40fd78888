//! The source: a program on the desktop that flashes and clicks at once, and says when both were done.

pub(crate) mod click;
mod flash;

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tightrope::audio::device::{Input, InputConfig, Moment, Notice, Output, OutputConfig};

use super::messages::{Flash, GO, News};
use super::onset::Onsets;
use click::{Band, Clicker};
use flash::Square;

use crate::desktop::clock::{Clock, Micros};
use crate::desktop::load::{self, Load};

/// The least time from one flash to the next, and how much longer it may be: not in step with anything.
const INTERVAL: Duration = Duration::from_millis(600);
const SPREAD: u32 = 250;
/// How long a click may take to the monitor of its sink.
const CLICK_LIMIT: Duration = Duration::from_millis(400);

/// What the program is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The socket of whoever measures.
    #[arg(long)]
    socket: PathBuf,
    /// Never flash or click.
    #[arg(long)]
    still: bool,
    /// Play music all the time.
    #[arg(long)]
    music: bool,
    #[command(flatten)]
    load: Load,
}

/// The program itself. It ends when the socket does.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut socket = UnixStream::connect(&options.socket).context("nobody measures")?;
    let square = Square::new()?;
    let clicker = Clicker::default();
    let mut band = Band::new(&clicker, options.music);
    let play = move |out: &mut [f32], _| band.play(out);
    let _speaker = Output::open(OutputConfig::default(), play, complain)?;
    let (ear, clicks) = channel();
    let config = InputConfig {
        monitor: true,
        ..InputConfig::default()
    };
    let (clock, mut onsets) = (Clock::new(), Onsets::default());
    let hear = move |samples: &[f32], moment: Moment| {
        if let Some(after) = onsets.find(samples) {
            // Nobody waits for it any more: the program ends.
            let _ended = ear.send(clock.at(moment.at + after));
        }
    };
    let _monitor = Input::open(config, hear, complain)?;
    if let Some(path) = options.load.file.clone() {
        let speed = options.load.speed;
        std::thread::spawn(move || {
            let Err(error) = load::play(&path, speed);
            fail(&error.context("the load"));
        });
    }
    let (x, y) = Square::middle();
    say(&mut socket, News::Ready { x, y })?;
    let mut orders = BufReader::new(socket.try_clone()?);
    let mut order = String::new();
    orders.read_line(&mut order)?;
    if order != GO {
        return Ok(());
    }
    std::thread::spawn(move || {
        // The end of the socket, or of whoever measures.
        let _end = orders.read_line(&mut order);
        std::process::exit(0);
    });
    if options.still {
        loop {
            std::thread::park();
        }
    }
    flash_and_click(&mut socket, &square, &clicker, &clicks)
}

fn flash_and_click(
    socket: &mut UnixStream,
    square: &Square,
    clicker: &Clicker,
    clicks: &Receiver<Micros>,
) -> Result<()> {
    let clock = Clock::new();
    let mut next = Instant::now();
    for number in 1_u32.. {
        // Spread over everything that has a period: pictures, frames of sound, buffers of devices.
        let spread = number.wrapping_mul(97) % SPREAD;
        next += INTERVAL + Duration::from_millis(spread.into());
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        square.flash(number)?;
        clicker.click();
        let painted = clock.now();
        let news = match clicks.recv_timeout(CLICK_LIMIT) {
            Ok(sounded) => News::Flash(Flash {
                number,
                painted,
                sounded,
            }),
            Err(RecvTimeoutError::Timeout) => News::Unheard { number },
            Err(RecvTimeoutError::Disconnected) => bail!("the monitor of the sink is gone"),
        };
        say(socket, news)?;
    }
    Ok(())
}

fn say(socket: &mut UnixStream, news: News) -> Result<()> {
    let line = serde_json::to_string(&news)? + "\n";
    Ok(socket.write_all(line.as_bytes())?)
}

fn complain(notice: Notice) {
    eprintln!("the desktop's sound: {notice:?}");
}

/// Ends the program: a measurement without its load is none.
fn fail(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
    std::process::exit(1);
}
