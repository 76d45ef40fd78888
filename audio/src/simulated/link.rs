//! A link: delay, jitter, spikes, losses, copies.

use crate::numbers::{Micros, micros};
use std::time::Duration;

/// Numbers that look random, always the same for the same seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(0x9E37_79B9_7F4A_7C15))
    }

    /// The next number, from 0 up to but not 1.
    pub fn next_share(&mut self) -> f64 {
        f64::from(self.next_number()) / (f64::from(u32::MAX) + 1.0)
    }

    /// The next number.
    pub fn next_number(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let [.., a, b, c, d] = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }
}

/// What a link does to packets.
#[derive(Clone, Copy, Debug)]
pub struct LinkConfig {
    /// The shortest way.
    pub delay: Duration,
    /// Each packet takes up to so much longer.
    pub jitter: Duration,
    /// Now and then, so many times a second, all is held up ...
    pub spikes: f64,
    /// ... for so long.
    pub spike: Duration,
    /// This share of the packets is lost.
    pub loss: f64,
    /// This share of the packets comes twice.
    pub copies: f64,
    /// Packets keep their order, as in a stream.
    pub is_ordered: bool,
    /// What is random about it.
    pub seed: u64,
}

impl LinkConfig {
    /// 1 ms, always.
    pub const CLEAN: Self = Self {
        delay: Duration::from_millis(1),
        jitter: Duration::ZERO,
        spikes: 0.0,
        spike: Duration::ZERO,
        loss: 0.0,
        copies: 0.0,
        is_ordered: false,
        seed: 1,
    };
}

/// A link in virtual time.
#[derive(Clone, Debug)]
pub struct Link {
    config: LinkConfig,
    random: Random,
    last: Micros,
    /// When the last packet was sent.
    sent: Micros,
    /// All is held up until then.
    held: Micros,
}

impl Link {
    /// A link that nothing has gone over.
    #[must_use]
    pub fn new(config: LinkConfig) -> Self {
        Self {
            config,
            random: Random::new(config.seed),
            last: 0.0,
            sent: 0.0,
            held: 0.0,
        }
    }

    /// From here on it does something else.
    pub fn set_config(&mut self, config: LinkConfig) {
        self.config = config;
    }

    /// When what is sent at `now` arrives: once, twice, or not at all.
    pub(super) fn carry(&mut self, now: Micros) -> [Option<Micros>; 2] {
        let config = self.config;
        let passed = (now - self.sent).max(0.0) / 1e6;
        self.sent = now;
        if self.random.next_share() < config.spikes * passed {
            self.held = now + micros(config.spike);
        }
        let lost = self.random.next_share() < config.loss;
        let twice = self.random.next_share() < config.copies;
        let mut arrival = self.way(now);
        if config.is_ordered {
            arrival = arrival.max(self.last);
            self.last = arrival;
        }
        let copy = self.way(now);
        if lost {
            return [None; 2];
        }
        [Some(arrival), twice.then_some(copy)]
    }

    fn way(&mut self, now: Micros) -> Micros {
        let jitter = micros(self.config.jitter) * self.random.next_share();
        (now + micros(self.config.delay) + jitter).max(self.held)
    }
}
