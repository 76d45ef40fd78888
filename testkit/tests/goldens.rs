//! What real peers sent, decoded; what of ours they understood, encoded again.
#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

use rfb::{Framebuffer, LocalTime, ServerConnection};
use tightrope_testkit::goldens::{Golden, Side, all, directory, psnr};
use tightrope_testkit::pair::{Pair, open_server};
use tightrope_testkit::scenes;

/// All files together may have so many bytes.
const ALL_LIMIT: u64 = 3 << 20;

#[test]
fn every_golden_is_decoded_to_its_picture() {
    for golden in all() {
        let shown = golden.decoded();
        let shown = shown.unwrap_or_else(|error| panic!("{}: {error}", golden.name));
        golden.check(&shown);
        assert!(golden.shows_its_encoding(), "{}: not used", golden.name);
    }
}

#[test]
fn how_the_bytes_of_a_golden_are_cut_changes_nothing() {
    for golden in all() {
        let whole = golden.decoded().unwrap();
        let mut client = golden.conditions.client();
        for piece in golden.stream.chunks(7) {
            client.handle_bytes(LocalTime::default(), piece);
            while client.poll_event().unwrap().is_some() {}
            client.poll_output();
        }
        assert!(client.framebuffer() == &whole, "{}", golden.name);
    }
}

/// What our server sends today of the scene of `golden`, decoded by our client.
fn encoded_again(golden: &Golden) -> Framebuffer {
    let scene = match golden.conditions.scene.as_str() {
        "desktop" => scenes::desktop(golden.picture.size()),
        "text" => scenes::text(golden.picture.size()),
        "gradient" => scenes::gradient(golden.picture.size()),
        other => panic!("there is no scene {other:?}"),
    };
    let server = ServerConnection::new(open_server(scene.size()), tight::encoders());
    let mut pair = Pair::of(scene, golden.conditions.client(), server);
    pair.drive().unwrap();
    pair.client.framebuffer().clone()
}

#[test]
fn our_encoders_still_mean_the_picture_that_a_peer_has_made_of_their_bytes() {
    let all = all();
    let mut ours = all
        .iter()
        .filter(|golden| golden.conditions.side == Side::Client)
        .peekable();
    assert!(ours.peek().is_some());
    for golden in ours {
        golden.check(&encoded_again(golden));
    }
}

#[test]
fn the_scenes_are_those_that_were_shown() {
    let size = rfb::Size::new(160, 120);
    for (name, scene) in [
        ("desktop", scenes::desktop(size)),
        ("text", scenes::text(size)),
        ("gradient", scenes::gradient(size)),
    ] {
        let path = directory().join(format!("{name}.png"));
        let picture = tightrope_testkit::goldens::read_png(&path).unwrap();
        assert!(psnr(&picture, &scene).is_infinite(), "{name}");
    }
}

#[test]
fn the_goldens_are_small() {
    let entries = std::fs::read_dir(directory()).unwrap();
    let bytes: u64 = entries
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(bytes < ALL_LIMIT, "{bytes} bytes");
}
