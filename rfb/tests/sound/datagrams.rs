//! Packets beside the stream.

use bytes::Bytes;
use rfb::{ClientEvent, LocalTime, ServerEvent, SoundPacket, SoundStream};
use testkit::pair::Pair;

use super::{FORMAT, asked, desktop, heard, listening, packet};

const NOW: LocalTime = LocalTime::from_micros(7);
/// Bytes before the frame of a packet without a repair.
const HEAD: usize = 14;

fn in_datagrams(limit: usize) -> Pair {
    let mut pair = listening();
    pair.server.use_datagrams(Some(limit));
    pair.client.use_datagrams(Some(limit));
    pair
}

/// The packets that came at the client so far.
fn packets(pair: &mut Pair) -> Vec<ClientEvent> {
    heard(pair.drive().unwrap().client)
}

#[test]
fn they_carry_the_same_packets_and_the_stream_none() {
    let mut pair = in_datagrams(1200);
    pair.server.send_sound(&desktop(1));
    assert_eq!(pair.server.poll_output(), None);
    let datagram = pair.server.poll_datagram().unwrap();
    assert_eq!(pair.server.poll_datagram(), None);
    #[rustfmt::skip]
    assert_eq!(datagram[..], [
        /* desktop */ 0, /* flags */ 0, /* sequence */ 0, 0, 0, 1,
        /* captured */ 0, 0, 0, 0, 0, 0, 0x27, 0x10, /* frame */ 0xf8, 0xff, 0xfe,
    ]);
    pair.client.handle_datagram(NOW, &datagram);
    assert_eq!(packets(&mut pair), [ClientEvent::Sound(desktop(1))]);
    assert_eq!(pair.server.sent().sound, pair.client.received().sound);

    pair.client.start_microphone(FORMAT).unwrap();
    pair.drive().unwrap();
    let spoken = packet(SoundStream::Microphone, 2);
    pair.client.send_sound(&spoken);
    let datagram = pair.client.poll_datagram().unwrap();
    pair.server.handle_datagram(NOW, &datagram);
    let events = pair.drive().unwrap().server;
    assert_eq!(asked(events), [ServerEvent::Sound(spoken)]);
}

#[test]
fn what_is_too_large_loses_its_repair_and_then_goes_in_the_stream() {
    let with_repair = SoundPacket {
        repair: Some(Bytes::from_static(&[5; 20])),
        ..desktop(1)
    };
    let mut pair = in_datagrams(HEAD + 2 + 3 + 20);
    pair.server.send_sound(&with_repair);
    let datagram = pair.server.poll_datagram().unwrap();
    assert_eq!(datagram.len(), HEAD + 2 + 3 + 20);

    pair.server.use_datagrams(Some(HEAD + 2 + 3 + 19));
    pair.server.send_sound(&with_repair);
    let datagram = pair.server.poll_datagram().unwrap();
    assert_eq!(datagram.len(), HEAD + 3);

    pair.server.use_datagrams(Some(HEAD + 2));
    pair.server.send_sound(&with_repair);
    assert_eq!(pair.server.poll_datagram(), None);
    assert_eq!(packets(&mut pair), [ClientEvent::Sound(with_repair)]);
}

#[test]
fn lost_ones_are_not_missed_and_copies_and_a_wrong_order_are_passed_on() {
    let mut pair = in_datagrams(1200);
    let mut datagrams = Vec::new();
    for sequence in 0..4 {
        pair.server.send_sound(&desktop(sequence));
        datagrams.extend(pair.server.poll_datagram());
    }
    for index in [3, 1, 1] {
        pair.client.handle_datagram(NOW, &datagrams[index]);
    }
    let expected = [3, 1, 1].map(|index| ClientEvent::Sound(desktop(index)));
    assert_eq!(packets(&mut pair), expected);
}

#[test]
fn what_cannot_be_read_is_counted_and_the_session_goes_on() {
    let mut pair = in_datagrams(1200);
    let cases: [&[u8]; 5] = [&[], &[0], &[7; 30], &[0; 14], &[0; 14 + 1276]];
    for datagram in cases {
        pair.client.handle_datagram(NOW, datagram);
        pair.server.handle_datagram(NOW, datagram);
    }
    let learnt = pair.drive().unwrap();
    assert_eq!(heard(learnt.client), []);
    assert_eq!(asked(learnt.server), []);
    assert_eq!(pair.client.sound_dropped().malformed, 5);
    assert_eq!(pair.server.sound_dropped().malformed, 5);
    pair.server.send_sound(&desktop(1));
    let datagram = pair.server.poll_datagram().unwrap();
    pair.client.handle_datagram(NOW, &datagram);
    assert_eq!(packets(&mut pair), [ClientEvent::Sound(desktop(1))]);
}

#[test]
fn of_a_stream_that_is_not_started_none_is_taken() {
    let mut pair = in_datagrams(1200);
    pair.server.send_sound(&desktop(1));
    let datagram = pair.server.poll_datagram().unwrap();
    pair.client.stop_sound();
    pair.client.handle_datagram(NOW, &datagram);
    pair.server.handle_datagram(NOW, &datagram);
    let learnt = pair.drive().unwrap();
    let packets = heard(learnt.client);
    assert!(!packets.contains(&ClientEvent::Sound(desktop(1))));
    assert_eq!(pair.client.sound_dropped().unexpected, 1);
    assert_eq!(pair.server.sound_dropped().unexpected, 1);
}

#[test]
fn a_flood_nobody_takes_fills_no_memory() {
    let mut pair = in_datagrams(1200);
    pair.server.send_sound(&desktop(1));
    let datagram = pair.server.poll_datagram().unwrap();
    for _ in 0..1000 {
        pair.client.handle_datagram(NOW, &datagram);
    }
    let kept = packets(&mut pair).len();
    assert_eq!(kept, 64);
    let dropped = pair.client.sound_dropped().late;
    assert_eq!(dropped, 1000 - 64);
}

#[test]
fn before_the_handshake_none_is_taken() {
    let mut pair = super::pair_of(super::client_config(), super::server_config());
    pair.client.handle_datagram(NOW, &[0; 20]);
    pair.server.handle_datagram(NOW, &[0; 20]);
    assert_eq!(pair.client.sound_dropped().unexpected, 1);
    assert_eq!(pair.server.sound_dropped().unexpected, 1);
}
