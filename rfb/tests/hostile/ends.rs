//! Sessions that end because of their peer, and stay ended.

use rfb::{Encoders, ServerConnection, Size};
use testkit::pair::open_server;

use super::{NOW, client_error, client_hears, greeted, logged_in, server_error, server_hears};

const FENCE: [u8; 13] = [
    248, 0, 0, 0, /* request */ 0x80, 0, 0, 0, 4, 1, 2, 3, 4,
];

#[test]
fn a_peer_that_never_reads_its_answers_is_let_go() {
    let expected = "unreadable message: unread answers: ";
    let error = server_error(&logged_in(&FENCE.repeat(1000)));
    assert!(error.starts_with(expected), "{error}");
    let error = client_error(&greeted(&FENCE.repeat(1000)));
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_dead_connection_stays_dead() {
    let mut server = ServerConnection::new(open_server(Size::new(1, 1)), Encoders::raw());
    server.handle_bytes(NOW, b"nonsense ...");
    assert!(server.poll_event().is_err());
    server.handle_bytes(NOW, b"RFB 003.008\n");
    assert!(server.poll_event().is_err());
}

#[test]
fn what_came_before_an_error_is_still_learnt() {
    let (events, error) = client_hears(&greeted(&[/* bell */ 2, 2, 77, 2]));
    assert_eq!(events.len(), 3, "{events:?}");
    assert_eq!(error, "unreadable message: message-type: invalid value 77");
    let key = [4, 1, 0, 0, 0, 0, 0, 97];
    let (events, error) = server_hears(&logged_in(&[&key[..], &[77], &key].concat()));
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(error, "unreadable message: message-type: invalid value 77");
}
