//! Pictures that come in parts: which parts wait for the rest, and which pictures have been shown.

use std::collections::VecDeque;
use std::time::Duration;

use rfb::{LocalTime, MediaTime, Region};

/// The parts of a picture wait no longer for its end.
pub const MAX_WAIT: Duration = Duration::from_millis(50);
/// Pictures that have ended and were not shown. Of more, the oldest are forgotten.
const ENDED: usize = 32;

/// The parts of the picture that is coming, and the pictures that have come.
#[derive(Debug, Default)]
pub(super) struct Whole {
    /// The server has said before where pictures end.
    ends_are_told: bool,
    /// What waits for the end.
    parts: Region,
    /// The picture that is coming, and when its first part came.
    coming: Option<(MediaTime, LocalTime)>,
    /// Pictures that have come whole, and when each is seen; oldest first.
    ended: VecDeque<(MediaTime, LocalTime)>,
}

impl Whole {
    /// Notes a part of the picture captured then; whether it is to wait for the end of it.
    pub(super) fn waits(&mut self, now: LocalTime, captured: MediaTime) -> bool {
        let since = match self.coming {
            Some((coming, since)) if coming == captured => since,
            _ => now,
        };
        self.coming = Some((captured, since));
        self.ends_are_told && now < since + MAX_WAIT
    }
    pub(super) fn hold(&mut self, part: &Region) {
        self.parts = self.parts.union(part);
    }
    /// What has waited is to be seen in another way, or is newer than thought.
    pub(super) fn forget(&mut self, region: &Region) {
        if !self.parts.is_empty() {
            self.parts = self.parts.difference(region);
        }
    }
    /// Takes all that waits.
    pub(super) fn release(&mut self) -> Region {
        std::mem::take(&mut self.parts)
    }
    /// All of a picture has come, and is seen from `seen` on.
    pub(super) fn end(&mut self, captured: MediaTime, seen: LocalTime) {
        self.ends_are_told = true;
        self.coming = None;
        if self.ended.len() == ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back((captured, seen));
    }
    /// When what waits has waited long enough.
    pub(super) fn due(&self) -> Option<LocalTime> {
        let (_, since) = self.coming.filter(|_| !self.parts.is_empty())?;
        Some(since + MAX_WAIT)
    }
    /// The last picture that is seen by now and was not asked for.
    pub(super) fn seen(&mut self, now: LocalTime) -> Option<MediaTime> {
        let mut last = None;
        while let Some((captured, _)) = self.ended.pop_front_if(|(_, seen)| *seen <= now) {
            last = Some(captured);
        }
        last
    }
}
