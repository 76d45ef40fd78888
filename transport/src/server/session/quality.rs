//! How good pictures are, if that follows the link: see [`QualityControl`](crate::pace::QualityControl).

use rfb::damage::Change;
use rfb::server::{EncodedUpdate, UpdateJob};

use super::Session;
use crate::pace::Delivery;
use crate::server::Adapt;

impl Session {
    /// The same update, of no more quality than there is time for.
    pub(super) fn fitting(&mut self, job: UpdateJob) -> UpdateJob {
        let Some(asked) = job.jpeg_quality().filter(|_| self.adapts()) else {
            return job;
        };
        let link = Delivery {
            rate: self.pace.rate(),
            queue: self.pace.queue().unwrap_or_default(),
        };
        // The rest of a picture is as good as its beginning.
        if !job.continues() {
            let pixels = job.region().area().saturating_sub(job.moving().area());
            self.quality.choose(self.clock.now(), asked, link, pixels);
        }
        let [moving, still] = self.quality.chosen();
        job.at_most(still).moving_at_most(moving)
    }

    /// What came of it.
    pub(super) fn note_cost(&mut self, update: &EncodedUpdate) {
        if !update.is_refresh() && !update.is_empty() {
            let now = self.clock.now();
            let (moving, still) = (update.moving_cost(), update.still_cost());
            self.quality.encoded(now, moving, still);
        }
    }

    /// The desktop has changed.
    pub(super) fn note_change(&mut self, change: &Change) {
        let now = self.clock.now();
        self.connection.painted(&change.damage, now);
        if self.adapts() {
            let moving = self.connection.moving(&change.damage, now);
            self.quality.painted(now, moving.area());
        }
    }

    /// The link is to be given no more now.
    pub(super) fn note_held(&mut self) {
        if !self.connection.damage().is_empty() {
            self.quality.held(self.clock.now());
        }
    }

    fn adapts(&self) -> bool {
        match self.shared.config.adapt {
            Adapt::Announced => self.connection.takes_less_quality(),
            Adapt::Always => true,
            Adapt::Never => false,
        }
    }
}
