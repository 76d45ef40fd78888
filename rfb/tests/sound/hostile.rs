//! What peers must not say about sound, and what they may say without harm.

use rfb::{ClientConfig, ClientConnection, ClientEvent, ServerConnection, SoundEnd, SoundStream};
use testkit::oracles;

use super::{FORMAT, SIZE, asked, client_config, connected, heard, listening, server_config};

/// A message of our own about sound.
fn message(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[193, kind, 1, 0, 0], &length[..], payload].concat()
}

fn start(stream: u8, channels: u8, codec: u16, frame: u8) -> Vec<u8> {
    let [high, low] = codec.to_be_bytes();
    message(
        4,
        &[stream, channels, high, low, frame, 0, 0, 0, 0, 0, 0xfa, 0],
    )
}

#[test]
fn malformed_messages_end_the_session_with_field_and_value() {
    let cases: [(Vec<u8>, &str); 6] = [
        (message(3, &[]), "sound.length: invalid value 0"),
        (message(4, &[1; 5]), "sound.length: invalid value 5"),
        (message(5, &[2, 0]), "sound.stream: invalid value 2"),
        (message(6, &[0; 14]), "sound.frame-length: invalid value 0"),
        (
            message(7, &[0, 0, 255, 255]),
            "sound.volume: 65535 is over the limit 1024",
        ),
        (
            vec![193, 6, 1, 0, 0, 0, 1, 0, 1],
            "extension.length: 65537 is over the limit 65536",
        ),
    ];
    for (bytes, said) in cases {
        let said = format!("unreadable message: {said}");
        let mut pair = connected();
        pair.client.handle_bytes(pair.now, &bytes);
        assert_eq!(pair.client.poll_event().unwrap_err().to_string(), said);
        pair.server.handle_bytes(pair.now, &bytes);
        assert_eq!(pair.server.poll_event().unwrap_err().to_string(), said);
    }
}

#[test]
fn malformed_messages_of_qemus_end_the_session_with_field_and_value() {
    let cases: [(&[u8], &str); 4] = [
        (&[255, 1, 0, 9], "qemu-audio.operation: invalid value 9"),
        (
            &[255, 1, 0, 2, 9, 2, 0, 0, 0xac, 0x44],
            "qemu-audio.sample-format: invalid value 9",
        ),
        (
            &[255, 1, 0, 2, 3, 2, 0, 1, 0, 0],
            "qemu-audio.frequency: 65536 is over the limit 48000",
        ),
        (
            &[255, 1, 0, 2, 3, 0, 0, 0, 0xac, 0x44],
            "qemu-audio.channels: invalid value 0",
        ),
    ];
    for (bytes, said) in cases {
        let mut pair = connected();
        pair.server.handle_bytes(pair.now, bytes);
        let error = pair.server.poll_event().unwrap_err().to_string();
        assert_eq!(error, format!("unreadable message: {said}"));
    }
    let mut pair = connected();
    let bytes = [255, 1, 0, 2, 0, 16, 0, 1];
    pair.client.handle_bytes(pair.now, &bytes);
    assert_eq!(
        pair.client.poll_event().unwrap_err().to_string(),
        "unreadable message: qemu-audio.data-length: 1048577 is over the limit 1048576"
    );
}

#[test]
fn formats_nobody_has_are_answered_and_the_session_goes_on() {
    for wish in [
        start(0, 2, 77, 10),
        start(0, 0, 1, 10),
        start(0, 3, 1, 10),
        start(0, 2, 1, 7),
        start(1, 2, 1, 0),
    ] {
        let mut pair = connected();
        pair.server.handle_bytes(pair.now, &wish);
        let learnt = pair.drive().unwrap();
        assert_eq!(asked(learnt.server), []);
        let answer = message(5, &[wish[9], SoundEnd::FORMAT.0]);
        assert!(pair.server_bytes.ends_with(&answer), "{wish:?}");
        assert!(pair.server.is_running());
    }
}

#[test]
fn a_server_that_starts_what_there_is_not_is_told_to_stop() {
    let mut pair = connected();
    pair.client.start_sound(FORMAT).unwrap();
    pair.client.poll_output().unwrap();
    pair.client.handle_bytes(pair.now, &start(0, 9, 1, 10));
    let stopped = ClientEvent::SoundStopped(SoundStream::Desktop, SoundEnd::FORMAT);
    assert_eq!(pair.client.poll_event().unwrap(), Some(stopped));
    assert_eq!(pair.client.poll_output().unwrap()[..], message(5, &[0, 0]));
}

