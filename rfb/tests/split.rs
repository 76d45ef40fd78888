//! However the network cuts what a peer says, it means the same: byte by byte and cut at every offset it gives the same
//! events, the same answers and the same pixels.

use rfb::wire::Reader;
use rfb::{ClientMessage, Limits, ServerMessage, Size};
use testkit::{oracles, seeds};

/// A client's bytes up to an idle session, for a server that wants VncAuth.
fn logged_in(rest: &[u8]) -> Vec<u8> {
    [b"RFB 003.008\n\x02", &[0; 16][..], b"\x01", rest].concat()
}

fn greeted(rest: &[u8]) -> Vec<u8> {
    [&oracles::greeting(Size::new(64, 64)), rest].concat()
}

#[test]
fn every_message_of_a_client_may_be_cut_anywhere() {
    let messages = seeds::client_messages();
    let read = |message: &&Vec<u8>| {
        ClientMessage::decode(&mut Reader::new(message), &Limits::default(), true).is_ok()
    };
    assert!(
        messages.iter().filter(read).count() >= 20,
        "seeds are messages"
    );
    for message in &messages {
        oracles::server_split(&logged_in(message));
    }
    // All of them in one session.
    let all: Vec<u8> = messages.iter().filter(read).flatten().copied().collect();
    oracles::server_split(&logged_in(&all));
}

#[test]
fn every_message_of_a_server_may_be_cut_anywhere() {
    let messages = seeds::server_messages();
    let read = |message: &&Vec<u8>| {
        ServerMessage::decode(&mut Reader::new(message), &Limits::default()).is_ok()
    };
    assert!(
        messages.iter().filter(read).count() >= 25,
        "seeds are messages"
    );
    for message in &messages {
        oracles::client_split(&greeted(message));
    }
}

#[test]
fn sessions_of_our_server_in_every_encoding_may_be_cut_anywhere() {
    for seed in seeds::client_session() {
        // The first byte chooses a pixel format; these are in the one in memory.
        if let Some((0, session)) = seed.split_first() {
            oracles::client_split(&greeted(session));
        }
    }
}

#[test]
fn sessions_of_our_client_may_be_cut_anywhere() {
    for session in seeds::server_session() {
        oracles::server_split(&logged_in(&session));
    }
}

#[test]
fn handshakes_of_every_version_may_be_cut_anywhere() {
    for seed in seeds::client_handshake() {
        oracles::client_split(seed.get(1..).unwrap_or_default());
    }
    for seed in seeds::server_handshake() {
        oracles::server_split(seed.get(1..).unwrap_or_default());
    }
}
