use std::path::{Path, PathBuf};
use std::time::Duration;

use lab::convert::convert;
use lab::playback::{Coding, Playback};
use testkit::pair::Pair;
use testkit::scenes;
use tightrope::rfb::{self, ClientConnection, LocalTime};
use tightrope::{Framebuffer, Rect, Size};

use crate::support::{SIZE, fill, from_start, read, session, write};

/// What a client shows after each block, with its time.
fn played(path: &Path, coding: Coding) -> Vec<(Duration, Framebuffer)> {
    let mut playback = Playback::open(path, coding).unwrap();
    let config = rfb::ClientConfig {
        format: playback.start().format,
        ..rfb::ClientConfig::default()
    };
    let mut client = ClientConnection::new(config, tightrope::tight::decoders());
    let mut shown = Vec::new();
    while let Some((time, bytes)) = playback.next_bytes().unwrap() {
        client.handle_bytes(LocalTime::default(), &bytes);
        let mut updated = false;
        while let Some(event) = client.poll_event().unwrap() {
            updated |= matches!(event, rfb::ClientEvent::Updated { .. });
        }
        if updated {
            shown.push((time, client.framebuffer().clone()));
        }
    }
    assert!(!playback.is_cut_short());
    shown
}

/// A session of `pair`, as a recorder would write it.
fn record(path: &Path, blocks: &[(Duration, Vec<u8>)]) {
    let mut file = b"FBS 001.000\n".to_vec();
    for (time, data) in blocks {
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(data);
        file.resize(file.len().next_multiple_of(4), 0);
        file.extend((time.as_millis() as u32).to_be_bytes());
    }
    std::fs::write(path, file).unwrap();
}

fn files() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let file = |name| directory.path().join(name);
    let (vtz, fbs) = (file("a.vtz"), file("a.fbs"));
    (directory, vtz, fbs)
}

#[test]
fn pictures_are_played_as_they_were_recorded() {
    let (_directory, vtz, _) = files();
    write(&vtz, &session());
    for coding in [Coding::Raw, Coding::Zrle] {
        assert!(played(&vtz, coding) == from_start(&session()));
    }
}

#[test]
fn pictures_become_a_stream_and_pictures_again() {
    let (directory, vtz, fbs) = files();
    write(&vtz, &session());
    assert_eq!(convert(&vtz, &fbs, 1000).unwrap().frames, 4);
    assert!(played(&fbs, Coding::Raw) == from_start(&session()));
    let again = directory.path().join("again.vtz");
    let converted = convert(&fbs, &again, 1000).unwrap();
    assert_eq!(
        (converted.files, converted.frames),
        (vec![again.clone()], 4)
    );
    assert!(read(&again) == (from_start(&session()), true));
}

#[test]
fn what_a_server_said_is_played_whatever_its_handshake_and_encodings() {
    let (_directory, vtz, fbs) = files();
    let mut pair = Pair::new(scenes::desktop(SIZE));
    pair.drive().unwrap();
    let before = pair.server_bytes.len();
    let mut changed = scenes::desktop(SIZE);
    fill(&mut changed, Rect::new(7, 7, 50, 50), [1, 2, 3, 0]);
    pair.show(changed.clone());
    pair.drive().unwrap();
    let (first, second) = pair.server_bytes.split_at(before);
    // Cut elsewhere than messages end.
    let blocks = [
        (Duration::ZERO, first[..30].to_vec()),
        (Duration::ZERO, first[30..].to_vec()),
        (Duration::from_millis(500), second.to_vec()),
    ];
    record(&fbs, &blocks);
    let shown = played(&fbs, Coding::Raw);
    let client = pair.client.framebuffer();
    assert!(shown.last().unwrap() == &(Duration::from_millis(500), client.clone()));
    assert_eq!(convert(&fbs, &vtz, 30).unwrap().frames, 2);
    let (pictures, _) = read(&vtz);
    assert!(pictures.last().unwrap().1 == *client);
}

#[test]
fn a_conversion_keeps_pictures_apart() {
    let (_directory, vtz, fbs) = files();
    write(&vtz, &session());
    convert(&vtz, &fbs, 1000).unwrap();
    let other = vtz.with_file_name("slow.vtz");
    // Pictures at 0, 20, 40 and 60 ms; every 50 ms at most, the last one in any case.
    convert(&fbs, &other, 20).unwrap();
    let times: Vec<u128> = read(&other).0.iter().map(|own| own.0.as_millis()).collect();
    assert_eq!(times, [0, 50, 100]);
    assert!(read(&other).0[1].1 == session()[2].1);
}

#[test]
fn a_conversion_makes_a_file_for_each_size() {
    let (directory, vtz, fbs) = files();
    let mut pair = Pair::new(scenes::text(SIZE));
    pair.drive().unwrap();
    let other = Size::new(80, 60);
    pair.desktop = scenes::text(other);
    let reason = rfb::screen::ResizeReason::SERVER;
    pair.server.resize(other, Vec::new(), reason);
    pair.server.add_damage(&other.into());
    pair.drive().unwrap();
    record(&fbs, &[(Duration::ZERO, pair.server_bytes.clone())]);
    let files = convert(&fbs, &vtz, 30).unwrap().files;
    assert_eq!(files, [vtz.clone(), directory.path().join("a-2.vtz")]);
    assert!(read(&files[1]).0.last().unwrap().1 == scenes::text(other));
}

#[test]
fn a_faulty_stream_is_an_error_and_what_came_before_is_kept() {
    let (_directory, vtz, fbs) = files();
    let mut pair = Pair::new(scenes::text(SIZE));
    pair.drive().unwrap();
    let mut bytes = pair.server_bytes.clone();
    bytes.push(99);
    record(&fbs, &[(Duration::ZERO, bytes)]);
    let error = convert(&fbs, &vtz, 30).unwrap_err();
    assert_eq!(error.to_string(), "message-type: invalid value 99");
    assert!(read(&vtz).0.last().unwrap().1 == *pair.client.framebuffer());
}

#[test]
fn a_name_of_another_kind_is_refused() {
    let error = convert(Path::new("a.vtz"), Path::new("a.mp4"), 30).unwrap_err();
    assert!(error.to_string().contains(".vtz or .fbs"), "{error}");
}

#[test]
fn a_stream_that_ends_before_its_first_message_is_told() {
    let (_directory, _, fbs) = files();
    record(&fbs, &[(Duration::ZERO, b"RFB 003.003\n".to_vec())]);
    let error = Playback::open(&fbs, Coding::Raw).map(|_| ()).unwrap_err();
    assert!(
        error.to_string().contains("before its first message"),
        "{error}"
    );
}
