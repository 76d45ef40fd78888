//! Whole sessions: a peer that sends any bytes it likes.

use std::time::Duration;

use bytes::Bytes;
use rfb::handshake::Layer;
use rfb::screen::{ResizeReason, ResizeStatus};
use rfb::server::Security;
use rfb::sound::{FrameLength, SoundCodec};
use rfb::wire::Reader;
use rfb::{
    ClientConfig, ClientConnection, ClientEvent, ClientMessage, Cursor, Decoders, Encoding,
    Framebuffer, Leds, LocalTime, MediaTime, PcmFormat, PixelFormat, Point, Screen, ServerConfig,
    ServerConnection, ServerEvent, Size, SoundEnd, SoundFeed, SoundFormat, SoundOffer, SoundPacket,
    SoundStream,
};

use super::choices::{Choices, formats};
use super::split::{self, Cuts, Outcome};
use super::{patient_limits, small_limits};
use crate::memory;
use crate::pair::open_server;
use crate::scenes;

/// The desktop of both sides.
const SIZE: Size = Size::new(64, 64);

/// Bytes a client may hold besides what it was sent: two framebuffers (the old one and the new one while it is
/// resized), and the zlib streams and tables of its decoders.
const CLIENT_BYTES: usize = (2 << 18) + (3 << 20);
/// Bytes a server may hold besides what it was sent: the zlib streams of its encoders, and one update.
const SERVER_BYTES: usize = 6 << 20;
/// Bytes either side may hold for each it was sent.
const BYTES_PER_BYTE: usize = 32;

/// A server's bytes up to an idle session of `size`.
#[must_use]
pub fn greeting(size: Size) -> Vec<u8> {
    let mut bytes = b"RFB 003.008\n\x01\x01\0\0\0\0".to_vec();
    bytes.extend(size.width.to_be_bytes());
    bytes.extend(size.height.to_be_bytes());
    bytes.extend([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
    bytes.extend([0, 0, 0, 1, b'x']);
    bytes
}

/// A client's bytes up to an idle session without authentication.
#[must_use]
pub fn login() -> Vec<u8> {
    b"RFB 003.008\n\x01\x01".to_vec()
}

pub(super) fn client_config(format: PixelFormat) -> ClientConfig {
    ClientConfig {
        format,
        limits: patient_limits(),
        sound: true,
        ..ClientConfig::default()
    }
}

/// Every decoder there is.
fn decoders() -> Decoders {
    tight::decoders().preferring(Encoding::ZYWRLE)
}

pub(super) fn run_client(config: &ClientConfig, chunks: &[&[u8]]) -> Outcome {
    let mut client = ClientConnection::new(config.clone(), decoders());
    let (mut log, mut output) = (String::new(), Vec::new());
    'chunks: for chunk in chunks {
        client.handle_bytes(LocalTime::default(), chunk);
        loop {
            match client.poll_event() {
                Ok(Some(event)) => {
                    log += &format!("{event:?}\n");
                    listen(&mut client, &event);
                    come_in(&mut client, event);
                }
                Ok(None) => break,
                Err(error) => {
                    log += &format!("{error:?}");
                    break 'chunks;
                }
            }
            output.extend(client.poll_output().unwrap_or_default());
        }
    }
    output.extend(client.poll_output().unwrap_or_default());
    Outcome {
        log,
        output,
        picture: client.framebuffer().clone(),
    }
}

/// Does what a client is asked for in the handshake. There is nothing below it: a layer's bytes are RFB's again.
fn come_in(client: &mut ClientConnection, event: ClientEvent) {
    match event {
        ClientEvent::Upgrade(_) => {
            let early = client.upgrade();
            client.handle_bytes(LocalTime::default(), &early);
        }
        ClientEvent::Challenge(challenge) => client.answer(challenge).unwrap(),
        ClientEvent::CredentialsWanted => client.give_credentials("ann", b"secret").unwrap(),
        _ => {}
    }
}

/// Has the server send its sound, and its own microphone's, and changes its mind when the server does.
fn listen(client: &mut ClientConnection, event: &ClientEvent) {
    match event {
        ClientEvent::SoundOffered(_) => {
            client.start_sound(SOUND).unwrap();
            client.start_microphone(SOUND).unwrap();
        }
        ClientEvent::PcmOffered => client.start_pcm(PcmFormat::default()).unwrap(),
        ClientEvent::SoundStarted(SoundStream::Microphone, _) => {
            client.send_sound(&packet(SoundStream::Microphone));
        }
        ClientEvent::SoundStopped(SoundStream::Desktop, SoundEnd::FORMAT) => client.stop_sound(),
        ClientEvent::SoundStopped(SoundStream::Microphone, _) => client.stop_microphone(),
        ClientEvent::SoundVolume(volume) => {
            let result = client.set_sound_volume(SoundStream::Desktop, *volume);
            result.unwrap();
        }
        _ => {}
    }
}

/// What a server has for everybody.
pub(crate) fn sound_offer() -> SoundOffer {
    SoundOffer {
        codecs: vec![SoundCodec::OPUS],
        channels: 2,
        microphone: true,
    }
}

/// How sound is asked for.
pub(crate) const SOUND: SoundFormat = SoundFormat {
    codec: SoundCodec::OPUS,
    channels: 2,
    frame: FrameLength::Ms20,
    bit_rate: 64_000,
};

/// A packet of three bytes, the last before silence.
pub(crate) fn packet(stream: SoundStream) -> SoundPacket {
    SoundPacket {
        stream,
        sequence: 7,
        captured: MediaTime::from_micros(9),
        is_last: true,
        frame: Bytes::from_static(&[0xf8, 0xff, 0xfe]),
        repair: None,
    }
}

/// A server that shows a desktop, accepts everybody and resizes as it is asked; at the end it sends updates.
pub(super) fn run_server(config: &ServerConfig, chunks: &[&[u8]]) -> Outcome {
    let mut server = ServerConnection::new(config.clone(), tight::encoders());
    let mut desktop = scenes::desktop(config.size);
    let (mut log, mut output) = (String::new(), Vec::new());
    'chunks: for chunk in chunks {
        server.handle_bytes(LocalTime::default(), chunk);
        loop {
            match server.poll_event() {
                Ok(Some(event)) => {
                    log += &format!("{event:?}\n");
                    react(&mut server, &mut desktop, event);
                }
                Ok(None) => break,
                Err(error) => {
                    log += &format!("{error:?}");
                    break 'chunks;
                }
            }
            output.extend(server.poll_output().unwrap_or_default());
        }
    }
    send_updates(&mut server, &desktop, &mut output);
    Outcome {
        log,
        output,
        picture: desktop,
    }
}

