//! Both handshakes, from the first byte.

use rfb::handshake::Method;
use rfb::server::Security;
use rfb::{ClientConfig, ServerConfig, Size};

use super::choices::Choices;
use super::patient_limits;
use super::sessions::{check_client, run_server};
use super::split::{self, Cuts};
use crate::pair::open_server;

/// A server's bytes from the start, for a client whose settings the first byte chooses.
pub fn client_handshake(data: &[u8]) {
    let mut choices = Choices::new(data);
    let methods: [&[Method]; 4] = [
        &[Method::None, Method::VncAuth],
        &[Method::None],
        &[Method::VncAuth],
        &[],
    ];
    let config = ClientConfig {
        methods: choices.of(&methods).to_vec(),
        limits: patient_limits(),
        ..ClientConfig::default()
    };
    check_client(&config, choices.rest());
}

/// A client's bytes from the start, for a server whose settings the first byte chooses.
pub fn server_handshake(data: &[u8]) {
    let mut choices = Choices::new(data);
    let security = match choices.below(3) {
        0 => Security::open(),
        1 => Security::vnc_auth([7; 16]),
        _ => Security::Refuse("closed".into()),
    };
    let config = ServerConfig {
        security,
        limits: patient_limits(),
        ..open_server(Size::new(16, 16))
    };
    split::check(choices.rest(), Cuts::Some, |chunks| {
        run_server(&config, chunks)
    });
}
