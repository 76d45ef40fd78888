//! Both sides of the protocol, end to end, without a socket.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use rfb::codec::ZrleEncoder;
use rfb::handshake::Method;
use rfb::message::{Goodbye, GoodbyeCode};
use rfb::pixel::{Packer, Unpacker};
use rfb::screen::{ResizeReason, ResizeStatus};
use rfb::server::{Proof, Security};
use rfb::{
    ClientConfig, ClientConnection, ClientEvent, Cursor, Encoders, Encoding, Error, Framebuffer,
    PixelFormat, Point, Rect, Region, Screen, ServerConnection, ServerEvent, Size,
};
use testkit::pair::{Pair, open_server};
use testkit::{oracles, scenes};

const SIZE: Size = Size::new(200, 130);
/// Longer than a lossy picture waits for its refresh.
const STILL: Duration = Duration::from_secs(1);

/// Drives until the client holds the picture without loss.
fn settle(pair: &mut Pair) {
    pair.drive().unwrap();
    while !pair.is_equal() && pair.server.poll_timeout().is_some() {
        pair.wait(STILL).unwrap();
    }
}

fn client_with(config: ClientConfig) -> ClientConnection {
    ClientConnection::new(config, tight::decoders())
}

#[test]
fn the_client_sees_what_the_server_shows_in_every_encoding_however_bytes_are_cut() {
    let encoders: [fn() -> Encoders; 3] = [
        Encoders::raw,
        || Encoders::raw().with(Encoding::ZRLE, ZrleEncoder::default()),
        tight::encoders,
    ];
    for encoders in encoders {
        for chunk in [1, 7, 4096] {
            let mut pair = Pair::speaking(scenes::desktop(SIZE), tight::decoders(), encoders());
            pair.chunk = chunk;
            let learnt = pair.drive().unwrap();
            assert_eq!(learnt.server, [ServerEvent::Connected { shared: true }]);
            settle(&mut pair);
            assert!(pair.is_equal());
        }
    }
}

#[test]
fn how_the_network_cuts_changes_nothing() {
    let size = Size::new(60, 40);
    for prefer in [Encoding::RAW, Encoding::ZRLE, Encoding::TIGHT] {
        let decoders = tight::decoders().preferring(prefer);
        let mut pair = Pair::speaking(scenes::desktop(size), decoders, tight::encoders());
        let arrow = Cursor::new(Size::new(3, 2), Point::new(1, 1), vec![255; 24]).unwrap();
        pair.server.set_cursor(&arrow);
        pair.drive().unwrap();
        pair.server.set_clipboard("what is copied");
        pair.server.bell();
        pair.server.set_name("another name");
        pair.show(scenes::icons(size));
        settle(&mut pair);
        pair.client.set_clipboard("and back").unwrap();
        pair.client.key(0x61, true).unwrap();
        pair.client.pointer(Point::new(3, 4), 1).unwrap();
        pair.client.request_size(Size::new(50, 50)).unwrap();
        pair.drive().unwrap();
        oracles::client_split(&pair.server_bytes);
        oracles::server_split(&pair.client_bytes);
    }
}

#[test]
fn every_pixel_format_shows_the_picture_as_well_as_it_can() {
    let bgrx = PixelFormat::BGRX;
    let formats = [
        bgrx,
        PixelFormat {
            big_endian: true,
            ..bgrx
        },
        PixelFormat {
            shift: [24, 16, 8],
            ..bgrx
        },
        PixelFormat::RGB565,
        PixelFormat {
            big_endian: true,
            ..PixelFormat::RGB565
        },
        PixelFormat::BGR233,
    ];
    for format in formats {
        for prefer in [Encoding::RAW, Encoding::ZRLE, Encoding::TIGHT] {
            let config = ClientConfig {
                format,
                quality: None,
                ..ClientConfig::default()
            };
            let client = ClientConnection::new(config, tight::decoders().preferring(prefer));
            let server = ServerConnection::new(open_server(SIZE), tight::encoders());
            let mut pair = Pair::of(scenes::desktop(SIZE), client, server);
            pair.drive().unwrap();
            let (packer, unpacker) = (Packer::new(&format), Unpacker::new(&format));
            let shown = pair.client.framebuffer().view().rows(SIZE.into());
            for (shown, row) in shown.zip(pair.desktop.view().rows(SIZE.into())) {
                let mut wire = Vec::new();
                packer.row(row, &mut wire);
                let mut expected = vec![0; row.len()];
                unpacker.row(&wire, &mut expected);
                assert!(shown == expected, "{format:?} {prefer:?}");
            }
        }
    }
}

