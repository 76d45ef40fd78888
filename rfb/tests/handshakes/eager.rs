//! Everything said at once.

use rfb::handshake::Method;
use rfb::{ClientConfig, ClientConnection, ClientEvent, Encoders, Error, ServerConnection};
use testkit::pair::{Pair, open_server};
use testkit::scenes;

use super::{NOW, SIZE};

fn eager() -> ClientConnection {
    let config = ClientConfig {
        eager: true,
        quality: None,
        // What it would do otherwise does not matter.
        methods: vec![Method::X509Plain],
        ..ClientConfig::default()
    };
    ClientConnection::new(config, tight::decoders())
}

fn error_at(bytes: &[u8]) -> Error {
    let mut client = eager();
    client.handle_bytes(NOW, bytes);
    client.poll_event().unwrap_err()
}

#[test]
fn a_session_stands_after_one_flight_each_way() {
    let desktop = scenes::text(SIZE);
    let (mut client, mut server) = (
        eager(),
        ServerConnection::new(open_server(SIZE), tight::encoders()),
    );
    let mut said = Vec::new();
    while let Some(bytes) = client.poll_output() {
        said.extend(bytes);
    }
    server.handle_bytes(NOW, &said);
    while server.poll_event().unwrap().is_some() {}
    let update = server.begin_update(NOW, usize::MAX).unwrap();
    server.finish_update(NOW, update.run(desktop.view()));
    while let Some(bytes) = server.poll_output() {
        client.handle_bytes(NOW, &bytes);
    }
    while client.poll_event().unwrap().is_some() {}
    assert_eq!(client.framebuffer(), &desktop);
}

#[test]
fn the_first_flight_is_what_rfb_has_a_client_say() {
    let said = eager().poll_output().unwrap();
    let head = b"RFB 003.008\n\x01\x01\x00\x00\x00\x00\x20\x18\x00\x01";
    assert_eq!(said[..head.len()], head[..]);
    let request = b"\x03\x00\x00\x00\x00\x00\xff\xff\xff\xff";
    assert!(said.ends_with(request));
}

#[test]
fn an_eager_session_goes_on_as_any() {
    let server = ServerConnection::new(open_server(SIZE), Encoders::standard());
    let mut pair = Pair::of(scenes::desktop(SIZE), eager(), server);
    pair.chunk = 3;
    let learnt = pair.drive().unwrap();
    assert!(matches!(learnt.client[0], ClientEvent::Connected { .. }));
    assert!(pair.is_equal());
    pair.show(scenes::icons(SIZE));
    pair.drive().unwrap();
    assert!(pair.is_equal());
}

#[test]
fn what_the_server_says_is_held_against_what_was_said() {
    let version = |text: &[u8]| error_at(text).to_string();
    let expected = "got a version before 3.8, expected 3.8, as everything has been said in it";
    assert_eq!(version(b"RFB 003.007\n"), expected);
    assert_eq!(version(b"RFB 003.003\n"), expected);
    assert_eq!(
        error_at(b"RFB 003.008\n\x02\x02\x13").to_string(),
        "security-types: the server offers [2, 19], we would take [1]"
    );
}

#[test]
fn a_refusal_is_told_in_words() {
    let refused = |reason: &str| Error::Refused {
        reason: reason.into(),
    };
    let error = error_at(b"RFB 003.008\n\0\0\0\0\x0alet in: no");
    assert_eq!(error, refused("let in: no"));
    let error = error_at(b"RFB 003.008\n\x01\x01\0\0\0\x01\0\0\0\x02no");
    assert_eq!(error, refused("no"));
}
