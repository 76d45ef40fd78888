//! Whose place a session is, and whom it makes room for.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use testkit::scenes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use transport::{
    Allow, ClientConfig, Protocol, Scheme, Server, ServerConfig, ServerEvent, SessionId,
    SoundSettings,
};

use super::relay::Relay;
use super::rights::FORMAT;
use super::{PATIENCE, SIZE, config, connect, event, invitation, refused, serve, wait_for};

async fn connected(server: &Server) -> SessionId {
    match event(server).await {
        ServerEvent::Connected { session, .. } => session,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_session_keeps_its_place_until_a_new_client_finds_no_other() {
    let server = serve(ServerConfig {
        max_clients: 2,
        ..config()
    })
    .await;
    let relay = Relay::to(server.address()).await;
    let mut invited = invitation(&server, Scheme::Vncs);
    invited.endpoints[0].port = relay.address.port();
    let mut lost = Vec::new();
    for _ in 0..2 {
        let mut client = connect(invited.clone()).await.unwrap();
        // With the picture came the ticket.
        wait_for(&mut client, &scenes::desktop(SIZE)).await;
        lost.push((connected(&server).await, client));
    }
    relay.cut();
    for _ in 0..2 {
        let parted = event(&server).await;
        assert!(matches!(parted, ServerEvent::Parted { .. }), "{parted:?}");
    }
    assert_eq!(server.sessions(), 0);
    // Nobody else needs the places: both are gone on with.
    for (session, client) in &mut lost {
        timeout(PATIENCE, client.reconnect())
            .await
            .unwrap()
            .unwrap();
        let came = event(&server).await;
        assert!(
            matches!(came, ServerEvent::Resumed { session: own, .. } if own == *session),
            "{came:?}"
        );
    }
    let full = refused(invitation(&server, Scheme::Vncs)).await;
    assert!(full.ends_with("2 clients are here already"), "{full}");
    // One is lost, and somebody new comes in.
    relay.cut();
    let mut parted = Vec::new();
    for _ in 0..2 {
        match event(&server).await {
            ServerEvent::Parted { session, .. } => parted.push(session),
            other => panic!("{other:?}"),
        }
    }
    let mut new = connect(invitation(&server, Scheme::Vncs)).await.unwrap();
    let gave_way = event(&server).await;
    assert!(
        matches!(&gave_way, ServerEvent::Disconnected { session, reason }
            if *session == parted[0] && reason == "another client needed its place"),
        "{gave_way:?}"
    );
    connected(&server).await;
    wait_for(&mut new, &scenes::desktop(SIZE)).await;
    // The other one is still gone on with.
    let other = lost.iter_mut().find(|(own, _)| *own == parted[1]);
    let (session, client) = other.unwrap();
    timeout(PATIENCE, client.reconnect())
        .await
        .unwrap()
        .unwrap();
    let came = event(&server).await;
    assert!(
        matches!(came, ServerEvent::Resumed { session: own, .. } if own == *session),
        "{came:?}"
    );
}

fn open() -> ServerConfig {
    ServerConfig {
        allow: Allow::only(&[Protocol::Plain]),
        password: None,
        ..config()
    }
}

fn plainly(server: &Server) -> ClientConfig {
    ClientConfig {
        insecure: true,
        ..invitation(server, Scheme::Vnc)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_open_to_everybody_counts_and_expires_as_others_do() {
    let once = serve(ServerConfig {
        uses: Some(1),
        ..open()
    })
    .await;
    // Who does not come in does not count.
    let mut shy = at_the_door(once.address()).await;
    let mut client = connect(plainly(&once)).await.unwrap();
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    let message = refused(plainly(&once)).await;
    assert!(message.contains("as often as they may"), "{message}");
    // It was at the door before, but is too late now.
    shy.write_all(&[1]).await.unwrap();
    end_of(&mut shy).await;
    assert_eq!(once.sessions(), 1);

    let expired = serve(ServerConfig {
        expires: Some(SystemTime::now() - Duration::from_secs(1)),
        ..open()
    })
    .await;
    let message = refused(plainly(&expired)).await;
    assert!(message.ends_with("have expired"), "{message}");
}

/// Reads on until the other side closes.
async fn end_of(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let read = stream.read_to_end(&mut rest);
    // That it is reset is an end as well.
    let _end = timeout(PATIENCE, read).await.unwrap();
}

/// Somebody who may come in, and has only to say so.
async fn at_the_door(server: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(b"RFB 003.008\n\x01").await.unwrap();
    stream.read_exact(&mut [0; 12 + 2 + 4]).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_in_too_late_types_nothing() {
    let server = serve(ServerConfig {
        max_clients: 1,
        ..open()
    })
    .await;
    let mut late = at_the_door(server.address()).await;
    let mut client = connect(plainly(&server)).await.unwrap();
    let session = connected(&server).await;
    // ClientInit, and a key.
    late.write_all(&[1, 4, 1, 0, 0, 0, 0, 0, 0x7a])
        .await
        .unwrap();
    end_of(&mut late).await;
    client.key(0x61, true);
    let follow = async { while client.next_event().await.is_ok() {} };
    let typed = tokio::select! {
        typed = event(&server) => typed,
        () = follow => panic!("it was lost"),
    };
    assert!(
        matches!(typed, ServerEvent::Key { session: own, keysym: 0x61, .. } if own == session),
        "{typed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_fails_leaves_nothing_behind() {
    let server = serve(ServerConfig {
        sound: true,
        microphone: true,
        max_clients: 1,
        ..config()
    })
    .await;
    // The application's own mistake, on the session's task: both when it begins and when it ends.
    server.on_microphone(Box::new(|_| std::panic::resume_unwind(Box::new(()))));
    let mut speaking = invitation(&server, Scheme::Vncs);
    speaking.sound = Some(SoundSettings::default());
    let mut client = connect(speaking).await.unwrap();
    let session = connected(&server).await;
    // With the picture came what the server offers.
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    client.start_microphone(FORMAT);
    let lost = async { while client.next_event().await.is_ok() {} };
    timeout(PATIENCE, lost).await.unwrap();
    loop {
        match event(&server).await {
            ServerEvent::Disconnected { session: own, .. } => break assert_eq!(own, session),
            ServerEvent::MicrophoneStopped { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(server.sessions(), 0);
    assert!(server.stats(session).is_none());
    assert!(connect(invitation(&server, Scheme::Vncs)).await.is_ok());
}
