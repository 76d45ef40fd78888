//! One measurement: a desktop, who serves it, a client, and picture after picture.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lab::measure::cpu::{process_time, timed};
use tightrope::{Client, ClientEvent, Framebuffer};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::UnixListener;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use super::Options;
use super::arrival::Arrival;
use super::line::Line;
use super::messages::{News, Order};
use super::picture::{Extent, Pictures, SCREEN, scrambled};
use crate::desktop::clock::{Clock, Micros};
use crate::desktop::served::Served;
use crate::desktop::transport::Transport;

/// How long the program on the desktop may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Before it begins: so long the session is left to itself.
const SETTLE: Duration = Duration::from_secs(2);
/// How long a picture may take.
const LIMIT: Duration = Duration::from_secs(20);
/// From the arrival of a picture to the next at least, and how much longer that may be. Photographs come sooner than
/// the agent begins to send what it sent with loss once more.
const BLOCK_PAUSE: (Duration, Duration) = (Duration::from_millis(30), Duration::from_millis(150));
const FULL_PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(100));
/// The key that is pressed: a.
const KEY: u32 = 0x61;

/// What a measurement saw.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) samples: Vec<Sample>,
    /// How long it took.
    pub(super) time: Duration,
    /// The server's processor time; none if it is not a process of ours.
    pub(super) agent_cpu: Option<Duration>,
    /// This process's, but for finding out what to wait for.
    pub(super) viewer_cpu: Duration,
    /// What the client received, in 1000 bytes.
    pub(super) kbytes: u32,
}

/// One picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// From the paint until all of it stood in the framebuffer, and until the first of it did.
    pub(super) whole_ms: f64,
    pub(super) first_ms: f64,
    /// From the key until all of it stood there, where a key made it.
    pub(super) echo_ms: Option<f64>,
}

/// Measures once.
pub(super) async fn measure(options: &Options, transport: Transport) -> Result<Line> {
    let link = options.link.settings(Duration::ZERO);
    let directory = tempfile::tempdir()?;
    let place = options.logs.as_deref().unwrap_or(directory.path());
    eprintln!("{}: starting a desktop …", transport.name());
    let fps = options.fps.map(|fps| fps.to_string());
    let mut flags = vec!["--sound", "off"];
    flags.extend(fps.iter().flat_map(|fps| ["--fps", fps.as_str()]));
    let started = Served::start(place, SCREEN, &options.foreign, (transport, &flags));
    let served = started.await?;
    let run = async {
        let mut paper = Paper::start(options, &served, directory.path()).await?;
        let relay = served.relay(&link).await?;
        let mut config = served.client(relay.as_ref(), options.level())?;
        config.adapts = options.adapts();
        let client = Client::connect(config).await?;
        let mut watch = Watch::new(options, client);
        let seen = watch.measure(&served, &mut paper).await;
        watch.client.close().await;
        seen
    };
    let seen = run.await;
    let seen = seen.map_err(|error| match served.last_words().as_str() {
        "" => error,
        words => error.context(format!("the server and its desktop said:\n{words}")),
    })?;
    Ok(Line::new(options, &served, &link, &seen))
}

/// The program that paints, as seen from here. Dropping it ends it.
struct Paper {
    _process: Running,
    news: Lines<BufReader<OwnedReadHalf>>,
    orders: OwnedWriteHalf,
}

impl Paper {
    async fn start(options: &Options, served: &Served, directory: &Path) -> Result<Self> {
        let socket = directory.join("paper.socket");
        let listener = UnixListener::bind(&socket)?;
        let mut command = served.own_command()?;
        command.arg("latency-paper").arg("--socket").arg(&socket);
        command.args(["--size", options.size.name()]);
        if let Some(load) = &options.load.file {
            let speed = options.load.speed.to_string();
            command
                .arg("--load")
                .arg(load)
                .args(["--load-speed", &speed]);
        }
        let process = Running(command.stdin(Stdio::null()).spawn()?);
        let accepted = tokio::time::timeout(START_LIMIT, listener.accept()).await;
        let (stream, _) = accepted.context("the program on the desktop did not start")??;
        let (reader, orders) = stream.into_split();
        let mut paper = Self {
            _process: process,
            news: BufReader::new(reader).lines(),
            orders,
        };
        let first = tokio::time::timeout(START_LIMIT, paper.next()).await;
        match first.context("the program on the desktop said nothing")?? {
            News::Ready => Ok(paper),
            other @ News::Painted(..) => bail!("the program on the desktop began with {other:?}"),
        }
    }

    async fn order(&mut self, order: Order) -> Result<()> {
        let line = serde_json::to_string(&order)? + "\n";
        Ok(self.orders.write_all(line.as_bytes()).await?)
    }

