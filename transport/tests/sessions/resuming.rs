//! Sessions that outlast their connections.

use std::time::Duration;

use rfb::{ClientEvent, Framebuffer, Rect};
use testkit::scenes;
use tokio::time::timeout;
use transport::{Client, Identity, Scheme, Server, ServerConfig, ServerEvent};

use super::relay::Relay;
use super::{PATIENCE, SIZE, config, connect, event, invitation, refused, serve, wait_for};

/// A client that comes through a wire which can be cut.
async fn through_relay(server: &Server) -> (Relay, Client) {
    let relay = Relay::to(server.address()).await;
    let mut invited = invitation(server, Scheme::Vncs);
    invited.endpoints[0].port = relay.address.port();
    let mut client = connect(invited).await.unwrap();
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    (relay, client)
}

/// Waits until the client notices that it has lost its connection.
async fn lost(client: &mut Client) {
    let error = async {
        loop {
            if let Err(error) = client.next_event().await {
                return error;
            }
        }
    };
    let error = timeout(PATIENCE, error).await.unwrap();
    assert!(error.is_worth_retrying(), "{error}");
}

async fn reconnected(client: &mut Client) {
    timeout(PATIENCE, client.reconnect())
        .await
        .unwrap()
        .unwrap();
}

fn painted() -> Framebuffer {
    let mut picture = scenes::desktop(SIZE);
    let mut corner = picture.view_mut(Rect::new(10, 10, 40, 30)).unwrap();
    corner.fill([1, 2, 3, 0]);
    picture
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_session_goes_on_and_only_what_changed_is_sent() {
    let server = serve(config()).await;
    let (relay, mut client) = through_relay(&server).await;
    let whole = relay.bytes_to_client();
    relay.cut();
    lost(&mut client).await;
    server.update(painted().view(), &SIZE.into());
    reconnected(&mut client).await;
    wait_for(&mut client, &painted()).await;
    let again = relay.bytes_to_client();
    // TLS's own handshake is in both.
    assert!(again * 3 < whole, "{again} of {whole}");
    let session = match event(&server).await {
        ServerEvent::Connected { session, .. } => session,
        other => panic!("{other:?}"),
    };
    assert!(
        matches!(event(&server).await, ServerEvent::Parted { session: own, .. } if own == session)
    );
    assert!(
        matches!(event(&server).await, ServerEvent::Resumed { session: own, .. } if own == session)
    );
    let stats = server.stats(session).unwrap();
    assert_eq!((stats.reconnects, client.stats().reconnects), (1, 1));
    assert!(stats.sent.pictures > 0 && stats.bytes_sent > stats.sent.total());
    // Still the same session: it can be cut again.
    relay.cut();
    lost(&mut client).await;
    reconnected(&mut client).await;
    server.update(scenes::desktop(SIZE).view(), &SIZE.into());
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_copied_while_a_client_was_away_is_there_when_it_is_back() {
    let server = serve(config()).await;
    let (relay, mut client) = through_relay(&server).await;
    relay.cut();
    lost(&mut client).await;
    while !matches!(event(&server).await, ServerEvent::Parted { .. }) {}
    server.set_clipboard("copied meanwhile");
    reconnected(&mut client).await;
    let copied = async {
        let wanted = ClientEvent::Clipboard("copied meanwhile".into());
        while client.next_event().await.unwrap() != wanted {}
    };
    timeout(PATIENCE, copied).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_use_is_enough_for_a_session_however_often_it_is_cut() {
    let mut once = config();
    once.uses = Some(1);
    let server = serve(once).await;
    let (relay, mut client) = through_relay(&server).await;
    for _ in 0..3 {
        relay.cut();
        lost(&mut client).await;
        reconnected(&mut client).await;
    }
    let message = refused(invitation(&server, Scheme::Vncs)).await;
    assert!(message.contains("as often as they may"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_takes_over_from_itself() {
    let server = serve(config()).await;
    let (_relay, mut client) = through_relay(&server).await;
    // The server has not noticed anything: the old connection is up.
    reconnected(&mut client).await;
    server.update(painted().view(), &SIZE.into());
    wait_for(&mut client, &painted()).await;
    assert_eq!(server.sessions(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_started_elsewhere_with_the_same_credentials_takes_the_session_up() {
    let (client_identity, identity) =
        (Identity::generate().unwrap(), Identity::generate().unwrap());
    let credentials = || ServerConfig {
        identity: identity.clone(),
        password: None,
        trusted_clients: vec![client_identity.fingerprint()],
        uses: Some(1),
        ..config()
    };
    for scheme in [Scheme::Vncs, Scheme::Quic] {
        let first = serve(credentials()).await;
        let (second_port, second_listen) = free_port();
        let mut invited = invitation(&first, scheme);
        invited.password = None;
        invited.identity = Some(client_identity.clone());
        let mut elsewhere = invited.endpoints[0].clone();
        elsewhere.port = second_port;
        invited.endpoints.push(elsewhere.clone());
        let mut client = connect(invited).await.unwrap();
        wait_for(&mut client, &scenes::desktop(SIZE)).await;
        drop(first);
        lost(&mut client).await;
        let mut again = credentials();
        again.listen = second_listen;
        let second = serve(again).await;
        reconnected(&mut client).await;
        assert_eq!(client.endpoint(), &elsewhere);
        second.update(painted().view(), &SIZE.into());
        wait_for(&mut client, &painted()).await;
    }
}

fn free_port() -> (u16, std::net::SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (address.port(), address)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parted_session_is_given_up_after_a_while() {
    let mut short = config();
    short.linger = Duration::from_millis(50);
    let server = serve(short).await;
    let (relay, mut client) = through_relay(&server).await;
    assert!(matches!(
        event(&server).await,
        ServerEvent::Connected { .. }
    ));
    relay.cut();
    assert!(matches!(event(&server).await, ServerEvent::Parted { .. }));
    assert!(matches!(
        event(&server).await,
        ServerEvent::Disconnected { .. }
    ));
    lost(&mut client).await;
    // The ticket is good, though there is nothing left to go on with.
    reconnected(&mut client).await;
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tickets_is_logged_in_to_anew() {
    let server = serve(config()).await;
    let relay = Relay::to(server.address()).await;
    let mut invited = invitation(&server, Scheme::Wss);
    invited.endpoints[0].port = relay.address.port();
    let mut client = connect(invited).await.unwrap();
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    relay.cut();
    lost(&mut client).await;
    server.update(painted().view(), &SIZE.into());
    reconnected(&mut client).await;
    wait_for(&mut client, &painted()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_goodbye_is_gone_at_once() {
    let server = serve(config()).await;
    let (_relay, client) = through_relay(&server).await;
    assert!(matches!(
        event(&server).await,
        ServerEvent::Connected { .. }
    ));
    client.close().await;
    assert!(matches!(
        event(&server).await,
        ServerEvent::Disconnected { .. }
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_on_another_thread() {
    let server = serve(config()).await;
    let (relay, mut client) = through_relay(&server).await;
    relay.cut();
    lost(&mut client).await;
    server.update(painted().view(), &SIZE.into());
    let followed = tokio::spawn(async move {
        reconnected(&mut client).await;
        wait_for(&mut client, &painted()).await;
    });
    followed.await.unwrap();
}
