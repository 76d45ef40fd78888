//! QEMU's extension, in both roles.

use bytes::Bytes;
use rfb::sound::PcmSample;
use rfb::{
    ClientConfig, ClientConnection, ClientEvent, Encoding, PcmFormat, ServerConnection,
    ServerEvent, SoundEnd, SoundFeed, SoundStream,
};
use testkit::oracles;
use testkit::pair::Pair;

use super::{FORMAT, SIZE, asked, client_config, connected, heard, server_config};

const ENABLE: [u8; 4] = [255, 1, 0, 0];
const DISABLE: [u8; 4] = [255, 1, 0, 1];

/// A server, and a client that knows QEMU's extension and no other, as bytes.
fn server() -> ServerConnection {
    let mut server = ServerConnection::new(server_config(), rfb::Encoders::standard());
    let mut hello = oracles::login();
    hello.extend([2, 0, 0, 1]);
    hello.extend(Encoding::QEMU_AUDIO.0.to_be_bytes());
    hello.extend([3, 0, 0, 0, 0, 0, 0, 16, 0, 16]);
    tell(&mut server, &hello);
    server
}

/// What the server learns of these bytes.
fn tell(server: &mut ServerConnection, bytes: &[u8]) -> Vec<ServerEvent> {
    server.handle_bytes(rfb::LocalTime::default(), bytes);
    let mut events = Vec::new();
    while let Some(event) = server.poll_event().unwrap() {
        events.push(event);
    }
    asked(events)
}

fn written(server: &mut ServerConnection) -> Vec<u8> {
    std::iter::from_fn(|| server.poll_output())
        .flatten()
        .collect()
}

fn set_format(sample: u8, channels: u8, frequency: u32) -> Vec<u8> {
    let mut bytes = vec![255, 1, 0, 2, sample, channels];
    bytes.extend(frequency.to_be_bytes());
    bytes
}

fn started(format: PcmFormat) -> ServerEvent {
    ServerEvent::SoundStarted(SoundFeed::Pcm(format))
}

#[test]
fn a_client_that_knows_no_other_gets_begin_data_and_end() {
    let mut server = server();
    let desktop = rfb::Framebuffer::new(SIZE);
    let job = server.begin_update(rfb::LocalTime::default(), usize::MAX);
    let update = job.unwrap().run(desktop.view());
    server.finish_update(rfb::LocalTime::default(), update);
    let greeting = written(&mut server);
    let acknowledged = [&[0; 8][..], &[0xff, 0xff, 0xfe, 0xfd]].concat();
    assert!(greeting.windows(12).any(|own| own == acknowledged));

    server.send_pcm(Bytes::from_static(&[9; 4]));
    let said = written(&mut server);
    assert!(said.is_empty(), "nobody asked yet");
    assert_eq!(tell(&mut server, &ENABLE), [started(PcmFormat::default())]);
    server.send_pcm(Bytes::from_static(&[1, 2, 3, 4]));
    server.end_sound(SoundEnd::UNAVAILABLE);
    #[rustfmt::skip]
    assert_eq!(written(&mut server), [
        255, 1, /* begin */ 0, 1,
        255, 1, /* data */ 0, 2, /* length */ 0, 0, 0, 4, 1, 2, 3, 4,
        255, 1, /* end */ 0, 0,
    ]);
}

#[test]
fn every_format_there_is_may_be_set_before_it_is_enabled() {
    let samples = [
        (PcmSample::U8, 1),
        (PcmSample::S8, 1),
        (PcmSample::U16, 2),
        (PcmSample::S16, 2),
        (PcmSample::U32, 4),
        (PcmSample::S32, 4),
    ];
    for (number, (sample, bytes)) in (0..).zip(samples) {
        for (channels, frequency) in [(1, 1), (2, 44_100), (2, 48_000)] {
            let mut server = server();
            let format = PcmFormat {
                sample,
                channels,
                frequency,
            };
            assert_eq!(format.frame_bytes(), bytes * usize::from(channels));
            let set = set_format(number, channels, frequency);
            assert_eq!(tell(&mut server, &set), []);
            assert_eq!(tell(&mut server, &ENABLE), [started(format)]);
        }
    }
}

#[test]
fn it_may_be_disabled_and_enabled_again_and_once_is_enough() {
    let mut server = server();
    tell(&mut server, &ENABLE);
    assert_eq!(tell(&mut server, &ENABLE), []);
    assert_eq!(tell(&mut server, &DISABLE), [ServerEvent::SoundStopped]);
    assert_eq!(tell(&mut server, &DISABLE), []);
    assert_eq!(tell(&mut server, &ENABLE), [started(PcmFormat::default())]);
    let greeting = written(&mut server);
    let said = &greeting[greeting.len() - 12..];
    let (begin, end) = ([255, 1, 0, 1], [255, 1, 0, 0]);
    assert_eq!(said, [begin, end, begin].concat());
}

