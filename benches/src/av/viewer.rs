//! The client: shows pictures when its presentation says so, plays sound to a device, and notes when.

use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use anyhow::{Context, Result};
use tightrope::audio::device::{Moment, Output, OutputConfig};
use tightrope::present::{Change, Presentation, Show};
use tightrope::sound::Player;
use tightrope::{Client, ClientConfig, ClientEvent, Framebuffer, Rect, Region};

use super::figures::Seen;
use super::messages::which;
use super::onset::Onsets;
use crate::desktop::clock::{Clock, Micros};

/// A session with sound, as a window would have it.
pub(super) struct Viewer {
    client: Client,
    pub(super) player: Player,
    presentation: Presentation,
    /// What is on the screen.
    screen: Framebuffer,
    clock: Clock,
    probe: Option<Rect>,
    seen: Vec<Seen>,
    heard: Receiver<Micros>,
    _device: Output,
}

impl Viewer {
    /// Connects, and plays to the default device.
    pub(super) async fn new(config: ClientConfig) -> Result<Self> {
        let client = Client::connect(config).await?;
        let player = client.player();
        let size = client.framebuffer().size();
        let (clock, mut onsets) = (Clock::new(), Onsets::default());
        let (ear, heard) = channel();
        let playing = player.clone();
        let render = move |out: &mut [f32], moment: Moment| {
            playing.fill(out, moment.called, moment.at);
            if let Some(after) = onsets.find(out) {
                // Nobody listens any more: the measurement ends.
                let _ended = ear.send(clock.at(moment.at + after));
            }
        };
        let complain = |notice| eprintln!("the viewer's sound: {notice:?}");
        let device = Output::open(OutputConfig::default(), render, complain)
            .context("the viewer's sound")?;
        Ok(Self {
            client,
            player,
            presentation: Presentation::new(size),
            screen: Framebuffer::new(size),
            clock,
            probe: None,
            seen: Vec::new(),
            heard,
            _device: device,
        })
    }

    /// From now on the colour of this pixel is noted whenever it is another one.
    pub(super) fn look_at(&mut self, pixel: Rect) {
        self.probe = Some(pixel);
    }

    /// What was seen and heard since the last call.
    pub(super) fn take(&mut self) -> (Vec<Seen>, Vec<Micros>) {
        (
            std::mem::take(&mut self.seen),
            self.heard.try_iter().collect(),
        )
    }

    /// Shows whatever is to be shown, for ever. Cancel safe.
    ///
    /// # Errors
    /// The session is over.
    pub(super) async fn show(&mut self) -> Result<()> {
        loop {
            let next = self.presentation.poll_timeout();
            let next = next.map(|at| self.client.instant(at));
            let due = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                event = self.client.next_event() => self.handle(&event?),
                () = due => {}
            }
            self.present();
        }
    }

    fn handle(&mut self, event: &ClientEvent) {
        match event {
            ClientEvent::Updated { damage, captured } => {
                let change = Change {
                    damage,
                    due: captured.and_then(|captured| self.player.due(captured)),
                    framebuffer: self.client.framebuffer().view(),
                };
                let now = self.client.local_time(Instant::now());
                self.presentation.handle_update(now, &change);
            }
            ClientEvent::Resized { .. } => {
                let size = self.client.framebuffer().size();
                self.presentation.handle_resize(size);
                self.screen = Framebuffer::new(size);
            }
            _ => {}
        }
    }

    fn present(&mut self) {
        while let Some(show) = self
            .presentation
            .poll(self.client.local_time(Instant::now()))
        {
            let shown = match show {
                Show::Live(region) => {
                    self.draw(&region);
                    region
                }
                Show::Held(patch) => {
                    patch.draw(&mut self.screen);
                    let region = patch.region().clone();
                    self.presentation.recycle(patch);
                    region
                }
            };
            self.note(&shown);
        }
    }

    /// Copies what changed, as a window does.
    fn draw(&mut self, region: &Region) {
        let framebuffer = self.client.framebuffer().view();
        for rect in region.rects() {
            let Some(mut target) = self.screen.view_mut(*rect) else {
                continue;
            };
            for (to, from) in target.rows_mut().zip(framebuffer.rows(*rect)) {
                to.copy_from_slice(from);
            }
        }
    }

    /// Notes the colour that is looked at, if it is another one.
    fn note(&mut self, shown: &Region) {
        let Some(probe) = self.probe.filter(|probe| shown.intersects(*probe)) else {
            return;
        };
        let row = self.screen.view().rows(probe).next().unwrap_or_default();
        let Some(&pixel) = row.first_chunk() else {
            return;
        };
        let colour = which(pixel);
        if self.seen.last().is_none_or(|last| last.colour != colour) {
            let at = self.clock.now();
            self.seen.push(Seen { at, colour });
        }
    }

    /// Ends the session.
    pub(super) async fn close(self) {
        self.client.close().await;
    }
}
