//! Slowing down whoever guesses passwords. Never a lockout: the right password comes through, a little later.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

/// After the first wrong password; doubled by each further one.
const FIRST_DELAY: Duration = Duration::from_millis(250);
/// The longest delay.
const LONGEST_DELAY: Duration = Duration::from_secs(10);
/// Addresses remembered at most; the one that was quiet longest is forgotten.
const ADDRESSES: usize = 4096;

/// What is remembered of wrong passwords, by address.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    addresses: HashMap<IpAddr, Record>,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    failures: u32,
    /// Before this, no further answer from the address is judged.
    free: Instant,
}

impl Attempts {
    /// When an answer that came `now` from `address` may be judged: each a delay after the one before it, the first ones
    /// too, whether that one has been judged by then or not. However many came before, it is not longer than the longest
    /// delay: else a flood of guesses would be a lockout. Those that would wait longer have their turn together, then.
    pub(super) fn turn(&mut self, address: IpAddr, now: Instant) -> Instant {
        let record = self.record(address, now);
        let turn = record.free.clamp(now, now + LONGEST_DELAY);
        record.free = turn + delay(record.failures.max(1));
        turn
    }

    /// Notes a wrong password.
    pub(super) fn failed(&mut self, address: IpAddr, now: Instant) {
        let record = self.record(address, now);
        record.failures = record.failures.saturating_add(1);
        record.free = record.free.max(now + delay(record.failures));
    }

    /// What is remembered of an address; forgets another if there are too many.
    fn record(&mut self, address: IpAddr, now: Instant) -> &mut Record {
        let network = network(address);
        if !self.addresses.contains_key(&network)
            && self.addresses.len() >= ADDRESSES
            && let Some(quietest) = self
                .addresses
                .iter()
                .min_by_key(|(_, record)| record.free)
                .map(|(address, _)| *address)
        {
            self.addresses.remove(&quietest);
        }
        self.addresses.entry(network).or_insert(Record {
            failures: 0,
            free: now,
        })
    }

    /// Notes the right password: the address starts anew.
    pub(super) fn succeeded(&mut self, address: IpAddr) {
        self.addresses.remove(&network(address));
    }
}

fn delay(failures: u32) -> Duration {
    match failures.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => FIRST_DELAY
            .saturating_mul(1 << doublings.min(10))
            .min(LONGEST_DELAY),
    }
}

/// What one guesser is likely to own: an IPv4 address, a /64 of IPv6.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => four.into(),
            None => IpAddr::V6((six.to_bits() >> 64 << 64).into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn wrong_passwords_are_judged_ever_later_but_always_judged() {
        let mut attempts = Attempts::default();
        let mut now = Instant::now();
        let mut waits = Vec::new();
        for _ in 0..20 {
            let turn = attempts.turn(HOME, now);
            waits.push(turn - now);
            now = turn;
            attempts.failed(HOME, now);
        }
        assert!(waits.is_sorted(), "{waits:?}");
        assert_eq!(waits.first(), Some(&Duration::ZERO));
        assert_eq!(waits.last(), Some(&LONGEST_DELAY));
    }

    #[test]
    fn guesses_made_at_once_wait_for_each_other_from_the_first_on() {
        let mut attempts = Attempts::default();
        let now = Instant::now();
        let turns: Vec<Instant> = (0..3).map(|_| attempts.turn(HOME, now)).collect();
        assert!(
            turns
                .windows(2)
                .all(|pair| pair[1] >= pair[0] + FIRST_DELAY)
        );
    }

    #[test]
    fn a_flood_of_guesses_holds_nobody_up_for_longer_than_the_longest_delay() {
        let mut attempts = Attempts::default();
        let now = Instant::now();
        for _ in 0..1000 {
            let turn = attempts.turn(HOME, now);
            attempts.failed(HOME, turn);
        }
        let soon = now + Duration::from_secs(1);
        assert_eq!(attempts.turn(HOME, soon), soon + LONGEST_DELAY);
    }

    #[test]
    fn the_right_password_wipes_the_slate_and_others_are_not_held_up() {
        let mut attempts = Attempts::default();
        let now = Instant::now();
        (0..5).for_each(|_| attempts.failed(HOME, now));
        assert_eq!(attempts.turn("10.0.0.1".parse().unwrap(), now), now);
        attempts.succeeded(HOME);
        assert_eq!(attempts.turn(HOME, now), now);
    }

    #[test]
    fn a_flood_of_addresses_does_not_fill_the_memory() {
        let mut attempts = Attempts::default();
        let now = Instant::now();
        for number in 0..u32::try_from(ADDRESSES).unwrap() * 2 {
            attempts.failed(IpAddr::V4(number.into()), now);
        }
        assert_eq!(attempts.addresses.len(), ADDRESSES);
    }
}