#[test]
fn what_was_sent_with_loss_is_sent_again_without_once_the_picture_is_still() {
    let mut pair = Pair::new(scenes::gradient(SIZE));
    pair.drive().unwrap();
    assert!(!pair.is_equal(), "quality 8 is lossy on a photograph");
    assert!(!pair.server.lossy().is_empty());
    let sent = pair.server_bytes.len();
    pair.drive().unwrap();
    assert_eq!(pair.server_bytes.len(), sent, "not before it is still");
    settle(&mut pair);
    assert!(pair.is_equal());
    assert!(pair.server.lossy().is_empty());
    let sent = pair.server_bytes.len();
    pair.wait(STILL).unwrap();
    assert_eq!(
        pair.server_bytes.len(),
        sent,
        "a still picture costs nothing"
    );
    assert_eq!(pair.server.poll_timeout(), None);
}

#[test]
fn a_large_picture_is_sent_in_pieces_that_add_up() {
    let size = Size::new(900, 600);
    let mut pair = Pair::new(scenes::noise(size));
    settle(&mut pair);
    pair.budget = 1000;
    let mut numbers = scenes::Numbers::new(5);
    let mut other = scenes::noise(size);
    for _ in 0..400 {
        let rect = Rect::new(numbers.below(890), numbers.below(590), 9, 7);
        let [b, g, r, _] = numbers.draw().to_le_bytes();
        other.view_mut(rect).unwrap().fill([b, g, r, 0]);
    }
    pair.show(other);
    let learnt = pair.drive().unwrap().client;
    let updates = learnt
        .iter()
        .filter(|event| matches!(event, ClientEvent::Updated { .. }));
    assert!(updates.count() > 1);
    settle(&mut pair);
    assert!(pair.is_equal());
}

#[test]
fn a_client_that_asks_once_gets_the_whole_picture_in_one_update() {
    let desktop = scenes::noise(SIZE);
    let now = rfb::LocalTime::default();
    let request = [3, /* incremental */ 0, 0, 0, 0, 0, 0, 200, 0, 130];
    // A client that knows of no continuous updates: the budget is not for it.
    let mut server = ServerConnection::new(open_server(SIZE), Encoders::raw());
    server.handle_bytes(
        now,
        &[b"RFB 003.008\n\x01\x01".as_slice(), &request].concat(),
    );
    while server.poll_event().unwrap().is_some() {}
    let update = server.begin_update(now, 1000).unwrap().run(desktop.view());
    assert!(update.len() > SIZE.area() * 4);
}

#[test]
fn every_version_and_security_type_gets_in() {
    for version in [b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n"] {
        for challenge in [None, Some([3; 16])] {
            let mut config = open_server(SIZE);
            config.security = challenge.map_or(Security::open(), Security::vnc_auth);
            let mut server = ServerConnection::new(config, Encoders::raw());
            assert_eq!(server.poll_output().as_deref(), Some(&b"RFB 003.008\n"[..]));
            // A server of that version, as far as the client can tell.
            let client = client_with(ClientConfig::default());
            let mut pair = Pair::of(Framebuffer::new(SIZE), client, server);
            pair.client.handle_bytes(pair.now, version);
            let learnt = pair.drive().unwrap();
            if let Some(challenge) = challenge {
                assert_eq!(learnt.client, [ClientEvent::Challenge(challenge)]);
                let answer = [9; 16];
                pair.client.answer(answer).unwrap();
                let learnt = pair.drive().unwrap();
                assert_eq!(
                    learnt.server,
                    [ServerEvent::Authenticate(Proof::VncAuth {
                        challenge,
                        answer
                    })]
                );
                pair.server.accept().unwrap();
                pair.drive().unwrap();
            }
            assert!(pair.server.is_running(), "{version:?} {challenge:?}");
            assert_eq!(pair.client.name(), "desk");
        }
    }
}

#[test]
fn a_refused_client_is_told_why_as_far_as_its_version_can() {
    for (version, told) in [
        (b"RFB 003.003\n", "authentication failed"),
        (b"RFB 003.007\n", "authentication failed"),
        (b"RFB 003.008\n", "wrong password"),
    ] {
        let mut config = open_server(SIZE);
        config.security = Security::vnc_auth([3; 16]);
        let mut server = ServerConnection::new(config, Encoders::raw());
        server.poll_output();
        let client = client_with(ClientConfig::default());
        let mut pair = Pair::of(Framebuffer::new(SIZE), client, server);
        pair.client.handle_bytes(pair.now, version);
        pair.drive().unwrap();
        pair.client.answer([0; 16]).unwrap();
        pair.drive().unwrap();
        pair.server.refuse("wrong password").unwrap();
        let error = pair.drive().unwrap_err();
        assert_eq!(
            error,
            Error::Refused {
                reason: told.into()
            }
        );
    }
}

