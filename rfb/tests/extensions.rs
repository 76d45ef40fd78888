//! What peers may or may not know, end to end: every extension between our two sides, and clients that lack some.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use rfb::screen::ResizeReason;
use rfb::wire::Encode;
use rfb::{
    ClientConfig, ClientConnection, ClientEvent, ClientMessage, Cursor, CursorForm, Encoding,
    Framebuffer, Leds, LocalTime, MediaTime, Point, PowerAction, Rect, Screen, ServerConnection,
    ServerEvent, Size,
};
use testkit::pair::{Pair, open_server};
use testkit::scenes;

const SIZE: Size = Size::new(200, 130);

fn connected() -> Pair {
    let mut pair = Pair::new(scenes::flat(SIZE));
    pair.drive().unwrap();
    pair
}

/// A pair whose client told the server of these encodings only; it reads all the others too.
fn announcing(encodings: &[Encoding]) -> Pair {
    let mut pair = connected();
    let mut bytes = Vec::new();
    ClientMessage::SetEncodings(encodings.to_vec()).encode(&mut bytes);
    pair.server.handle_bytes(LocalTime::default(), &bytes);
    pair.drive().unwrap();
    pair
}

fn arrow() -> Cursor {
    let pixels = [
        [10, 20, 30, 255],
        [200, 210, 220, 255],
        [0, 0, 0, 0],
        [10, 20, 30, 255],
    ];
    Cursor::new(Size::new(2, 2), Point::new(1, 0), pixels.concat()).unwrap()
}

#[test]
fn key_codes_arrive_where_the_server_takes_them_and_keysyms_everywhere() {
    let mut pair = connected();
    assert!(pair.client.takes_keycodes());
    pair.client.extended_key(0xffe4, 0x9d, true).unwrap();
    let expected = ServerEvent::Key {
        keysym: 0xffe4,
        keycode: Some(0x9d),
        down: true,
    };
    assert_eq!(pair.drive().unwrap().server, [expected]);

    let mut client = ClientConnection::new(ClientConfig::default(), tight::decoders());
    let greeting = [&b"RFB 003.008\n"[..], &[1, 1], &[0; 4]].concat();
    client.handle_bytes(LocalTime::default(), &greeting);
    client.handle_bytes(LocalTime::default(), &[0; 24]);
    while client.poll_event().unwrap().is_some() {}
    client.poll_output();
    assert!(!client.takes_keycodes());
    client.extended_key(0x61, 0x1e, true).unwrap();
    let sent = client.poll_output().unwrap();
    assert_eq!(sent[..], [4, 1, 0, 0, 0, 0, 0, 0x61]);
}

#[test]
fn mouse_buttons_8_and_9_arrive() {
    let mut pair = connected();
    for buttons in [0b1_0000_0001, 0b1000_0000, 0] {
        pair.client.pointer(Point::new(3, 4), buttons).unwrap();
        let at = Point::new(3, 4);
        let expected = ServerEvent::Pointer { at, buttons };
        assert_eq!(pair.drive().unwrap().server, [expected]);
    }
}

#[test]
fn the_keyboards_lights_are_told_once_in_either_form() {
    for encoding in [Encoding::QEMU_LEDS, Encoding::VMWARE_LEDS] {
        let mut pair = announcing(&[encoding]);
        assert_eq!(pair.client.leds(), None);
        let lights = Leds::CAPS.with(Leds::NUM);
        for expected in [vec![ClientEvent::LedsChanged(lights)], vec![]] {
            pair.server.set_leds(lights);
            assert_eq!(pair.drive().unwrap().client, expected);
        }
        assert_eq!(pair.client.leds(), Some(lights));
    }
}

#[test]
fn a_client_that_comes_to_know_the_lights_late_is_told_them() {
    let mut pair = announcing(&[Encoding::RAW]);
    pair.server.set_leds(Leds::CAPS);
    assert_eq!(pair.drive().unwrap().client, []);
    let mut bytes = Vec::new();
    ClientMessage::SetEncodings(vec![Encoding::QEMU_LEDS]).encode(&mut bytes);
    pair.server.handle_bytes(LocalTime::default(), &bytes);
    let expected = [ClientEvent::LedsChanged(Leds::CAPS)];
    assert_eq!(pair.drive().unwrap().client, expected);
}

