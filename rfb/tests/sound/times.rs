//! When pictures were taken, on the clock that sound is on, too.

use std::time::Duration;

use rfb::{ClientEvent, Framebuffer, LocalTime, MediaTime, Point, Rect};
use testkit::scenes;

use super::{SIZE, connected};

/// When the pictures of the updates were taken, as the client was told.
fn captured(events: &[ClientEvent]) -> Vec<Option<MediaTime>> {
    let captured = |event: &ClientEvent| match event {
        ClientEvent::Updated { captured, .. } => Some(*captured),
        _ => None,
    };
    events.iter().filter_map(captured).collect()
}

#[test]
fn every_update_that_changes_pixels_says_when_they_were_captured() {
    let mut pair = connected();
    pair.server.set_captured(LocalTime::from_micros(70));
    pair.show(scenes::desktop(SIZE));
    let events = pair.drive().unwrap().client;
    assert_eq!(captured(&events), [Some(MediaTime::from_micros(70))]);
    assert!(pair.is_equal());
}

#[test]
fn an_update_of_nothing_but_a_move_says_it_too() {
    let mut pair = connected();
    pair.show(scenes::desktop(SIZE));
    pair.wait(Duration::from_secs(2)).unwrap();
    let to = Rect::new(0, 8, 16, 8);
    let mut moved: Framebuffer = pair.desktop.clone();
    moved.copy_within(Point::new(0, 0), to).unwrap();
    pair.desktop = moved;
    pair.server.add_copy(Point::new(0, 0), to);
    pair.server.set_captured(LocalTime::from_micros(80));
    let events = pair.drive().unwrap().client;
    assert_eq!(captured(&events), [Some(MediaTime::from_micros(80))]);
    assert!(pair.is_equal());
}

#[test]
fn clocks_are_compared_on_the_clock_of_the_pictures() {
    let mut pair = connected();
    pair.wait(Duration::from_secs(9)).unwrap();
    let asked = pair.now;
    pair.client.compare_clocks(asked).unwrap();
    let events = pair.drive().unwrap().client;
    let sample = events.iter().find_map(|event| match event {
        ClientEvent::ClockCompared(sample) => Some(*sample),
        _ => None,
    });
    let sample = sample.unwrap();
    assert_eq!(sample.asked, asked);
    assert!(sample.asked.as_micros() < sample.received.as_micros());
    assert!(sample.answered.as_micros() < sample.returned.as_micros());
}
