//! From moments to figures.

use serde::Serialize;

use super::messages::{COLOURS, Flash};
use crate::desktop::clock::Micros;
use crate::figures::rounded;

/// A flash and its click may be seen or heard so much earlier than at the source: clocks and devices round.
const EARLY_MS: f64 = 30.0;
/// What has not come by then is missing: before the next click, and long before the colour comes again.
const LATE_MS: f64 = 550.0;

/// A colour that is presented from this moment on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) at: Micros,
    pub(super) colour: u32,
}

/// What came of one flash.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// By how much the picture is later than its sound, beyond what it is at the source.
    pub(super) skew_ms: f64,
    /// From passing the sink's monitor to leaving the client's device.
    pub(super) delay_ms: f64,
    /// From the paint to the presentation.
    pub(super) picture_ms: f64,
    /// By how much the sound is later than the picture at the source.
    pub(super) source_ms: f64,
}

/// Each flash with what was seen and heard of it; `None`: one of the two is missing.
pub(super) fn samples(flashes: &[Flash], seen: &[Seen], heard: &[Micros]) -> Vec<Option<Sample>> {
    let sample = |flash: &Flash| {
        let is_it = |ms: f64| (-EARLY_MS..LATE_MS).contains(&ms);
        let seen = seen.iter().find(|own| {
            own.colour == flash.number % COLOURS && is_it(own.at.milliseconds_since(flash.painted))
        })?;
        let is_heard = |own: &&Micros| is_it(own.milliseconds_since(flash.sounded));
        let heard = heard.iter().find(is_heard)?;
        let source_ms = flash.sounded.milliseconds_since(flash.painted);
        Some(Sample {
            skew_ms: seen.at.milliseconds_since(*heard) + source_ms,
            delay_ms: heard.milliseconds_since(flash.sounded),
            picture_ms: seen.at.milliseconds_since(flash.painted),
            source_ms,
        })
    };
    flashes.iter().map(sample).collect()
}

/// Half of the values are at most this, and 95 of 100.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Shares {
    pub(super) p50: f64,
    pub(super) p95: f64,
}

impl Shares {
    /// Of these values; `None` if there are none.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let rank = (values.len() * percent).div_ceil(100);
            let value = values.get(rank.checked_sub(1)?)?;
            Some(rounded(*value, 1))
        };
        Some(Self {
            p50: at(50)?,
            p95: at(95)?,
        })
    }
}

/// The mean of these values; `None` if there are none.
pub(super) fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values
        .into_iter()
        .fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| rounded(sum / f64::from(count), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Micros {
        Micros(ms * 1000)
    }

    fn flash(number: u32, painted: i64, sounded: i64) -> Flash {
        Flash {
            number,
            painted: at(painted),
            sounded: at(sounded),
        }
    }

    fn seen(ms: i64, colour: u32) -> Seen {
        Seen { at: at(ms), colour }
    }

    #[test]
    fn the_skew_of_the_source_is_no_fault_of_ours() {
        // The sound of both was 12 ms late at the source; the second picture is shown 5 ms too late.
        let flashes = [flash(1, 1000, 1012), flash(9, 2000, 2012)];
        let shown = [seen(1040, 1), seen(2045, 1)];
        let found = samples(&flashes, &shown, &[at(1052), at(2052)]);
        let skews: Vec<_> = found.iter().flatten().map(|own| own.skew_ms).collect();
        assert_eq!(skews, [0.0, 5.0]);
        let delays: Vec<_> = found.iter().flatten().map(|own| own.delay_ms).collect();
        assert_eq!(delays, [40.0, 40.0]);
    }

    #[test]
    fn a_flash_that_was_not_seen_or_not_heard_is_missing() {
        let flashes = [
            flash(1, 1000, 1010),
            flash(2, 2000, 2010),
            flash(3, 3000, 3010),
        ];
        let shown = [seen(1040, 1), seen(2030, 7), seen(3040, 3)];
        let found = samples(&flashes, &shown, &[at(2040), at(3050)]);
        assert_eq!(
            found.iter().map(Option::is_some).collect::<Vec<_>>(),
            [false, false, true]
        );
    }

    #[test]
    fn shares_are_values_that_were_measured() {
        let values = (1..=100).rev().map(f64::from);
        assert_eq!(
            Shares::of(values),
            Some(Shares {
                p50: 50.0,
                p95: 95.0
            })
        );
        assert_eq!(Shares::of([7.0]), Some(Shares { p50: 7.0, p95: 7.0 }));
        assert_eq!(Shares::of([]), None);
        assert_eq!(mean([1.0, 2.0]), Some(1.5));
        assert_eq!(mean([]), None);
    }
}
