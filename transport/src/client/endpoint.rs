//! Where a desktop can be found: the addresses people type.

use std::fmt;
use std::str::FromStr;

use crate::credentials::{Fingerprint, FingerprintError};

/// The port of RFB.
pub const DEFAULT_PORT: u16 = 5900;

/// How a server is talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// RFB over TCP, protected from within (VeNCrypt, RA2) if the server can, or not at all.
    Vnc,
    /// TLS from the first byte.
    Vncs,
    /// RFB in WebSocket.
    Ws,
    /// RFB in WebSocket in TLS.
    Wss,
    /// QUIC, over UDP.
    Quic,
}

impl Scheme {
    const ALL: [Self; 5] = [Self::Vnc, Self::Vncs, Self::Ws, Self::Wss, Self::Quic];

    /// As it stands in an address, without `://`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Vnc => "vnc",
            Self::Vncs => "vncs",
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Quic => "quic",
        }
    }
    /// Whether everything is encrypted before the first byte of RFB.
    #[must_use]
    pub fn is_encrypted(self) -> bool {
        matches!(self, Self::Vncs | Self::Wss | Self::Quic)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One address of a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// How it is talked to.
    pub scheme: Scheme,
    /// A name or an address.
    pub host: String,
    /// TCP, or UDP for QUIC.
    pub port: u16,
    /// Where WebSocket is at; empty for others.
    pub path: String,
}

/// Why a text is no address of a desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// None of the schemes that there are.
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

impl Endpoint {
    /// Reads `SCHEME://host[:port][/path][?fingerprint=sha256:…]`, and the fingerprint if there is one. An IPv6 address
    /// stands in brackets; only WebSocket has a path.
    pub fn read(url: &str) -> Result<(Self, Option<Fingerprint>), UrlError> {
        let (name, rest) = url.split_once("://").unwrap_or_default();
        let scheme = Scheme::ALL.into_iter().find(|own| own.name() == name);
        let scheme = scheme.ok_or_else(|| UrlError::Scheme(url.to_owned()))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let has_path = matches!(scheme, Scheme::Ws | Scheme::Wss);
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (host, port) = split_port(authority)
            .filter(|_| has_path || path.is_empty() || path == "/")
            .ok_or_else(|| UrlError::Host(url.to_owned()))?;
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
        let endpoint = Self {
            scheme,
            host: host.to_owned(),
            port,
            path: if has_path { path } else { "" }.to_owned(),
        };
        Ok((endpoint, fingerprint))
    }

    /// Host and port, as people write them.
    #[must_use]
    pub fn address(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

impl FromStr for Endpoint {
    type Err = UrlError;
    fn from_str(url: &str) -> Result<Self, UrlError> {
        Self::read(url).map(|(endpoint, _)| endpoint)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.address(), self.path)
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
    let host_is_plain = !host.is_empty() && !host.contains(['@', ' ']);
    host_is_plain.then_some((host, port))
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(url) => write!(
                f,
                "{url:?} is no address of a desktop: it starts with vncs:// or quic:// (encrypted), wss:// (the same for \
                 WebSocket), vnc:// or ws://"
            ),
            Self::Host(url) => write!(f, "{url:?} names no host: vncs://HOST[:PORT]"),
            Self::Port(port) => write!(f, "port {port:?} is not a number from 1 to 65535"),
            Self::Parameter(parameter) => write!(
                f,
                "{parameter:?} in the address is not known: there is fingerprint="
            ),
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
        let read = |url: &str| {
            url.parse()
                .map(|own: Endpoint| (own.host, own.port, own.scheme))
        };
        assert_eq!(read("vncs://pod"), Ok(("pod".into(), 5900, Scheme::Vncs)));
        assert_eq!(
            read("vnc://10.0.0.1:5901/"),
            Ok(("10.0.0.1".into(), 5901, Scheme::Vnc))
        );
        assert_eq!(read("quic://[::1]:7"), Ok(("::1".into(), 7, Scheme::Quic)));
        assert_eq!(read("vncs://[::1]"), Ok(("::1".into(), 5900, Scheme::Vncs)));
    }

    #[test]
    fn a_websocket_has_a_path_and_is_written_as_it_is_read() {
        for url in [
            "wss://pod:443/vnc/websockify",
            "ws://[::1]:80",
            "vncs://pod:5900",
        ] {
            let endpoint: Endpoint = url.parse().unwrap();
            assert_eq!(endpoint.to_string(), url);
        }
        assert_eq!("vncs://pod/".parse::<Endpoint>().unwrap().path, "");
    }

    #[test]
    fn a_fingerprint_may_stand_in_the_address() {
        let print = format!("sha256:{}", "ab".repeat(32));
        let (_, read) = Endpoint::read(&format!("vncs://pod/?fingerprint={print}")).unwrap();
        assert_eq!(read.map(|own| own.to_string()), Some(print));
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
            "vncs://a/path",
            "vncs://a?x=1",
            "vncs://a?fingerprint=12",
            "vncs://u@a",
        ] {
            let error = url.parse::<Endpoint>().unwrap_err();
            assert!(!error.to_string().is_empty(), "{url}");
        }
    }
}
