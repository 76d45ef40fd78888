//! One measurement: a source, a link, a client, and all that was seen.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lab::link::{LinkSettings, Relay};
use lab::measure::Quality;
use tightrope::{ClientConfig, SoundSettings};
use tokio::runtime::Runtime;

use super::Options;
use super::messages::{News, Report, Sent};
use super::process::Source;
use super::scenes::Scenes;
use super::watch::{Arrived, Watcher};
use crate::desktop::clock::{Clock, Micros};
use crate::desktop::served::Served;
use crate::desktop::transport::Transport;
use crate::encoding::Encoding;

/// How long the first picture may take. Then it is waited until nothing more comes for a while, but not for ever: some
/// servers take minutes to send it again without loss.
const FIRST_LIMIT: Duration = Duration::from_secs(120);
const QUIET: Duration = Duration::from_millis(700);
const REFRESH_LIMIT: Duration = Duration::from_secs(5);
/// How often the link is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// After the last picture: when nothing came for so long, nothing more will; and so long at most, from a server of ours and
/// from another's.
const STILL: Duration = Duration::from_secs(4);
const LAST_LIMIT: Duration = Duration::from_secs(60);
const FOREIGN_LIMIT: Duration = Duration::from_secs(10);

/// What a measurement saw.
pub(super) struct Seeing {
    pub(super) report: Report,
    pub(super) arrived: Vec<Arrived>,
    /// When the client showed the last picture exactly.
    pub(super) exact: Option<Micros>,
    pub(super) quality: Quality,
    pub(super) looks: Vec<Look>,
    /// When the steps of the rate began to count.
    pub(super) begun: Micros,
    pub(super) audio: Option<Heard>,
}

/// The link to the client at some moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) queue: Duration,
    /// What it was given so far.
    pub(super) taken: Sent,
}

/// What was heard.
pub(super) struct Heard {
    pub(super) underruns: u64,
    pub(super) delays: Vec<f64>,
    pub(super) skews: Vec<f64>,
}

/// Measures once.
pub(super) fn measure(options: &Options, transport: Transport) -> Result<Seeing> {
    let link = options.link.settings(Duration::ZERO);
    let scenes = Scenes::open(&options.session)?;
    let directory = tempfile::tempdir()?;
    // The link gets a thread of its own: nobody's work is to hold it up.
    let network = runtime(1)?;
    let served = match options.foreign.against {
        Some(_) => {
            let start = Served::start(
                directory.path(),
                scenes.size(),
                &options.foreign,
                (Transport::Tcp, &[]),
            );
            Some(network.block_on(start)?)
        }
        None => None,
    };
    let mut source = Source::start(options, transport, served.as_ref())?;
    let ready = network.block_on(source.next());
    let ready = ready.with_context(|| match &options.foreign.display {
        Some(display) => format!("on the display {display}"),
        None => "the source".to_owned(),
    });
    let (address, fingerprint) = match ready? {
        News::Ready {
            address,
            fingerprint,
        } => (address, fingerprint),
        other => bail!("what shows the recording began with {other:?}"),
    };
    let way = Way::new(&network, &link, transport, served.as_ref(), address)?;
    let config = way.client(options, transport, served.as_ref(), fingerprint.as_deref())?;
    scenes.fill();
    let seeing = runtime(2)?.block_on(watch(options, config, source, scenes, &way));
    seeing.map_err(|error| match served.map(|own| own.last_words()) {
        Some(words) if !words.is_empty() => error.context(format!("the server said:\n{words}")),
        _ => error,
    })
}

fn runtime(threads: usize) -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.worker_threads(threads).enable_all().build()?)
}

/// The link, and what is noted of it.
struct Way {
    relay: Arc<Relay>,
    looks: Arc<Mutex<Vec<Look>>>,
    looking: tokio::task::JoinHandle<()>,
}

impl Way {
    fn new(
        network: &Runtime,
        link: &LinkSettings,
        transport: Transport,
        served: Option<&Served>,
        address: Option<SocketAddr>,
    ) -> Result<Self> {
        let relay = match (served, address) {
            (Some(served), _) => network.block_on(served.always_relay(link))?,
            (None, Some(server)) => {
                let relay = match transport.is_datagrams() {
                    true => network.block_on(Relay::udp(server, link)),
                    false => network.block_on(Relay::tcp(server, link)),
                };
                relay.context("no relay")?
            }
            (None, None) => bail!("the server has no address"),
        };
        let relay = Arc::new(relay);
        let looks = Arc::default();
        let looking = network.spawn(look(Arc::clone(&relay), Arc::clone(&looks)));
        Ok(Self {
            relay,
            looks,
            looking,
        })
    }

