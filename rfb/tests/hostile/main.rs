//! Bytes nobody should send: an error that names field and value, no panic, no memory.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod any_bytes;
mod clients;
mod clipboards;
mod ends;
mod memory;
mod servers;
mod updates;

use rfb::{
    ClientConfig, ClientConnection, ClientEvent, Encoders, LocalTime, ServerConnection,
    ServerEvent, Size,
};
use testkit::oracles;
use testkit::pair::open_server;

const NOW: LocalTime = LocalTime::from_micros(0);
/// The desktop of both sides.
const SIZE: Size = Size::new(64, 64);

fn client() -> ClientConnection {
    let config = ClientConfig {
        limits: oracles::small_limits(),
        ..ClientConfig::default()
    };
    ClientConnection::new(config, tight::decoders())
}

fn server() -> ServerConnection {
    let mut config = open_server(SIZE);
    config.limits = oracles::small_limits();
    ServerConnection::new(config, Encoders::standard())
}

/// What a client learns of a server's `bytes`, and why it gives up; "waiting" if it does not.
fn client_hears(bytes: &[u8]) -> (Vec<ClientEvent>, String) {
    let mut client = client();
    client.handle_bytes(NOW, bytes);
    let mut events = Vec::new();
    loop {
        match client.poll_event() {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return (events, "waiting".into()),
            Err(error) => return (events, error.to_string()),
        }
    }
}

/// What a server learns of a client's `bytes`, and why it gives up; "waiting" if it does not.
fn server_hears(bytes: &[u8]) -> (Vec<ServerEvent>, String) {
    let mut server = server();
    server.handle_bytes(NOW, bytes);
    let mut events = Vec::new();
    loop {
        match server.poll_event() {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return (events, "waiting".into()),
            Err(error) => return (events, error.to_string()),
        }
    }
}

fn client_error(bytes: &[u8]) -> String {
    client_hears(bytes).1
}

fn server_error(bytes: &[u8]) -> String {
    server_hears(bytes).1
}

/// A server's bytes up to an idle session, then `rest`.
fn greeted(rest: &[u8]) -> Vec<u8> {
    [&oracles::greeting(SIZE), rest].concat()
}

/// A client's bytes up to an idle session, then `rest`.
fn logged_in(rest: &[u8]) -> Vec<u8> {
    [&oracles::login(), rest].concat()
}

/// Each of a server's `messages`, said in a session, ends it with its words.
fn assert_servers_are_refused(cases: &[(&[u8], &str)]) {
    for (message, expected) in cases {
        let expected = format!("unreadable message: {expected}");
        assert_eq!(client_error(&greeted(message)), expected, "{message:?}");
    }
}

/// Each of a client's `messages`, said in a session, ends it with its words.
fn assert_clients_are_refused(cases: &[(&[u8], &str)]) {
    for (message, expected) in cases {
        let expected = format!("unreadable message: {expected}");
        assert_eq!(server_error(&logged_in(message)), expected, "{message:?}");
    }
}