#[test]
fn the_client_is_told_where_others_moved_the_pointer_but_not_where_it_moved_it_itself() {
    for encoding in [Encoding::POINTER_POS, Encoding::VMWARE_CURSOR_POSITION] {
        let mut pair = announcing(&[encoding]);
        pair.client.pointer(Point::new(7, 8), 0).unwrap();
        pair.drive().unwrap();
        pair.server.set_pointer(Point::new(7, 8));
        assert_eq!(pair.drive().unwrap().client, []);
        pair.server.set_pointer(Point::new(20, 30));
        let expected = [ClientEvent::PointerMoved(Point::new(20, 30))];
        assert_eq!(pair.drive().unwrap().client, expected);
    }
}

#[test]
fn power_is_asked_for_only_where_it_is_offered() {
    let mut pair = connected();
    assert!(pair.client.can_power());
    for action in [
        PowerAction::Shutdown,
        PowerAction::Reboot,
        PowerAction::Reset,
    ] {
        pair.client.power(action).unwrap();
        let expected = [ServerEvent::Power(action)];
        assert_eq!(pair.drive().unwrap().server, expected);
    }
    pair.server.refuse_power();
    let refused = [ClientEvent::PowerRefused];
    assert_eq!(pair.drive().unwrap().client, refused);

    let mut config = open_server(SIZE);
    config.power = false;
    let client = ClientConnection::new(ClientConfig::default(), tight::decoders());
    let server = ServerConnection::new(config, tight::encoders());
    let mut pair = Pair::of(scenes::flat(SIZE), client, server);
    pair.drive().unwrap();
    assert!(!pair.client.can_power());
    let error = pair.client.power(PowerAction::Reset).unwrap_err();
    assert_eq!(
        error.to_string(),
        "api misuse: power: the server does not offer it"
    );
    // A client that asks all the same is refused.
    pair.server
        .handle_bytes(LocalTime::default(), &[250, 0, 1, 4]);
    let learnt = pair.drive().unwrap();
    assert_eq!((learnt.client, learnt.server), (refused.to_vec(), vec![]));
}

#[test]
fn the_pointers_shape_arrives_in_every_form_and_again_in_another_pixel_format() {
    for form in CursorForm::ALL {
        let mut pair = announcing(&[form.encoding()]);
        pair.server.set_cursor(&arrow());
        let learnt = pair.drive().unwrap().client;
        assert_eq!(learnt, [ClientEvent::CursorChanged], "{form:?}");
        assert_eq!(pair.client.cursor(), Some(&arrow()), "{form:?}");
    }
}

#[test]
fn a_client_that_draws_no_pointer_gets_it_in_its_picture_and_gets_what_was_below_back() {
    let mut pair = announcing(&[Encoding::RAW]);
    pair.server.set_cursor(&arrow());
    pair.server.set_pointer(Point::new(11, 20));
    pair.drive().unwrap();
    let below = scenes::flat(SIZE);
    let pixel = |pair: &Pair, x, y| -> Vec<u8> {
        let view = pair.client.framebuffer().view();
        view.rows(Rect::new(x, y, 1, 1)).next().unwrap().to_vec()
    };
    assert_eq!(pixel(&pair, 10, 20), [10, 20, 30, 0]);
    assert_eq!(pixel(&pair, 11, 20), [200, 210, 220, 0]);
    assert_eq!(pixel(&pair, 11, 21), [10, 20, 30, 0]);
    assert_eq!(pixel(&pair, 10, 21), pixel(&pair, 0, 0), "a hole");

    pair.server.set_pointer(Point::new(150, 100));
    pair.drive().unwrap();
    assert_eq!(pixel(&pair, 10, 20), pixel(&pair, 0, 0));
    assert_eq!(pixel(&pair, 149, 100), [10, 20, 30, 0]);

    // Once it draws the pointer itself, the picture is the desktop alone.
    let mut bytes = Vec::new();
    ClientMessage::SetEncodings(vec![Encoding::RAW, Encoding::CURSOR]).encode(&mut bytes);
    pair.server.handle_bytes(LocalTime::default(), &bytes);
    pair.drive().unwrap();
    assert_eq!(pair.client.framebuffer(), &below);
}

