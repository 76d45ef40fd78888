//! The facade as an embedder uses it: a server over pixels of ours, a client that follows.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use testkit::scenes;
use tightrope::{Client, ClientConfig, Region, Server, ServerConfig, Size};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_follows_a_server_until_it_holds_the_same_pixels() {
    let size = Size::new(640, 480);
    let server = Server::bind(ServerConfig::new(size).unwrap())
        .await
        .unwrap();
    let mut config = ClientConfig::new(&server.url()).unwrap();
    config.fingerprint = server.fingerprint();
    config.password = server.password().cloned();
    let mut client = Client::connect(config).await.unwrap();
    for desktop in [scenes::desktop(size), scenes::gradient(size)] {
        server.update(desktop.view(), &Region::from(size));
        let follow = async {
            while client.framebuffer() != &desktop {
                client.next_event().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(20), follow)
            .await
            .unwrap();
    }
    let stats = client.stats();
    assert!(stats.encrypted && stats.updates > 1 && stats.bytes_received > 0);
    client.close().await;
}
