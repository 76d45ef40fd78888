//! What a link is like, and how that is written.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What a link is like, the same both ways.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkSettings {
    /// How fast it is; `None`: nothing ever waits.
    pub rate: Option<Rates>,
    /// The round trip, half of it each way.
    pub rtt: Duration,
    /// How much earlier or later each packet comes, at most; none overtakes another.
    pub jitter: Duration,
    /// The share of datagrams that get lost, 0 to 1. Streams lose nothing: their systems would send it again.
    pub loss: f64,
    /// How much may wait.
    pub queue: Queue,
}

impl Default for LinkSettings {
    fn default() -> Self {
        Self {
            rate: None,
            rtt: Duration::ZERO,
            jitter: Duration::ZERO,
            loss: 0.0,
            queue: Queue::Time(Duration::from_millis(200)),
        }
    }
}

impl LinkSettings {
    /// Whether it does anything to what passes.
    #[must_use]
    pub fn shapes(&self) -> bool {
        let Self {
            rate,
            rtt,
            jitter,
            loss,
            ..
        } = self;
        rate.is_some() || !rtt.is_zero() || !jitter.is_zero() || *loss > 0.0
    }
}

/// How much may wait for a link before datagrams are dropped and streams are no longer read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// What takes so long to send.
    Time(Duration),
    /// So many bytes.
    Bytes(u64),
}

/// A rate that may change, in steps: never empty, never zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    /// In bits a second, from the start.
    first: u64,
    /// From when on another holds, ascending.
    later: Vec<(Duration, u64)>,
}

/// A text that describes no link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError {
    text: String,
    expected: &'static str,
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not {}", self.text, self.expected)
    }
}

impl std::error::Error for LinkError {}

impl Rates {
    /// Always `bits` a second; `None` for 0.
    #[must_use]
    pub fn steady(bits: u64) -> Option<Self> {
        (bits > 0).then_some(Self {
            first: bits,
            later: Vec::new(),
        })
    }

    /// Bits a second at the start.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The steps: from when on which rate holds, in bits a second, the first from zero on.
    pub fn steps(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        std::iter::once((Duration::ZERO, self.first)).chain(self.later.iter().copied())
    }

    /// The same with every step later by `time`.
    #[must_use]
    pub fn delayed(mut self, time: Duration) -> Self {
        for (from, _) in &mut self.later {
            *from = from.saturating_add(time);
        }
        self
    }

    /// The most bits a second that it ever has.
    #[must_use]
    pub fn fastest(&self) -> u64 {
        let later = self.later.iter().map(|(_, rate)| *rate);
        later.fold(self.first, u64::max)
    }

    /// Bits a second at `time`, and when that changes.
    fn at(&self, time: Duration) -> (u64, Option<Duration>) {
        let next = self.later.partition_point(|(from, _)| *from <= time);
        let now = next.checked_sub(1).and_then(|index| self.later.get(index));
        let rate = now.map_or(self.first, |(_, rate)| *rate);
        (rate, self.later.get(next).map(|(from, _)| *from))
    }

    /// When `bytes` are sent, that begin at `start`.
    pub(super) fn sent_at(&self, start: Duration, bytes: usize) -> Duration {
        // In bits times nanoseconds a second, so that nothing is lost to rounding.
        const SECOND: u128 = 1_000_000_000;
        let mut left = bytes as u128 * 8 * SECOND;
        let mut now = start;
        loop {
            let (rate, until) = self.at(now);
            let room = until.map(|until| u128::from(rate) * (until - now).as_nanos());
            match (until, room) {
                (Some(until), Some(room)) if room < left => {
                    left -= room;
                    now = until;
                }
                _ => {
                    let nanoseconds = left.div_ceil(u128::from(rate));
                    let rest = u64::try_from(nanoseconds).unwrap_or(u64::MAX);
                    return now.saturating_add(Duration::from_nanos(rest));
                }
            }
        }
    }
}

impl FromStr for Rates {
    type Err = LinkError;

    /// Reads `20mbit`, or with changes `20mbit,5mbit@10s,20mbit@20s`.
    fn from_str(text: &str) -> Result<Self, LinkError> {
        let expected = "a rate: 20mbit, or 20mbit,5mbit@10s with later times for later rates";
        let wrong = || LinkError {
            text: text.to_owned(),
            expected,
        };
        let mut steps = text.split(',');
        let first = steps.next().and_then(rate).ok_or_else(wrong)?;
        let mut later: Vec<(Duration, u64)> = Vec::new();
        for step in steps {
            let (bits, from) = step.split_once('@').ok_or_else(wrong)?;
            let from = parse_duration(from)?;
            let last = later.last().map_or(Duration::ZERO, |(from, _)| *from);
            if from <= last {
                return Err(wrong());
            }
            later.push((from, rate(bits).ok_or_else(wrong)?));
        }
        Ok(Self { first, later })
    }
}

impl FromStr for Queue {
    type Err = LinkError;

