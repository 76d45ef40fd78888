//! TLS 1.3 with pinned, self-signed certificates.

mod client;
mod server;
mod validity;

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::{Error, PeerIncompatible};

pub(crate) use client::{client_config, connect};
pub(crate) use server::Acceptor;

/// Our client to our server: see docs/PROTOCOL.md.
pub(crate) const TIGHTROPE: &[u8] = b"tightrope/1";
/// RFB as the specifications say.
pub(crate) const RFB: &[u8] = b"rfb";
/// WebSocket, by a browser.
pub(crate) const HTTP: &[u8] = b"http/1.1";

/// The ciphers of ring, the quickest first: AES-128 is as much as the P-256 keys are worth.
fn provider() -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    let quickest = rustls::CipherSuite::TLS13_AES_128_GCM_SHA256;
    provider
        .cipher_suites
        .sort_by_key(|suite| suite.suite() != quickest);
    Arc::new(provider)
}

/// TLS 1.2 is switched off; a peer that speaks it does not get this far.
fn only_tls13() -> Error {
    PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig.into()
}
