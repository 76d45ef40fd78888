//! How good pictures are, if that follows the link: see [`QualityControl`](crate::pace::QualityControl).

use std::time::Duration;

use rfb::damage::Change;
use rfb::server::{EncodedUpdate, UpdateJob};

use super::Session;
use crate::server::Adapt;

/// Sound that was sent so shortly before goes on, for all that is known.
const SOUNDED: Duration = Duration::from_secs(1);

impl Session {
    /// The same update, of no more quality than there is time for.
    pub(super) fn fitting(&mut self, job: UpdateJob) -> UpdateJob {
        match self.adapts() {
            true => {
                let now = self.clock.now();
                let sounded = self.sounded.is_some_and(|last| now < last + SOUNDED);
                self.quality.fit(now, job, self.pace.delivery(sounded))
            }
            false => job,
        }
    }

    /// What came of it.
    pub(super) fn note_cost(&mut self, update: &EncodedUpdate) {
        self.quality.note(self.clock.now(), update);
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
