//! The server's side: what the client says first decides whether it is asked for a certificate.

use std::io;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    SupportedProtocolVersion,
};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::{HTTP, RFB, TIGHTROPE, only_tls13, provider};
use crate::credentials::{Fingerprint, Identity};
use crate::stream::Stream;

/// Shows one identity to all clients.
#[derive(Clone)]
pub(crate) struct Acceptor {
    /// For our own clients: asks for a certificate.
    ours: Arc<ServerConfig>,
    /// For others: browsers break on the question.
    others: Arc<ServerConfig>,
}

/// A client that TLS is spoken with.
pub(crate) struct Accepted<S> {
    pub(crate) stream: TlsStream<S>,
    /// What the client wants to speak inside, if it said.
    pub(crate) protocol: Option<Vec<u8>>,
    /// What it proved itself with, whoever it is.
    pub(crate) certificate: Option<Fingerprint>,
}

impl Acceptor {
    pub(crate) fn new(identity: &Identity) -> Result<Self, Error> {
        // libvncclient of 2022 asks GnuTLS for SRP too, which keeps it from TLS 1.3.
        let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
        let mut others = config(identity, false, &versions)?;
        // TigerVNC 1.12 goes to sleep over a ticket and does not see what came right behind it.
        others.send_tls13_tickets = 0;
        others.alpn_protocols = vec![RFB.to_vec(), HTTP.to_vec()];
        Ok(Self {
            ours: Arc::new(Self::for_our_clients(identity)?),
            others: Arc::new(others),
        })
    }

    /// What our clients are spoken with, also over QUIC.
    pub(crate) fn for_our_clients(identity: &Identity) -> Result<ServerConfig, Error> {
        let mut config = config(identity, true, &[&rustls::version::TLS13])?;
        config.alpn_protocols = vec![TIGHTROPE.to_vec()];
        Ok(config)
    }

    /// Does the handshake. An alert tells the client why it fails.
    pub(crate) async fn accept<S: Stream>(&self, stream: S) -> io::Result<Accepted<S>> {
        let hello = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
        let is_ours = hello
            .client_hello()
            .alpn()
            .is_some_and(|mut offered| offered.any(|name| name == TIGHTROPE));
        let config = if is_ours { &self.ours } else { &self.others };
        let stream = hello.into_stream(Arc::clone(config)).await?;
        let connection = stream.get_ref().1;
        let certificates = connection.peer_certificates();
        Ok(Accepted {
            protocol: connection.alpn_protocol().map(<[u8]>::to_vec),
            certificate: certificates.and_then(<[_]>::first).map(Fingerprint::of),
            stream,
        })
    }
}

fn config(
    identity: &Identity,
    ask: bool,
    versions: &[&'static SupportedProtocolVersion],
) -> Result<ServerConfig, Error> {
    let provider = provider();
    let algorithms = provider.signature_verification_algorithms;
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions)?;
    let builder = if ask {
        builder.with_client_cert_verifier(Arc::new(AnyClient { algorithms }))
    } else {
        builder.with_no_client_auth()
    };
    builder.with_single_cert(vec![identity.certificate()], identity.key())
}

/// Takes any client certificate, or none. Whether it is one that lets in is looked up after the handshake: a client that
/// is refused there is told so in words, not by an alert.
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
