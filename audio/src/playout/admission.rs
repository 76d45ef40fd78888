//! Which packets belong to the stream, and when it has become another.

use super::store::after;
use crate::numbers::Micros;

/// Number and time may disagree by so much, from one packet to the next.
const DISAGREE: Micros = 500_000.0;
/// A packet cannot come earlier than the earliest by more than this.
const EARLY: Micros = 1_000_000.0;
/// A packet that comes later than the earliest by more than this is of another clock.
const LATE: Micros = 10_000_000.0;
/// So many packets in a row that agree among themselves, but not with those before, are another stream.
const ANOTHER: u32 = 3;

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Taken,
    Refused,
    /// It is taken, as the first of another stream.
    Restart,
}

/// Number and time of capture of a packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    pub(super) sequence: u32,
    pub(super) captured: Micros,
}

#[derive(Debug, Default)]
pub(super) struct Gatekeeper {
    last: Option<Stamp>,
    other: Option<(Stamp, u32)>,
}

impl Gatekeeper {
    /// Judges a packet that came at `now`; `least` is the least that packets took lately, `frame` how long one is.
    pub(super) fn judge(
        &mut self,
        stamp: Stamp,
        now: Micros,
        least: Option<Micros>,
        frame: Micros,
    ) -> Admission {
        let more = least.map_or(0.0, |least| now - stamp.captured - least);
        let in_time = (-EARLY..=LATE).contains(&more);
        if in_time && self.last.is_none_or(|last| agrees(last, stamp, frame)) {
            self.other = None;
            if self
                .last
                .is_none_or(|last| 0 < after(stamp.sequence, last.sequence))
            {
                self.last = Some(stamp);
            }
            return Admission::Taken;
        }
        let count = match self.other {
            Some((other, count)) if agrees(other, stamp, frame) => count + 1,
            _ => 1,
        };
        self.other = Some((stamp, count));
        if count < ANOTHER {
            return Admission::Refused;
        }
        *self = Self {
            last: Some(stamp),
            other: None,
        };
        Admission::Restart
    }
}

/// Whether numbers and times of two packets are equally far apart.
fn agrees(one: Stamp, other: Stamp, frame: Micros) -> bool {
    let frames = f64::from(after(other.sequence, one.sequence));
    (other.captured - one.captured - frames * frame).abs() <= DISAGREE
}
