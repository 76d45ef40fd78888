//! Certificates: who a server is, and who a client is.

use std::fmt;
use std::time::{Duration, SystemTime};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::{Zeroize as _, Zeroizing};

use super::Fingerprint;

/// A certificate and its private key. Self-signed: whoever pins its fingerprint trusts it. The key is overwritten when
/// this is dropped.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

/// Why there is no identity.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityError {
    /// The operating system gave no random numbers.
    Random,
    /// The certificate could not be made.
    Generate(String),
    /// The certificate is not PEM.
    Certificate(String),
    /// The private key is not PEM.
    Key(String),
}

/// A certificate begins to be valid this long before it is made: clocks differ.
const EARLIER: Duration = Duration::from_secs(24 * 3600);
/// How long a certificate is valid that is made for one run of a program: as long as browsers take.
const ONE_RUN: Duration = Duration::from_secs(397 * 24 * 3600);
/// What a certificate is for where no host is named.
const NAME: &str = "tightrope";

/// An identity that was made just now, and the texts to store it as.
pub(super) struct Made {
    pub(super) identity: Identity,
    pub(super) certificate_pem: String,
    pub(super) key_pem: Zeroizing<String>,
}

impl Identity {
    /// A fresh P-256 key and a certificate for it, made now and never stored.
    pub fn generate() -> Result<Self, IdentityError> {
        let now = SystemTime::now();
        Made::new(now, now + ONE_RUN, &[]).map(|made| made.identity)
    }

    /// The first certificate and the first private key of two PEM texts.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        Ok(Self {
            certificate: CertificateDer::from_pem_slice(certificate)
                .map_err(|error| IdentityError::Certificate(error.to_string()))?,
            key: PrivateKeyDer::from_pem_slice(key)
                .map_err(|error| IdentityError::Key(error.to_string()))?,
        })
    }

    /// What a peer pins.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate)
    }
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }
    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }
}

impl Made {
    /// A fresh P-256 key and a certificate for it that is valid around `now` and until `expires`, for the named hosts.
    pub(super) fn new(
        now: SystemTime,
        expires: SystemTime,
        hosts: &[String],
    ) -> Result<Self, IdentityError> {
        let failed = |error: rcgen::Error| IdentityError::Generate(error.to_string());
        let mut key =
            rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let mut names = vec![NAME.to_owned()];
        names.extend_from_slice(hosts);
        let mut parameters = rcgen::CertificateParams::new(names).map_err(failed)?;
        let mut called = rcgen::DistinguishedName::new();
        called.push(rcgen::DnType::CommonName, NAME);
        parameters.distinguished_name = called;
        parameters.not_before = (now - EARLIER).into();
        parameters.not_after = expires.into();
        let certificate = parameters.self_signed(&key).map_err(failed)?;
        let made = Self {
            identity: Identity {
                certificate: certificate.der().clone(),
                key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            },
            certificate_pem: certificate.pem(),
            key_pem: Zeroizing::new(key.serialize_pem()),
        };
        key.zeroize();
        Ok(made)
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self {
            certificate: self.certificate(),
            key: self.key(),
        }
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.fingerprint())
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random => f.write_str("the operating system gave no random numbers"),
            Self::Generate(error) => write!(f, "the certificate could not be made: {error}"),
            Self::Certificate(error) => write!(f, "the certificate is not readable PEM: {error}"),
            Self::Key(error) => write!(f, "the private key is not readable PEM: {error}"),
        }
    }
}

impl std::error::Error for IdentityError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_reads_as_it_is_written() {
        let now = SystemTime::now();
        let made = Made::new(now, now + Duration::from_secs(60), &["pod.example".into()]).unwrap();
        let read =
            Identity::from_pem(made.certificate_pem.as_bytes(), made.key_pem.as_bytes()).unwrap();
        assert_eq!(read.fingerprint(), made.identity.fingerprint());
        assert_eq!(read.key(), made.identity.key());
        let shown = format!("{read:?}");
        assert_eq!(shown, format!("Identity({})", read.fingerprint()));
    }

    #[test]
    fn certificate_and_key_are_not_mistaken_for_each_other() {
        let now = SystemTime::now();
        let made = Made::new(now, now + ONE_RUN, &[]).unwrap();
        let (certificate, key) = (made.certificate_pem.as_bytes(), made.key_pem.as_bytes());
        let wrong = Identity::from_pem(key, key).unwrap_err();
        assert!(matches!(wrong, IdentityError::Certificate(_)), "{wrong}");
        let wrong = Identity::from_pem(certificate, certificate).unwrap_err();
        assert!(matches!(wrong, IdentityError::Key(_)), "{wrong}");
    }
}
