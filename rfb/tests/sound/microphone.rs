//! What the client's microphone hears.

use rfb::{ClientEvent, ServerEvent, SoundEnd, SoundFormat, SoundOffer, SoundStream, SoundVolume};
use testkit::pair::Pair;

use super::{
    FORMAT, asked, client_config, connected, desktop, heard, offer, packet, pair_of, server_config,
};

const MICROPHONE: SoundStream = SoundStream::Microphone;

fn speaking() -> Pair {
    let mut pair = connected();
    pair.client.start_microphone(FORMAT).unwrap();
    pair.drive().unwrap();
    pair
}

#[test]
fn its_packets_arrive_from_start_to_stop() {
    let mut pair = connected();
    pair.client.send_sound(&packet(MICROPHONE, 0));
    pair.client.start_microphone(FORMAT).unwrap();
    pair.client.send_sound(&packet(MICROPHONE, 1));
    let learnt = pair.drive().unwrap();
    assert_eq!(
        asked(learnt.server),
        [ServerEvent::MicrophoneStarted(FORMAT)],
        "nothing is sent before it is allowed"
    );
    assert_eq!(
        heard(learnt.client),
        [ClientEvent::SoundStarted(MICROPHONE, FORMAT)]
    );
    assert_eq!(pair.client.sound_dropped().unexpected, 2);
    pair.client.send_sound(&packet(MICROPHONE, 2));
    let events = pair.drive().unwrap().server;
    assert_eq!(asked(events), [ServerEvent::Sound(packet(MICROPHONE, 2))]);
    pair.client.stop_microphone();
    pair.client.send_sound(&packet(MICROPHONE, 3));
    let learnt = pair.drive().unwrap();
    assert_eq!(asked(learnt.server), [ServerEvent::MicrophoneStopped]);
    let stopped = ClientEvent::SoundStopped(MICROPHONE, SoundEnd::STOPPED);
    assert_eq!(heard(learnt.client), [stopped]);
}

#[test]
fn where_it_is_not_allowed_the_client_is_told_so() {
    let mut config = server_config();
    config.sound = Some(SoundOffer {
        microphone: false,
        ..offer()
    });
    let mut pair = pair_of(client_config(), config);
    pair.drive().unwrap();
    pair.client.start_microphone(FORMAT).unwrap();
    let learnt = pair.drive().unwrap();
    assert_eq!(asked(learnt.server), []);
    let stopped = ClientEvent::SoundStopped(MICROPHONE, SoundEnd::PROHIBITED);
    assert_eq!(heard(learnt.client), [stopped]);
    pair.client.send_sound(&packet(MICROPHONE, 1));
    assert_eq!(asked(pair.drive().unwrap().server), []);
}

#[test]
fn a_server_may_end_it_and_say_why() {
    let mut pair = speaking();
    pair.server.end_microphone(SoundEnd::UNAVAILABLE);
    let stopped = ClientEvent::SoundStopped(MICROPHONE, SoundEnd::UNAVAILABLE);
    assert_eq!(heard(pair.drive().unwrap().client), [stopped]);
    pair.client.send_sound(&packet(MICROPHONE, 1));
    assert_eq!(asked(pair.drive().unwrap().server), []);
    assert_eq!(pair.client.sound_dropped().unexpected, 1);
}

#[test]
fn of_another_format_nothing_is_sent_before_the_server_knows() {
    let mut pair = speaking();
    let other = SoundFormat {
        channels: 1,
        ..FORMAT
    };
    pair.client.start_microphone(other).unwrap();
    pair.client.send_sound(&packet(MICROPHONE, 1));
    let learnt = pair.drive().unwrap();
    assert_eq!(
        asked(learnt.server),
        [ServerEvent::MicrophoneStarted(other)]
    );
    pair.client.send_sound(&packet(MICROPHONE, 2));
    let events = pair.drive().unwrap().server;
    assert_eq!(asked(events), [ServerEvent::Sound(packet(MICROPHONE, 2))]);
}

#[test]
fn a_server_that_wants_to_hear_nothing_is_sent_nothing() {
    let mut pair = speaking();
    let volume = |muted| SoundVolume { volume: 256, muted };
    pair.server.set_sound_volume(MICROPHONE, volume(true));
    pair.drive().unwrap();
    pair.client.send_sound(&packet(MICROPHONE, 1));
    assert_eq!(asked(pair.drive().unwrap().server), []);
    pair.server.set_sound_volume(MICROPHONE, volume(false));
    pair.drive().unwrap();
    pair.client.send_sound(&packet(MICROPHONE, 2));
    let events = pair.drive().unwrap().server;
    assert_eq!(asked(events), [ServerEvent::Sound(packet(MICROPHONE, 2))]);
}

#[test]
fn a_packet_of_the_other_stream_goes_neither_way() {
    let mut pair = speaking();
    pair.client.send_sound(&desktop(1));
    pair.server.send_sound(&packet(MICROPHONE, 1));
    let learnt = pair.drive().unwrap();
    assert_eq!(asked(learnt.server), []);
    assert_eq!(heard(learnt.client), []);
    assert_eq!(pair.client.sound_dropped().unexpected, 1);
    assert_eq!(pair.server.sound_dropped().unexpected, 1);
}
