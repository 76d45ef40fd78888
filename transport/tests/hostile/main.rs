//! Peers that break the rules, and what is between the two ends: each ends its own session, with the rule it broke.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod clients;
mod downgrades;
mod fences;
mod log;
mod middle;
mod ours;
mod tickets;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rfb::{Framebuffer, Size};
use testkit::scenes;
use tokio::time::timeout;
use transport::{
    Allow, Client, ClientConfig, ConnectError, Endpoint, Protocol, Scheme, Server, ServerConfig,
};

const SIZE: Size = Size::new(160, 100);
/// Long enough for anything that works; a test that waits it out has failed.
const PATIENCE: Duration = Duration::from_secs(20);

fn config(allow: &[Protocol]) -> ServerConfig {
    ServerConfig {
        allow: Allow::only(allow),
        ..ServerConfig::new(SIZE).unwrap()
    }
}

async fn serve(config: ServerConfig) -> Server {
    let server = Server::bind(config, Arc::new(tight::encoders))
        .await
        .unwrap();
    server.update(picture().view(), &SIZE.into());
    server
}

fn picture() -> Framebuffer {
    scenes::desktop(SIZE)
}

/// What a viewer that knows everything would use, by this scheme, at this address.
fn invitation(server: &Server, scheme: Scheme, at: SocketAddr) -> ClientConfig {
    let mut config = ClientConfig::new(&server.url()).unwrap();
    config.endpoints = vec![Endpoint {
        scheme,
        host: at.ip().to_string(),
        port: at.port(),
        path: String::new(),
    }];
    config.fingerprint = server.fingerprint();
    config.password = server.password().cloned();
    config.quality = None;
    config
}

async fn connect(config: ClientConfig) -> Result<Client, ConnectError> {
    timeout(PATIENCE, Client::connect(config, Arc::new(tight::decoders)))
        .await
        .expect("neither in nor refused")
}

async fn refused(config: ClientConfig) -> String {
    match connect(config).await {
        Ok(_) => panic!("let in"),
        Err(error) => error.to_string(),
    }
}

/// Connects, encrypted unless otherwise is allowed, and follows events until the client holds the picture; the error that
/// ends it otherwise.
async fn see(config: ClientConfig) -> Result<(), String> {
    let may_be_clear = config.insecure;
    let mut client = connect(config).await.map_err(|error| error.to_string())?;
    assert!(client.stats().encrypted || may_be_clear);
    let follow = async {
        while client.framebuffer() != &picture() {
            client
                .next_event()
                .await
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    };
    timeout(PATIENCE, follow)
        .await
        .expect("neither the picture nor an error")
}

/// An honest client still gets its picture.
async fn assert_serves(server: &Server, scheme: Scheme) {
    let invited = invitation(server, scheme, server.address());
    see(invited).await.unwrap();
}
