//! What a server must not say: the handshake, and messages other than updates.

use super::{assert_servers_are_refused, client_error, client_hears, greeted};

/// Types of a server's messages that are read.
const KNOWN: [u8; 11] = [0, 1, 2, 3, 150, 160, 193, 248, 250, 253, 255];

#[test]
fn an_unknown_message_ends_the_session_with_its_number() {
    for number in (0..=255).filter(|number| !KNOWN.contains(number)) {
        let expected = format!("message-type: invalid value {number}");
        assert_servers_are_refused(&[(&[number], &expected)]);
    }
    assert_servers_are_refused(&[(&[255, 0], "qemu.sub-message-type: invalid value 0")]);
}

#[test]
#[rustfmt::skip]
fn the_handshake_names_what_is_wrong() {
    let cases: [(&[u8], &str); 8] = [
        (b"HTTP/1.1 400", "unreadable message: protocol-version: invalid value 72"),
        (b"RFB 003.008\n\0\0\0\xff\xff", "unreadable message: reason-length: 65535 is over the limit 256"),
        (b"RFB 003.003\n\0\0\0\0\xff\xff\xff\xff", "unreadable message: reason-length: 4294967295 is over the limit 256"),
        (b"RFB 003.008\n\x01\x01\0\0\0\x01\0\0\x01\x01", "unreadable message: reason-length: 257 is over the limit 256"),
        (b"RFB 003.008\n\0\0\0\0\x02no", "refused by peer: no"),
        (b"RFB 003.008\n\x02\x13\x10", "security-types: the server offers [19, 16], we would take [1, 2]"),
        (b"RFB 003.003\n\0\0\0\x13", "security-types: the server offers [19], we would take [1, 2]"),
        (b"RFB 003.003\n\x01\0\0\x01", "security-types: the server offers [16777217], we would take [1, 2]"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(client_error(bytes), expected);
    }
}

/// The handshake up to the server's description of itself.
const BEFORE_INIT: &[u8] = b"RFB 003.008\n\x01\x01\0\0\0\0";

#[test]
#[rustfmt::skip]
fn a_desktop_over_the_limits_is_refused_before_memory_is_taken_for_it() {
    let format = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
    let cases: [([u8; 4], [u8; 4], &str); 3] = [
        ([255; 4], [0; 4], "framebuffer pixels: 4294836225 is over the limit 65536"),
        ([1, 1, 1, 0], [0; 4], "framebuffer pixels: 65792 is over the limit 65536"),
        ([0, 1, 0, 1], [0, 0, 1, 1], "name-length: 257 is over the limit 256"),
    ];
    for (size, name, expected) in cases {
        let bytes = [BEFORE_INIT, &size, &format, &name].concat();
        assert_eq!(client_error(&bytes), format!("unreadable message: {expected}"));
    }
}

#[test]
fn a_server_whose_own_pixel_format_makes_no_sense_is_asked_for_ours() {
    let bytes = [BEFORE_INIT, &[0, 1, 0, 1], &[99; 16], &[0; 4]].concat();
    let (events, end) = client_hears(&bytes);
    assert_eq!((events.len(), &*end), (1, "waiting"), "{events:?}");
}

#[test]
#[rustfmt::skip]
fn a_message_is_refused_by_field_and_value() {
    assert_servers_are_refused(&[
        (&[1, 0, 0, 255, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "number-of-colours: invalid value 2"),
        (&[1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], "first-colour: invalid value 256"),
        (&[3, 0, 0, 0, 0, 0, 16, 1], "cut-text.length: 4097 is over the limit 4096"),
        (&[248, 0, 0, 0, 0, 0, 0, 0, 65], "fence.length: 65 is over the limit 64"),
        (&[250, 0, 0, 1], "xvp.version: invalid value 0"),
        (&[250, 0, 1, 255], "xvp.message-code: invalid value 255"),
        (&[193, 1, 1, 0, 0, 255, 255, 255, 255], "extension.length: 4294967295 is over the limit 65536"),
        (&[193, 1, 1, 0, 0, 0, 0, 0, 0], "goodbye.length: invalid value 0"),
    ]);
}

#[test]
fn messages_that_mean_nothing_to_us_are_passed_over_whole() {
    let messages: [&[u8]; 4] = [
        &[253, 0x81, 0, 4, 0, 1, 0, 1],
        &[193, 99, 9, 0, 0, 0, 0, 0, 2, 1, 2],
        &[250, 0, 1, 0],
        &[1, 0, 0, 0, 0, 0],
    ];
    let (events, end) = client_hears(&greeted(&[&messages.concat(), &[2][..]].concat()));
    let last = format!("{:?}", events.last());
    assert_eq!((&*last, &*end), ("Some(Bell)", "waiting"), "{events:?}");
}
