//! An oracle takes any bytes and panics if we have a bug. Fuzz targets and tests call the same ones.

use rfb::server::Security;
use rfb::wire::{Encode, Reader};
use rfb::{
    ClientConfig, ClientConnection, ClientMessage, Framebuffer, Limits, LocalTime,
    ServerConnection, Size,
};

use crate::pair::open_server;

/// Limits small enough that any bytes can be tried.
#[must_use]
pub fn small_limits() -> Limits {
    Limits {
        framebuffer_pixels: 1 << 16,
        clipboard_text: 1 << 12,
        name: 1 << 8,
        reason: 1 << 8,
        cursor_side: 64,
        unread_output: 1 << 12,
    }
}

/// What we decode, we encode to bytes that decode to the same value.
pub fn client_message_round_trip(data: &[u8]) {
    let limits = small_limits();
    if let Ok(message) = ClientMessage::decode(&mut Reader::new(data), &limits) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        let again = ClientMessage::decode(&mut Reader::new(&bytes), &limits);
        assert_eq!(again, Ok(message));
    }
}

fn run_client(chunks: &[&[u8]]) -> (String, Vec<u8>, Framebuffer) {
    let config = ClientConfig {
        limits: small_limits(),
        ..ClientConfig::default()
    };
    let mut client = ClientConnection::new(config, tight::decoders());
    let (mut log, mut output) = (String::new(), Vec::new());
    'chunks: for chunk in chunks {
        client.handle_bytes(LocalTime::default(), chunk);
        loop {
            match client.poll_event() {
                Ok(Some(rfb::ClientEvent::Challenge(challenge))) => {
                    client.answer(challenge).unwrap();
                }
                Ok(Some(event)) => log += &format!("{event:?}\n"),
                Ok(None) => break,
                Err(error) => {
                    log += &format!("{error:?}");
                    break 'chunks;
                }
            }
            // Taken at once, as a socket would: the limit on unread answers is not what is tested.
            output.extend(client.poll_output().unwrap_or_default());
        }
    }
    output.extend(client.poll_output().unwrap_or_default());
    (log, output, client.framebuffer().clone())
}

fn run_server(chunks: &[&[u8]]) -> (String, Vec<u8>) {
    let mut config = open_server(Size::new(64, 64));
    config.limits = small_limits();
    config.security = Security::VncAuth([7; 16]);
    let mut server = ServerConnection::new(config, tight::encoders());
    let (mut log, mut output) = (String::new(), Vec::new());
    'chunks: for chunk in chunks {
        server.handle_bytes(LocalTime::default(), chunk);
        loop {
            match server.poll_event() {
                Ok(Some(rfb::ServerEvent::Authenticate { .. })) => server.accept().unwrap(),
                Ok(Some(event)) => log += &format!("{event:?}\n"),
                Ok(None) => break,
                Err(error) => {
                    log += &format!("{error:?}");
                    break 'chunks;
                }
            }
            output.extend(server.poll_output().unwrap_or_default());
        }
    }
    output.extend(server.poll_output().unwrap_or_default());
    (log, output)
}

/// Cut offsets that are tried one by one; beyond, only a few.
const CUTS: usize = 512;

fn cuts(length: usize) -> impl Iterator<Item = usize> {
    (0..length.min(CUTS)).chain((CUTS..length).step_by(997))
}

/// How the network cuts a server's bytes changes nothing: not the events, not our answers, not a pixel.
pub fn client_split(data: &[u8]) {
    let whole = run_client(&[data]);
    let one_by_one: Vec<&[u8]> = data.chunks(1).collect();
    assert!(run_client(&one_by_one) == whole, "byte by byte");
    for cut in cuts(data.len()) {
        assert!(
            run_client(&[&data[..cut], &data[cut..]]) == whole,
            "cut at {cut}"
        );
    }
}

/// How the network cuts a client's bytes changes nothing: not the events, not our answers.
pub fn server_split(data: &[u8]) {
    let whole = run_server(&[data]);
    let one_by_one: Vec<&[u8]> = data.chunks(1).collect();
    assert_eq!(run_server(&one_by_one), whole, "byte by byte");
    for cut in cuts(data.len()) {
        assert_eq!(
            run_server(&[&data[..cut], &data[cut..]]),
            whole,
            "cut at {cut}"
        );
    }
}
