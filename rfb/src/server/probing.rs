//! What a client is given to find out what the link delivers.

use crate::message::{PROBE_PADDING, Probe, ProbeAnswer};
use crate::{LocalTime, MediaTime};

/// Bytes of padding that one connection is given in all.
const ALLOWANCE: usize = 1 << 20;
/// Bytes of padding in one message: what overtakes it does not wait for long.
const PIECE: usize = if PROBE_PADDING < 16 << 10 {
    PROBE_PADDING
} else {
    16 << 10
};

/// See the module.
#[derive(Debug)]
pub(super) struct Probing {
    allowance: usize,
    /// The answer that is being given.
    answer: ProbeAnswer,
    /// Bytes of it that are still to go.
    left: usize,
}

impl Default for Probing {
    fn default() -> Self {
        Self {
            allowance: ALLOWANCE,
            answer: ProbeAnswer::default(),
            left: 0,
        }
    }
}

impl Probing {
    /// Takes a probe that came `now`; gives the answer if that is all there is. An answer that was being given ends.
    pub(super) fn handle(&mut self, now: LocalTime, probe: Probe) -> Option<ProbeAnswer> {
        let answer = ProbeAnswer {
            number: probe.number,
            received: MediaTime::from_micros(now.as_micros()),
            ..ProbeAnswer::default()
        };
        let wanted = usize::try_from(probe.wanted).unwrap_or(usize::MAX);
        if wanted == 0 || self.allowance == 0 {
            return Some(answer);
        }
        self.left = wanted.min(self.allowance);
        self.allowance -= self.left;
        self.answer = answer;
        None
    }

    /// The next piece of what a client wanted.
    pub(super) fn poll(&mut self) -> Option<ProbeAnswer> {
        let padding = self.left.min(PIECE);
        self.left -= padding;
        (padding > 0).then(|| ProbeAnswer {
            left: u32::try_from(self.left).unwrap_or(u32::MAX),
            padding,
            ..self.answer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(number: u32, wanted: u32) -> Probe {
        Probe {
            number,
            wanted,
            padding: 0,
        }
    }

    #[test]
    fn what_is_wanted_comes_in_pieces_and_ends() {
        let mut probing = Probing::default();
        assert_eq!(
            probing.handle(LocalTime::from_micros(5), probe(3, 40_000)),
            None
        );
        let pieces: Vec<ProbeAnswer> = std::iter::from_fn(|| probing.poll()).collect();
        assert_eq!(pieces.iter().map(|own| own.padding).sum::<usize>(), 40_000);
        assert_eq!(pieces.last().map(|own| own.left), Some(0));
        assert!(
            pieces
                .iter()
                .all(|own| own.number == 3 && own.received.as_micros() == 5)
        );
    }

    #[test]
    fn a_connection_is_given_no_more_than_its_allowance() {
        let mut probing = Probing::default();
        let mut given = 0;
        for number in 0..100 {
            if probing
                .handle(LocalTime::default(), probe(number, 300_000))
                .is_none()
            {
                given += std::iter::from_fn(|| probing.poll())
                    .map(|own| own.padding)
                    .sum::<usize>();
            }
        }
        assert_eq!(given, ALLOWANCE);
        let answer = probing.handle(LocalTime::default(), probe(7, u32::MAX));
        assert_eq!(answer.map(|own| (own.number, own.left)), Some((7, 0)));
    }
}
