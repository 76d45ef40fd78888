//! How old what a client shows is, at every moment.

use std::collections::HashMap;
use std::time::Duration;

use super::messages::Painted;
use super::watch::Arrived;
use crate::desktop::clock::Micros;

/// How often somebody looks.
const LOOK: Duration = Duration::from_millis(10);

/// When each picture that arrived did, and how long after it was painted, in milliseconds.
pub(super) fn latencies(painted: &[Painted], arrived: &[Arrived]) -> Vec<(Micros, f64)> {
    let moments = moments(painted);
    let latency = |own: &Arrived| {
        let painted = moments.get(&own.number)?;
        Some((own.at, own.at.milliseconds_since(*painted)))
    };
    arrived.iter().filter_map(latency).collect()
}

/// For so long the picture that a client shows has been painted, every 10 ms from the first that was painted to the last,
/// in milliseconds; what was shown before them counts as painted when they began. Unlike latencies they tell of pictures
/// that never came.
pub(super) fn ages(painted: &[Painted], arrived: &[Arrived]) -> Vec<f64> {
    let (Some(first), Some(last)) = (painted.first(), painted.last()) else {
        return Vec::new();
    };
    let moments = moments(painted);
    let mut arrived = arrived.iter().peekable();
    let mut shown = first.at;
    let mut ages = Vec::new();
    let mut now = first.at;
    while now <= last.at {
        while let Some(next) = arrived.next_if(|own| own.at <= now) {
            shown = moments.get(&next.number).copied().unwrap_or(shown);
        }
        ages.push(now.milliseconds_since(shown));
        now = now.plus(LOOK);
    }
    ages
}

fn moments(painted: &[Painted]) -> HashMap<u32, Micros> {
    painted.iter().map(|own| (own.number, own.at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(number: u32, ms: i64) -> Painted {
        Painted {
            number,
            at: Micros(ms * 1000),
            late_ms: 0.0,
        }
    }

    fn arrived(number: u32, ms: i64) -> Arrived {
        Arrived {
            number,
            at: Micros(ms * 1000),
        }
    }

    #[test]
    fn latencies_are_of_pictures_that_arrived() {
        let all = [painted(1, 0), painted(2, 100), painted(3, 200)];
        let came = [arrived(1, 30), arrived(3, 240), arrived(9, 300)];
        let expected = [(Micros(30_000), 30.0), (Micros(240_000), 40.0)];
        assert_eq!(latencies(&all, &came), expected);
    }

    #[test]
    fn a_picture_becomes_older_until_a_newer_one_arrives() {
        let all = [painted(1, 0), painted(2, 20), painted(3, 60)];
        let came = [arrived(1, 10), arrived(2, 45)];
        let expected = [0.0, 10.0, 20.0, 30.0, 40.0, 30.0, 40.0];
        assert_eq!(ages(&all, &came), expected);
        assert_eq!(ages(&all, &[]).last(), Some(&60.0));
        assert!(ages(&[], &came).is_empty());
    }
}
