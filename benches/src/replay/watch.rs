//! The client, and when each picture stood whole in its framebuffer.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lab::measure::Arrivals;
use tightrope::rfb::MediaTime;
use tightrope::sound::Player;
use tightrope::{Client, ClientConfig, ClientEvent, Framebuffer, Region};

use super::card::Card;
use super::judge::Snapshots;
use super::scenes::Scenes;
use crate::desktop::clock::{Clock, Micros};

/// Pictures are made known before they can come, but not so many more: a strip may be misread.
const AHEAD: u32 = 256;
/// How often the sound is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A session as a window would have it, with eyes.
pub(super) struct Watcher {
    client: Client,
    arrivals: Arrivals,
    scenes: Scenes,
    /// As the last scene that was made known has it.
    picture: Framebuffer,
    clock: Clock,
    /// When the last pixels came.
    pub(super) drawn: Instant,
    pub(super) arrived: Vec<Arrived>,
    pub(super) snapshots: Snapshots,
    pub(super) hearing: Option<Hearing>,
}

/// A picture that stood whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Arrived {
    pub(super) number: u32,
    pub(super) at: Micros,
}

/// What sound there is, and how well pictures keep step with it.
pub(super) struct Hearing {
    player: Player,
    _card: Card,
    look: tokio::time::Interval,
    /// From capture to leaving the card, in milliseconds.
    pub(super) delays: Vec<f64>,
    /// By how much pictures are shown after the sound of the same moment, in milliseconds.
    pub(super) skews: Vec<f64>,
    underruns_before: u64,
}

impl Watcher {
    /// Connects. Nothing of `scenes` is known yet.
    pub(super) async fn new(
        config: ClientConfig,
        scenes: Scenes,
        is_listening: bool,
    ) -> Result<Self> {
        let client = Client::connect(config).await?;
        let size = client.framebuffer().size();
        ensure!(
            size == scenes.size(),
            "the desktop is {size}, the recording {}: they have to be of one size",
            scenes.size()
        );
        let picture = Framebuffer::new(size);
        Ok(Self {
            hearing: is_listening.then(|| Hearing::new(client.player())),
            client,
            arrivals: Arrivals::new(&picture),
            scenes,
            picture,
            clock: Clock::new(),
            drawn: Instant::now(),
            arrived: Vec::new(),
            snapshots: Snapshots::default(),
        })
    }

    /// Goes on until something was drawn. Cancel safe.
    ///
    /// # Errors
    /// The session is over, the desktop has another size, or the recording cannot be read.
    pub(super) async fn draw(&mut self) -> Result<()> {
        loop {
            let event = match &mut self.hearing {
                None => self.client.next_event().await?,
                Some(hearing) => tokio::select! {
                    event = self.client.next_event() => event?,
                    _ = hearing.look.tick() => {
                        hearing.listen();
                        continue;
                    }
                },
            };
            match event {
                ClientEvent::Updated { damage, captured } => {
                    self.drawn = Instant::now();
                    self.look(&damage, captured)?;
                    return Ok(());
                }
                ClientEvent::Resized { .. } => {
                    let size = self.client.framebuffer().size();
                    ensure!(size == self.scenes.size(), "the desktop became {size}");
                }
                _ => {}
            }
        }
    }

    /// Whether the client shows the last picture of the recording exactly.
    pub(super) fn is_exact(&mut self) -> Result<bool> {
        while self.learn()? {}
        Ok(self.arrivals.is_last(self.client.framebuffer()))
    }

    /// Ends the session.
    pub(super) async fn close(self) {
        self.client.close().await;
    }

    fn look(&mut self, damage: &Region, captured: Option<MediaTime>) -> Result<()> {
        let at = self.clock.at(self.drawn);
        let shown = self.arrivals.number_on(self.client.framebuffer());
        if let Some(shown) = shown {
            let known = |own: &Self| own.arrivals.known().map_or(0, |known| known + 1);
            // The picture itself and the one after it: of the two, tiles are the one they are nearer to.
            while known(self) < shown + 2 && shown < known(self) + AHEAD && self.learn()? {}
        }
        let shown = self.client.framebuffer();
        let Some(arrival) = self.arrivals.look(shown, damage) else {
            return Ok(());
        };
        self.arrived.push(Arrived {
            number: arrival.number,
            at,
        });
        self.snapshots.keep(arrival.number, &arrival.tiles, shown);
        if let Some(hearing) = &mut self.hearing
            && let Some(captured) = captured
        {
            let now = self.client.local_time(self.drawn);
            if let Some(due) = hearing.player.due(captured) {
                // What comes early is shown when it is due.
                let late = now.since(due).as_secs_f64() * 1000.0;
                hearing.skews.push(late);
            }
        }
        Ok(())
    }

    /// Makes the next picture known, if there is one.
    fn learn(&mut self) -> Result<bool> {
        let scene = self.scenes.next().context("the recording")?;
        let Some(scene) = scene else {
            return Ok(false);
        };
        scene.draw(&mut self.picture);
        self.arrivals.paint(&self.picture, scene.damage.rects());
        Ok(true)
    }
}

impl Hearing {
    fn new(player: Player) -> Self {
        Self {
            _card: Card::new(player.clone()),
            player,
            look: tokio::time::interval(LOOK),
            delays: Vec::new(),
            skews: Vec::new(),
            underruns_before: 0,
        }
    }

    fn listen(&mut self) {
        let playing = self.player.stats().filter(|own| !own.is_silent);
        let delay = playing.and_then(|own| own.delay);
        self.delays
            .extend(delay.map(|own| own.as_secs_f64() * 1000.0));
    }

    /// What was heard so far does not count.
    pub(super) fn begin(&mut self) {
        self.delays.clear();
        self.skews.clear();
        self.underruns_before = self.all_underruns();
    }

    /// How often the buffer was found empty since then.
    pub(super) fn underruns(&self) -> u64 {
        self.all_underruns().saturating_sub(self.underruns_before)
    }

    fn all_underruns(&self) -> u64 {
        self.player.stats().map_or(0, |stats| stats.underruns)
    }
}
