//! TLS 1.3 with pinned, self-signed certificates.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error,
    PeerIncompatible, ServerConfig, SignatureScheme,
};

use crate::credentials::{Fingerprint, Identity};

/// What is spoken inside: RFB as the specifications say.
const ALPN: &[u8] = b"rfb";

/// The server's side: shows `identity`; asks for a client certificate only if some are `trusted`.
pub(crate) fn server_config(identity: &Identity, trusted: bool) -> Result<ServerConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?;
    let builder = if trusted {
        let algorithms = provider.signature_verification_algorithms;
        builder.with_client_cert_verifier(Arc::new(AnyClient { algorithms }))
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_single_cert(vec![identity.certificate()], identity.key())?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(config)
}

/// What the client's verifier saw.
pub(crate) type Seen = Arc<Mutex<Option<Fingerprint>>>;

/// The client's side: takes the certificate with the fingerprint `pin` and no other, and notes what it saw.
pub(crate) fn client_config(
    pin: Fingerprint,
    identity: Option<&Identity>,
) -> Result<(ClientConfig, Seen), Error> {
    let provider = Arc::new(ring::default_provider());
    let seen = Seen::default();
    let verifier = PinnedServer {
        pin,
        seen: Arc::clone(&seen),
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
    config.alpn_protocols = vec![ALPN.to_vec()];
    // The name is not what is verified; do not tell it to who listens.
    config.enable_sni = false;
    Ok((config, seen))
}

/// TLS 1.2 is switched off; a peer that speaks it does not get this far.
fn only_tls13() -> Error {
    PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig.into()
}

#[derive(Debug)]
struct PinnedServer {
    pin: Fingerprint,
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
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let found = Fingerprint::of(end_entity);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        if found == self.pin {
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

/// Takes any client certificate, or none: it gives no right to come in, only (if it is a trusted one, which is looked
/// up after the handshake) the right to be asked at once.
#[derive(Debug)]
struct AnyClient {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
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
