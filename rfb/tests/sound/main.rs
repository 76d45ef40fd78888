//! Sound over a whole connection: our own extension and QEMU's, in messages and in datagrams.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod datagrams;
mod hostile;
mod lanes;
mod microphone;
mod ours;
mod qemu;
mod times;

use bytes::Bytes;
use rfb::sound::{FrameLength, SoundCodec};
use rfb::{
    ClientConfig, ClientConnection, ClientEvent, Encoders, Framebuffer, MediaTime, ServerConfig,
    ServerConnection, ServerEvent, Size, SoundFormat, SoundOffer, SoundPacket, SoundStream,
};
use testkit::pair::{Pair, open_server};

const SIZE: Size = Size::new(16, 16);

const FORMAT: SoundFormat = SoundFormat {
    codec: SoundCodec::OPUS,
    channels: 2,
    frame: FrameLength::Ms10,
    bit_rate: 64_000,
};

fn offer() -> SoundOffer {
    SoundOffer {
        codecs: vec![SoundCodec::OPUS],
        channels: 2,
        microphone: true,
    }
}

fn server_config() -> ServerConfig {
    ServerConfig {
        sound: Some(offer()),
        ..open_server(SIZE)
    }
}

fn client_config() -> ClientConfig {
    ClientConfig {
        sound: true,
        ..ClientConfig::default()
    }
}

fn pair_of(client: ClientConfig, server: ServerConfig) -> Pair {
    let client = ClientConnection::new(client, tight::decoders());
    let server = ServerConnection::new(server, Encoders::standard());
    let mut pair = Pair::of(Framebuffer::new(SIZE), client, server);
    pair.server.add_damage(&SIZE.into());
    pair
}

/// Two ends that have come as far as a picture.
fn connected() -> Pair {
    let mut pair = pair_of(client_config(), server_config());
    pair.drive().unwrap();
    pair
}

/// The same, and the desktop's sound is on.
fn listening() -> Pair {
    let mut pair = connected();
    pair.client.start_sound(FORMAT).unwrap();
    pair.drive().unwrap();
    pair
}

fn packet(stream: SoundStream, sequence: u32) -> SoundPacket {
    SoundPacket {
        stream,
        sequence,
        captured: MediaTime::from_micros(u64::from(sequence) * 10_000),
        is_last: false,
        frame: Bytes::from_static(&[0xf8, 0xff, 0xfe]),
        repair: None,
    }
}

fn desktop(sequence: u32) -> SoundPacket {
    packet(SoundStream::Desktop, sequence)
}

/// What is about sound of what the client learnt.
fn heard(events: Vec<ClientEvent>) -> Vec<ClientEvent> {
    let is_sound = |event: &ClientEvent| {
        matches!(
            event,
            ClientEvent::SoundOffered(_)
                | ClientEvent::PcmOffered
                | ClientEvent::SoundStarted(..)
                | ClientEvent::SoundStopped(..)
                | ClientEvent::Sound(_)
                | ClientEvent::SoundVolume(_)
                | ClientEvent::PcmStarted
                | ClientEvent::PcmStopped
                | ClientEvent::Pcm(..)
        )
    };
    events.into_iter().filter(is_sound).collect()
}

/// What is about sound of what the server learnt.
fn asked(events: Vec<ServerEvent>) -> Vec<ServerEvent> {
    let is_sound = |event: &ServerEvent| {
        matches!(
            event,
            ServerEvent::SoundStarted(_)
                | ServerEvent::SoundStopped
                | ServerEvent::MicrophoneStarted(_)
                | ServerEvent::MicrophoneStopped
                | ServerEvent::Sound(_)
                | ServerEvent::SoundVolume(..)
        )
    };
    events.into_iter().filter(is_sound).collect()
}