#[test]
fn what_nobody_asked_for_is_dropped_and_counted() {
    let mut pair = connected();
    let packet = message(6, &[0; 20]);
    let bytes = [
        start(0, 2, 1, 10),
        packet.clone(),
        start(1, 2, 1, 10),
        message(5, &[0, 0]),
        message(5, &[1, 7]),
        packet.clone(),
    ]
    .concat();
    pair.client.handle_bytes(pair.now, &bytes);
    assert_eq!(heard(pair.drive().unwrap().client), []);
    assert_eq!(pair.client.sound_dropped().unexpected, 2);
    pair.server.handle_bytes(pair.now, &packet);
    assert_eq!(asked(pair.drive().unwrap().server), []);
    assert_eq!(pair.server.sound_dropped().unexpected, 1);
}

#[test]
fn messages_that_go_the_other_way_mean_nothing() {
    let mut pair = connected();
    let offer = message(3, &[0, 2, 0, 0]);
    pair.server.handle_bytes(pair.now, &offer);
    assert_eq!(asked(pair.drive().unwrap().server), []);
    assert!(pair.server.is_running());
}

#[test]
fn a_later_version_of_a_message_is_skipped_whole() {
    let mut pair = listening();
    let mut later = message(6, &[0; 20]);
    later[2] = 2;
    pair.client.handle_bytes(pair.now, &later);
    pair.server.handle_bytes(pair.now, &later);
    let learnt = pair.drive().unwrap();
    assert_eq!(heard(learnt.client), []);
    assert_eq!(asked(learnt.server), []);
    assert_eq!(pair.client.sound_dropped().unexpected, 0);
}

#[test]
fn an_offer_to_a_client_that_wants_no_sound_means_nothing() {
    let mut client = ClientConnection::new(ClientConfig::default(), tight::decoders());
    let bytes = [oracles::greeting(SIZE), message(3, &[1, 2, 0, 1, 0, 1])].concat();
    client.handle_bytes(rfb::LocalTime::default(), &bytes);
    let mut events = Vec::new();
    while let Some(event) = client.poll_event().unwrap() {
        events.push(event);
    }
    assert_eq!(heard(events), []);
}

#[test]
fn wishes_that_nobody_reads_the_answers_of_are_an_error_in_the_end() {
    let mut config = server_config();
    config.limits = oracles::small_limits();
    let mut server = ServerConnection::new(config, rfb::Encoders::standard());
    let mut bytes = oracles::login();
    bytes.extend([2, 0, 0, 2]);
    bytes.extend(rfb::Encoding::SOUND.0.to_be_bytes());
    bytes.extend(rfb::Encoding::TIGHTROPE.0.to_be_bytes());
    bytes.extend(start(0, 2, 1, 10).repeat(1000));
    server.handle_bytes(rfb::LocalTime::default(), &bytes);
    let error = loop {
        match server.poll_event() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no error"),
            Err(error) => break error.to_string(),
        }
    };
    assert!(error.contains("unread answers"), "{error}");
}

#[test]
fn a_flood_of_packets_is_read_one_by_one() {
    let mut pair = listening();
    let flood = message(6, &[0; 20]).repeat(10_000);
    pair.client.handle_bytes(pair.now, &flood);
    let events = heard(pair.drive().unwrap().client);
    assert_eq!(events.len(), 10_000);
    assert!(pair.is_equal(), "the picture goes on");
}

#[test]
fn a_client_config_without_sound_announces_none() {
    let mut pair = super::pair_of(ClientConfig::default(), server_config());
    pair.drive().unwrap();
    let number = rfb::Encoding::SOUND.0.to_be_bytes();
    assert!(!pair.client_bytes.windows(4).any(|own| own == number));
    let mut pair = super::pair_of(
        ClientConfig {
            plain: true,
            ..client_config()
        },
        server_config(),
    );
    pair.drive().unwrap();
    assert!(!pair.client_bytes.windows(4).any(|own| own == number));
}