#[test]
fn screens_are_told_and_asked_for() {
    let mut pair = connected();
    let size = Size::new(300, 100);
    let screen = |id, left, width| Screen {
        id,
        rect: Rect::new(left, 0, width, 100),
        flags: 0,
    };
    let screens = vec![screen(7, 0, 200), screen(9, 200, 100)];
    pair.client.request_screens(size, screens.clone()).unwrap();
    let wanted = ServerEvent::ResizeRequested {
        size,
        screens: screens.clone(),
    };
    assert_eq!(pair.drive().unwrap().server, [wanted]);
    pair.desktop = scenes::flat(size);
    pair.server
        .resize(size, screens.clone(), ResizeReason::THIS_CLIENT);
    pair.drive().unwrap();
    assert_eq!(pair.client.screens(), screens);

    // Other screens on the same desktop are news as well.
    let screens = vec![screen(7, 0, 300)];
    pair.server
        .resize(size, screens.clone(), ResizeReason::SERVER);
    let told = ClientEvent::Resized { size, screens };
    assert!(pair.drive().unwrap().client.contains(&told));

    let outside = vec![screen(1, 250, 100)];
    let error = pair.client.request_screens(size, outside).unwrap_err();
    let said = "api misuse: request_screens: a screen is outside the desktop";
    assert_eq!(error.to_string(), said);
}

#[test]
fn pictures_tell_when_they_were_captured_to_a_client_that_knows_both_numbers() {
    let captured = LocalTime::from_micros(0x1_2345_6789);
    for (encodings, expected) in [
        (vec![Encoding::PTS, Encoding::CLOCK], Some(captured)),
        // KasmVNC means something else by this number.
        (vec![Encoding::PTS], None),
        (vec![Encoding::CLOCK], None),
    ] {
        let mut pair = announcing(&encodings);
        pair.server.set_captured(captured);
        pair.show(scenes::text(SIZE));
        let learnt = pair.drive().unwrap().client;
        let told = learnt.iter().find_map(|event| match event {
            ClientEvent::Updated { captured, .. } => Some(*captured),
            _ => None,
        });
        let expected = expected.map(|at| MediaTime::from_micros(at.as_micros()));
        assert_eq!(told, Some(expected));
    }
}

#[test]
fn clocks_are_compared_when_the_server_can_and_whenever_the_client_wants() {
    let mut pair = Pair::new(scenes::flat(SIZE));
    let compared = |pair: &mut Pair| {
        let learnt = pair.drive().unwrap().client;
        learnt.into_iter().find_map(|event| match event {
            ClientEvent::ClockCompared(sample) => Some(sample),
            _ => None,
        })
    };
    assert!(compared(&mut pair).is_some());
    pair.wait(Duration::from_secs(5)).unwrap();
    let asked = pair.now;
    pair.client.compare_clocks(asked).unwrap();
    let sample = compared(&mut pair).unwrap();
    assert_eq!(sample.asked, asked);
    assert!(sample.asked <= sample.returned);
    assert!(sample.received <= sample.answered);
    assert!(
        asked.as_micros() <= sample.received.as_micros(),
        "one clock in this test"
    );
}

#[test]
fn another_quality_takes_effect_at_once() {
    let mut pair = connected();
    pair.show(scenes::gradient(SIZE));
    pair.drive().unwrap();
    assert!(!pair.server.lossy().is_empty(), "quality 8 is lossy");
    pair.client.set_quality(None, 6).unwrap();
    pair.drive().unwrap();
    pair.show(Framebuffer::new(SIZE));
    pair.show(scenes::gradient(SIZE));
    pair.drive().unwrap();
    assert!(pair.server.lossy().is_empty());
    assert!(pair.is_equal());
}

/// Writes each pixel as a Raw rectangle of its own, whatever encoding it is asked for as.
struct Dots;

impl rfb::Encoder for Dots {
    fn encode(
        &mut self,
        source: rfb::View<'_>,
        region: &rfb::Region,
        _: &rfb::EncodeSettings,
        out: &mut rfb::RectWriter<'_>,
    ) -> rfb::Region {
        let mut left = rfb::Region::default();
        for rect in region.rects() {
            for (x, y) in (rect.top..u16::try_from(rect.bottom()).unwrap()).flat_map(|y| {
                (rect.left..u16::try_from(rect.right()).unwrap()).map(move |x| (x, y))
            }) {
                let dot = Rect::new(x, y, 1, 1);
                if out.is_full() {
                    left.add(dot);
                    continue;
                }
                let pixel = source.rows(dot).next().unwrap();
                out.begin(dot, Encoding::RAW).extend(pixel);
            }
        }
        left
    }
}

