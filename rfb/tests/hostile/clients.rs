//! What a client must not say, and what it may say without harm.

use rfb::{Encoding, ServerEvent, Size};

use super::{NOW, SIZE, assert_clients_are_refused, logged_in, server, server_error, server_hears};

/// Types of a client's messages that are read.
const KNOWN: [u8; 14] = [0, 2, 3, 4, 5, 6, 150, 160, 193, 248, 250, 251, 253, 255];

#[test]
fn an_unknown_message_ends_the_session_with_its_number() {
    for number in (0..=255).filter(|number| !KNOWN.contains(number)) {
        let expected = format!("message-type: invalid value {number}");
        assert_clients_are_refused(&[(&[number], &expected)]);
    }
    assert_clients_are_refused(&[(&[255, 2], "qemu.sub-message-type: invalid value 2")]);
}

#[test]
fn the_handshake_names_what_is_wrong() {
    let cases: [(&[u8], &str); 4] = [
        (b"HTTP/1.1 GET", "protocol-version: invalid value 72"),
        (b"RFB 003.00x\n", "protocol-version: invalid value 120"),
        (b"RFB 002.000\n", "protocol-version: invalid value 0"),
        (b"RFB 003.008\n\x13", "security-type: invalid value 19"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(
            server_error(bytes),
            format!("unreadable message: {expected}")
        );
    }
}

#[test]
#[rustfmt::skip]
fn a_pixel_format_that_makes_no_sense_is_refused_by_field_and_value() {
    let cases: [([u8; 13], &str); 12] = [
        ([24, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], "pixel-format.bits-per-pixel: invalid value 24"),
        ([0, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], "pixel-format.bits-per-pixel: invalid value 0"),
        ([32, 0, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], "pixel-format.depth: invalid value 0"),
        ([16, 17, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0], "pixel-format.depth: invalid value 17"),
        ([32, 24, 0, 0, 0, 255, 0, 255, 0, 255, 16, 8, 0], "colour-mapped pixel-format.bits-per-pixel: invalid value 32"),
        ([32, 24, 0, 1, 0, 0, 0, 255, 0, 255, 16, 8, 0], "pixel-format.red-max: invalid value 0"),
        ([32, 24, 0, 1, 0, 255, 0, 0, 0, 255, 16, 8, 0], "pixel-format.green-max: invalid value 0"),
        ([32, 24, 0, 1, 0, 255, 0, 255, 0, 0, 16, 8, 0], "pixel-format.blue-max: invalid value 0"),
        ([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 25, 8, 0], "pixel-format.red-shift: invalid value 25"),
        ([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 255, 0], "pixel-format.green-shift: invalid value 255"),
        ([8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 8], "pixel-format.blue-shift: invalid value 8"),
        ([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, /* over green */ 9], "pixel-format.blue-shift: invalid value 9"),
    ];
    for (format, expected) in cases {
        let message = [&[0, 0, 0, 0], &format[..], &[0; 3]].concat();
        assert_clients_are_refused(&[(&message, expected)]);
    }
}

#[test]
#[rustfmt::skip]
fn a_length_over_its_limit_is_refused_before_anything_of_it_comes() {
    assert_clients_are_refused(&[
        (&[248, 0, 0, 0, 0, 0, 0, 0, 65], "fence.length: 65 is over the limit 64"),
        (&[193, 1, 1, 0, 0, 0, 1, 0, 1], "extension.length: 65537 is over the limit 65536"),
        (&[193, 1, 1, 0, 0, 0, 0, 0, 1, 9], "goodbye.length: invalid value 1"),
        (&[6, 0, 0, 0, 0, 0, 255, 255], "cut-text.length: 65535 is over the limit 4096"),
    ]);
}

#[test]
fn a_wish_about_power_names_what_is_wrong() {
    assert_clients_are_refused(&[
        (&[250, 0, 2, 2], "xvp.version: invalid value 2"),
        (&[250, 0, 1, 5], "xvp.message-code: invalid value 5"),
    ]);
}

#[test]
fn what_only_a_server_may_say_of_power_is_answered_as_a_refusal() {
    for code in [0, 1] {
        let mut server = server();
        server.handle_bytes(NOW, &logged_in(&[250, 0, 1, code]));
        while server.poll_event().unwrap().is_some() {}
        assert!(server.poll_output().unwrap().ends_with(&[250, 0, 1, 0]));
    }
}

/// A client's list of these encodings.
fn encodings(numbers: impl ExactSizeIterator<Item = i32>) -> Vec<u8> {
    let mut message = vec![2, 0];
    message.extend(u16::try_from(numbers.len()).unwrap().to_be_bytes());
    message.extend(numbers.flat_map(i32::to_be_bytes));
    message
}

/// Asks for all of the picture.
const REQUEST: [u8; 10] = [3, 0, 0, 0, 0, 0, 0, 64, 0, 64];

/// The update that a client with these messages is sent of a black desktop; `None` if there is none.
fn update_after(messages: &[u8]) -> Option<Vec<u8>> {
    let mut server = server();
    server.handle_bytes(NOW, &logged_in(messages));
    while server.poll_event().unwrap().is_some() {}
    while server.poll_output().is_some() {}
    let desktop = rfb::Framebuffer::new(SIZE);
    let update = server.begin_update(NOW, usize::MAX)?.run(desktop.view());
    server.finish_update(NOW, update);
    server.poll_output().map(|bytes| bytes.to_vec())
}

#[test]
fn unknown_encodings_and_pseudo_encodings_are_ignored() {
    let unknown = [i32::MIN, -70_000, 0x7fff_0000, i32::MAX, -2, 3];
    let list = encodings(unknown.into_iter());
    let update = update_after(&[list, REQUEST.to_vec()].concat()).unwrap();
    assert_eq!(update[12..16], Encoding::RAW.0.to_be_bytes());
    assert_eq!(update.len(), 16 + 64 * 64 * 4);
}

#[test]
fn a_list_as_long_as_can_be_is_taken() {
    let mut numbers = vec![i32::MIN; 65_534];
    numbers.push(Encoding::ZRLE.0);
    let list = encodings(numbers.into_iter());
    let update = update_after(&[list, REQUEST.to_vec()].concat()).unwrap();
    assert_eq!(update[12..16], Encoding::ZRLE.0.to_be_bytes());
}

#[test]
#[rustfmt::skip]
fn a_request_beyond_the_desktop_gets_what_there_is() {
    let all = update_after(&REQUEST);
    assert_eq!(update_after(&[3, 0, 0, 0, 0, 0, 255, 255, 255, 255]), all);
    assert_eq!(update_after(&[3, 1, 0, 0, 0, 0, 255, 255, 255, 255]), all, "whoever has nothing gets all");
    assert_eq!(update_after(&[3, 0, 0, 64, 0, 64, 0, 9, 0, 9]), None, "outside");
    assert_eq!(update_after(&[3, 0, 255, 255, 255, 255, 255, 255, 255, 255]), None, "far outside");
    assert_eq!(update_after(&[3, 0, 0, 3, 0, 3, 0, 0, 0, 9]), None, "empty");
    let corner = update_after(&[3, 0, 0, 60, 0, 61, 0, 9, 0, 9]).unwrap();
    assert_eq!(corner[4..12], [0, 60, 0, 61, 0, 4, 0, 3]);
}

#[test]
#[rustfmt::skip]
fn continuous_updates_beyond_the_desktop_send_what_there_is() {
    let enable = |rect: [u8; 8]| [&[150, 1][..], &rect, &[3, 0, 0, 0, 0, 0, 0, 1, 0, 1]].concat();
    let one_pixel = update_after(&enable([255, 255, 255, 255, 0, 9, 0, 9])).unwrap();
    assert_eq!(one_pixel[4..12], [0, 0, 0, 0, 0, 1, 0, 1]);
    let all = update_after(&enable([0, 0, 0, 0, 255, 255, 255, 255])).unwrap();
    assert_eq!(all[4..12], [0, 0, 0, 0, 0, 64, 0, 64]);
}

#[test]
#[rustfmt::skip]
fn a_wish_for_any_desktop_is_only_passed_on() {
    let wish = |size: [u8; 4], screens: &[u8], count: u8| {
        let message = [&[251, 0][..], &size, &[count, 0], screens].concat();
        server_hears(&logged_in(&message))
    };
    let screen = [0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 9];
    for (size, count) in [([255; 4], 1), ([0; 4], 0), ([0, 0, 0, 9], 255)] {
        let (events, end) = wish(size, &screen.repeat(count.into()), count);
        let [_, ServerEvent::ResizeRequested { size: wished, screens }] = &events[..] else {
            panic!("{events:?}");
        };
        let [a, b, c, d] = size;
        assert_eq!(*wished, Size::new(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])));
        assert_eq!((screens.len(), &*end), (count.into(), "waiting"));
    }
    // Fewer screens than are announced: the rest is waited for.
    assert_eq!(wish([0, 9, 0, 9], &screen, 2).0.len(), 1);
}

#[test]
fn input_that_means_nothing_is_passed_on_as_it_is() {
    let messages: [&[u8]; 4] = [
        &[4, 255, 0, 0, 255, 255, 255, 255],
        &[5, 255, 255, 255, 255, 255],
        &[255, 0, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255],
        &[253, 0x7f, 3, 0, 1, 2, 3],
    ];
    let (events, end) = server_hears(&logged_in(&messages.concat()));
    assert_eq!((events.len(), &*end), (4, "waiting"), "{events:?}");
}