#[test]
fn another_format_while_it_plays_begins_anew() {
    let mut server = server();
    tell(&mut server, &ENABLE);
    server.send_pcm(Bytes::from_static(&[1; 4]));
    let mono = PcmFormat {
        sample: PcmSample::U8,
        channels: 1,
        frequency: 8000,
    };
    assert_eq!(tell(&mut server, &set_format(0, 1, 8000)), [started(mono)]);
    assert_eq!(tell(&mut server, &set_format(0, 1, 8000)), []);
    written(&mut server);
    server.send_pcm(Bytes::from_static(&[7]));
    assert_eq!(
        written(&mut server),
        [255, 1, 0, 2, 0, 0, 0, 1, 7],
        "of the old format nothing is left"
    );
}

#[test]
fn who_did_not_say_that_it_knows_the_extension_is_told_the_end() {
    let mut server = ServerConnection::new(server_config(), rfb::Encoders::standard());
    tell(&mut server, &oracles::login());
    assert_eq!(tell(&mut server, &ENABLE), []);
    let greeting = written(&mut server);
    assert!(greeting.ends_with(&[255, 1, 0, 0]), "{greeting:?}");
    assert_eq!(tell(&mut server, &ENABLE), []);
    assert_eq!(written(&mut server), [255, 1, 0, 0]);
}

#[test]
fn what_waits_longer_than_300_ms_is_not_sent() {
    let mut server = server();
    written(&mut server);
    tell(&mut server, &set_format(0, 1, 1000));
    tell(&mut server, &ENABLE);
    written(&mut server);
    for value in 0..4 {
        server.send_pcm(vec![value; 100].into());
    }
    assert_eq!(server.sound_dropped().late, 1);
    let bytes = written(&mut server);
    assert_eq!(bytes.len(), 3 * 108);
    assert_eq!(bytes[8], 1, "the oldest went");
    server.send_pcm(vec![9; 1000].into());
    assert_eq!(written(&mut server).len(), 1008, "one is always sent");
}

/// A client of a server that knows QEMU's extension and no other, as bytes, with the acknowledgement behind.
fn client(config: ClientConfig) -> (ClientConnection, Vec<ClientEvent>) {
    let mut client = ClientConnection::new(config, tight::decoders());
    let mut bytes = oracles::greeting(SIZE);
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(Encoding::QEMU_AUDIO.0.to_be_bytes());
    let events = hear(&mut client, &bytes);
    while client.poll_output().is_some() {}
    (client, events)
}

fn hear(client: &mut ClientConnection, bytes: &[u8]) -> Vec<ClientEvent> {
    client.handle_bytes(rfb::LocalTime::default(), bytes);
    let mut events = Vec::new();
    while let Some(event) = client.poll_event().unwrap() {
        events.push(event);
    }
    heard(events)
}

#[test]
fn our_client_sets_the_format_and_then_enables() {
    let (mut client, offered) = client(client_config());
    assert_eq!(offered, [ClientEvent::PcmOffered]);
    let format = PcmFormat {
        frequency: 48_000,
        ..PcmFormat::default()
    };
    client.start_pcm(format).unwrap();
    #[rustfmt::skip]
    assert_eq!(client.poll_output().unwrap()[..], [
        255, 1, /* set format */ 0, 2, /* S16 */ 3, /* channels */ 2, /* Hz */ 0, 0, 0xbb, 0x80,
        255, 1, /* enable */ 0, 0,
    ]);
    assert_eq!(
        hear(&mut client, &[255, 1, 0, 1]),
        [ClientEvent::PcmStarted]
    );
    assert_eq!(
        hear(&mut client, &[255, 1, 0, 2, 0, 0, 0, 4, 1, 2, 3, 4]),
        [ClientEvent::Pcm(Bytes::from_static(&[1, 2, 3, 4]), format)]
    );
    assert_eq!(hear(&mut client, &[255, 1, 0, 2, 0, 0, 0, 0]), []);
    assert_eq!(
        hear(&mut client, &[255, 1, 0, 0, 255, 1, 0, 0]),
        [ClientEvent::PcmStopped]
    );
}

