use std::time::Duration;

use rfb::client::ClockSample;
use rfb::{LocalTime, MediaTime};
use tightrope_audio::MAX_HOLD;
use tightrope_audio::simulated::tone;

use crate::support::{at, fill, packets, playout, run, simulation};

/// A playout in the middle of a stream whose packets took 1 ms, and whose clock is 99.001 s ahead.
fn playing() -> (tightrope_audio::Playout, u64) {
    let mut playout = playout();
    let mut now = 1_000;
    for packet in packets(100) {
        now += 10;
        playout.handle_packet(at(now), packet);
        fill(&mut playout, now);
    }
    (playout, now)
}

#[test]
fn a_picture_is_due_when_the_sound_of_its_moment_leaves_the_card() {
    let (playout, now) = playing();
    let clock = playout.clock();
    let captured = clock.captured(at(now)).unwrap();
    assert_eq!(clock.due(captured), Some(at(now)));
    let later = captured + Duration::from_millis(20);
    assert_eq!(clock.due(later), Some(at(now + 20)));
    // Lately captured, it is due in the future: sound has to wait, so pictures have to.
    let newest = MediaTime::from_micros(100_000_000 + 1_000_000);
    let due = clock.due(newest).unwrap();
    let held = due.since(at(now));
    assert!((20..60).contains(&held.as_millis()), "{held:?}");
}

#[test]
fn the_true_tone_and_the_clock_agree_about_the_delay() {
    let mut simulation = simulation(|config| config.capture_ppm = 100.0);
    // One click a second, after a second of a quiet tone that keeps the stream going.
    let mut signal = |at: u64| {
        if at % 48_000 < 48 {
            [0.9; 2]
        } else {
            tone(200.0, 0.01, at)
        }
    };
    run(&mut simulation, Duration::from_secs(20), &mut signal);
    let heard = run(&mut simulation, Duration::from_millis(2_500), &mut signal);
    let click = heard.iter().rposition(|sample| 0.45 < *sample).unwrap();
    let ago = Duration::from_secs_f64((heard.len() - click) as f64 / 48_000.0);
    // The last sample of this leaves the card 10 ms from now; the click was captured at a whole second of its card.
    let leaves = simulation.elapsed() + Duration::from_millis(10);
    let click_leaves = leaves - ago;
    let captured = Duration::from_secs(22).div_f64(1.0 + 100e-6) + Duration::from_millis(1);
    let true_delay = click_leaves - captured;
    let told = simulation.delay().unwrap();
    let error = true_delay.as_secs_f64() - told.as_secs_f64();
    assert!(error.abs() < 0.001, "{true_delay:?}, told {told:?}");
}

#[test]
fn the_exchange_of_clocks_gives_the_delay() {
    let (mut playout, now) = playing();
    assert_eq!(playout.clock().delay(), None);
    assert_eq!(playout.stats().delay, None);
    let server = |millisecond: u64| MediaTime::from_micros(millisecond * 1_000 + 99_000_000);
    playout.handle_clock(&ClockSample {
        asked: at(now),
        received: server(now + 1),
        answered: server(now + 1),
        returned: at(now + 2),
    });
    let delay = playout.stats().delay.unwrap();
    // 10 ms of a frame, what waits, and 20 ms of the card.
    assert!((30..70).contains(&delay.as_millis()), "{delay:?}");
}

#[test]
fn nothing_is_held_for_longer_than_half_a_second() {
    let (playout, now) = playing();
    let clock = playout.clock();
    let captured = clock.captured(at(now)).unwrap();
    let due = clock.due(captured + Duration::from_millis(900));
    assert_eq!(due, Some(at(now) + MAX_HOLD));
    assert_eq!(clock.due(captured + Duration::from_secs(3_600)), None);
    assert!(clock.due(MediaTime::from_micros(5)).unwrap() < at(now));
}

#[test]
fn pictures_stay_in_step_through_a_pause_but_not_without_sound() {
    let mut playout = playout();
    assert_eq!(playout.clock().due(MediaTime::from_micros(5)), None);
    assert_eq!(playout.clock().captured(LocalTime::from_micros(5)), None);
    let (mut playing, mut now) = playing();
    for _ in 0..500 {
        now += 10;
        fill(&mut playing, now);
    }
    assert!(playing.stats().is_silent);
    assert!(playing.clock().captured(at(now)).is_some());
    for _ in 0..600 {
        now += 10;
        fill(&mut playing, now);
    }
    assert_eq!(playing.clock().captured(at(now)), None);
    playout.reset();
    assert_eq!(playout.clock().captured(at(now)), None);
}
