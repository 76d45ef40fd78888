//! Bare connections to a server, and TLS with whoever answers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::ClientConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use transport::Identity;

use super::PATIENCE;

/// A certificate, for us and for what we test.
pub(crate) struct Certificate {
    pub(crate) identity: Identity,
    der: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Certificate {
    pub(crate) fn generate() -> Self {
        Self::made(CertificateParams::new(Vec::new()).unwrap())
    }

    /// One that was good until a long time ago.
    pub(crate) fn expired() -> Self {
        let mut made = CertificateParams::new(Vec::new()).unwrap();
        made.not_before = rcgen::date_time_ymd(2020, 1, 1);
        made.not_after = rcgen::date_time_ymd(2020, 2, 1);
        Self::made(made)
    }

    fn made(made: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let made = made.self_signed(&key).unwrap();
        let key_pem = key.serialize_pem();
        Self {
            identity: Identity::from_pem(made.pem().as_bytes(), key_pem.as_bytes()).unwrap(),
            der: made.der().clone(),
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }
}

pub(crate) async fn tcp(server: SocketAddr) -> TcpStream {
    TcpStream::connect(server).await.unwrap()
}

/// TLS with whoever is there, wanting to speak `protocol`.
pub(crate) async fn tls(
    stream: TcpStream,
    protocol: &[u8],
    certificate: Option<&Certificate>,
) -> io::Result<TlsStream<TcpStream>> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody));
    let mut config = match certificate {
        None => builder.with_no_client_auth(),
        Some(own) => builder
            .with_client_auth_cert(vec![own.der.clone()], own.key.clone_key())
            .unwrap(),
    };
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::from(std::net::IpAddr::from([127, 0, 0, 1]));
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// Everything that comes until the other side is done; how it closes does not matter.
pub(crate) async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    let read = async {
        while let Ok(length @ 1..) = stream.read(&mut buffer).await {
            all.extend(&buffer[..length]);
        }
    };
    timeout(PATIENCE, read).await.expect("it was not closed");
    all
}

#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }
    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
