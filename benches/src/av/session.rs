//! One measurement: an agent, a link, a viewer, and the line that comes of it.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lab::link::{LinkSettings, Relay, Traffic};
use tightrope::audio::PlayoutStats;
use tightrope::{Rect, Size, SoundSettings};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};

use super::Options;
use super::figures::Seen;
use super::line::Line;
use super::messages::{Flash, GO, News};
use super::viewer::Viewer;
use crate::desktop::agent::{Agent, Credentials, Shown};
use crate::desktop::clock::Micros;
use crate::desktop::transport::Transport;
use crate::recording;

/// How long the source may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Before it begins: so long the session is left to itself.
const SETTLE: Duration = Duration::from_secs(2);
/// After the last flash: its picture and its sound are on the way.
const TAIL: Duration = Duration::from_millis(800);
/// How often the statistics are read.
const LOOK: Duration = Duration::from_millis(100);
/// The desktop, if a recording on it is not larger.
const LEAST: Size = Size::new(1920, 1080);

/// The way to the agent over a link.
async fn relay(transport: Transport, agent: &Credentials, link: &LinkSettings) -> Result<Relay> {
    let server = agent.address()?;
    let relay = match transport.is_datagrams() {
        true => Relay::udp(server, link).await,
        false => Relay::tcp(server, link).await,
    };
    relay.context("no relay")
}

/// What a measurement saw.
#[derive(Debug, Default)]
pub(super) struct Seeing {
    pub(super) flashes: Vec<Flash>,
    /// Flashes whose click did not pass the sink.
    pub(super) unheard: u32,
    pub(super) seen: Vec<Seen>,
    pub(super) heard: Vec<Micros>,
    /// The jitter buffer, at times.
    pub(super) depths: Vec<Duration>,
    /// How long it was measured.
    pub(super) time: Duration,
    pub(super) before: Count,
    pub(super) after: Count,
}

/// What is counted from the beginning of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    pub(super) playout: PlayoutStats,
    pub(super) link: Traffic,
}

/// Measures once.
pub(super) async fn measure(options: &Options, transport: Transport) -> Result<Line> {
    let link = options.link.settings(Duration::ZERO);
    let directory = tempfile::tempdir()?;
    let place = options.logs.as_deref().unwrap_or(directory.path());
    eprintln!("{}: starting a desktop …", transport.name());
    let socket = directory.path().join("source.socket");
    let listener = UnixListener::bind(&socket)?;
    let load = options
        .load
        .file
        .as_deref()
        .map(recording::open)
        .transpose()?;
    let size = load.map_or(LEAST, |load| larger(load.size(), LEAST));
    let source = source(options, &socket)?;
    let agent = Agent::start(place, Shown::Own(size, &source), transport.flags())?;
    let run = async {
        let mut source = Source::accept(listener).await?;
        let relay = relay(transport, &agent.credentials, &link).await?;
        let mut config = agent.credentials.client(transport, relay.address())?;
        config.quality = Some(options.quality);
        config.sound = Some(SoundSettings::default());
        let mut viewer = Viewer::new(config).await?;
        viewer.look_at(source.probe);
        let seeing = watch(options, &mut viewer, &mut source, &relay).await;
        viewer.close().await;
        seeing
    };
    let seeing = run.await;
    let seeing = seeing.map_err(|error| match agent.last_words().as_str() {
        "" => error,
        words => error.context(format!("the agent and its desktop said:\n{words}")),
    })?;
    Ok(Line::new(options, transport.name(), &link, &seeing))
}

fn larger(one: Size, other: Size) -> Size {
    let (width, height) = (one.width.max(other.width), one.height.max(other.height));
    Size::new(width, height)
}

/// The words that make this program the source.
fn source(options: &Options, socket: &Path) -> Result<Vec<OsString>> {
    let mut words: Vec<OsString> = vec!["av-source".into(), "--socket".into(), socket.into()];
    if options.flashes() == 0 {
        words.push("--still".into());
    }
    if options.music {
        words.push("--music".into());
    }
    if let Some(load) = &options.load.file {
        words.extend(["--load".into(), std::path::absolute(load)?.into()]);
        words.extend(["--load-speed".into(), options.load.speed.to_string().into()]);
    }
    Ok(words)
}

/// The source, as seen from here.
struct Source {
    news: Lines<BufReader<OwnedReadHalf>>,
    orders: OwnedWriteHalf,
    /// The pixel to look at.
    probe: Rect,
}

impl Source {
    async fn accept(listener: UnixListener) -> Result<Self> {
        let start = async {
            let (stream, _): (UnixStream, _) = listener.accept().await?;
            let (reader, orders) = stream.into_split();
            let mut news = BufReader::new(reader).lines();
            let line = news.next_line().await?.context("it ended")?;
            let News::Ready { x, y } = serde_json::from_str(&line)? else {
                bail!("it began with {line}");
            };
            let probe = Rect::new(x, y, 1, 1);
            Ok(Self {
                news,
                orders,
                probe,
            })
        };
        let start = tokio::time::timeout(START_LIMIT, start).await;
        start
            .unwrap_or_else(|_| bail!("it said nothing within {} s", START_LIMIT.as_secs()))
            .context("the source on the desktop did not start")
    }

    /// What it says next. Cancel safe.
    async fn next(&mut self) -> Result<News> {
        let line = self.news.next_line().await?;
        let line = line.context("the source on the desktop ended")?;
        Ok(serde_json::from_str(&line)?)
    }
}

/// Lets the source go, and notes what comes of it.
async fn watch(
    options: &Options,
    viewer: &mut Viewer,
    source: &mut Source,
    relay: &Relay,
) -> Result<Seeing> {
    let count = |viewer: &Viewer| Count {
        playout: viewer.player.stats().unwrap_or_default(),
        link: relay.traffic(),
    };
    during(viewer, tokio::time::sleep(SETTLE)).await?;
    let mut seeing = Seeing {
        before: count(viewer),
        ..Seeing::default()
    };
    source.orders.write_all(GO.as_bytes()).await?;
    eprintln!("  measuring …");
    let start = Instant::now();
    let end = options.time().map(|time| start + time);
    let mut look = tokio::time::interval(LOOK);
    while seeing.unheard + number(seeing.flashes.len()) < options.flashes().max(1) {
        let over = async {
            match end {
                Some(end) => tokio::time::sleep_until(end.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            shown = viewer.show() => shown?,
            news = source.next() => match news? {
                News::Flash(flash) => {
                    seeing.flashes.push(flash);
                    progress(seeing.flashes.len());
                }
                News::Unheard { .. } => seeing.unheard += 1,
                News::Ready { .. } => {}
            },
            _ = look.tick() => {
                let playing = viewer.player.stats().filter(|own| !own.is_silent);
                seeing.depths.extend(playing.map(|own| own.depth));
            }
            () = over => break,
        }
    }
    seeing.time = start.elapsed();
    seeing.after = count(viewer);
    during(viewer, tokio::time::sleep(TAIL)).await?;
    (seeing.seen, seeing.heard) = viewer.take();
    Ok(seeing)
}

/// Shows pictures until `time` is over.
async fn during(viewer: &mut Viewer, time: impl Future<Output = ()>) -> Result<()> {
    tokio::select! {
        shown = viewer.show() => shown,
        () = time => Ok(()),
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn progress(flashes: usize) {
    if flashes.is_multiple_of(20) {
        eprintln!("  {flashes} flashes");
    }
}