    /// Reads a time, as `200ms`, or a size, as `64kb`.
    fn from_str(text: &str) -> Result<Self, LinkError> {
        let units = [("mb", 1e6), ("kb", 1e3), ("b", 1.0)];
        if let Some(bytes) = whole(text, &units) {
            return Ok(Self::Bytes(bytes));
        }
        let time = parse_duration(text).map_err(|error| LinkError {
            expected: "the length of a queue: a time as 200ms, or a size as 64kb",
            ..error
        });
        time.map(Self::Time)
    }
}

/// Reads a time: `40ms`, `1.5s`, `500us`.
pub fn parse_duration(text: &str) -> Result<Duration, LinkError> {
    let units = [("ms", 1e-3), ("us", 1e-6), ("s", 1.0)];
    let seconds = number(text, &units);
    let time = seconds.and_then(|own| Duration::try_from_secs_f64(own).ok());
    time.filter(|own| *own <= Duration::from_hours(24))
        .ok_or_else(|| LinkError {
            text: text.to_owned(),
            expected: "a time of at most a day: 40ms, 1.5s",
        })
}

/// Reads a rate, as `20mbit`: bits a second, at least one.
pub fn parse_rate(text: &str) -> Result<u64, LinkError> {
    rate(text).ok_or_else(|| LinkError {
        text: text.to_owned(),
        expected: "a rate: 20mbit, 500kbit",
    })
}

/// Reads a share, as `0.5%`: 0 to 1.
pub fn parse_share(text: &str) -> Result<f64, LinkError> {
    let share = number(text, &[("%", 0.01)]);
    share.filter(|own| *own <= 1.0).ok_or_else(|| LinkError {
        text: text.to_owned(),
        expected: "a share: 0% to 100%",
    })
}

/// Bits a second, at least one.
fn rate(text: &str) -> Option<u64> {
    let units = [("gbit", 1e9), ("mbit", 1e6), ("kbit", 1e3), ("bit", 1.0)];
    whole(text, &units).filter(|bits| *bits > 0)
}

/// A number with one of the units, as a whole number up to 10^15.
fn whole(text: &str, units: &[(&str, f64)]) -> Option<u64> {
    let value = number(text, units).filter(|own| *own <= 1e15)?;
    // Exact: a whole number below 2^53.
    format!("{:.0}", value).parse().ok()
}

/// A number, not negative, with the first of the units that fits, times what that stands for.
fn number(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let fitting = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let (digits, factor) = fitting?;
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let value: f64 = digits.parse().ok()?;
    value.is_finite().then_some(value * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_that_changes_is_read_as_it_is_written() {
        let rates: Rates = "20mbit,5mbit@10s,1.5gbit@20s".parse().unwrap();
        let at = |seconds| rates.at(Duration::from_secs(seconds)).0;
        assert_eq!(
            [at(0), at(9), at(10), at(19), at(20)],
            [20_000_000, 20_000_000, 5_000_000, 5_000_000, 1_500_000_000]
        );
        assert_eq!(
            (rates.first(), rates.fastest()),
            (20_000_000, 1_500_000_000)
        );
        assert_eq!("20mbit".parse().ok(), Rates::steady(20_000_000));
    }

    #[test]
    fn bytes_take_as_long_as_the_rates_they_meet() {
        let rates: Rates = "8kbit,4kbit@1s".parse().unwrap();
        let sent = |start: u64, bytes| rates.sent_at(Duration::from_millis(start), bytes);
        assert_eq!(sent(0, 500), Duration::from_millis(500));
        assert_eq!(sent(500, 1000), Duration::from_millis(2000));
        assert_eq!(sent(5000, 500), Duration::from_millis(6000));
    }

    #[test]
    fn times_shares_and_queues_have_units() {
        assert_eq!(parse_duration("40ms"), Ok(Duration::from_millis(40)));
        assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_share("0.5%"), Ok(0.005));
        assert_eq!("200ms".parse(), Ok(Queue::Time(Duration::from_millis(200))));
        assert_eq!("64kb".parse(), Ok(Queue::Bytes(64_000)));
        assert_eq!("9b".parse(), Ok(Queue::Bytes(9)));
    }

    #[test]
    fn what_describes_no_link_is_refused() {
        for text in [
            "",
            "20",
            "mbit",
            "0mbit",
            "-1mbit",
            "20mbit,",
            "20mbit@1s",
            "1mbit,2mbit",
            "1mbit,2mbit@0s",
            "1mbit,2mbit@2s,3mbit@2s",
            "infmbit",
            "nanmbit",
            "1e300mbit",
        ] {
            assert!(text.parse::<Rates>().is_err(), "{text}");
        }
        for text in ["", "40", "ms", "-1ms", "infs", "nans", "1e300s", "25000h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        for text in ["0.5", "101%", "-1%", "%"] {
            assert!(parse_share(text).is_err(), "{text}");
        }
        let error = "20".parse::<Queue>().unwrap_err().to_string();
        assert!(
            error.contains("\"20\"") && error.contains("64kb"),
            "{error}"
        );
    }
}