/// What an application might do.
fn react(server: &mut ServerConnection, desktop: &mut Framebuffer, event: ServerEvent) {
    match event {
        ServerEvent::Upgrade(layer) => {
            let early = server.upgrade();
            server.handle_bytes(LocalTime::default(), &early);
            if layer != Layer::Tls {
                server.accept().unwrap();
            }
        }
        ServerEvent::Authenticate(_) => server.accept().unwrap(),
        ServerEvent::Connected { .. } => {
            let shape = [9, 8, 7, 255, 1, 2, 3, 90].repeat(3);
            let cursor = Cursor::new(Size::new(3, 2), Point::new(1, 1), shape);
            server.set_cursor(&cursor.unwrap());
            server.set_pointer(Point::new(5, 6));
            server.set_leds(Leds::CAPS);
        }
        ServerEvent::ResizeRequested { size, screens } => resize(server, desktop, size, screens),
        ServerEvent::Power(_) => server.refuse_power(),
        ServerEvent::SoundStarted(SoundFeed::Packets(_)) => {
            server.send_sound(&packet(SoundStream::Desktop));
        }
        ServerEvent::SoundStarted(SoundFeed::Pcm(_)) => {
            server.send_pcm(Bytes::from_static(&[1, 2, 3, 4]));
        }
        ServerEvent::Sound(packet) if packet.is_last => {
            server.end_microphone(SoundEnd::UNAVAILABLE);
        }
        ServerEvent::SoundVolume(stream, volume) => server.set_sound_volume(stream, volume),
        _ => {}
    }
}

fn resize(
    server: &mut ServerConnection,
    desktop: &mut Framebuffer,
    size: Size,
    screens: Vec<Screen>,
) {
    let side = 1..=96;
    if side.contains(&size.width) && side.contains(&size.height) {
        *desktop = scenes::desktop(size);
        server.resize(size, screens, ResizeReason::THIS_CLIENT);
    } else {
        server.refuse_resize(ResizeStatus::INVALID_LAYOUT);
    }
}

