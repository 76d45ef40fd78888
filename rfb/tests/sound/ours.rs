//! Our own extension: offer, start, packets, volume, stop.

use rfb::sound::{FrameLength, SoundCodec};
use rfb::{
    ClientConfig, ClientConnection, ClientEvent, Encoders, Encoding, ServerConnection, ServerEvent,
    SoundEnd, SoundFeed, SoundFormat, SoundOffer, SoundStream, SoundVolume,
};
use testkit::pair::{Pair, open_server};

use super::{
    FORMAT, asked, client_config, connected, desktop, heard, listening, offer, pair_of,
    server_config,
};

const DESKTOP: SoundStream = SoundStream::Desktop;

#[test]
fn an_offer_comes_before_the_first_picture() {
    let mut pair = pair_of(client_config(), server_config());
    let events = pair.drive().unwrap().client;
    let offered = events
        .iter()
        .position(|event| *event == ClientEvent::SoundOffered(offer()));
    let shown = events
        .iter()
        .position(|event| matches!(event, ClientEvent::Updated { .. }));
    assert!(offered.unwrap() < shown.unwrap(), "{events:?}");
    assert_eq!(heard(events), [ClientEvent::SoundOffered(offer())]);
}

#[test]
fn an_eager_client_is_offered_sound_without_another_round_trip() {
    let eager = ClientConfig {
        eager: true,
        ..client_config()
    };
    let mut pair = pair_of(eager, server_config());
    let flight = pair.client.poll_output().unwrap();
    pair.server.handle_bytes(pair.now, &flight);
    while pair.server.poll_event().unwrap().is_some() {}
    while let Some(bytes) = pair.server.poll_output() {
        pair.client.handle_bytes(pair.now, &bytes);
    }
    let mut events = Vec::new();
    while let Some(event) = pair.client.poll_event().unwrap() {
        events.push(event);
    }
    assert_eq!(heard(events), [ClientEvent::SoundOffered(offer())]);
}

#[test]
fn who_has_no_sound_or_wants_none_says_nothing_of_it() {
    let silent = open_server(super::SIZE);
    for (client, server) in [
        (client_config(), silent),
        (ClientConfig::default(), server_config()),
    ] {
        let mut pair = pair_of(client, server);
        let learnt = pair.drive().unwrap();
        assert_eq!(heard(learnt.client), []);
        for encoding in [Encoding::SOUND, Encoding::QEMU_AUDIO] {
            let bytes = encoding.0.to_be_bytes();
            let told = pair.server_bytes.windows(4).any(|own| own == bytes);
            assert!(!told, "{encoding:?} was acknowledged");
        }
        let misuse = pair.client.start_sound(FORMAT).unwrap_err().to_string();
        assert_eq!(misuse, "api misuse: sound: the server offers none");
        assert_eq!(pair.server.sent().sound, 0);
    }
}

#[test]
fn a_client_that_does_not_know_our_messages_is_offered_nothing() {
    let mut pair = pair_of(ClientConfig::default(), server_config());
    pair.drive().unwrap();
    let mut list = vec![2, 0, 0, 2];
    list.extend(Encoding::RAW.0.to_be_bytes());
    list.extend(Encoding::SOUND.0.to_be_bytes());
    pair.server.handle_bytes(pair.now, &list);
    pair.drive().unwrap();
    assert_eq!(pair.server.sent().sound, 0);
}

#[test]
fn both_sides_know_the_format_and_packets_arrive_as_they_were_sent() {
    let mut pair = connected();
    pair.client.start_sound(FORMAT).unwrap();
    let learnt = pair.drive().unwrap();
    let started = ServerEvent::SoundStarted(SoundFeed::Packets(FORMAT));
    assert_eq!(asked(learnt.server), [started]);
    let started = ClientEvent::SoundStarted(DESKTOP, FORMAT);
    assert_eq!(heard(learnt.client), [started]);
    let mut last = desktop(3);
    last.is_last = true;
    last.repair = Some(vec![9; 40].into());
    for packet in [desktop(1), last.clone()] {
        pair.server.send_sound(&packet);
    }
    let events = pair.drive().unwrap().client;
    let packets = [ClientEvent::Sound(desktop(1)), ClientEvent::Sound(last)];
    assert_eq!(heard(events), packets);
    assert_eq!(pair.server.sent().sound, pair.client.received().sound);
    assert_eq!(pair.client.sent().sound, pair.server.received().sound);
    assert_eq!(pair.server.sound_dropped(), Default::default());
    assert_eq!(pair.client.sound_dropped(), Default::default());
}

