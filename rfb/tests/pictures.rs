//! A client is told when all of a picture has come, and tells when it is seen.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use rfb::message::{Extension, Presented};
use rfb::wire::Encode;
use rfb::{
    ClientConfig, ClientConnection, ClientEvent, ClientMessage, LocalTime, MediaTime,
    ServerConnection, ServerEvent, Size,
};
use testkit::pair::{Learnt, Pair, open_server};
use testkit::scenes;

const SIZE: Size = Size::new(200, 150);

fn pair(config: ClientConfig) -> Pair {
    let client = ClientConnection::new(config, tight::decoders());
    let server = ServerConnection::new(open_server(SIZE), tight::encoders());
    let mut pair = Pair::of(scenes::flat(SIZE), client, server);
    pair.drive().unwrap();
    pair.wait(Duration::from_secs(2)).unwrap();
    pair
}

/// Shows a photograph that was captured just now; when that was, and what came of it.
fn show(pair: &mut Pair) -> (MediaTime, Learnt) {
    let captured = MediaTime::from_micros(pair.now.as_micros());
    pair.server.set_captured(pair.now);
    let darker = pair.now.low_micros().to_le_bytes()[0] % 64;
    let mut photo = scenes::gradient(SIZE);
    for row in photo.view_mut(SIZE.into()).unwrap().rows_mut() {
        row.iter_mut()
            .for_each(|sample| *sample = sample.saturating_sub(darker));
    }
    pair.show(photo);
    (captured, pair.drive().unwrap())
}

/// The pictures that ended, each with the number of updates before.
fn ends(learnt: &Learnt) -> Vec<(usize, MediaTime)> {
    let mut updates = 0;
    let end = |event: &ClientEvent| match event {
        ClientEvent::Updated { .. } => {
            updates += 1;
            None
        }
        ClientEvent::PictureEnded { captured } => Some((updates, *captured)),
        _ => None,
    };
    learnt.client.iter().filter_map(end).collect()
}

#[test]
fn a_picture_ends_with_its_last_update() {
    let mut pair = pair(ClientConfig::default());
    let (captured, learnt) = show(&mut pair);
    assert_eq!(ends(&learnt), [(1, captured)]);
    pair.budget = 256;
    pair.now = pair.now + Duration::from_millis(50);
    let (captured, learnt) = show(&mut pair);
    let [(updates, ended)] = ends(&learnt)[..] else {
        panic!("{learnt:?}");
    };
    assert!(updates > 1, "{updates} updates");
    assert_eq!(ended, captured);
    let last = learnt.client.last().unwrap();
    assert!(matches!(last, ClientEvent::PictureEnded { .. }));
}

#[test]
fn a_refresh_is_no_picture() {
    let mut pair = pair(ClientConfig::default());
    show(&mut pair);
    assert!(!pair.server.lossy().is_empty());
    let learnt = pair.wait(Duration::from_secs(2)).unwrap();
    let is_update = |event: &ClientEvent| matches!(event, ClientEvent::Updated { .. });
    assert!(learnt.client.iter().any(is_update));
    assert_eq!(ends(&learnt), []);
    assert!(pair.is_equal());
}

#[test]
fn who_has_not_announced_it_is_told_of_no_ends() {
    let mut pair = pair(ClientConfig {
        plain: true,
        ..ClientConfig::default()
    });
    let (_, learnt) = show(&mut pair);
    assert_eq!(ends(&learnt), []);
}

#[test]
fn a_server_learns_how_old_pictures_are_when_they_are_seen() {
    let mut pair = pair(ClientConfig::default());
    let (captured, _) = show(&mut pair);
    let later = pair.now + Duration::from_millis(30);
    pair.client.presented(later, captured).unwrap();
    pair.client.presented(later, captured).unwrap();
    let learnt = pair.wait(Duration::from_millis(30)).unwrap();
    let [
        ServerEvent::Presented {
            captured: seen,
            age,
        },
    ] = learnt.server[..]
    else {
        panic!("{learnt:?}");
    };
    assert_eq!(seen, captured);
    let expected = pair.now.since(LocalTime::from_micros(captured.as_micros()));
    assert!(age.abs_diff(expected) < Duration::from_millis(5), "{age:?}");
    assert_eq!(pair.server.picture_age(), Some(age));
}

#[test]
fn pictures_that_never_were_count_for_nothing() {
    let mut pair = pair(ClientConfig::default());
    let (captured, _) = show(&mut pair);
    let mut bytes = Vec::new();
    for claimed in (0..10_000).chain([u64::MAX]).map(MediaTime::from_micros) {
        let presented = Presented {
            captured: claimed,
            after: Duration::from_secs(9999),
        };
        if claimed != captured {
            let message = ClientMessage::Extension(Extension::Presented(presented));
            message.encode(&mut bytes);
        }
    }
    pair.server.handle_bytes(pair.now, &bytes);
    let learnt = pair.drive().unwrap();
    assert!(learnt.server.is_empty(), "{:?}", learnt.server);
    assert_eq!(pair.server.picture_age(), None);
}
