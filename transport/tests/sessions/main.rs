//! Every way into a server, and back into it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod admitting;
mod ending;
mod places;
mod relay;
mod resuming;
mod rights;
mod secrecy;
mod serving;
mod ways_in;

use std::sync::Arc;
use std::time::Duration;

use rfb::{Framebuffer, Size};
use testkit::scenes;
use tokio::time::timeout;
use transport::{
    Client, ClientConfig, ConnectError, Endpoint, Scheme, Server, ServerConfig, ServerEvent,
};

const SIZE: Size = Size::new(320, 200);
/// Long enough for anything that works; a test that waits it out has failed.
const PATIENCE: Duration = Duration::from_secs(20);

fn config() -> ServerConfig {
    ServerConfig::new(SIZE).unwrap()
}

async fn serve(config: ServerConfig) -> Server {
    let server = Server::bind(config, Arc::new(tight::encoders))
        .await
        .unwrap();
    server.update(scenes::desktop(SIZE).view(), &SIZE.into());
    server
}

/// What a viewer that knows everything would use, by this scheme.
fn invitation(server: &Server, scheme: Scheme) -> ClientConfig {
    let mut config = ClientConfig::new(&server.url()).unwrap();
    config.endpoints = vec![endpoint(server, scheme)];
    config.fingerprint = server.fingerprint();
    config.password = server.password().cloned();
    config
}

fn endpoint(server: &Server, scheme: Scheme) -> Endpoint {
    Endpoint {
        scheme,
        host: server.address().ip().to_string(),
        port: server.address().port(),
        path: String::new(),
    }
}

async fn connect(config: ClientConfig) -> Result<Client, ConnectError> {
    timeout(PATIENCE, Client::connect(config, Arc::new(tight::decoders)))
        .await
        .unwrap()
}

async fn refused(config: ClientConfig) -> String {
    match connect(config).await {
        Ok(_) => panic!("let in"),
        Err(error) => error.to_string(),
    }
}

async fn event(server: &Server) -> ServerEvent {
    timeout(PATIENCE, server.next_event()).await.unwrap()
}

/// Follows events until the client holds `picture`.
async fn wait_for(client: &mut Client, picture: &Framebuffer) {
    let follow = async {
        while client.framebuffer() != picture {
            client.next_event().await.unwrap();
        }
    };
    timeout(PATIENCE, follow).await.unwrap();
}
