//! Sound goes first, and what waits too long is not sent.

use bytes::Bytes;
use rfb::{ClientEvent, ServerEvent, SoundEnd, SoundStream};
use testkit::scenes;

use super::{FORMAT, SIZE, asked, connected, desktop, heard, listening, packet};

/// Packets of 10 ms in 300 ms.
const WAITING: u32 = 30;

#[test]
fn sound_overtakes_answers_and_pictures_but_no_picture_that_is_under_way() {
    let mut pair = listening();
    pair.show(scenes::desktop(SIZE));
    let job = pair.server.begin_update(pair.now, usize::MAX).unwrap();
    let update = job.run(pair.desktop.view());
    pair.server.finish_update(pair.now, update);
    pair.server.bell();
    pair.server.send_sound(&desktop(1));
    let mut kinds = Vec::new();
    while let Some(bytes) = pair.server.poll_output() {
        kinds.push(bytes[0]);
        pair.client.handle_bytes(pair.now, &bytes);
    }
    assert_eq!(kinds.first(), Some(&193), "sound");
    assert_eq!(kinds.last(), Some(&0), "the picture, whole: {kinds:?}");
    let events = pair.drive().unwrap().client;
    assert_eq!(heard(events), [ClientEvent::Sound(desktop(1))]);
    assert!(pair.is_equal());
}

#[test]
fn at_most_300_ms_wait_and_the_oldest_go() {
    let mut pair = listening();
    for sequence in 0..WAITING + 5 {
        pair.server.send_sound(&desktop(sequence));
    }
    assert_eq!(pair.server.sound_dropped().late, 5);
    let events = heard(pair.drive().unwrap().client);
    let expected: Vec<_> = (5..WAITING + 5)
        .map(|sequence| ClientEvent::Sound(desktop(sequence)))
        .collect();
    assert_eq!(events, expected);
    pair.server.send_sound(&desktop(99));
    let events = heard(pair.drive().unwrap().client);
    assert_eq!(events, [ClientEvent::Sound(desktop(99))]);
    assert_eq!(pair.server.sound_dropped().late, 5);
}

#[test]
fn the_same_holds_for_datagrams() {
    let mut pair = listening();
    pair.server.use_datagrams(Some(1200));
    for sequence in 0..WAITING + 5 {
        pair.server.send_sound(&desktop(sequence));
    }
    assert_eq!(pair.server.sound_dropped().late, 5);
    let mut count = 0;
    while let Some(datagram) = pair.server.poll_datagram() {
        pair.client.handle_datagram(pair.now, &datagram);
        count += 1;
    }
    assert_eq!(count, WAITING);
    let events = heard(pair.drive().unwrap().client);
    assert_eq!(events[0], ClientEvent::Sound(desktop(5)));
}

#[test]
fn the_same_holds_for_a_microphone() {
    let mut pair = connected();
    pair.client.start_microphone(FORMAT).unwrap();
    pair.drive().unwrap();
    let spoken = |sequence| packet(SoundStream::Microphone, sequence);
    for sequence in 0..WAITING + 2 {
        pair.client.send_sound(&spoken(sequence));
    }
    assert_eq!(pair.client.sound_dropped().late, 2);
    let events = asked(pair.drive().unwrap().server);
    assert_eq!(events.len(), WAITING as usize);
    assert_eq!(events[0], ServerEvent::Sound(spoken(2)));
}

#[test]
fn what_is_said_about_sound_is_never_dropped_and_keeps_its_place() {
    let mut pair = listening();
    for sequence in 0..WAITING {
        pair.server.send_sound(&desktop(sequence));
    }
    pair.server.end_sound(SoundEnd::UNAVAILABLE);
    let events = heard(pair.drive().unwrap().client);
    let stopped = ClientEvent::SoundStopped(SoundStream::Desktop, SoundEnd::UNAVAILABLE);
    assert_eq!(events.len(), WAITING as usize + 1);
    assert_eq!(events.last(), Some(&stopped));
}

#[test]
fn frames_and_repairs_that_no_peer_would_take_are_not_sent() {
    let mut pair = listening();
    let mut large = desktop(1);
    large.frame = vec![0; 1276].into();
    let mut empty = desktop(2);
    empty.frame = Bytes::new();
    let mut repaired = desktop(3);
    repaired.repair = Some(vec![0; 1286].into());
    for packet in [large, empty, repaired] {
        pair.server.send_sound(&packet);
    }
    assert_eq!(heard(pair.drive().unwrap().client), []);
    assert_eq!(pair.server.sound_dropped().unexpected, 3);
}
