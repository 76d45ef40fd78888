//! What pictures have taken lately, and would have taken at another quality.

use std::time::Duration;

use rfb::LocalTime;
use rfb::server::PixelCost;

/// Lately: what is older by this counts for a third.
const LATELY: Duration = Duration::from_millis(400);
/// After such a pause something else begins.
const PAUSE: Duration = Duration::from_secs(1);
/// No rate is told of less than this.
const LEAST: f64 = 0.1;
/// At most so many pictures are thought to be painted for one that is sent.
const MOST_PAINTED: f64 = 32.0;
/// The highest is that of so long, and of as long before: scenes come and go.
const HIGHEST_OF: Duration = Duration::from_secs(2);
/// The lowest is that of so long, and of as long before.
const LOWEST_OF: Duration = Duration::from_secs(1);

/// Sums that fade.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Demand {
    at: LocalTime,
    /// When anything was last painted or sent.
    last: LocalTime,
    /// The time that the sums of what keeps changing stand for, in seconds.
    seconds: f64,
    /// Pixels that keep changing: painted, and sent.
    painted: f64,
    sent: f64,
    /// Bytes of what keeps changing: with loss, at the ladder's reference; without.
    lossy: f64,
    exact: f64,
    /// Bytes of all else.
    other: f64,
}

/// Bytes a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Costs {
    /// What depends on the quality, at the ladder's reference.
    pub(super) lossy: f64,
    pub(super) fixed: f64,
}

impl Costs {
    /// All of it at a quality of this relative cost.
    pub(super) fn at(self, relative: f64) -> f64 {
        self.lossy * relative + self.fixed
    }
}

impl Demand {
    /// Lets time go by.
    pub(super) fn pass(&mut self, now: LocalTime) {
        if now.since(self.last) >= PAUSE {
            *self = Self::default();
        } else {
            let kept = (-now.since(self.at).as_secs_f64() / LATELY.as_secs_f64()).exp();
            let sums = [
                &mut self.painted,
                &mut self.sent,
                &mut self.lossy,
                &mut self.exact,
                &mut self.other,
            ];
            sums.into_iter().for_each(|sum| *sum *= kept);
            if self.painted > 0.0 {
                self.seconds = self.seconds * kept + LATELY.as_secs_f64() * (1.0 - kept);
            }
        }
        self.at = self.at.max(now);
    }

    /// So many pixels that keep changing have changed.
    pub(super) fn painted(&mut self, now: LocalTime, pixels: usize) {
        if pixels > 0 {
            self.pass(now);
            self.last = now;
            self.painted += pixels as f64;
        }
    }

    /// This was sent, what keeps changing at a quality of this relative cost.
    pub(super) fn sent(
        &mut self,
        now: LocalTime,
        moving: PixelCost,
        still: PixelCost,
        relative: f64,
    ) {
        self.pass(now);
        self.last = now;
        self.sent += moving.pixels as f64;
        self.lossy += moving.lossy_bytes as f64 / relative.max(0.01);
        self.exact += moving.bytes.saturating_sub(moving.lossy_bytes) as f64;
        self.other += still.bytes as f64;
    }

    /// How many pictures are painted for one that is sent.
    pub(super) fn painted_for_one(&self) -> f64 {
        if self.sent <= 0.0 {
            return 1.0;
        }
        (self.painted / self.sent).clamp(1.0, MOST_PAINTED)
    }

    /// What every picture that is painted would take.
    pub(super) fn costs(&self) -> Costs {
        let times = self.painted_for_one() / self.seconds.max(LEAST);
        // What changed once will not do so again and again, though it was much in a short time.
        let other = self.other / LATELY.as_secs_f64();
        Costs {
            lossy: self.lossy * times,
            fixed: self.exact * times + other,
        }
    }

    /// About what so many pixels that keep changing would take at a quality of this relative cost.
    pub(super) fn cost_of(&self, pixels: usize, relative: f64) -> f64 {
        match self.sent > 0.0 {
            true => pixels as f64 / self.sent * (self.lossy * relative + self.exact),
            false => 0.0,
        }
    }

    /// Whether anything keeps changing.
    pub(super) fn moves(&self) -> bool {
        self.lossy > 0.0
    }
}

/// The highest of late.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Peak {
    now: Costs,
    before: Costs,
    since: LocalTime,
}

