//! How good a link is, for who decides where something is to run.

use std::fmt;
use std::time::Duration;

/// How good a link is, as far as it was measured.
///
/// A rate is what came or went while the link was full, so that it is the link's and not the desktop's; where the link
/// was never full, it is unknown. It may be less than what the link could do, for instance while TCP is still finding out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinkQuality {
    /// How long it takes to the other side and back.
    pub rtt: Option<Duration>,
    /// How far that varies.
    pub jitter: Option<Duration>,
    /// What this side can send, in bits a second.
    pub rate_up: Option<f64>,
    /// What this side can receive, in bits a second.
    pub rate_down: Option<f64>,
    /// The share of this side's packets that are lost, 0 to 1. TCP does not tell.
    pub loss: Option<f64>,
    /// All of it in a word.
    pub grade: Grade,
}

/// What a link is good for: the worst that one of its figures allows.
///
/// | | round trip | jitter | rate either way | loss |
/// |---|---|---|---|---|
/// | excellent | ≤ 20 ms | ≤ 5 ms | ≥ 50 Mbit/s | ≤ 0.1 % |
/// | good | ≤ 80 ms | ≤ 20 ms | ≥ 10 Mbit/s | ≤ 1 % |
/// | fair | ≤ 200 ms | ≤ 60 ms | ≥ 2 Mbit/s | ≤ 5 % |
///
/// Upstream, towards a server, a tenth of the rate will do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The round trip was not measured.
    #[default]
    Unknown,
    /// Work is slow.
    Poor,
    /// Work is possible; moving pictures are rough.
    Fair,
    /// As if it were near.
    Good,
    /// As if it were here.
    Excellent,
}

/// The figures a grade allows: round trip, jitter (both in ms), rate (Mbit/s), loss.
const GRADES: [(Grade, u64, u64, f64, f64); 3] = [
    (Grade::Excellent, 20, 5, 50.0, 0.001),
    (Grade::Good, 80, 20, 10.0, 0.01),
    (Grade::Fair, 200, 60, 2.0, 0.05),
];
/// What of the rate will do on the way that carries no pictures.
const WITHOUT_PICTURES: f64 = 0.1;

/// Which way the pictures go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pictures {
    Up,
    Down,
}

impl LinkQuality {
    /// The same with its grade.
    pub(crate) fn graded(mut self, pictures: Pictures) -> Self {
        self.grade = self.find_grade(pictures);
        self
    }

    fn find_grade(&self, pictures: Pictures) -> Grade {
        let Some(rtt) = self.rtt else {
            return Grade::Unknown;
        };
        let (there, back) = match pictures {
            Pictures::Up => (self.rate_up, self.rate_down),
            Pictures::Down => (self.rate_down, self.rate_up),
        };
        let allows =
            |(_, most_rtt, most_jitter, least, most_loss): &(Grade, u64, u64, f64, f64)| {
                let least = least * 1e6;
                rtt <= Duration::from_millis(*most_rtt)
                    && self
                        .jitter
                        .is_none_or(|own| own <= Duration::from_millis(*most_jitter))
                    && there.is_none_or(|own| own >= least)
                    && back.is_none_or(|own| own >= least * WITHOUT_PICTURES)
                    && self.loss.is_none_or(|own| own <= *most_loss)
            };
        let best = GRADES.iter().find(|own| allows(own));
        best.map_or(Grade::Poor, |(grade, ..)| *grade)
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Poor => "poor",
            Self::Fair => "fair",
            Self::Good => "good",
            Self::Excellent => "excellent",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(rtt_ms: u64) -> LinkQuality {
        LinkQuality {
            rtt: Some(Duration::from_millis(rtt_ms)),
            ..LinkQuality::default()
        }
    }

    fn grade(link: LinkQuality) -> Grade {
        link.graded(Pictures::Down).grade
    }

    #[test]
    fn the_worst_figure_decides() {
        assert_eq!(grade(link(20)), Grade::Excellent);
        assert_eq!(grade(link(21)), Grade::Good);
        assert_eq!(grade(link(200)), Grade::Fair);
        assert_eq!(grade(link(201)), Grade::Poor);
        let jitter = Some(Duration::from_millis(30));
        assert_eq!(grade(LinkQuality { jitter, ..link(1) }), Grade::Fair);
        let loss = Some(0.2);
        assert_eq!(grade(LinkQuality { loss, ..link(1) }), Grade::Poor);
        let rate_down = Some(12e6);
        assert_eq!(
            grade(LinkQuality {
                rate_down,
                ..link(1)
            }),
            Grade::Good
        );
    }

    #[test]
    fn the_way_without_pictures_may_be_slower() {
        let rate_up = Some(1.5e6);
        let link = LinkQuality { rate_up, ..link(1) };
        assert_eq!(link.graded(Pictures::Down).grade, Grade::Good);
        assert_eq!(link.graded(Pictures::Up).grade, Grade::Poor);
    }

    #[test]
    fn without_a_round_trip_nothing_is_known() {
        let rate_down = Some(1e9);
        let link = LinkQuality {
            rate_down,
            ..LinkQuality::default()
        };
        assert_eq!(grade(link), Grade::Unknown);
    }
}
