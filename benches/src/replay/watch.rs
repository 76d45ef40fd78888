//! The client, and when each picture stood whole in its framebuffer.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lab::measure::Arrivals;
use tightrope::rfb::MediaTime;
use tightrope::sound::Player;
use tightrope::{Client, ClientConfig, ClientEvent, Framebuffer, Region};
use tokio::sync::watch;

use super::card::Card;
use super::judge::Snapshots;
use super::scenes::Scenes;
use crate::desktop::clock::{Clock, Micros};

/// Pictures are made known before they can come, but not so many more: a strip may be misread.
const AHEAD: u32 = 256;
/// How often the sound is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A session as a window would have it. What is drawn is looked at on a thread of its own, so that the client answers as
/// soon as if nobody looked.
pub(super) struct Watcher {
    client: Client,
    /// When the last pixels came.
    pub(super) drawn: Instant,
    looks: Sender<Drawn>,
    seen: watch::Receiver<Seen>,
    eyes: JoinHandle<Result<Eyes>>,
    pub(super) hearing: Option<Hearing>,
}

/// Pixels that came.
struct Drawn {
    at: Instant,
    damage: Region,
    /// The rows of its rectangles.
    pixels: Vec<u8>,
    /// Whether to say if it all is the last picture now.
    is_last: bool,
}

/// What the eyes have seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// Any picture has arrived.
    pub(super) any: bool,
    /// When the client showed the last picture exactly.
    pub(super) exact: Option<Micros>,
}

/// Who looks.
pub(super) struct Eyes {
    arrivals: Arrivals,
    scenes: Scenes,
    /// As the last scene that was made known has it.
    picture: Framebuffer,
    /// As the client has it.
    shown: Framebuffer,
    clock: Clock,
    pub(super) arrived: Vec<Arrived>,
    pub(super) snapshots: Snapshots,
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
        let (looks, drawn) = channel();
        let (sender, seen) = watch::channel(Seen::default());
        let mut eyes = Eyes::new(scenes);
        let eyes = std::thread::spawn(move || {
            eyes.look_at(&drawn, &sender)?;
            Ok(eyes)
        });
        Ok(Self {
            hearing: is_listening.then(|| Hearing::new(client.player())),
            client,
            drawn: Instant::now(),
            looks,
            seen,
            eyes,
        })
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> Seen {
        *self.seen.borrow()
    }

    /// Goes on until something was drawn or seen. Cancel safe.
    ///
    /// # Errors
    /// The session is over, the desktop has another size, or the recording cannot be read.
    pub(super) async fn draw(&mut self, is_last: bool) -> Result<()> {
        let size = self.client.framebuffer().size();
        loop {
            let listen = async {
                match &mut self.hearing {
                    None => std::future::pending().await,
                    Some(hearing) => {
                        hearing.look.tick().await;
                        hearing.listen();
                    }
                }
            };
            let event = tokio::select! {
                event = self.client.next_event() => event?,
                seen = self.seen.changed() => {
                    seen.context("the recording cannot be read any more")?;
                    return Ok(());
                }
                () = listen => continue,
            };
            match event {
                ClientEvent::Updated { damage, captured } => {
                    self.drawn = Instant::now();
                    self.show(damage, is_last);
                    self.compare(captured);
                    return Ok(());
                }
                ClientEvent::Resized { .. } => {
                    let now = self.client.framebuffer().size();
                    ensure!(now == size, "the desktop became {now}");
                }
                _ => {}
            }
        }
    }

    /// Has it said whether the client shows the last picture of the recording exactly: see [`Seen::exact`].
    pub(super) fn ask_whether_last(&self) {
        self.show(Region::default(), true);
    }

    /// Ends the session; gives what was seen, once all has been looked at.
    pub(super) async fn close(self) -> Result<Eyes> {
        self.client.close().await;
        drop(self.looks);
        let eyes = tokio::task::spawn_blocking(|| self.eyes.join()).await?;
        eyes.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Gives the eyes what was drawn.
    fn show(&self, damage: Region, is_last: bool) {
        let mut pixels = Vec::with_capacity(damage.area() * 4);
        let view = self.client.framebuffer().view();
        for row in damage.rects().iter().flat_map(|rect| view.rows(*rect)) {
            pixels.extend_from_slice(row);
        }
        // If the eyes are gone, `draw` says so.
        let _gone = self.looks.send(Drawn {
            at: self.drawn,
            damage,
            pixels,
            is_last,
        });
    }

    /// Compares a picture with its sound.
    fn compare(&mut self, captured: Option<MediaTime>) {
        if let Some(hearing) = &mut self.hearing
            && let Some(due) = captured.and_then(|captured| hearing.player.due(captured))
        {
            // What comes early is shown when it is due.
            let late = self.client.local_time(self.drawn).since(due);
            hearing.skews.push(late.as_secs_f64() * 1000.0);
        }
    }
}

impl Eyes {
    fn new(scenes: Scenes) -> Self {
        let picture = Framebuffer::new(scenes.size());
        Self {
            arrivals: Arrivals::new(&picture),
            scenes,
            shown: picture.clone(),
            picture,
            clock: Clock::new(),
            arrived: Vec::new(),
            snapshots: Snapshots::default(),
        }
    }

    /// Looks at everything that is drawn, until nothing will be.
    fn look_at(&mut self, drawn: &Receiver<Drawn>, seen: &watch::Sender<Seen>) -> Result<()> {
        for drawn in drawn {
            super::scenes::draw(&mut self.shown, &drawn.damage, &drawn.pixels);
            let at = self.clock.at(drawn.at);
            let has_arrived = self.look(&drawn.damage, at)?;
            let is_exact = drawn.is_last && seen.borrow().exact.is_none() && self.is_exact()?;
            if has_arrived && !seen.borrow().any {
                seen.send_modify(|seen| seen.any = true);
            }
            if is_exact {
                seen.send_modify(|seen| seen.exact = Some(at));
            }
        }
        Ok(())
    }

    /// Whether the client shows the last picture of the recording exactly.
    fn is_exact(&mut self) -> Result<bool> {
        while self.learn()? {}
        Ok(self.arrivals.is_last(&self.shown))
    }

    /// Whether a picture has arrived with what was drawn.
    fn look(&mut self, damage: &Region, at: Micros) -> Result<bool> {
        if let Some(shown) = self.arrivals.number_on(&self.shown) {
            let known = |own: &Self| own.arrivals.known().map_or(0, |known| known + 1);
            // The picture itself and the one after it: of the two, tiles are the one they are nearer to.
            while known(self) < shown + 2 && shown < known(self) + AHEAD && self.learn()? {}
        }
        let Some(arrival) = self.arrivals.look(&self.shown, damage) else {
            return Ok(false);
        };
        let number = arrival.number;
        // The first was no part of what is measured.
        if number > 0 {
            self.arrived.push(Arrived { number, at });
            self.snapshots.keep(number, &arrival.tiles, &self.shown);
        }
        Ok(true)
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
