//! What an update may cost in quality, and what it did cost: for whoever adapts the quality to the link.

use super::{EncodedUpdate, ServerConnection, UpdateJob};
#[cfg(doc)]
use crate::EncodeSettings;
use crate::codec::JpegQuality;
use crate::{Encoding, LocalTime, Region};

/// What is known of an update that was encoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub(super) refresh: bool,
    pub(super) is_whole: bool,
    pub(super) costs: Costs,
    pub(super) lowest: Option<u8>,
}

/// What was written where the desktop keeps changing, and elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Costs {
    pub(super) moving: PixelCost,
    pub(super) still: PixelCost,
}

/// What a part of a picture took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PixelCost {
    /// Pixels that were written.
    pub pixels: usize,
    /// Bytes of all that was written for them.
    pub bytes: usize,
    /// Those of the pixels that were written with loss; more than once where rectangles overlap.
    pub lossy_pixels: usize,
    /// Bytes of those.
    pub lossy_bytes: usize,
}

impl UpdateJob {
    /// Whether it sends again, without loss, what the client holds with loss.
    #[must_use]
    pub fn is_refresh(&self) -> bool {
        self.refresh
    }

    /// The JPEG quality of what does not keep changing: what the client asked for, or less. `None` if nothing may be lost.
    #[must_use]
    pub fn jpeg_quality(&self) -> Option<JpegQuality> {
        self.settings.jpeg_quality()
    }

    /// What of its region keeps changing, as videos do.
    #[must_use]
    pub fn moving(&self) -> &Region {
        &self.moving
    }

    /// Encodes with no more than this quality and colours no finer. Nothing that must be exact becomes lossy.
    #[must_use]
    pub fn at_most(mut self, most: JpegQuality) -> Self {
        self.settings = self.settings.at_most(most);
        self.moving_settings = self.moving_settings.map(|own| own.at_most(most));
        self
    }

    /// Saves bytes at the cost of time, and of what is exact for a moment only: see [`EncodeSettings::thrifty`] and
    /// [`EncodeSettings::moving`].
    #[must_use]
    pub fn thrifty(mut self) -> Self {
        self.settings.thrifty = true;
        if !self.moving.is_empty() {
            let settings = &self.settings;
            let own = self.moving_settings.get_or_insert_with(|| settings.clone());
            (own.thrifty, own.moving) = (true, true);
        }
        self
    }

    /// As [`Self::at_most`], but only for what keeps changing: a video gets less, and the page around it all there is.
    #[must_use]
    pub fn moving_at_most(mut self, most: JpegQuality) -> Self {
        let settings = self.moving_settings.take();
        let settings = settings.unwrap_or_else(|| self.settings.clone());
        self.moving_settings = Some(settings.at_most(most));
        self
    }
}

impl EncodedUpdate {
    /// Whether it sends again, without loss, what the client holds with loss.
    #[must_use]
    pub fn is_refresh(&self) -> bool {
        self.written.refresh
    }

    /// Whether the client is shown all of a picture with it: nothing is left over, and no other damage waited when it was
    /// begun.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.written.is_whole
    }

    /// What it took to write what keeps changing.
    #[must_use]
    pub fn moving_cost(&self) -> PixelCost {
        self.written.costs.moving
    }

    /// What it took to write everything else.
    #[must_use]
    pub fn still_cost(&self) -> PixelCost {
        self.written.costs.still
    }

    /// The lowest JPEG quality in it, 1 to 100; `None` if all of it is exact.
    #[must_use]
    pub fn lowest_quality(&self) -> Option<u8> {
        self.written.lowest
    }
}

impl ServerConnection {
    /// Whether the client says that the quality it asks for is the most that it wants, not what it wants whatever the link.
    #[must_use]
    pub fn takes_less_quality(&self) -> bool {
        self.machine.supports(Encoding::ADAPTS)
    }

    /// Notes that a picture of the desktop changed `damage`. Who tells of every picture lets it be known sooner what keeps
    /// changing than by what of it is sent.
    pub fn painted(&mut self, damage: &Region, now: LocalTime) {
        self.machine.refresh.painted(damage, now);
    }

    /// What of `damage` keeps changing, as videos do.
    #[must_use]
    pub fn moving(&self, damage: &Region, now: LocalTime) -> Region {
        self.machine.refresh.moving(damage, now)
    }
}
