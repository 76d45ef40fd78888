//! Rectangles and pseudo-rectangles a server must not send, and odd ones that it may.

use rfb::{ClientEvent, Encoding, Size};

use super::{assert_servers_are_refused, client_hears, greeted};

/// An update of one rectangle.
fn update(rect: [u16; 4], encoding: Encoding, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 1];
    rect.iter()
        .for_each(|edge| bytes.extend(edge.to_be_bytes()));
    bytes.extend(encoding.0.to_be_bytes());
    bytes.extend(body);
    bytes
}

fn assert_refused(rect: [u16; 4], encoding: Encoding, body: &[u8], expected: &str) {
    assert_servers_are_refused(&[(&update(rect, encoding, body), expected)]);
}

/// The events of an update that is taken, after the one of the handshake.
fn taken(rect: [u16; 4], encoding: Encoding, body: &[u8]) -> Vec<ClientEvent> {
    let (mut events, end) = client_hears(&greeted(&update(rect, encoding, body)));
    assert_eq!(end, "waiting", "{events:?}");
    events.remove(0);
    events
}

#[test]
fn an_unknown_encoding_ends_the_session_with_its_number() {
    for number in [99, -1, i32::MAX, i32::MIN] {
        let expected = format!("encoding-type: invalid value {number}");
        assert_refused([0, 0, 1, 1], Encoding(number), &[], &expected);
    }
}

#[test]
fn a_rectangle_outside_the_desktop_is_refused_in_every_encoding() {
    for encoding in tight::decoders().encodings() {
        for (rect, edge) in [
            ([0, 0, 65, 1], 65),
            ([0, 0, 1, 65], 65),
            ([64, 0, 1, 1], 65),
            ([0, 65, 0, 0], 65),
            ([65_535, 65_535, 65_535, 65_535], 131_070),
        ] {
            let expected = format!("rectangle: invalid value {edge}");
            // A body that would do for a small rectangle: that it is outside must be seen first.
            assert_refused(rect, encoding, &[0; 32], &expected);
        }
    }
}

#[test]
fn a_copy_from_or_to_outside_is_refused() {
    let from = |x: u8, y: u8| [0, x, 0, y];
    for (rect, body, edge) in [
        ([0, 0, 65, 1], from(0, 0), 65),
        ([9, 9, 10, 10], from(55, 0), 19),
        ([9, 9, 10, 10], from(0, 60), 19),
        ([0, 0, 1, 1], [255, 255, 255, 255], 1),
    ] {
        let expected = format!("rectangle: invalid value {edge}");
        assert_refused(rect, Encoding::COPY_RECT, &body, &expected);
    }
}

#[test]
fn an_empty_rectangle_changes_nothing() {
    for rect in [[3, 3, 0, 9], [3, 3, 9, 0], [64, 64, 0, 0]] {
        assert!(taken(rect, Encoding::RAW, &[]).is_empty());
        assert!(taken(rect, Encoding::COPY_RECT, &[0; 4]).is_empty());
    }
}

#[test]
fn an_update_of_nothing_changes_nothing() {
    let (events, end) = client_hears(&greeted(&[0, 0, 0, 0, /* bell */ 2]));
    assert_eq!((events.len(), &*end), (2, "waiting"), "{events:?}");
}

#[test]
fn a_desktop_over_the_limit_is_refused() {
    let expected = "framebuffer pixels: 4294836225 is over the limit 65536";
    let all = [0, 0, 65_535, 65_535];
    assert_refused(all, Encoding::DESKTOP_SIZE, &[], expected);
    assert_refused(all, Encoding::EXTENDED_DESKTOP_SIZE, &[0; 4], expected);
}

#[test]
fn a_desktop_without_pixels_is_taken() {
    for size in [Size::new(0, 0), Size::new(9, 0), Size::new(0, 9)] {
        let rect = [0, 0, size.width, size.height];
        for (encoding, body) in [
            (Encoding::DESKTOP_SIZE, &[][..]),
            (Encoding::EXTENDED_DESKTOP_SIZE, &[0; 4]),
        ] {
            let screens = Vec::new();
            let expected = [ClientEvent::Resized { size, screens }];
            assert_eq!(taken(rect, encoding, body), expected);
        }
    }
}