    /// What it says next. Cancel safe.
    async fn next(&mut self) -> Result<News> {
        let line = self.news.next_line().await?;
        let line = line.context("the program on the desktop ended")?;
        Ok(serde_json::from_str(&line)?)
    }
}

/// A program that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

/// The client, and what it should be seeing.
struct Watch {
    client: Client,
    clock: Clock,
    /// What the program that paints shows.
    pictures: Pictures,
    /// Whether keys make it paint.
    types: bool,
    pause: (Duration, Duration),
    wanted: u32,
    /// Processor time that only the measurement needs: no client would.
    own_cpu: Duration,
}

impl Watch {
    fn new(options: &Options, client: Client) -> Self {
        let types = options.load.file.is_some();
        Self {
            client,
            clock: Clock::new(),
            pictures: Pictures::new(options.size, types),
            types,
            pause: match options.size {
                Extent::Block => BLOCK_PAUSE,
                Extent::Full => FULL_PAUSE,
            },
            wanted: options.samples,
            own_cpu: Duration::ZERO,
        }
    }

    /// One picture after the other; the first is not counted.
    async fn measure(&mut self, served: &Served, paper: &mut Paper) -> Result<Seen> {
        self.idle(SETTLE).await?;
        self.next_picture(0, paper).await?;
        eprintln!("  measuring …");
        let start = Instant::now();
        let (agent, viewer) = (served.cpu_time(), process_time());
        self.own_cpu = Duration::ZERO;
        let bytes = self.client.stats().bytes_received;
        let mut samples = Vec::new();
        for number in 1..=self.wanted {
            let (least, spread) = self.pause;
            let share = scrambled(u64::from(number) ^ 0x5eed) & 0xffff;
            let spread = spread * u32::try_from(share)? / 0xffff;
            self.idle(least + spread).await?;
            samples.push(self.next_picture(number, paper).await?);
            if number.is_multiple_of(50) {
                eprintln!("  {number} pictures");
            }
        }
        let received = self.client.stats().bytes_received - bytes;
        Ok(Seen {
            samples,
            time: start.elapsed(),
            agent_cpu: served
                .cpu_time()
                .zip(agent)
                .map(|(now, then)| now.saturating_sub(then)),
            viewer_cpu: process_time().saturating_sub(viewer + self.own_cpu),
            kbytes: u32::try_from(received / 1000)?,
        })
    }

    /// Has picture `number` painted, and waits until it stands in the framebuffer.
    async fn next_picture(&mut self, number: u32, paper: &mut Paper) -> Result<Sample> {
        let (mut arrival, own) = timed(|| self.expect(number));
        self.own_cpu += own;
        let mut pressed = None;
        if self.types {
            paper.order(Order::Echo(number)).await?;
            pressed = Some(self.clock.now());
            self.client.key(KEY, true);
            self.client.key(KEY, false);
        } else {
            paper.order(Order::Paint(number)).await?;
        }
        let (mut painted, mut first, mut whole) = (None, None, None);
        let limit = tokio::time::sleep(LIMIT);
        tokio::pin!(limit);
        let (painted, first, whole): (Micros, Micros, Micros) = loop {
            if let (Some(painted), Some(first), Some(whole)) = (painted, first, whole) {
                break (painted, first, whole);
            }
            tokio::select! {
                biased;
                event = self.client.next_event() => {
                    let now = self.clock.now();
                    if let ClientEvent::Updated { damage, .. } = event?
                        && arrival.look(self.client.framebuffer(), &damage)
                    {
                        first.get_or_insert(now);
                        whole = arrival.is_complete().then_some(now);
                    }
                }
                news = paper.next() => match news? {
                    News::Painted(of, at) if of == number => painted = Some(at),
                    other => bail!("the program on the desktop said {other:?} instead of {number}"),
                },
                () = &mut limit => bail!(
                    "picture {number} did not arrive within {} s: {} tiles are missing",
                    LIMIT.as_secs(),
                    arrival.missing()
                ),
            }
        };
        Ok(Sample {
            whole_ms: whole.milliseconds_since(painted),
            first_ms: first.milliseconds_since(painted),
            echo_ms: pressed.map(|pressed| whole.milliseconds_since(pressed)),
        })
    }

    /// What picture `number` will look like.
    fn expect(&mut self, number: u32) -> Arrival {
        let before: Framebuffer = self.pictures.shown().clone();
        self.pictures.turn_to(number);
        let part = self.pictures.part(number);
        let origin = self.pictures.place().origin();
        Arrival::of(&before, self.pictures.shown(), part, origin)
    }

    /// Shows whatever comes, for so long.
    async fn idle(&mut self, time: Duration) -> Result<()> {
        let all = async {
            loop {
                self.client.next_event().await?;
            }
        };
        tokio::select! {
            ended = all => ended,
            () = tokio::time::sleep(time) => Ok(()),
        }
    }
}