    fn client(
        &self,
        options: &Options,
        transport: Transport,
        served: Option<&Served>,
        fingerprint: Option<&str>,
    ) -> Result<ClientConfig> {
        let mut config = match served {
            Some(served) => {
                served.client(Some(&self.relay), options.level().unwrap_or_default())?
            }
            None => {
                let url = format!("{}://{}", transport.scheme(), self.relay.address());
                let mut config = ClientConfig::new(&url)?;
                let pin = fingerprint.map(str::parse).transpose()?;
                config.fingerprint = pin.filter(|_| transport.is_encrypted());
                config.insecure = !transport.is_encrypted();
                config
            }
        };
        config.quality = options.level();
        config.adapts = options.adapts();
        config.prefer = options.encoding.map(Encoding::number);
        config.prefer_only = options.encoding.is_some();
        config.sound = options.audio.then(SoundSettings::default);
        Ok(config)
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

/// Notes what the link is like, for ever.
async fn look(relay: Arc<Relay>, looks: Arc<Mutex<Vec<Look>>>) {
    let clock = Clock::new();
    let mut tick = tokio::time::interval(LOOK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let look = Look {
            queue: relay.queues().down,
            taken: Sent {
                at: clock.now(),
                bytes: relay.payload().down,
            },
        };
        looks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(look);
    }
}

async fn watch(
    options: &Options,
    config: ClientConfig,
    mut source: Source,
    scenes: Scenes,
    way: &Way,
) -> Result<Seeing> {
    eprintln!("  the first picture …");
    let count = scenes.count();
    let mut watcher = Watcher::new(config, scenes, options.audio).await?;
    first(&mut watcher).await?;
    eprintln!("  {} pictures …", count.saturating_sub(1));
    if let Some(hearing) = &mut watcher.hearing {
        hearing.begin();
    }
    way.relay.begin();
    let begun = Clock::new().now();
    source.play()?;
    loop {
        tokio::select! {
            drawn = watcher.draw(false) => drawn?,
            news = source.next() => match news? {
                News::Played => break,
                other => bail!("what plays the recording said {other:?}"),
            },
        }
    }
    let heard = watcher.hearing.as_mut().map(|hearing| Heard {
        underruns: hearing.underruns(),
        delays: std::mem::take(&mut hearing.delays),
        skews: std::mem::take(&mut hearing.skews),
    });
    eprintln!("  until it is exact …");
    let limit = match options.foreign.against {
        Some(_) => FOREIGN_LIMIT,
        None => LAST_LIMIT,
    };
    let exact = last(&mut watcher, limit).await?;
    let report = source.stop().await?;
    let looks = std::mem::take(&mut *way.looks.lock().unwrap_or_else(PoisonError::into_inner));
    let eyes = watcher.close().await?;
    let (arrived, snapshots) = (eyes.arrived, eyes.snapshots);
    eprintln!("  how close it is …");
    let session = options.session.clone();
    let quality = tokio::task::spawn_blocking(move || snapshots.judge(&session)).await??;
    Ok(Seeing {
        report,
        arrived,
        exact,
        quality,
        looks,
        begun,
        audio: heard,
    })
}

/// Waits until the first picture is there and nothing more comes.
async fn first(watcher: &mut Watcher) -> Result<()> {
    let limit = Instant::now() + FIRST_LIMIT;
    while !watcher.seen().any {
        let drawn = tokio::time::timeout_at(limit.into(), watcher.draw(false)).await;
        drawn.unwrap_or_else(|_| {
            let limit = FIRST_LIMIT.as_secs();
            bail!("the first picture did not come within {limit} s")
        })?;
    }
    let complete = async {
        while let Ok(drawn) = tokio::time::timeout(QUIET, watcher.draw(false)).await {
            drawn?;
        }
        Ok(())
    };
    let complete = tokio::time::timeout(REFRESH_LIMIT, complete).await;
    complete.unwrap_or(Ok(()))
}

/// Waits until the last picture is there exactly; gives when it was.
async fn last(watcher: &mut Watcher, limit: Duration) -> Result<Option<Micros>> {
    let limit = Instant::now() + limit;
    let mut still = Instant::now() + STILL;
    watcher.ask_whether_last();
    while watcher.seen().exact.is_none() {
        match tokio::time::timeout_at(still.min(limit).into(), watcher.draw(true)).await {
            Ok(drawn) => drawn?,
            Err(_) => break,
        }
        still = Instant::now() + STILL;
    }
    Ok(watcher.seen().exact)
}