#[test]
fn as_many_screens_as_can_be_told_are_kept_as_they_are() {
    let screen = [
        0, 0, 0, 7, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0,
    ];
    let body = [&[255, 0, 0, 0], &screen.repeat(255)[..]].concat();
    let events = taken([0, 0, 32, 32], Encoding::EXTENDED_DESKTOP_SIZE, &body);
    let [ClientEvent::Resized { screens, .. }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(screens.len(), 255);
}

#[test]
fn a_name_over_the_limit_is_refused() {
    let expected = "name-length: 257 is over the limit 256";
    assert_refused([0; 4], Encoding::DESKTOP_NAME, &[0, 0, 1, 1], expected);
}

#[test]
fn a_name_that_is_no_text_is_shown_as_well_as_can_be() {
    let body = [0, 0, 0, 2, b'a', 0xff];
    let expected = [ClientEvent::Renamed("a\u{fffd}".into())];
    assert_eq!(taken([0; 4], Encoding::DESKTOP_NAME, &body), expected);
}

#[test]
fn a_pointer_shape_over_the_limit_is_refused_in_every_form() {
    for form in rfb::CursorForm::ALL {
        for (rect, expected) in [
            ([0, 0, 65, 1], "cursor.width: 65 is over the limit 64"),
            (
                [0, 0, 1, 65_535],
                "cursor.height: 65535 is over the limit 64",
            ),
        ] {
            assert_refused(rect, form.encoding(), &[], expected);
        }
    }
}

#[test]
#[rustfmt::skip]
fn a_pointer_shape_names_what_is_wrong() {
    let one = [0, 0, 1, 1];
    assert_refused(one, Encoding::CURSOR_WITH_ALPHA, &[0, 0, 0, 7], "cursor.encoding: invalid value 7");
    assert_refused(one, Encoding::VMWARE_CURSOR, &[2, 0], "cursor.type: invalid value 2");
}

#[test]
fn a_pointer_shape_may_point_outside_itself_and_have_no_pixels() {
    for form in rfb::CursorForm::ALL {
        let body: &[u8] = match form {
            rfb::CursorForm::Alpha => &[0; 4],
            rfb::CursorForm::VmWare => &[1, 0],
            _ => &[],
        };
        for rect in [[9, 9, 0, 0], [65_535, 65_535, 5, 0], [0, 0, 0, 5]] {
            let events = taken(rect, form.encoding(), body);
            assert_eq!(events, [ClientEvent::CursorChanged], "{form:?}");
        }
    }
}

#[test]
fn a_pointer_outside_the_desktop_is_put_on_its_edge() {
    for encoding in [Encoding::POINTER_POS, Encoding::VMWARE_CURSOR_POSITION] {
        let events = taken([65_535, 70, 9, 9], encoding, &[]);
        let expected = ClientEvent::PointerMoved(rfb::Point::new(63, 63));
        assert_eq!(events, [expected]);
    }
}

#[test]
fn lights_that_nobody_knows_are_kept() {
    let leds = |bits| ClientEvent::LedsChanged(rfb::Leds(bits));
    assert_eq!(taken([0; 4], Encoding::QEMU_LEDS, &[0xff]), [leds(0xff)]);
    let body = [0xff, 0, 0, 0x82];
    assert_eq!(taken([0; 4], Encoding::VMWARE_LEDS, &body), [leds(0x82)]);
}

#[test]
fn an_update_may_end_before_any_rectangle() {
    let last = update([0; 4], Encoding::LAST_RECT, &[]);
    for count in [1, 9, 65_535_u16] {
        let count = count.to_be_bytes();
        let bytes = [&[0, 0], &count[..], &last[4..], &[2]].concat();
        let (events, end) = client_hears(&greeted(&bytes));
        assert_eq!((events.len(), &*end), (2, "waiting"), "{events:?}");
    }
}
