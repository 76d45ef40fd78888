//! What the client is told: the desktop's news, and its pictures.

use std::sync::Arc;

use rfb::server::EncodedUpdate;
use rfb::{Framebuffer, Goodbye, LocalTime};
use tokio::time::Instant;

use super::Session;
use crate::server::GOODBYE_TIMEOUT;
use crate::server::desk::News;

/// Bytes of one update for clients without fences: large pictures are sent in pieces, so that answers and news get
/// between them.
const UPDATE_BYTES: usize = 1 << 20;

/// A link that delivers fewer bytes a second than this is what pictures wait for, not the processor: a second look at a
/// JPEG takes about as long as the bytes that it saves.
const THRIFTY_BELOW: f64 = 3e6;

/// What the picture shows that a client is being sent.
#[derive(Clone)]
pub(super) struct Showing {
    screen: Arc<Framebuffer>,
    picture: u64,
}

impl Session {
    /// Takes the news to the connection, and begins the next update if one is wanted.
    pub(super) fn encode_next(&mut self) {
        let snapshot = self.shared.desk.look(&self.mailbox);
        if self.is_probe {
            // Of the desktop it learns nothing but that it is over.
            self.take_goodbye(snapshot.news.goodbye);
            return;
        }
        self.take(snapshot.news);
        self.mailbox
            .set_takes_copies(self.connection.takes_copies());
        self.has_screen = snapshot.screen.is_some();
        if let Some(captured) = snapshot.captured {
            self.connection.set_captured(self.clock.at(captured));
        }
        if self.job.is_some() || self.closing.is_some() {
            return;
        }
        if !self.link.is_idle() {
            self.note_held();
            return;
        }
        let Some(screen) = snapshot.screen else {
            return;
        };
        let now = self.clock.now();
        let Some(room) = self.room(now) else {
            self.note_held();
            return;
        };
        let newest = Showing {
            screen,
            picture: snapshot.picture,
        };
        let Some(job) = self.connection.begin_update(now, room) else {
            return;
        };
        let shown = match &self.showing {
            Some(showing) if job.continues() => showing.clone(),
            _ => newest,
        };
        if !job.overtakes() {
            self.showing = Some(shown.clone());
        }
        let is_slow = self.pace.rate().is_some_and(|rate| rate < THRIFTY_BELOW);
        let job = self.fitting(job).of_picture(shown.picture);
        let job = if is_slow { job.thrifty() } else { job };
        let encode = move || job.run(Framebuffer::view(&shown.screen));
        self.job = Some(tokio::task::spawn_blocking(encode));
    }

    /// About how many bytes the next update may have; `None` if there is to be none yet.
    fn room(&mut self, now: LocalTime) -> Option<usize> {
        if !self.is_paced(now) {
            return Some(UPDATE_BYTES);
        }
        let beside_sound = self.is_beside_sound();
        self.pace.set_beside_sound(beside_sound);
        self.pace.room(now)
    }

    /// Takes an update that was encoded to the output.
    pub(super) fn finish_update(&mut self, update: EncodedUpdate) {
        let now = self.clock.now();
        self.note_cost(&update);
        if let Some(quality) = update.lowest_quality() {
            let (moving, still) = (update.moving_cost(), update.still_cost());
            let pixels = moving.lossy_pixels + still.lossy_pixels;
            self.stats.note_loss(pixels, quality);
        }
        let update = match self.is_paced(now) && !update.is_empty() {
            true => {
                let number = self.pace.sent(now, update.len());
                update.numbered(number)
            }
            false => update,
        };
        self.connection.finish_update(now, update);
        if !self.connection.is_unfinished() {
            // Whoever changes the screen need not make a copy for us any more.
            self.showing = None;
        }
        self.stats.updates += 1;
    }

    /// The client has read a numbered update.
    pub(super) fn note_read(&mut self, number: u64) {
        self.pace.acknowledged(self.clock.now(), number);
    }

    /// Whether an update may be begun; if not, an answer of the client or the pace tells when.
    pub(super) fn has_room(&self) -> bool {
        let now = self.clock.now();
        !self.is_paced(now) || self.pace.room(now).is_some()
    }

    /// Since when the client has read nothing of what it was sent, while more waits for it.
    pub(super) fn unread_since(&self) -> Option<Instant> {
        let now = self.clock.now();
        let waits = self.connection.is_unfinished() || !self.connection.damage().is_empty();
        let is_full = waits && self.is_paced(now) && self.pace.room(now).is_none();
        let since = self.pace.waits_since().filter(|_| is_full)?;
        Some(self.clock.instant(since))
    }

    /// Whether answers to fences tell how much may be under way.
    fn is_paced(&self, now: LocalTime) -> bool {
        self.connection.takes_fences() && !self.pace.is_deaf(now)
    }

    /// Whether pictures must not keep sound waiting. From the first one on: what is under way cannot be overtaken by the
    /// sound that the client is going to ask for.
    fn is_beside_sound(&self) -> bool {
        let may_listen = !self.wants_silence && self.connection.has_offered_sound();
        self.is_listening || may_listen
    }

    fn take(&mut self, news: News) {
        self.take_sound(news.sound);
        self.note_change(&news.change);
        let connection = &mut self.connection;
        if let Some(resize) = news.resize {
            connection.resize(resize.size, resize.screens, resize.reason);
        }
        if let Some(status) = news.resize_refused {
            connection.refuse_resize(status);
        }
        if !news.change.is_empty() {
            connection.add_change(&news.change);
        }
        if let Some(cursor) = &news.cursor {
            connection.set_cursor(cursor);
        }
        if let Some(at) = news.pointer {
            connection.set_pointer(at);
        }
        if let Some(leds) = news.leds {
            connection.set_leds(leds);
        }
        if news.power_refused {
            connection.refuse_power();
        }
        if let Some(name) = &news.name {
            connection.set_name(name);
        }
        if let Some(content) = news.clipboard {
            connection.set_clipboard(content);
        }
        if news.clipboard_image_wanted {
            connection.request_clipboard_image();
        }
        if let Some(image) = news.clipboard_image {
            connection.give_clipboard_image(image);
        }
        if news.bell {
            connection.bell();
        }
        self.take_goodbye(news.goodbye);
    }

    fn take_goodbye(&mut self, goodbye: Option<Goodbye>) {
        if let Some(goodbye) = goodbye {
            self.closing = Some(goodbye.reason());
            self.gone_by = Some(Instant::now() + GOODBYE_TIMEOUT);
            if let Some((hold, _)) = self.lasting.take() {
                // It is not to come back by losing its connection now.
                self.shared.lasting.end(hold.key);
            }
            self.connection.goodbye(goodbye);
        }
    }
}