#[test]
fn a_bit_rate_nobody_has_becomes_one_that_there_is() {
    for (wish, had) in [(0, 6_000), (u32::MAX, 510_000), (96_000, 96_000)] {
        let mut pair = connected();
        let format = |bit_rate| SoundFormat { bit_rate, ..FORMAT };
        pair.client.start_sound(format(wish)).unwrap();
        let events = pair.drive().unwrap().client;
        let started = ClientEvent::SoundStarted(DESKTOP, format(had));
        assert_eq!(heard(events), [started]);
    }
}

#[test]
fn a_format_that_was_not_offered_is_answered_with_the_reason() {
    let mono = SoundOffer {
        channels: 1,
        ..offer()
    };
    let codec = SoundFormat {
        codec: SoundCodec(77),
        ..FORMAT
    };
    for (offer, wish) in [(offer(), codec), (mono, FORMAT)] {
        let mut config = server_config();
        config.sound = Some(offer);
        let mut pair = pair_of(client_config(), config);
        pair.drive().unwrap();
        pair.client.start_sound(wish).unwrap();
        let learnt = pair.drive().unwrap();
        assert_eq!(asked(learnt.server), []);
        let stopped = ClientEvent::SoundStopped(DESKTOP, SoundEnd::FORMAT);
        assert_eq!(heard(learnt.client), [stopped]);
        assert!(pair.is_equal(), "the picture goes on");
    }
}

#[test]
fn a_running_stream_changes_its_format_without_a_gap_in_what_is_known_of_it() {
    let mut pair = listening();
    let other = SoundFormat {
        frame: FrameLength::Ms20,
        ..FORMAT
    };
    pair.server.send_sound(&desktop(1));
    pair.client.start_sound(other).unwrap();
    let events = pair.drive().unwrap().client;
    assert_eq!(
        heard(events),
        [
            ClientEvent::Sound(desktop(1)),
            ClientEvent::SoundStarted(DESKTOP, other)
        ]
    );
}

#[test]
fn after_a_stop_nothing_comes_any_more() {
    let mut pair = listening();
    pair.server.send_sound(&desktop(1));
    pair.client.stop_sound();
    let learnt = pair.drive().unwrap();
    assert_eq!(asked(learnt.server), [ServerEvent::SoundStopped]);
    let stopped = ClientEvent::SoundStopped(DESKTOP, SoundEnd::STOPPED);
    assert_eq!(heard(learnt.client), [stopped]);
    assert_eq!(pair.client.sound_dropped().unexpected, 1);
    pair.server.send_sound(&desktop(2));
    assert_eq!(heard(pair.drive().unwrap().client), []);
    assert_eq!(pair.server.sound_dropped().unexpected, 1);
    pair.client.stop_sound();
    assert_eq!(asked(pair.drive().unwrap().server), [], "once is enough");
}

#[test]
fn hasty_wishes_end_as_the_last_of_them() {
    let mut pair = connected();
    let other = SoundFormat {
        bit_rate: 96_000,
        ..FORMAT
    };
    pair.client.start_sound(FORMAT).unwrap();
    pair.client.stop_sound();
    pair.client.start_sound(other).unwrap();
    let events = pair.drive().unwrap().client;
    let started = ClientEvent::SoundStarted(DESKTOP, other);
    assert_eq!(heard(events), [started]);
    pair.client.stop_sound();
    pair.client.start_sound(FORMAT).unwrap();
    pair.client.stop_sound();
    let events = pair.drive().unwrap().client;
    let stopped = ClientEvent::SoundStopped(DESKTOP, SoundEnd::STOPPED);
    assert_eq!(heard(events), [stopped]);
    pair.server.send_sound(&desktop(1));
    assert_eq!(heard(pair.drive().unwrap().client), []);
}

