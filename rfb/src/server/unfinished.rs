//! Whole pictures: what of one is still to be sent when a part of it was, and what may go before that.
//!
//! A picture that does not fit into one update goes on from the screen it began with, so that the client gets all of it,
//! and not strips of different moments. While somebody types or points, small changes elsewhere overtake it, as they are
//! what is waited for.

use std::time::Duration;

use super::Machine;
use crate::{LocalTime, MediaTime, Region};

/// Islands of change of at most so many pixels may overtake a picture.
const SMALL: usize = 1 << 15;
/// All that overtake at once.
const SMALL_TOGETHER: usize = 2 * SMALL;
/// Pixels for a byte that there is room for, about: of more than these a part is sent first.
const PIXELS_PER_BYTE: usize = 8;
/// What changes so soon after a key or the pointer may be its echo.
const ECHO: Duration = Duration::from_millis(500);
/// A picture that is older than this is not waited for where there is a newer one.
const OLD: Duration = Duration::from_secs(2);

/// The rest of a picture of which the client was sent a part.
#[derive(Debug)]
pub(super) struct Unfinished {
    pub(super) region: Region,
    /// When the screen looked like this.
    pub(super) captured: Option<MediaTime>,
    /// When its first part was made.
    pub(super) begun: LocalTime,
}

/// What the next update shows.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) region: Region,
    /// It is to be taken from the screen of the update before.
    pub(super) continues: bool,
    /// It overtakes what is unfinished.
    pub(super) overtakes: bool,
}

impl Machine {
    /// Drops the rest of a picture where it cannot be sent any more, or has become old.
    pub(super) fn settle_unfinished(&mut self, now: LocalTime, area: &Region) {
        let Some(rest) = &mut self.unfinished else {
            return;
        };
        let is_old = rest.begun + OLD <= now;
        let is_wanted = rest.region.difference(area).is_empty();
        if !is_wanted || (is_old && self.sent.has_moves()) {
            self.abandon_unfinished();
        } else if is_old {
            rest.region = rest.region.difference(self.sent.damage());
            if rest.region.is_empty() {
                self.unfinished = None;
            }
        }
    }

    /// Whether more of a picture is to follow what is being sent.
    pub(super) fn has_rest(&self) -> bool {
        let rest = self.unfinished.as_ref();
        rest.is_some_and(|rest| !rest.region.is_empty())
    }

    /// The rest of a picture becomes damage like any other.
    pub(super) fn abandon_unfinished(&mut self) {
        if let Some(rest) = self.unfinished.take() {
            let left = self.sent.carried(&rest.region);
            self.sent.add_damage(&left);
        }
    }

    /// What of an unfinished picture is to be sent next, or what before that; `None` if no picture is unfinished.
    pub(super) fn go_on(&mut self, now: LocalTime, area: &Region) -> Option<Choice> {
        let rest = self.unfinished.as_mut()?;
        let may_echo = self.input.is_some_and(|input| now < input + ECHO);
        // What is copied later may come from here, and an encoder may write a little more than it has to, of the old screen.
        if may_echo && !self.sent.has_moves() {
            let bounds = rest.region.bounds();
            let outside = |island: &Region| !island.intersects(bounds);
            let small = small(&self.sent.damage().intersection(area), outside);
            if !small.is_empty() {
                return Some(Choice {
                    region: self.sent.take_damage(&small),
                    continues: false,
                    overtakes: true,
                });
            }
        }
        Some(Choice {
            region: std::mem::take(&mut rest.region),
            continues: true,
            overtakes: false,
        })
    }

    /// Divides a picture that there is not room for: what is small goes first, and the rest is to follow.
    pub(super) fn divide(&mut self, now: LocalTime, region: Region, budget: usize) -> Choice {
        let mut choice = Choice {
            region,
            ..Choice::default()
        };
        if !self.whole_pictures || choice.region.area() / PIXELS_PER_BYTE <= budget {
            return choice;
        }
        let small = small(&choice.region, |_| true);
        let rest = choice.region.difference(&small);
        if !small.is_empty() && !rest.is_empty() {
            choice.region = small;
            self.unfinished = Some(Unfinished {
                region: rest,
                captured: self.news.captured,
                begun: now,
            });
        }
        choice
    }

    /// Notes what an update has left over of a picture that it is a part of.
    pub(super) fn leave_unfinished(&mut self, now: LocalTime, left: Region) {
        match &mut self.unfinished {
            Some(rest) => rest.region = rest.region.union(&left),
            None if left.is_empty() => {}
            None => {
                self.unfinished = Some(Unfinished {
                    region: left,
                    captured: self.news.captured,
                    begun: now,
                });
            }
        }
        if self
            .unfinished
            .as_ref()
            .is_some_and(|rest| rest.region.is_empty())
        {
            self.unfinished = None;
        }
    }
}

/// The smallest islands of `region` that may overtake others.
fn small(region: &Region, may: impl Fn(&Region) -> bool) -> Region {
    let mut islands = region.islands();
    islands.sort_by_key(Region::area);
    let mut small = Region::default();
    for island in islands {
        if SMALL < island.area() || SMALL_TOGETHER < small.area() + island.area() {
            break;
        }
        if may(&island) {
            small = small.union(&island);
        }
    }
    small
}