#[test]
fn a_server_that_announces_it_again_offers_it_once() {
    let (mut client, _) = client(client_config());
    let mut update = vec![0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    update.extend(Encoding::QEMU_AUDIO.0.to_be_bytes());
    assert_eq!(hear(&mut client, &update), []);
}

#[test]
fn before_it_is_offered_and_in_no_format_it_cannot_be_started() {
    let mut client = ClientConnection::new(client_config(), tight::decoders());
    let misuse = |client: &mut ClientConnection, format| client.start_pcm(format).unwrap_err();
    let early = misuse(&mut client, PcmFormat::default());
    assert_eq!(early.to_string(), "api misuse: start_pcm: not connected");
    hear(&mut client, &oracles::greeting(SIZE));
    let early = misuse(&mut client, PcmFormat::default());
    assert_eq!(
        early.to_string(),
        "api misuse: start_pcm: the server does not offer it"
    );
    let (mut client, _) = self::client(client_config());
    for (channels, frequency) in [(0, 48_000), (3, 48_000), (2, 0), (2, 48_001)] {
        let format = PcmFormat {
            channels,
            frequency,
            ..PcmFormat::default()
        };
        let none = misuse(&mut client, format);
        assert_eq!(
            none.to_string(),
            "api misuse: start_pcm: there is no such format"
        );
    }
    assert_eq!(client.poll_output(), None);
}

#[test]
fn samples_nobody_asked_for_are_counted_and_dropped() {
    let (mut client, _) = client(client_config());
    let data = [255, 1, 0, 2, 0, 0, 0, 1, 7];
    assert_eq!(hear(&mut client, &data), []);
    client.start_pcm(PcmFormat::default()).unwrap();
    hear(&mut client, &[255, 1, 0, 1]);
    client.stop_sound();
    assert_eq!(
        hear(&mut client, &data),
        [ClientEvent::PcmStopped],
        "from here on it is over"
    );
    assert_eq!(client.sound_dropped().unexpected, 2);
}

#[test]
fn both_roles_get_along() {
    let mut pair = with_both();
    let format = PcmFormat::default();
    pair.client.start_pcm(format).unwrap();
    let learnt = pair.drive().unwrap();
    assert_eq!(asked(learnt.server), [started(format)]);
    assert_eq!(heard(learnt.client), [ClientEvent::PcmStarted]);
    pair.server.send_pcm(Bytes::from_static(&[1; 400]));
    let events = pair.drive().unwrap().client;
    let samples = ClientEvent::Pcm(Bytes::from_static(&[1; 400]), format);
    assert_eq!(heard(events), [samples]);
    pair.client.stop_sound();
    let learnt = pair.drive().unwrap();
    assert_eq!(asked(learnt.server), [ServerEvent::SoundStopped]);
    assert_eq!(heard(learnt.client), [ClientEvent::PcmStopped]);
}

/// A pair that speaks both extensions.
fn with_both() -> Pair {
    let mut pair = super::pair_of(client_config(), server_config());
    let offered = ClientEvent::SoundOffered(super::offer());
    let events = pair.drive().unwrap().client;
    assert_eq!(heard(events), [offered], "and QEMU's is not");
    pair
}

#[test]
fn of_both_extensions_the_one_asked_for_last_is_spoken() {
    let mut pair = with_both();
    pair.client.start_sound(FORMAT).unwrap();
    pair.drive().unwrap();
    pair.client.start_pcm(PcmFormat::default()).unwrap();
    let learnt = pair.drive().unwrap();
    let stopped = ClientEvent::SoundStopped(SoundStream::Desktop, SoundEnd::STOPPED);
    assert_eq!(heard(learnt.client), [stopped, ClientEvent::PcmStarted]);
    assert_eq!(
        asked(learnt.server),
        [ServerEvent::SoundStopped, started(PcmFormat::default())]
    );
    pair.client.start_sound(FORMAT).unwrap();
    let learnt = pair.drive().unwrap();
    assert_eq!(
        heard(learnt.client),
        [
            ClientEvent::PcmStopped,
            ClientEvent::SoundStarted(SoundStream::Desktop, FORMAT)
        ]
    );
    let feeds = asked(learnt.server);
    let packets = ServerEvent::SoundStarted(SoundFeed::Packets(FORMAT));
    assert_eq!(feeds.last(), Some(&packets));
}

#[test]
fn a_peer_that_asks_for_both_at_once_gets_one() {
    let mut pair = connected();
    let mut both = ENABLE.to_vec();
    both.extend([193, 4, 1, 0, 0, 0, 0, 0, 12]);
    both.extend([0, 2, 0, 1, 10, 0, 0, 0, 0, 0, 0xfa, 0]);
    pair.server.handle_bytes(pair.now, &both);
    let mut events = Vec::new();
    while let Some(event) = pair.server.poll_event().unwrap() {
        events.push(event);
    }
    let packets = ServerEvent::SoundStarted(SoundFeed::Packets(FORMAT));
    assert_eq!(asked(events), [started(PcmFormat::default()), packets]);
    pair.server.send_pcm(Bytes::from_static(&[1; 4]));
    assert_eq!(pair.server.sound_dropped().unexpected, 1);
}