impl Peak {
    pub(super) fn add(&mut self, now: LocalTime, costs: Costs) {
        let passed = now.since(self.since);
        if passed >= HIGHEST_OF {
            self.before = if passed >= HIGHEST_OF * 2 {
                Costs::default()
            } else {
                self.now
            };
            self.now = Costs::default();
            self.since = now;
        }
        self.now = higher(self.now, costs);
    }

    pub(super) fn get(&self) -> Costs {
        higher(self.now, self.before)
    }
}

/// The lowest of late.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Least {
    now: Option<f64>,
    before: Option<f64>,
    since: LocalTime,
}

impl Least {
    pub(super) fn add(&mut self, now: LocalTime, value: f64) {
        if now.since(self.since) >= LOWEST_OF {
            (self.before, self.now) = (self.now, None);
            self.since = now;
        }
        self.now = Some(self.now.map_or(value, |own| own.min(value)));
    }

    /// `None` before the first.
    pub(super) fn get(&self) -> Option<f64> {
        let both = self.now.into_iter().chain(self.before);
        both.reduce(f64::min)
    }
}

fn higher(one: Costs, other: Costs) -> Costs {
    Costs {
        lossy: one.lossy.max(other.lossy),
        fixed: one.fixed.max(other.fixed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(pixels: usize, bytes: usize) -> PixelCost {
        PixelCost {
            pixels,
            bytes,
            lossy_pixels: pixels,
            lossy_bytes: bytes,
        }
    }

    /// Pictures of 1000 pixels, 30 a second, of which every `nth` is sent, in 500 bytes at half the cost of the reference.
    fn video(nth: u64, seconds: u64) -> Demand {
        let mut demand = Demand::default();
        for picture in 0..seconds * 30 {
            let now = LocalTime::from_micros(5_000_000 + picture * 1_000_000 / 30);
            demand.painted(now, 1000);
            if picture % nth == 0 {
                demand.sent(now, cost(1000, 500), cost(0, 10), 0.5);
            }
        }
        demand
    }

    #[test]
    fn what_every_picture_would_take_does_not_depend_on_how_many_were_sent() {
        for nth in [1, 2, 4] {
            let costs = video(nth, 3).costs();
            assert!((27e3..33e3).contains(&costs.lossy), "{nth}: {costs:?}");
            assert!((12e3..18e3).contains(&costs.at(0.5)), "{nth}: {costs:?}");
        }
    }

    #[test]
    fn a_video_that_has_begun_is_known_within_half_a_second() {
        let mut demand = video(1, 1);
        demand.pass(LocalTime::from_micros(60_000_000));
        assert!(!demand.moves(), "a pause ends it");
        let begun = Demand { ..demand };
        assert_eq!(begun.costs(), Costs::default());
        let costs = video(3, 1).costs();
        assert!((20e3..40e3).contains(&costs.lossy), "{costs:?}");
    }

    #[test]
    fn what_changed_once_before_a_video_is_not_taken_for_a_part_of_it() {
        let at = |ms: u64| LocalTime::from_micros((10_000 + ms) * 1000);
        let mut demand = Demand::default();
        demand.sent(at(0), cost(0, 0), cost(100_000, 100_000), 1.0);
        for ms in (0..200).step_by(31) {
            demand.painted(at(ms), 1000);
            demand.sent(at(ms), cost(1000, 500), cost(0, 0), 1.0);
        }
        let costs = demand.costs();
        assert!((14e3..22e3).contains(&costs.lossy), "{costs:?}");
        assert!(costs.fixed < 250e3, "{costs:?}");
    }

    #[test]
    fn a_peak_lasts_for_two_seconds_and_no_longer_than_four() {
        let at = |ms: u64| LocalTime::from_micros((10_000 + ms) * 1000);
        let costs = |lossy| Costs { lossy, fixed: 0.0 };
        let mut peak = Peak::default();
        peak.add(at(0), costs(9.0));
        for ms in (50..=1900).step_by(50) {
            peak.add(at(ms), costs(1.0));
        }
        assert_eq!(peak.get(), costs(9.0));
        for ms in (1950..=4100).step_by(50) {
            peak.add(at(ms), costs(1.0));
        }
        assert_eq!(peak.get(), costs(1.0));
    }
}
