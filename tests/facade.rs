//! The facade as an embedder uses it: a server over pixels of ours, a client that follows.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use testkit::scenes;
use tightrope::{
    Client, ClientConfig, Framebuffer, Point, Rect, Region, Server, ServerConfig, ServerEvent,
    Size, View,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_follows_a_server_until_it_holds_the_same_pixels() {
    let size = Size::new(640, 480);
    let server = Server::bind(ServerConfig::new(size).unwrap())
        .await
        .unwrap();
    let mut client = Client::connect(config(&server)).await.unwrap();
    for desktop in [scenes::desktop(size), scenes::gradient(size)] {
        server.update(desktop.view(), &Region::from(size));
        follow(&mut client, &desktop).await;
    }
    let stats = client.stats();
    assert!(stats.encrypted && stats.updates > 1 && stats.bytes_received > 0);
    client.close().await;
}

/// What `server` lets in.
fn config(server: &Server) -> ClientConfig {
    let mut config = ClientConfig::new(&server.url()).unwrap();
    config.fingerprint = server.fingerprint();
    config.password = server.password().cloned();
    config
}

/// Takes what comes until the client shows `desktop`.
async fn follow(client: &mut Client, desktop: &Framebuffer) {
    let follow = async {
        while client.framebuffer() != desktop {
            client.next_event().await.unwrap();
        }
    };
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, follow).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn several_clients_that_share_the_work_follow_what_scrolls() {
    let size = Size::new(640, 480);
    let server = Server::bind(ServerConfig::new(size).unwrap())
        .await
        .unwrap();
    let mut clients = Vec::new();
    for quality in [Some(8), Some(8), None] {
        let mut config = config(&server);
        config.quality = quality;
        clients.push(Client::connect(config).await.unwrap());
    }
    let mut desktop = scenes::text(size);
    let fresh = scenes::gradient(size);
    for round in 0..12_u16 {
        let (by, rest) = (13, 480 - 13);
        let from = Point::new(0, by);
        desktop
            .copy_within(from, Rect::new(0, 0, 640, rest))
            .unwrap();
        let strip = Rect::new(0, rest, 640, by);
        let rows = fresh.view();
        let mut target = desktop.view_mut(strip).unwrap();
        let rows = rows.rows(Rect::new(0, round * by, 640, by));
        for (to, from) in target.rows_mut().zip(rows) {
            to.copy_from_slice(from);
        }
        server.update(desktop.view(), &Region::from(size));
        // Some look at once, and some later.
        if let Some(client) = clients.get_mut(usize::from(round % 5)) {
            follow(client, &desktop).await;
        }
    }
    for client in &mut clients {
        follow(client, &desktop).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_little_may_be_sent_what_moves_is_made_less_good() {
    let size = Size::new(320, 240);
    let config_of_server = ServerConfig {
        max_rate: Some(4_000_000),
        ..ServerConfig::new(size).unwrap()
    };
    let server = Server::bind(config_of_server).await.unwrap();
    let mut client = Client::connect(config(&server)).await.unwrap();
    let ServerEvent::Connected { session, .. } = server.next_event().await else {
        panic!("nobody came");
    };
    let noise = scenes::noise(size);
    let film = async {
        let mut pictures = tokio::time::interval(Duration::from_millis(30));
        for light in (0..=u8::MAX).cycle() {
            pictures.tick().await;
            let lit = |byte: &u8| byte.wrapping_add(light.wrapping_mul(37));
            let shown: Vec<u8> = noise.bytes().iter().map(lit).collect();
            let stride = usize::from(size.width) * 4;
            let view = View::new(&shown, size, stride).unwrap();
            server.update(view, &Region::from(size));
            let stats = server.stats(session).unwrap();
            if stats.jpeg_quality.is_some_and(|quality| quality < 80.0) {
                return;
            }
        }
    };
    let follow = async {
        loop {
            client.next_event().await.unwrap();
        }
    };
    let watched = async {
        tokio::select! {
            () = film => {}
            () = follow => {}
        }
    };
    tokio::time::timeout(Duration::from_secs(20), watched)
        .await
        .unwrap();
}
