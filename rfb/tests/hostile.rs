//! Bytes nobody should send: an error that names field and value, no panic, no memory.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;
use rfb::{ClientConfig, ClientConnection, Encoders, LocalTime, ServerConnection, Size};
use testkit::oracles;
use testkit::pair::open_server;

const NOW: LocalTime = LocalTime::from_micros(0);

fn client_error(bytes: &[u8]) -> String {
    let limits = oracles::small_limits();
    let config = ClientConfig {
        limits,
        ..ClientConfig::default()
    };
    let mut client = ClientConnection::new(config, tight::decoders());
    client.handle_bytes(NOW, bytes);
    loop {
        match client.poll_event() {
            Ok(Some(_)) => {}
            Ok(None) => return "waiting".into(),
            Err(error) => return error.to_string(),
        }
    }
}

fn server_error(bytes: &[u8]) -> String {
    let mut config = open_server(Size::new(64, 64));
    config.limits = oracles::small_limits();
    let mut server = ServerConnection::new(config, Encoders::raw());
    server.handle_bytes(NOW, bytes);
    loop {
        match server.poll_event() {
            Ok(Some(_)) => {}
            Ok(None) => return "waiting".into(),
            Err(error) => return error.to_string(),
        }
    }
}

/// A server's bytes up to an idle session of 64x64, then `rest`.
fn greeted(rest: &[u8]) -> Vec<u8> {
    let mut bytes = b"RFB 003.008\n\x01\x01\0\0\0\0\0\x40\0\x40".to_vec();
    bytes.extend([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
    bytes.extend([0, 0, 0, 1, b'x']);
    bytes.extend(rest);
    bytes
}

/// A client's bytes up to an idle session, then `rest`.
fn logged_in(rest: &[u8]) -> Vec<u8> {
    [b"RFB 003.008\n\x01\x01", rest].concat()
}

#[test]
#[rustfmt::skip]
fn a_bad_server_is_named_by_field_and_value() {
    let cases: [(&[u8], &str); 6] = [
        (&[77], "message-type: invalid value 77"),
        (&[0, 0, 0, 1, /* 65 wide */ 0, 0, 0, 0, 0, 65, 0, 1, /* Raw */ 0, 0, 0, 0], "rectangle: invalid value 65"),
        (&[0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 99], "encoding-type: invalid value 99"),
        (&[0, 0, 0, 1, 0, 0, 0, 0, 255, 255, 255, 255, /* DesktopSize */ 255, 255, 255, 0x21],
         "framebuffer pixels: 4294836225 is over the limit 65536"),
        (&[0, 0, 0, 1, 0, 0, 0, 0, 0, 65, 0, 1, /* Cursor */ 255, 255, 255, 0x11],
         "cursor.width: 65 is over the limit 64"),
        (&[0, 0, 0, 1, 0, 0, 0, 0, 0, 9, 0, 9, /* CopyRect */ 0, 0, 0, 1, 0, 60, 0, 0], "rectangle: invalid value 9"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(client_error(&greeted(bytes)), format!("unreadable message: {expected}"));
    }
    assert_eq!(client_error(b"HTTP/1.1 400"), "unreadable message: protocol-version: invalid value 72");
    assert_eq!(client_error(b"RFB 003.008\n\0\0\0\xff\xff"),
        "unreadable message: reason-length: 65535 is over the limit 256");
}

#[test]
#[rustfmt::skip]
fn a_bad_client_is_named_by_field_and_value() {
    let cases: [(&[u8], &str); 5] = [
        (b"RFB 003.008\n\x13", "security-type: invalid value 19"),
        (&logged_in(&[1]), "message-type: invalid value 1"),
        (&logged_in(&[6, 0, 0, 0, 0, 0, 255, 255]), "length: 65535 is over the limit 4096"),
        (&logged_in(&[248, 0, 0, 0, 0, 0, 0, 0, 65]), "fence.length: 65 is over the limit 64"),
        (&logged_in(&[0, 0, 0, 0, 24, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]),
         "pixel-format.bits-per-pixel: invalid value 24"),
    ];
    for (bytes, expected) in cases {
        let error = server_error(bytes);
        assert!(error.starts_with("unreadable message: ") && error.ends_with(expected), "{error}");
    }
}

#[test]
fn a_peer_that_never_reads_its_answers_is_let_go() {
    let fence = [
        248, 0, 0, 0, /* request */ 0x80, 0, 0, 0, 4, 1, 2, 3, 4,
    ];
    let error = server_error(&logged_in(&fence.repeat(1000)));
    assert!(
        error.starts_with("unreadable message: unread answers: "),
        "{error}"
    );
    let error = client_error(&greeted(&fence.repeat(1000)));
    assert!(
        error.starts_with("unreadable message: unread answers: "),
        "{error}"
    );
}

#[test]
fn a_dead_connection_stays_dead() {
    let mut server = ServerConnection::new(open_server(Size::new(1, 1)), Encoders::raw());
    server.handle_bytes(NOW, b"nonsense ...");
    assert!(server.poll_event().is_err());
    server.handle_bytes(NOW, b"RFB 003.008\n");
    assert!(server.poll_event().is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_survived_however_they_are_cut(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        oracles::client_split(&bytes);
        oracles::server_split(&bytes);
        oracles::client_split(&greeted(&bytes));
        oracles::client_messages(&bytes);
        oracles::server_split(&[b"RFB 003.008\n\x02", [0; 16].as_slice(), b"\x01", &bytes].concat());
    }
}