/// Drains the output, then makes updates while there are any, a second apart, so that refreshes come too.
fn send_updates(server: &mut ServerConnection, desktop: &Framebuffer, output: &mut Vec<u8>) {
    let mut now = LocalTime::default();
    for _ in 0..6 {
        while let Some(bytes) = server.poll_output() {
            output.extend(bytes);
        }
        now = now + Duration::from_secs(1);
        let Some(job) = server.begin_update(now, 1 << 12) else {
            return;
        };
        let update = job.run(desktop.view());
        server.finish_update(now, update);
    }
}

fn server_config(security: Security) -> ServerConfig {
    ServerConfig {
        security,
        sound: Some(sound_offer()),
        limits: patient_limits(),
        ..open_server(SIZE)
    }
}

/// How the network cuts a server's bytes changes nothing: not the events, not our answers, not a pixel.
pub fn client_split(data: &[u8]) {
    let config = client_config(PixelFormat::BGRX);
    split::check(data, Cuts::Every, |chunks| run_client(&config, chunks));
}

/// How the network cuts a client's bytes changes nothing: not the events, not our answers.
pub fn server_split(data: &[u8]) {
    let config = server_config(Security::vnc_auth([7; 16]));
    split::check(data, Cuts::Every, |chunks| run_server(&config, chunks));
}

/// Messages of a server after the handshake, for a client of the pixel format that the first byte chooses: however
/// they are cut, they mean the same, and the client's memory is bounded.
pub fn client_session(data: &[u8]) {
    let mut choices = Choices::new(data);
    let config = client_config(choices.of(&formats()));
    let bytes = [greeting(SIZE), choices.rest().to_vec()].concat();
    check_client(&config, &bytes);
}

/// As [`client_session`], for any client and a server's bytes from the start.
pub(super) fn check_client(config: &ClientConfig, bytes: &[u8]) {
    split::check(bytes, Cuts::Some, |chunks| run_client(config, chunks));
    let limit = CLIENT_BYTES + BYTES_PER_BYTE * bytes.len();
    let ((), held) = memory::peak(|| {
        let limits = small_limits();
        let config = ClientConfig {
            limits,
            ..config.clone()
        };
        let mut client = ClientConnection::new(config, decoders());
        client.handle_bytes(LocalTime::default(), bytes);
        while let Ok(Some(event)) = client.poll_event() {
            come_in(&mut client, event);
        }
    });
    assert!(held <= limit, "held {held} bytes, {limit} are allowed");
}

/// Messages of a client after the handshake: however they are cut, they mean the same; what the server answers our
/// client can read; and the server's memory is bounded.
pub fn server_session(data: &[u8]) {
    let bytes = [login(), data.to_vec()].concat();
    let config = server_config(Security::open());
    let outcome = split::check(&bytes, Cuts::Some, |chunks| run_server(&config, chunks));
    assert_readable(&outcome.output, last_format(data));
    let limit = SERVER_BYTES + BYTES_PER_BYTE * bytes.len();
    let ((), held) = memory::peak(|| {
        let limits = small_limits();
        let config = ServerConfig { limits, ..config };
        let mut server = ServerConnection::new(config, tight::encoders());
        server.handle_bytes(LocalTime::default(), &bytes);
        while let Ok(Some(_)) = server.poll_event() {}
    });
    assert!(held <= limit, "held {held} bytes, {limit} are allowed");
}

/// The pixel format in force after a client's messages.
fn last_format(data: &[u8]) -> PixelFormat {
    let limits = patient_limits();
    let mut reader = Reader::new(data);
    let messages = std::iter::from_fn(|| ClientMessage::decode(&mut reader, &limits, true).ok());
    let formats = messages.filter_map(|message| match message {
        ClientMessage::SetPixelFormat(format) => Some(format),
        _ => None,
    });
    formats.last().unwrap_or(PixelFormat::BGRX)
}

fn assert_readable(output: &[u8], format: PixelFormat) {
    let mut client = ClientConnection::new(client_config(format), tight::decoders());
    client.handle_bytes(LocalTime::default(), output);
    while client
        .poll_event()
        .expect("our client reads what our server says")
        .is_some()
    {}
}
