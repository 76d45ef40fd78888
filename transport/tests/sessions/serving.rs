//! What a server does for its clients, and they for it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rfb::message::{Goodbye, GoodbyeCode};
use rfb::screen::ResizeStatus;
use rfb::{ClientEvent, Encoding, Framebuffer, Point, Rect, Region, Size};
use testkit::scenes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use transport::{
    Allow, Client, ClientConfig, ConnectError, Endpoint, Identity, Protocol, Rights, Secret,
    Server, ServerEvent, SessionError,
};

use super::{PATIENCE, SIZE, config, connect, event, serve, wait_for};

/// What a viewer that knows everything would use.
fn invitation(server: &Server) -> ClientConfig {
    let scheme = server.url().parse::<Endpoint>().unwrap().scheme;
    let mut config = super::invitation(server, scheme);
    config.insecure = server.fingerprint().is_none();
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_arrives_exactly_over_tls() {
    let server = serve(config()).await;
    assert!(server.url().starts_with("vncs://127.0.0.1:"));
    let mut client = connect(invitation(&server)).await.unwrap();
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    assert!(client.stats().encrypted);
    server.update(scenes::icons(SIZE).view(), &SIZE.into());
    wait_for(&mut client, &scenes::icons(SIZE)).await;
    client.close().await;
    assert!(matches!(
        event(&server).await,
        ServerEvent::Connected {
            rights: Rights::FULL,
            ..
        }
    ));
    let ServerEvent::Disconnected { reason, .. } = event(&server).await else {
        panic!("no end");
    };
    assert_eq!(reason, "the viewer ended the session");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_see_nothing_before_the_first_picture() {
    let server = Server::bind(config(), Arc::new(tight::encoders))
        .await
        .unwrap();
    let mut client = connect(invitation(&server)).await.unwrap();
    let early = timeout(Duration::from_millis(300), async {
        loop {
            if let ClientEvent::Updated { .. } = client.next_event().await.unwrap() {
                return;
            }
        }
    });
    assert!(early.await.is_err(), "an update without a picture");
    server.update(scenes::text(SIZE).view(), &SIZE.into());
    wait_for(&mut client, &scenes::text(SIZE)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_fingerprint_is_refused_before_anything_is_sent() {
    let server = serve(config()).await;
    let mut wrong = invitation(&server);
    let other = Identity::generate().unwrap().fingerprint();
    wrong.fingerprint = Some(other);
    let Err(error) = connect(wrong).await else {
        panic!("let in")
    };
    assert_eq!(error.exit_code(), 4);
    let ConnectError::WrongFingerprint {
        expected, found, ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!((expected, Some(found)), (other, server.fingerprint()));
    let mut none = invitation(&server);
    none.fingerprint = None;
    assert!(matches!(
        connect(none).await,
        Err(ConnectError::UnknownServer { .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_rfb_needs_both_sides_to_ask_for_it() {
    let mut plain = config();
    plain.allow = Allow::only(&[Protocol::Plain]);
    let server = serve(plain).await;
    let mut shy = invitation(&server);
    shy.insecure = false;
    assert!(matches!(
        connect(shy).await,
        Err(ConnectError::InsecureNotAllowed { .. })
    ));
    let mut client = connect(invitation(&server)).await.unwrap();
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    assert!(!client.stats().encrypted);

    // An encrypted server does not talk to who comes plain.
    let mut encrypted = config();
    encrypted.allow = Allow::only(&[Protocol::Tls]);
    let server = serve(encrypted).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(b"RFB 003.008\n").await.unwrap();
    let mut answer = Vec::new();
    let _closed = timeout(PATIENCE, stream.read_to_end(&mut answer))
        .await
        .unwrap();
    assert!(!answer.starts_with(b"RFB"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_and_the_right_one_still_gets_in() {
    let server = serve(config()).await;
    for _ in 0..2 {
        let mut wrong = invitation(&server);
        wrong.password = Some(Secret::from("not this"));
        let Err(error) = connect(wrong).await else {
            panic!("let in")
        };
        assert_eq!(error.exit_code(), 4);
        assert!(error.to_string().ends_with("wrong password"), "{error}");
    }
    assert!(connect(invitation(&server)).await.is_ok());
    let mut none = invitation(&server);
    none.password = None;
    assert!(matches!(
        connect(none).await,
        Err(ConnectError::PasswordNeeded { .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_proves_a_trusted_certificate_does_not_wait_for_others_guesses() {
    let own = Identity::generate().unwrap();
    let mut trusting = config();
    trusting.trusted_clients = vec![own.fingerprint()];
    let server = serve(trusting).await;
    // Guesses from the same address, until a stranger would wait for 10 s at its turn.
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let mut wrong = invitation(&server);
        wrong.password = Some(Secret::from("guess"));
        guesses.spawn(connect_quietly(wrong));
    }
    guesses.join_next().await;
    let mut config = invitation(&server);
    config.identity = Some(own);
    let known = connect(config);
    tokio::select! {
        client = known => assert!(client.is_ok()),
        () = async { while guesses.join_next().await.is_some() {} } => panic!("it waited behind the guesses"),
    }
}

async fn connect_quietly(config: ClientConfig) {
    let _refused = Client::connect(config, Arc::new(tight::decoders)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_only_look_cannot_touch() {
    let mut both = config();
    both.view_only_password = Some(Secret::from("lookonly"));
    let server = serve(both).await;
    let mut looking = invitation(&server);
    looking.password = Some(Secret::from("lookonly"));
    let mut looker = connect(looking).await.unwrap();
    assert!(matches!(
        event(&server).await,
        ServerEvent::Connected {
            rights: Rights::VIEW_ONLY,
            ..
        }
    ));
    wait_for(&mut looker, &scenes::desktop(SIZE)).await;
    looker.key(0x61, true);
    looker.pointer(Point::new(1, 1), 1);
    looker.set_clipboard("mine");
    server.set_clipboard("yours");
    looker.request_size(Size::new(100, 100));
    let refused = async {
        loop {
            match looker.next_event().await.unwrap() {
                ClientEvent::ResizeRefused(status) => return status,
                ClientEvent::Clipboard(content) => panic!("was told {content:?}"),
                _ => {}
            }
        }
    };
    assert_eq!(
        timeout(PATIENCE, refused).await.unwrap(),
        ResizeStatus::PROHIBITED
    );
    looker.close().await;
    assert!(matches!(
        event(&server).await,
        ServerEvent::Disconnected { .. }
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn input_resize_and_clipboard_pass_both_ways() {
    let server = serve(config()).await;
    let mut client = connect(invitation(&server)).await.unwrap();
    let ServerEvent::Connected { session, .. } = event(&server).await else {
        panic!()
    };
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    client.key(0x61, true);
    client.pointer(Point::new(3, 4), 1);
    client.set_clipboard("hin ☺");
    let size = Size::new(200, 100);
    client.request_size(size);
    server.set_clipboard("her ☺");
    let follow = async {
        let mut clipboard = false;
        while !(clipboard && client.size() == size) {
            clipboard |=
                client.next_event().await.unwrap() == ClientEvent::Clipboard("her ☺".into());
        }
    };
    let answer = async {
        assert_eq!(
            event(&server).await,
            ServerEvent::Key {
                session,
                keysym: 0x61,
                keycode: None,
                down: true
            }
        );
        assert_eq!(
            event(&server).await,
            ServerEvent::Pointer {
                session,
                at: Point::new(3, 4),
                buttons: 1
            }
        );
        let mut rest = [event(&server).await, event(&server).await];
        rest.sort_by_key(|event| matches!(event, ServerEvent::ResizeRequested { .. }));
        assert_eq!(
            rest[0],
            ServerEvent::Clipboard {
                session,
                content: "hin ☺".into()
            }
        );
        assert!(
            matches!(rest[1], ServerEvent::ResizeRequested { size: wanted, .. } if wanted == size)
        );
        server.resize(size, Some(session));
        server.update(scenes::icons(size).view(), &size.into());
    };
    timeout(PATIENCE, async { tokio::join!(follow, answer) })
        .await
        .unwrap();
    wait_for(&mut client, &scenes::icons(size)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_encoding_that_is_preferred_shows_the_picture() {
    let server = serve(config()).await;
    for encoding in [Encoding::TIGHT, Encoding::ZRLE, Encoding::RAW] {
        let mut config = invitation(&server);
        config.prefer = Some(encoding);
        config.quality = None;
        let mut client = connect(config).await.unwrap();
        wait_for(&mut client, &scenes::desktop(SIZE)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_holds_up_nobody_and_is_dropped() {
    let mut impatient = config();
    impatient.stall_timeout = Duration::from_millis(500);
    let server = serve(impatient).await;
    let mut lossless = invitation(&server);
    lossless.quality = None;
    let mut stopped = connect(lossless.clone()).await.unwrap();
    // From the second picture on it takes updates unasked; then `next_event` is called no more, so it stops reading.
    wait_for(&mut stopped, &scenes::desktop(SIZE)).await;
    server.update(scenes::icons(SIZE).view(), &SIZE.into());
    wait_for(&mut stopped, &scenes::icons(SIZE)).await;
    let ServerEvent::Connected {
        session: stalled, ..
    } = event(&server).await
    else {
        panic!()
    };
    let mut lively = connect(lossless).await.unwrap();
    assert!(matches!(
        event(&server).await,
        ServerEvent::Connected { .. }
    ));
    let mut shade = 0_u8;
    let dropped = async {
        loop {
            let gone = timeout(Duration::from_millis(1), server.next_event()).await;
            if let Ok(ServerEvent::Parted { session, reason }) = gone {
                return (session, reason);
            }
            shade = shade.wrapping_add(1);
            let mut picture = scenes::noise(SIZE);
            picture
                .view_mut(Rect::new(0, 0, 1, 1))
                .unwrap()
                .fill([shade, 0, 0, 0]);
            for row in picture.view_mut(SIZE.into()).unwrap().rows_mut() {
                row.rotate_left(usize::from(shade) * 4);
            }
            server.update(picture.view(), &Region::from(SIZE));
            wait_for(&mut lively, &normalised(&picture)).await;
        }
    };
    let (session, reason) = timeout(PATIENCE, dropped).await.unwrap();
    assert_eq!(session, stalled);
    assert!(
        reason.starts_with("the client took nothing for"),
        "{reason}"
    );
    drop(stopped);
}

/// As a client holds it: the fourth byte is zero.
fn normalised(picture: &Framebuffer) -> Framebuffer {
    let mut copy = Framebuffer::new(picture.size());
    rfb::damage::refine(&mut copy, Point::default(), picture.view());
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_too_many_is_told_so() {
    let mut small = config();
    small.max_clients = 1;
    let server = serve(small).await;
    let first = connect(invitation(&server)).await.unwrap();
    assert!(matches!(
        event(&server).await,
        ServerEvent::Connected { .. }
    ));
    let Err(error) = connect(invitation(&server)).await else {
        panic!("let in")
    };
    assert!(
        error.to_string().ends_with("1 clients are here already"),
        "{error}"
    );
    first.close().await;
    assert!(matches!(
        event(&server).await,
        ServerEvent::Disconnected { .. }
    ));
    assert!(connect(invitation(&server)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_says_goodbye() {
    let server = serve(config()).await;
    let mut client = connect(invitation(&server)).await.unwrap();
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    let goodbye = Goodbye {
        code: GoodbyeCode::APPLICATION_ENDED,
        text: "the application ended".into(),
    };
    let follow = async {
        let mut said = None;
        loop {
            match client.next_event().await {
                Ok(ClientEvent::Goodbye(goodbye)) => said = Some(goodbye),
                Ok(_) => {}
                Err(SessionError::Closed | SessionError::Io(_)) => return said,
                Err(error) => panic!("{error}"),
            }
        }
    };
    let (said, ()) = timeout(PATIENCE, async {
        tokio::join!(follow, server.shutdown(goodbye.clone()))
    })
    .await
    .unwrap();
    assert_eq!(said, Some(goodbye));
    assert_eq!(server.sessions(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_ends_its_own_session_only() {
    let mut plain = config();
    plain.allow = Allow::only(&[Protocol::Plain]);
    plain.password = None;
    let server = serve(plain).await;
    let mut bystander = connect(invitation(&server)).await.unwrap();
    assert!(matches!(
        event(&server).await,
        ServerEvent::Connected { .. }
    ));
    for nonsense in [
        &b"RFB 003.008\n\x01\x01\xff"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"RFB 003.008\n\x01\x01\x06\0\0\0\x7f\xff\xff\xff",
        b"RF",
    ] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(nonsense).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        let ended: io::Result<usize> = timeout(PATIENCE, stream.read_to_end(&mut rest))
            .await
            .unwrap();
        drop(ended);
    }
    server.update(scenes::icons(SIZE).view(), &SIZE.into());
    wait_for(&mut bystander, &scenes::icons(SIZE)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_ends_with_its_last_handle() {
    let server = serve(config()).await;
    let mut client = connect(invitation(&server)).await.unwrap();
    let address = server.address();
    let other = server.clone();
    drop(server);
    assert!(TcpStream::connect(address).await.is_ok());
    drop(other);
    let end = async { while client.next_event().await.is_ok() {} };
    timeout(PATIENCE, end).await.unwrap();
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, refused).await.unwrap();
}
