//! What a connection measures: round trips, and bytes by kind.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use rfb::{Encoders, Framebuffer, LocalTime, Rect, ServerConnection, Size};
use testkit::pair::{Pair, open_server};
use testkit::scenes;

const SIZE: Size = Size::new(64, 48);
/// One way.
const DELAY: Duration = Duration::from_millis(50);

/// Both sides with bytes that take [`DELAY`] each way; the desktop changes every 300 ms.
fn far_apart(changes: usize) -> Pair {
    let mut pair = Pair::new(scenes::icons(SIZE));
    let mut under_way: Vec<(LocalTime, bool, Vec<u8>)> = Vec::new();
    let step = Duration::from_millis(10);
    for tick in 0..changes * 30 {
        pair.now = pair.now + step;
        if tick % 30 == 29 {
            let shade = u8::try_from(tick % 251).unwrap();
            let rect = Rect::new(3, 4, 5, 6);
            pair.desktop.view_mut(rect).unwrap().fill([shade, 0, 0, 0]);
            pair.server.add_damage(&rect.into());
        }
        let now = pair.now;
        for (_, is_down, bytes) in under_way.extract_if(.., |(at, ..)| *at <= now) {
            match is_down {
                true => pair.client.handle_bytes(now, &bytes),
                false => pair.server.handle_bytes(now, &bytes),
            }
        }
        while pair.client.poll_event().unwrap().is_some() {}
        while pair.server.poll_event().unwrap().is_some() {}
        if let Some(job) = pair.server.begin_update(now, usize::MAX) {
            let update = job.run(pair.desktop.view());
            pair.server.finish_update(now, update);
        }
        while let Some(bytes) = pair.server.poll_output() {
            pair.server_bytes.extend_from_slice(&bytes);
            under_way.push((now + DELAY, true, bytes.to_vec()));
        }
        while let Some(bytes) = pair.client.poll_output() {
            pair.client_bytes.extend_from_slice(&bytes);
            under_way.push((now + DELAY, false, bytes.to_vec()));
        }
    }
    pair
}

#[test]
fn both_sides_know_the_round_trip_while_pictures_flow() {
    let pair = far_apart(40);
    for trips in [pair.client.round_trips(), pair.server.round_trips()] {
        let trips = trips.unwrap();
        assert_eq!(trips.minimum, DELAY * 2, "{trips:?}");
        assert_eq!(trips.smoothed, DELAY * 2, "{trips:?}");
        // Twelve seconds.
        assert!((8..=14).contains(&trips.count), "{trips:?}");
    }
}

#[test]
fn an_idle_desktop_costs_no_byte_and_no_measurement() {
    let mut pair = Pair::new(Framebuffer::new(SIZE));
    pair.drive().unwrap();
    let (down, up) = (pair.server_bytes.len(), pair.client_bytes.len());
    for _ in 0..20 {
        pair.wait(Duration::from_secs(1)).unwrap();
    }
    assert_eq!(
        (pair.server_bytes.len(), pair.client_bytes.len()),
        (down, up)
    );
    let measured = pair.server.round_trips().map(|trips| trips.count);
    assert_eq!(measured, Some(1), "the first picture's");
}

#[test]
fn a_client_that_knows_no_fences_is_sent_none() {
    let now = LocalTime::default();
    let mut server = ServerConnection::new(open_server(SIZE), Encoders::raw());
    let request = [3, 0, 0, 0, 0, 0, 0, 64, 0, 48];
    let login = [&b"RFB 003.008\n\x01\x01"[..], &request].concat();
    server.handle_bytes(now, &login);
    while server.poll_event().unwrap().is_some() {}
    while server.poll_output().is_some() {}
    let update = server.begin_update(now, usize::MAX).unwrap();
    server.finish_update(now, update.run(Framebuffer::new(SIZE).view()));
    assert_eq!(server.poll_output().unwrap()[0], 0, "an update");
    assert_eq!(server.poll_output(), None);
    assert_eq!(server.round_trips(), None);
}

#[test]
fn every_byte_is_of_some_kind_and_both_sides_agree() {
    let mut pair = Pair::new(scenes::desktop(SIZE));
    pair.chunk = 7;
    pair.drive().unwrap();
    assert_eq!(
        pair.server.sent().clipboard,
        pair.client.received().clipboard
    );
    let before = (pair.server.sent(), pair.server.received());
    pair.server.set_clipboard("what is copied");
    pair.client.set_clipboard("and back").unwrap();
    pair.client.key(0x61, true).unwrap();
    pair.drive().unwrap();
    pair.show(scenes::noise(SIZE));
    pair.drive().unwrap();
    let (down, up) = (pair.server.sent(), pair.server.received());
    assert_eq!((down, up), (pair.client.received(), pair.client.sent()));
    assert_eq!(down.total(), pair.server_bytes.len() as u64);
    assert_eq!(up.total(), pair.client_bytes.len() as u64);
    assert!(down.pictures > before.0.pictures && down.clipboard > before.0.clipboard);
    assert!(up.clipboard > before.1.clipboard && up.control > before.1.control);
    assert_eq!(up.pictures, 0);
}