#[test]
fn a_server_that_is_full_says_so_before_any_password() {
    let mut config = open_server(SIZE);
    config.security = Security::Refuse("full".into());
    let server = ServerConnection::new(config, Encoders::raw());
    let client = client_with(ClientConfig::default());
    let mut pair = Pair::of(Framebuffer::new(SIZE), client, server);
    let error = pair.drive().unwrap_err();
    assert_eq!(
        error,
        Error::Refused {
            reason: "full".into()
        }
    );
}

#[test]
fn a_server_without_a_type_we_may_use_is_left_with_both_lists() {
    let methods = vec![Method::VncAuth];
    let client = client_with(ClientConfig {
        methods,
        ..ClientConfig::default()
    });
    let server = ServerConnection::new(open_server(SIZE), Encoders::raw());
    let mut pair = Pair::of(Framebuffer::new(SIZE), client, server);
    let error = pair.drive().unwrap_err();
    assert_eq!(
        error.to_string(),
        "security-types: the server offers [1], we would take [2]"
    );
}

#[test]
fn input_and_clipboard_arrive() {
    let mut pair = Pair::new(Framebuffer::new(SIZE));
    pair.drive().unwrap();
    pair.client.key(0x20ac, true).unwrap();
    pair.client.pointer(Point::new(1, 2), 5).unwrap();
    pair.client.set_clipboard("grüße, мир\nzwei").unwrap();
    let expected = [
        ServerEvent::Key {
            keysym: 0x20ac,
            keycode: None,
            down: true,
        },
        ServerEvent::Pointer {
            at: Point::new(1, 2),
            buttons: 5,
        },
        ServerEvent::Clipboard("grüße, мир\nzwei".into()),
    ];
    assert_eq!(pair.drive().unwrap().server, expected);
    pair.server.set_clipboard("zurück ☺");
    pair.server.bell();
    let learnt = pair.drive().unwrap().client;
    assert!(
        learnt.contains(&ClientEvent::Clipboard("zurück ☺".into())),
        "{learnt:?}"
    );
    assert!(learnt.contains(&ClientEvent::Bell));
}

#[test]
fn the_pointer_shape_and_the_name_follow() {
    let mut pair = Pair::new(Framebuffer::new(SIZE));
    let pixels = [[1, 2, 3, 255], [0, 0, 0, 0]].concat();
    let arrow = Cursor::new(Size::new(2, 1), Point::new(1, 0), pixels).unwrap();
    pair.server.set_cursor(&arrow);
    let learnt = pair.drive().unwrap().client;
    assert!(learnt.contains(&ClientEvent::CursorChanged));
    assert_eq!(pair.client.cursor(), Some(&arrow));
    pair.server.set_cursor(&arrow);
    pair.server.set_name("pod 7");
    assert_eq!(
        pair.drive().unwrap().client,
        [ClientEvent::Renamed("pod 7".into())]
    );
}

#[test]
fn a_client_may_ask_for_a_size_and_is_answered_either_way() {
    let mut pair = Pair::new(scenes::text(SIZE));
    pair.drive().unwrap();
    assert!(pair.client.can_resize());
    let size = Size::new(320, 90);
    pair.client.request_size(size).unwrap();
    let screens = vec![Screen::whole(size)];
    let request = ServerEvent::ResizeRequested {
        size,
        screens: screens.clone(),
    };
    assert_eq!(pair.drive().unwrap().server, [request]);
    pair.desktop = scenes::desktop(size);
    pair.server
        .resize(size, screens.clone(), ResizeReason::THIS_CLIENT);
    let learnt = pair.drive().unwrap().client;
    assert!(learnt.contains(&ClientEvent::Resized { size, screens }));
    settle(&mut pair);
    assert!(pair.is_equal());

    pair.client.request_size(Size::new(9000, 9000)).unwrap();
    pair.drive().unwrap();
    pair.server.refuse_resize(ResizeStatus::OUT_OF_RESOURCES);
    let refused = ClientEvent::ResizeRefused(ResizeStatus::OUT_OF_RESOURCES);
    assert_eq!(pair.drive().unwrap().client, [refused]);
    assert!(pair.is_equal());
}