#[test]
fn more_rectangles_than_can_be_counted_end_with_last_rect_or_come_in_two_updates() {
    const DOTS: Size = Size::new(300, 220);
    let scene = scenes::gradient(DOTS);
    for (known, updates) in [
        (vec![Encoding::ZRLE, Encoding::LAST_RECT], 1),
        (vec![Encoding::ZRLE], 2),
    ] {
        let client = ClientConnection::new(ClientConfig::default(), rfb::Decoders::raw());
        let encoders = rfb::Encoders::raw().with(Encoding::ZRLE, Dots);
        let server = ServerConnection::new(open_server(DOTS), encoders);
        let mut pair = Pair::of(Framebuffer::new(DOTS), client, server);
        pair.drive().unwrap();
        let mut bytes = Vec::new();
        ClientMessage::SetEncodings(known).encode(&mut bytes);
        pair.server.handle_bytes(LocalTime::default(), &bytes);
        pair.drive().unwrap();
        pair.show(scene.clone());
        let learnt = pair.drive().unwrap().client;
        let seen = |event: &&ClientEvent| matches!(event, ClientEvent::Updated { .. });
        assert_eq!(learnt.iter().filter(seen).count(), updates);
        assert_eq!(pair.client.framebuffer(), &scene);
    }
}

#[test]
fn messages_of_input_devices_are_read_over() {
    let mut pair = connected();
    // A version message of the General Input Interface, big-endian, then a key.
    let bytes = [&[253, 0x81, 0, 2, 0, 1][..], &[4, 1, 0, 0, 0, 0, 0, 0x61]].concat();
    pair.server.handle_bytes(LocalTime::default(), &bytes);
    let expected = ServerEvent::Key {
        keysym: 0x61,
        keycode: None,
        down: true,
    };
    assert_eq!(pair.drive().unwrap().server, [expected]);
}

#[test]
fn a_colour_map_is_told_and_obeyed() {
    let format = rfb::PixelFormat {
        true_colour: false,
        ..rfb::PixelFormat::BGR233
    };
    let config = ClientConfig {
        format,
        quality: None,
        ..ClientConfig::default()
    };
    let client = ClientConnection::new(config, tight::decoders());
    let server = ServerConnection::new(open_server(SIZE), tight::encoders());
    let desktop = scenes::icons(SIZE);
    let mut pair = Pair::of(desktop.clone(), client, server);
    pair.drive().unwrap();
    let shown = pair.client.framebuffer().view();
    let pixels =
        |view: rfb::View<'_>| -> Vec<u8> { view.rows(SIZE.into()).flatten().copied().collect() };
    let (shown, drawn) = (pixels(shown), pixels(desktop.view()));
    let worst = shown.iter().zip(&drawn).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(
        worst <= Some(255 / 3 / 2 + 1),
        "two bits of blue: {worst:?}"
    );

    // Another map: everything is asked for again and has its colours.
    let red = rfb::ServerMessage::SetColourMapEntries {
        first: 0,
        colours: vec![[0xffff, 0, 0]; 256],
    };
    let mut bytes = Vec::new();
    red.encode(&mut bytes);
    pair.client.handle_bytes(LocalTime::default(), &bytes);
    pair.drive().unwrap();
    let shown = pixels(pair.client.framebuffer().view());
    assert!(
        shown
            .as_chunks::<4>()
            .0
            .iter()
            .all(|pixel| *pixel == [0, 0, 255, 0])
    );

    let mut bytes = Vec::new();
    let colours = vec![[0; 3]; 2];
    rfb::ServerMessage::SetColourMapEntries {
        first: 255,
        colours,
    }
    .encode(&mut bytes);
    pair.client.handle_bytes(LocalTime::default(), &bytes);
    let error = pair.drive().unwrap_err();
    let said = "unreadable message: number-of-colours: invalid value 2";
    assert_eq!(error.to_string(), said);
}
