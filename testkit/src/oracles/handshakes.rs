//! Both handshakes, from the first byte.

use rfb::handshake::Method;
use rfb::server::Security;
use rfb::{ClientConfig, ServerConfig, Size};

use super::choices::Choices;
use super::patient_limits;
use super::sessions::{check_client, run_server};
use super::split::{self, Cuts};
use crate::pair::open_server;

const TLS: [Method; 3] = [Method::X509Plain, Method::X509Vnc, Method::X509None];
const RSA_AES: [Method; 4] = [
    Method::Ra2,
    Method::Ra2_256,
    Method::Ra2ne,
    Method::Ra2ne_256,
];

/// A server's bytes from the start, for a client whose settings the first byte chooses.
pub fn client_handshake(data: &[u8]) {
    let mut choices = Choices::new(data);
    // In an order that stays: saved inputs count on it.
    let settings: [(&[Method], bool); 8] = [
        (&[Method::None, Method::VncAuth], false),
        (&[Method::None], false),
        (&[Method::VncAuth], false),
        (&[], false),
        (&TLS, false),
        (&[Method::Plain], false),
        (&RSA_AES, false),
        (&[], true),
    ];
    let (methods, eager) = choices.of(&settings);
    let config = ClientConfig {
        methods: methods.to_vec(),
        eager,
        limits: patient_limits(),
        ..ClientConfig::default()
    };
    check_client(&config, choices.rest());
}

/// A client's bytes from the start, for a server whose settings the first byte chooses.
pub fn server_handshake(data: &[u8]) {
    let mut choices = Choices::new(data);
    let offer = |methods: &[Method]| Security::Offer {
        methods: methods.to_vec(),
        challenge: [7; 16],
    };
    let security = match choices.below(7) {
        0 => Security::open(),
        1 => Security::vnc_auth([7; 16]),
        2 => Security::Refuse("closed".into()),
        3 => offer(&TLS),
        4 => offer(&[Method::Plain]),
        5 => offer(&RSA_AES),
        _ => offer(&Method::ALL),
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