#[test]
fn a_server_that_lost_its_device_says_so_and_a_new_wish_is_heard() {
    let mut pair = listening();
    pair.server.end_sound(SoundEnd::UNAVAILABLE);
    pair.server.end_sound(SoundEnd::UNAVAILABLE);
    let stopped = ClientEvent::SoundStopped(DESKTOP, SoundEnd::UNAVAILABLE);
    assert_eq!(heard(pair.drive().unwrap().client), [stopped]);
    pair.client.start_sound(FORMAT).unwrap();
    let started = ClientEvent::SoundStarted(DESKTOP, FORMAT);
    assert_eq!(heard(pair.drive().unwrap().client), [started]);
}

#[test]
fn an_end_that_crosses_a_new_wish_does_not_end_it() {
    let mut pair = listening();
    let other = SoundFormat {
        channels: 1,
        ..FORMAT
    };
    pair.client.start_sound(other).unwrap();
    pair.server.end_sound(SoundEnd::UNAVAILABLE);
    let events = pair.drive().unwrap().client;
    assert_eq!(
        heard(events),
        [
            ClientEvent::SoundStopped(DESKTOP, SoundEnd::UNAVAILABLE),
            ClientEvent::SoundStarted(DESKTOP, other)
        ]
    );
    pair.server.send_sound(&desktop(1));
    let events = pair.drive().unwrap().client;
    assert_eq!(heard(events), [ClientEvent::Sound(desktop(1))]);
}

#[test]
fn a_muted_client_is_sent_nothing_until_it_wants_to_hear_again() {
    let mut pair = listening();
    let volume = |muted| SoundVolume { volume: 200, muted };
    pair.client.set_sound_volume(DESKTOP, volume(true)).unwrap();
    let events = pair.drive().unwrap().server;
    assert_eq!(
        asked(events),
        [ServerEvent::SoundVolume(DESKTOP, volume(true))]
    );
    pair.server.send_sound(&desktop(1));
    assert_eq!(pair.server.poll_output(), None);
    pair.client
        .set_sound_volume(DESKTOP, volume(false))
        .unwrap();
    pair.drive().unwrap();
    pair.server.send_sound(&desktop(2));
    let events = pair.drive().unwrap().client;
    assert_eq!(heard(events), [ClientEvent::Sound(desktop(2))]);
}

#[test]
fn the_servers_volume_is_told_and_never_more_than_there_is() {
    let mut pair = listening();
    let volume = |volume| SoundVolume {
        volume,
        muted: false,
    };
    for (said, told) in [(0, 0), (256, 256), (5000, 1024)] {
        pair.server.set_sound_volume(DESKTOP, volume(said));
        let events = pair.drive().unwrap().client;
        assert_eq!(heard(events), [ClientEvent::SoundVolume(volume(told))]);
    }
}

#[test]
fn a_client_that_takes_back_its_encodings_hears_nothing_more() {
    let mut pair = listening();
    pair.client.start_microphone(FORMAT).unwrap();
    pair.drive().unwrap();
    let mut list = vec![2, 0, 0, 1];
    list.extend(Encoding::RAW.0.to_be_bytes());
    pair.server.handle_bytes(pair.now, &list);
    assert_eq!(
        asked(pair.drive().unwrap().server),
        [ServerEvent::SoundStopped, ServerEvent::MicrophoneStopped]
    );
    pair.server.send_sound(&desktop(1));
    assert_eq!(heard(pair.drive().unwrap().client), []);
}

#[test]
fn a_session_that_is_resumed_is_offered_sound_anew_and_plays_none_before_it_asks() {
    let before = listening();
    let desktop_shown = before.desktop.clone();
    let updates = before.client.updates();
    let client = ClientConnection::resume(client_config(), tight::decoders(), &before.client);
    let mut server = ServerConnection::new(server_config(), Encoders::standard());
    server.resume(before.server.part(), updates);
    let mut pair = Pair::of(desktop_shown, client, server);
    pair.server.send_sound(&desktop(1));
    let learnt = pair.drive().unwrap();
    assert_eq!(heard(learnt.client), [ClientEvent::SoundOffered(offer())]);
    assert_eq!(asked(learnt.server), []);
    assert_eq!(pair.server.sound_dropped().unexpected, 1);
    pair.client.start_sound(FORMAT).unwrap();
    let started = ClientEvent::SoundStarted(DESKTOP, FORMAT);
    assert_eq!(heard(pair.drive().unwrap().client), [started]);
}
