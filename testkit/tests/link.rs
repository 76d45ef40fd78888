//! The virtual link itself.
#![allow(clippy::unwrap_used, reason = "tests say what they expect")]

use std::time::Duration;

use lab::link::{LinkSettings, Queue, Rates};
use rfb::{ClientConfig, ClientEvent, Framebuffer, LocalTime, Size};
use tightrope_testkit::link::{Linked, Sending};
use tightrope_testkit::scenes;

const MS: Duration = Duration::from_millis(1);
const SIZE: Size = Size::new(256, 256);

fn link(rates: &str) -> LinkSettings {
    LinkSettings {
        rate: Some(rates.parse::<Rates>().unwrap()),
        rtt: 40 * MS,
        queue: Queue::Time(100 * MS),
        ..LinkSettings::default()
    }
}

fn lossless() -> ClientConfig {
    ClientConfig {
        quality: None,
        ..ClientConfig::default()
    }
}

/// Until the client sees `desktop`, in virtual time.
fn time_to_equal(linked: &mut Linked) -> Duration {
    let start = linked.now;
    while !linked.is_equal() {
        linked.advance(MS, &mut ()).unwrap();
        assert!(linked.now.since(start) < Duration::from_secs(60));
    }
    linked.now.since(start)
}

#[test]
fn a_picture_takes_its_bytes_at_the_rate_of_the_link_and_its_delay() {
    let mut linked = Linked::new(scenes::noise(SIZE), lossless(), &link("8mbit"));
    let sent = linked.sent();
    let took = time_to_equal(&mut linked);
    // Eight megabits are a byte a microsecond.
    let wire = Duration::from_micros(linked.sent() - sent);
    assert!(wire > 150 * MS, "{wire:?}");
    // Half a round trip for the picture, and before that one for the client to learn the size and to ask.
    let expected = wire + 20 * MS..wire + 70 * MS;
    assert!(expected.contains(&took), "{took:?} for {wire:?}");
}

#[test]
fn a_slower_link_makes_the_queue_longer_and_the_socket_hold_bytes_back() {
    let mut linked = Linked::new(scenes::noise(SIZE), lossless(), &link("8mbit,1mbit@1s"));
    time_to_equal(&mut linked);
    assert_eq!((linked.queue(), linked.held_back()), (Duration::ZERO, 0));
    let rest = Duration::from_secs(1).saturating_sub(linked.now.since(LocalTime::default()));
    linked.advance(rest, &mut ()).unwrap();
    linked.show(scenes::gradient(SIZE));
    linked.advance(10 * MS, &mut ()).unwrap();
    assert!(linked.queue() > 90 * MS, "{:?}", linked.queue());
    assert!(linked.held_back() > 0);
    time_to_equal(&mut linked);
    assert_eq!((linked.queue(), linked.held_back()), (Duration::ZERO, 0));
}

#[test]
fn who_decides_is_asked_and_told() {
    struct Small {
        updates: Vec<usize>,
        wants: bool,
    }
    impl Sending for Small {
        fn room(&mut self, _: LocalTime) -> Option<usize> {
            self.wants.then_some(10_000)
        }
        fn encoded(
            &mut self,
            _: LocalTime,
            update: rfb::server::EncodedUpdate,
        ) -> rfb::server::EncodedUpdate {
            self.updates.push(update.len());
            update
        }
    }
    let mut small = Small {
        updates: Vec::new(),
        wants: false,
    };
    let mut linked = Linked::new(scenes::noise(SIZE), lossless(), &link("8mbit"));
    linked.advance(1000 * MS, &mut small).unwrap();
    assert!(small.updates.is_empty());
    assert!(linked.client.framebuffer() == &Framebuffer::new(SIZE));
    small.wants = true;
    let learnt = linked.advance(1000 * MS, &mut small).unwrap();
    assert!(linked.is_equal());
    assert!(small.updates.len() > 5, "{:?}", small.updates);
    let drawn = |event: &&ClientEvent| matches!(event, ClientEvent::Updated { .. });
    assert_eq!(
        learnt.client.iter().filter(drawn).count(),
        small.updates.len()
    );
}
