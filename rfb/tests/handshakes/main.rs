//! Every way in, from the first byte to the desktop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod bytes;
mod eager;
mod refusals;
mod ways_in;

use rfb::handshake::{Challenge, Method};
use rfb::server::{Proof, Security};
use rfb::{
    ClientConfig, ClientConnection, ClientEvent, Encoders, Error, Framebuffer, LocalTime,
    ServerConfig, ServerConnection, ServerEvent, Size,
};
use testkit::pair::{Learnt, Pair, open_server};

const NOW: LocalTime = LocalTime::from_micros(0);
const SIZE: Size = Size::new(20, 10);
const CHALLENGE: Challenge = [3; 16];
const ANSWER: Challenge = [9; 16];

fn offer(methods: &[Method]) -> ServerConfig {
    ServerConfig {
        security: Security::Offer {
            methods: methods.to_vec(),
            challenge: CHALLENGE,
        },
        ..open_server(SIZE)
    }
}

fn server(methods: &[Method]) -> ServerConnection {
    ServerConnection::new(offer(methods), Encoders::raw())
}

fn client(methods: &[Method]) -> ClientConnection {
    let config = ClientConfig {
        methods: methods.to_vec(),
        ..ClientConfig::default()
    };
    ClientConnection::new(config, tight::decoders())
}

fn pair(offered: &[Method], wanted: &[Method]) -> Pair {
    Pair::of(Framebuffer::new(SIZE), client(wanted), server(offered))
}

/// Does what drivers do, without layers below, until nothing more happens; gives everything that was learnt. The server
/// judges by `verdict`, and what a layer of RSA-AES would bring is right.
fn log_in(pair: &mut Pair, verdict: impl Fn(&Proof) -> Result<(), &str>) -> Result<Learnt, Error> {
    let mut all = Learnt::default();
    loop {
        let learnt = pair.drive()?;
        if learnt.client.is_empty() && learnt.server.is_empty() {
            return Ok(all);
        }
        for event in &learnt.client {
            match event {
                ClientEvent::Upgrade(_) => assert!(pair.client.upgrade().is_empty()),
                ClientEvent::Challenge(challenge) => {
                    assert_eq!(*challenge, CHALLENGE);
                    pair.client.answer(ANSWER).unwrap();
                }
                ClientEvent::CredentialsWanted => {
                    pair.client.give_credentials("ann", b"secret").unwrap();
                }
                _ => {}
            }
        }
        for event in &learnt.server {
            match event {
                ServerEvent::Upgrade(layer) => {
                    assert!(pair.server.upgrade().is_empty());
                    if matches!(layer, rfb::handshake::Layer::RsaAes { .. }) {
                        pair.server.accept().unwrap();
                    }
                }
                ServerEvent::Authenticate(proof) => match verdict(proof) {
                    Ok(()) => pair.server.accept().unwrap(),
                    Err(reason) => pair.server.refuse(reason).unwrap(),
                },
                _ => {}
            }
        }
        all.client.extend(learnt.client);
        all.server.extend(learnt.server);
    }
}

fn server_error(methods: &[Method], bytes: &[u8]) -> String {
    let mut server = server(methods);
    server.handle_bytes(NOW, bytes);
    loop {
        match server.poll_event() {
            Ok(Some(_)) => {}
            Ok(None) => return "waiting".into(),
            Err(error) => return error.to_string(),
        }
    }
}

fn client_error(methods: &[Method], bytes: &[u8]) -> String {
    let mut client = client(methods);
    client.handle_bytes(NOW, bytes);
    loop {
        match client.poll_event() {
            Ok(Some(_)) => {}
            Ok(None) => return "waiting".into(),
            Err(error) => return error.to_string(),
        }
    }
}
