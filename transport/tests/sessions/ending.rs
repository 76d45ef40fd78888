//! Sessions that the server ends.

use std::time::Duration;

use rfb::message::{Goodbye, GoodbyeCode};
use rfb::{ClientEvent, Framebuffer, Size};
use testkit::scenes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use transport::{
    Allow, Client, Protocol, Scheme, Server, ServerConfig, ServerEvent, SessionError, SessionId,
};

use super::relay::Relay;
use super::{PATIENCE, SIZE, config, connect, event, invitation, refused, serve, wait_for};

fn unwanted(text: &str) -> Goodbye {
    Goodbye {
        code: GoodbyeCode::REFUSED,
        text: text.to_owned(),
    }
}

/// Credentials let in once, so that nobody who is out comes in again but by a ticket.
fn once() -> ServerConfig {
    ServerConfig {
        uses: Some(1),
        ..config()
    }
}

async fn came(server: &Server) -> SessionId {
    match event(server).await {
        ServerEvent::Connected { session, .. } => session,
        other => panic!("{other:?}"),
    }
}

/// Why this session was the next to go.
async fn gone(server: &Server, wanted: SessionId) -> String {
    match event(server).await {
        ServerEvent::Disconnected { session, reason } if session == wanted => reason,
        other => panic!("{other:?}"),
    }
}

/// What the server said at the end of the session.
async fn told(client: &mut Client) -> Option<Goodbye> {
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
    timeout(PATIENCE, follow).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_is_told_why_and_the_others_stay() {
    let server = serve(config()).await;
    for scheme in [Scheme::Vncs, Scheme::Quic, Scheme::Wss] {
        let mut client = connect(invitation(&server, scheme)).await.unwrap();
        let session = came(&server).await;
        wait_for(&mut client, &scenes::desktop(SIZE)).await;
        let mut other = connect(invitation(&server, scheme)).await.unwrap();
        let stays = came(&server).await;
        assert!(server.end_session(session, unwanted("lunch")));
        assert_eq!(told(&mut client).await, Some(unwanted("lunch")), "{scheme}");
        assert_eq!(gone(&server, session).await, "lunch");
        assert!(!server.end_session(session, unwanted("lunch")));
        wait_for(&mut other, &scenes::desktop(SIZE)).await;
        assert_eq!(server.sessions(), 1);
        assert!(server.stats(stays).is_some());
        other.close().await;
        gone(&server, stays).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_goes_on_with_it() {
    let server = serve(once()).await;
    let mut client = connect(invitation(&server, Scheme::Vncs)).await.unwrap();
    let session = came(&server).await;
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    server.end_session(session, unwanted(""));
    told(&mut client).await;
    let reason = gone(&server, session).await;
    assert_eq!(reason, "the session is not wanted any more");
    let again = timeout(PATIENCE, client.reconnect()).await.unwrap();
    let error = again.unwrap_err().to_string();
    assert!(error.contains("as often as they may"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_connection_is_lost_ends_at_once_too() {
    let server = serve(once()).await;
    let relay = Relay::to(server.address()).await;
    let mut invited = invitation(&server, Scheme::Vncs);
    invited.endpoints[0].port = relay.address.port();
    let mut client = connect(invited).await.unwrap();
    let session = came(&server).await;
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    relay.cut();
    assert!(matches!(event(&server).await, ServerEvent::Parted { .. }));
    assert!(server.end_session(session, unwanted("lunch")));
    assert_eq!(gone(&server, session).await, "lunch");
    assert!(!server.end_session(session, unwanted("lunch")));
    let again = timeout(PATIENCE, client.reconnect()).await.unwrap();
    let error = again.unwrap_err().to_string();
    assert!(error.contains("as often as they may"), "{error}");
    let other = refused(invitation(&server, Scheme::Vncs)).await;
    assert!(other.contains("as often as they may"), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_never_there_is_none() {
    let server = serve(config()).await;
    assert!(!server.end_session(SessionId::of(77), unwanted("who?")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_not_waited_for() {
    const LARGE: Size = Size::new(4000, 3000);
    let server = serve(ServerConfig {
        size: LARGE,
        allow: Allow::only(&[Protocol::Plain]),
        password: None,
        stall_timeout: Duration::from_secs(3600),
        ..config()
    })
    .await;
    server.update(Framebuffer::new(LARGE).view(), &LARGE.into());
    let mut client = TcpStream::connect(server.address()).await.unwrap();
    // Version, security None, shared.
    client.write_all(b"RFB 003.008\n\x01\x01").await.unwrap();
    let mut greeting = [0; 12 + 2 + 4 + 24];
    client.read_exact(&mut greeting).await.unwrap();
    let session = came(&server).await;
    // All of 4000 by 3000 pixels as they are: 48 MB, of which it reads nothing.
    #[rustfmt::skip]
    let request = [/* request */ 3, /* incremental */ 0, 0, 0, 0, 0, /* size */ 15, 160, 11, 184];
    client.write_all(&request).await.unwrap();
    while server.stats(session).unwrap().bytes_sent < 1 << 16 {
        tokio::task::yield_now().await;
    }
    assert!(server.end_session(session, unwanted("lunch")));
    assert_eq!(gone(&server, session).await, "lunch");
}
