//! The client's side: a server with the right certificate, and no other.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::BufReader;
use tokio_rustls::client::TlsStream;

use super::{only_tls13, provider, validity};
use crate::client::ConnectError;
use crate::credentials::{Fingerprint, Identity};
use crate::stream::Stream;

/// Read from the stream at once: rustls reads by 4 KiB, and pictures come by the megabyte.
const READ_BYTES: usize = 128 << 10;

/// What the client's verifier saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<Mutex<Option<Fingerprint>>>);

impl Seen {
    /// Why a handshake with a server that `pin` stands for failed.
    pub(crate) fn explain(
        &self,
        pin: Option<Fingerprint>,
        address: &str,
        error: impl ToString,
    ) -> ConnectError {
        let address = address.to_owned();
        let seen = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (seen, pin) {
            (Some(found), None) => ConnectError::UnknownServer { address, found },
            (Some(found), Some(expected)) if found != expected => ConnectError::WrongFingerprint {
                address,
                expected,
                found,
            },
            _ => ConnectError::Tls {
                address,
                error: error.to_string(),
            },
        }
    }
}

/// Takes the certificate with the fingerprint `pin` and no other (none at all without a pin), and notes what it saw.
pub(crate) fn client_config(
    pin: Option<Fingerprint>,
    identity: Option<&Identity>,
    protocols: &[&[u8]],
) -> Result<(ClientConfig, Seen), Error> {
    let provider = provider();
    let seen = Seen::default();
    let verifier = PinnedServer {
        pin,
        seen: seen.clone(),
        algorithms: provider.signature_verification_algorithms,
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match identity {
        Some(own) => builder.with_client_auth_cert(vec![own.certificate()], own.key())?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    // The name is not what is verified; do not tell it to who listens.
    config.enable_sni = false;
    Ok((config, seen))
}

/// TLS over `stream` with the server that `pin` stands for. Nothing of ours is sent to another.
pub(crate) async fn connect<S: Stream>(
    stream: S,
    pin: Option<Fingerprint>,
    identity: Option<&Identity>,
    protocols: &[&[u8]],
    address: &str,
) -> Result<TlsStream<BufReader<S>>, ConnectError> {
    let stream = BufReader::with_capacity(READ_BYTES, stream);
    let unusable = |error: Error| ConnectError::Tls {
        address: address.to_owned(),
        error: error.to_string(),
    };
    let (config, seen) = client_config(pin, identity, protocols).map_err(unusable)?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let connected = connector.connect(nobody(), stream).await;
    connected.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => seen.explain(pin, address, error),
        // It is not TLS that failed.
        _ => ConnectError::Io {
            address: address.to_owned(),
            error,
        },
    })
}

/// A name that is neither sent nor looked at.
fn nobody() -> ServerName<'static> {
    ServerName::from(std::net::IpAddr::from([127, 0, 0, 1]))
}

#[derive(Debug)]
struct PinnedServer {
    pin: Option<Fingerprint>,
    seen: Seen,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for PinnedServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let found = Fingerprint::of(end_entity);
        *self.seen.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        if Some(found) == self.pin {
            validity::check(end_entity, now)?;
            return Ok(ServerCertVerified::assertion());
        }
        let rejected = CertificateError::ApplicationVerificationFailure;
        Err(Error::InvalidCertificate(rejected))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