#[test]
fn copies_are_made_by_the_client_and_carry_what_is_stale_or_lossy() {
    let mut pair = Pair::new(scenes::gradient(SIZE));
    pair.drive().unwrap();
    assert!(!pair.server.lossy().is_empty());
    // A spot changes, and before it is sent the part around it moves: the spot must come out right.
    let spot = Rect::new(20, 20, 5, 5);
    let mut desktop = pair.desktop.clone();
    desktop.view_mut(spot).unwrap().fill([1, 2, 3, 0]);
    pair.server.add_damage(&spot.into());
    let (from, to) = (Point::new(10, 10), Rect::new(40, 30, 60, 60));
    desktop.copy_within(from, to).unwrap();
    pair.desktop = desktop;
    let sent = pair.server_bytes.len();
    pair.server.add_copy(from, to);
    pair.drive().unwrap();
    assert!(
        pair.server_bytes.len() - sent < 300,
        "a copy is not sent as pixels"
    );
    settle(&mut pair);
    assert!(pair.is_equal());
}

#[test]
fn goodbye_is_said_only_to_who_understands_it() {
    let goodbye = Goodbye {
        code: GoodbyeCode::APPLICATION_ENDED,
        text: "the application ended".into(),
    };
    let mut pair = Pair::new(Framebuffer::new(SIZE));
    pair.drive().unwrap();
    pair.server.goodbye(goodbye.clone());
    assert_eq!(
        pair.drive().unwrap().client,
        [ClientEvent::Goodbye(goodbye.clone())]
    );
    pair.client.goodbye(goodbye.clone()).unwrap();
    assert_eq!(
        pair.drive().unwrap().server,
        [ServerEvent::Goodbye(goodbye.clone())]
    );

    let mut server = ServerConnection::new(open_server(SIZE), Encoders::raw());
    server.handle_bytes(pair.now, b"RFB 003.008\n\x01\x01");
    while server.poll_event().unwrap().is_some() {}
    server.poll_output();
    server.goodbye(goodbye);
    assert_eq!(server.poll_output(), None);
}

#[test]
fn a_pixel_format_changes_exactly_at_the_fence_before_it() {
    let mut server = ServerConnection::new(open_server(SIZE), Encoders::raw());
    let now = rfb::LocalTime::default();
    let desktop = scenes::icons(SIZE);
    let request = [3, /* incremental */ 0, 0, 0, 0, 0, 0, 2, 0, 1];
    server.handle_bytes(
        now,
        &[b"RFB 003.008\n\x01\x01".as_slice(), &request].concat(),
    );
    while server.poll_event().unwrap().is_some() {}
    while server.poll_output().is_some() {}
    let old = server.begin_update(now, usize::MAX).unwrap();
    // While an update is being made: fence { request, sync-next, mark 7 }, then SetPixelFormat of 8 bits.
    let fence = [248, 0, 0, 0, 0x80, 0, 0, 4, 1, 7];
    let format = [0, 0, 0, 0, 8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6, 0, 0, 0];
    server.handle_bytes(now, &[&fence[..], &format, &request].concat());
    while server.poll_event().unwrap().is_some() {}
    assert_eq!(
        server.poll_output(),
        None,
        "the answer waits for the update"
    );
    server.finish_update(now, old.run(desktop.view()));
    let (head, rect) = (4, 12);
    assert_eq!(server.poll_output().unwrap().len(), head + rect + 2 * 4);
    assert!(
        server.begin_update(now, usize::MAX).is_none(),
        "the answer comes first"
    );
    let answer = [248, 0, 0, 0, 0, 0, 0, 4, 1, 7];
    assert_eq!(server.poll_output().as_deref(), Some(&answer[..]));
    let new = server.begin_update(now, usize::MAX).unwrap();
    server.finish_update(now, new.run(desktop.view()));
    assert_eq!(server.poll_output().unwrap().len(), head + rect + 2);
}

#[test]
fn only_what_was_asked_for_is_sent_and_one_update_at_a_time() {
    let mut server = ServerConnection::new(open_server(SIZE), Encoders::raw());
    let now = rfb::LocalTime::default();
    server.handle_bytes(now, b"RFB 003.008\n\x01\x01");
    while server.poll_event().unwrap().is_some() {}
    assert!(
        server.begin_update(now, usize::MAX).is_none(),
        "nothing was asked for"
    );
    server.handle_bytes(now, &[3, /* incremental */ 0, 0, 10, 0, 20, 0, 4, 0, 3]);
    while server.poll_event().unwrap().is_some() {}
    let job = server.begin_update(now, usize::MAX).unwrap();
    assert_eq!(job.region(), &Region::from(Rect::new(10, 20, 4, 3)));
    assert!(
        server.begin_update(now, usize::MAX).is_none(),
        "a job is out"
    );
    server.finish_update(now, job.run(Framebuffer::new(SIZE).view()));
    while server.poll_output().is_some() {}
    server.add_damage(&SIZE.into());
    assert!(
        server.begin_update(now, usize::MAX).is_none(),
        "the request was answered"
    );
}
