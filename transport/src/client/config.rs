//! Where to connect to, and how.

use std::fmt;

use rfb::handshake::SecurityType;
use rfb::{Decoders, Encoding, Limits, PixelFormat, Subsampling, Workers};

use crate::credentials::{Fingerprint, FingerprintError, Identity, Secret};

/// The port of RFB.
pub const DEFAULT_PORT: u16 = 5900;

/// Where to connect to, and what to ask for.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// A name or an address.
    pub host: String,
    /// A TCP port.
    pub port: u16,
    /// TLS from the first byte (`vncs://`); else plain RFB (`vnc://`).
    pub encrypted: bool,
    /// The server's certificate. Without it, nothing encrypted is connected to.
    pub fingerprint: Option<Fingerprint>,
    /// Plain RFB is wanted, in so many words.
    pub insecure: bool,
    /// For servers that ask.
    pub password: Option<Secret>,
    /// Our own certificate, for servers that know it.
    pub identity: Option<Identity>,
    /// Whether other clients may stay connected.
    pub shared: bool,
    /// JPEG quality level 0 to 9; `None` for lossless.
    pub quality: Option<u8>,
    /// JPEG quality 0 to 100 beside the level, which servers take that know it.
    pub fine_quality: Option<u8>,
    /// JPEG subsampling, instead of what the level stands for.
    pub subsampling: Option<Subsampling>,
    /// Compression level 0 (fast) to 9 (small).
    pub compression: u8,
    /// The encoding to ask for first.
    pub prefer: Option<Encoding>,
    /// Whether the server is told of no other encoding than that (and Raw, which all know, and CopyRect).
    pub prefer_only: bool,
    /// How pixels are to be sent.
    pub format: PixelFormat,
    /// Announce no extension that not every program knows: see [`rfb::ClientConfig::plain`].
    pub plain: bool,
    /// Who decodes: by default as many threads as there are processors, where there is enough to do.
    pub workers: Workers,
    /// What is accepted from the server.
    pub limits: Limits,
}

/// Why a text is no address of a desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// Not `vncs://` or `vnc://`.
    Scheme(String),
    /// There is no host in it.
    Host(String),
    /// The port is no number from 1 to 65535.
    Port(String),
    /// A parameter that is not known.
    Parameter(String),
    /// The fingerprint is none.
    Fingerprint(FingerprintError),
}

impl ClientConfig {
    /// Reads `vncs://host[:port][/?fingerprint=sha256:…]` or `vnc://host[:port]`. An IPv6 address stands in brackets.
    pub fn new(url: &str) -> Result<Self, UrlError> {
        let (encrypted, rest) = match url.split_once("://") {
            Some(("vncs", rest)) => (true, rest),
            Some(("vnc", rest)) => (false, rest),
            _ => return Err(UrlError::Scheme(url.to_owned())),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(authority).ok_or_else(|| UrlError::Host(url.to_owned()))?;
        let port = match port {
            None => DEFAULT_PORT,
            Some(port) => match port.parse() {
                Ok(number) if number != 0 => number,
                _ => return Err(UrlError::Port(port.to_owned())),
            },
        };
        let mut fingerprint = None;
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("fingerprint", value)) => {
                    fingerprint = Some(value.parse().map_err(UrlError::Fingerprint)?);
                }
                _ => return Err(UrlError::Parameter(parameter.to_owned())),
            }
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            encrypted,
            fingerprint,
            insecure: false,
            password: None,
            identity: None,
            shared: true,
            quality: Some(8),
            fine_quality: None,
            subsampling: None,
            compression: 2,
            prefer: None,
            prefer_only: false,
            format: PixelFormat::BGRX,
            plain: false,
            workers: Workers::available(),
            limits: Limits::default(),
        })
    }

    /// What the protocol is told of it.
    pub(crate) fn protocol(&self) -> rfb::ClientConfig {
        let mut security = vec![SecurityType::NONE, SecurityType::VNC_AUTH];
        if self.password.is_some() {
            security.reverse();
        }
        rfb::ClientConfig {
            shared: self.shared,
            security,
            quality: self.quality,
            fine_quality: self.fine_quality,
            subsampling: self.subsampling,
            compression: self.compression,
            format: self.format,
            plain: self.plain,
            workers: self.workers.clone(),
            limits: self.limits.clone(),
        }
    }

    pub(crate) fn decoders(&self, decoders: Decoders) -> Decoders {
        match self.prefer {
            Some(encoding) if self.prefer_only => decoders.only(encoding),
            Some(encoding) => decoders.preferring(encoding),
            None => decoders,
        }
    }
}

/// The host, and the port if there is one; `None` if there is no host.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = match rest {
        "" => None,
        _ => Some(rest.strip_prefix(':')?),
    };
    let host_is_plain = !host.is_empty() && !host.contains(['/', '@', ' ']);
    host_is_plain.then_some((host, port))
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(url) => write!(
                f,
                "{url:?} is no address of a desktop: it starts with vncs:// (encrypted) or vnc://"
            ),
            Self::Host(url) => write!(f, "{url:?} names no host: vncs://HOST[:PORT]"),
            Self::Port(port) => write!(f, "port {port:?} is not a number from 1 to 65535"),
            Self::Parameter(parameter) => {
                write!(
                    f,
                    "{parameter:?} in the address is not known: there is fingerprint="
                )
            }
            Self::Fingerprint(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for UrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_a_port_and_a_scheme() {
        let read = |url| ClientConfig::new(url).map(|own| (own.host, own.port, own.encrypted));
        assert_eq!(read("vncs://pod"), Ok(("pod".into(), 5900, true)));
        assert_eq!(
            read("vnc://10.0.0.1:5901/"),
            Ok(("10.0.0.1".into(), 5901, false))
        );
        assert_eq!(read("vncs://[::1]:7"), Ok(("::1".into(), 7, true)));
        assert_eq!(read("vncs://[::1]"), Ok(("::1".into(), 5900, true)));
    }

    #[test]
    fn a_fingerprint_may_stand_in_the_address() {
        let print = format!("sha256:{}", "ab".repeat(32));
        let config = ClientConfig::new(&format!("vncs://pod/?fingerprint={print}")).unwrap();
        assert_eq!(config.fingerprint.map(|own| own.to_string()), Some(print));
    }

    #[test]
    fn a_wanted_encoding_comes_first_or_alone_but_for_raw() {
        let mut config = ClientConfig::new("vncs://pod").unwrap();
        let told = |config: &ClientConfig| {
            let decoders = config.decoders(Decoders::standard());
            decoders.encodings().collect::<Vec<_>>()
        };
        assert_eq!(told(&config).last(), Some(&Encoding::RAW));
        config.prefer = Some(Encoding::RAW);
        assert_eq!(told(&config).first(), Some(&Encoding::RAW));
        assert!(told(&config).contains(&Encoding::ZRLE));
        config.prefer_only = true;
        assert_eq!(told(&config), [Encoding::RAW]);
        config.prefer = Some(Encoding::ZRLE);
        assert_eq!(told(&config), [Encoding::ZRLE, Encoding::RAW]);
    }

    #[test]
    fn what_is_no_address_is_refused_by_name() {
        for url in [
            "pod",
            "http://pod",
            "vncs://",
            "vncs://:5900",
            "vncs://[::1",
            "vncs://a:x",
            "vncs://a:0",
            "vncs://a:65536",
            "vncs://a?x=1",
            "vncs://a?fingerprint=12",
            "vncs://u@a",
        ] {
            let error = ClientConfig::new(url).map(|own| own.host).unwrap_err();
            assert!(!error.to_string().is_empty(), "{url}");
        }
    }
}
