//! What may be spoken on the one port.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A way of talking to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// TLS from the first byte, RFB inside.
    Tls,
    /// WebSocket in TLS.
    Wss,
    /// QUIC, on the UDP port of the same number.
    Quic,
    /// RFB that turns to TLS from within (VeNCrypt).
    VeNCrypt,
    /// RFB that turns to RSA-AES from within (RA2, RA2_256).
    Ra2,
    /// The same for the password alone: clear afterwards (RA2ne, RA2ne_256).
    Ra2ne,
    /// WebSocket, not encrypted.
    Ws,
    /// RFB, not encrypted.
    Plain,
}

impl Protocol {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::Tls,
        Self::Wss,
        Self::Quic,
        Self::VeNCrypt,
        Self::Ra2,
        Self::Ra2ne,
        Self::Ws,
        Self::Plain,
    ];

    /// As it is written in a list.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Wss => "wss",
            Self::Quic => "quic",
            Self::VeNCrypt => "vencrypt",
            Self::Ra2 => "ra2",
            Self::Ra2ne => "ra2ne",
            Self::Ws => "ws",
            Self::Plain => "plain",
        }
    }
    /// Whether nobody on the way can read along.
    #[must_use]
    pub fn is_encrypted(self) -> bool {
        !matches!(self, Self::Ra2ne | Self::Ws | Self::Plain)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The ways of talking that a server takes. [`Protocol::Ra2ne`] counts also inside TLS, where it is protected: without it,
/// it is offered nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow(BTreeSet<Protocol>);

impl Allow {
    /// Whether this is among them.
    #[must_use]
    pub fn contains(&self, protocol: Protocol) -> bool {
        self.0.contains(&protocol)
    }
    /// The first that is not encrypted, if there is one.
    #[must_use]
    pub fn unencrypted(&self) -> Option<Protocol> {
        self.0.iter().copied().find(|own| !own.is_encrypted())
    }
    /// Those and no others.
    #[must_use]
    pub fn only(protocols: &[Protocol]) -> Self {
        Self(protocols.iter().copied().collect())
    }
    /// These too.
    #[must_use]
    pub fn with(mut self, protocols: &[Protocol]) -> Self {
        self.0.extend(protocols);
        self
    }
}

impl Default for Allow {
    /// What is encrypted, but for RA2: the arithmetic of the `rsa` crate takes longer for some keys than for others, which
    /// who measures closely might use (RUSTSEC-2023-0071).
    fn default() -> Self {
        Self::only(&[
            Protocol::Tls,
            Protocol::Wss,
            Protocol::Quic,
            Protocol::VeNCrypt,
        ])
    }
}

/// A name that stands for no protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowError(String);

impl FromStr for Allow {
    type Err = AllowError;

    /// Reads names with commas between.
    fn from_str(text: &str) -> Result<Self, AllowError> {
        let read = |name: &str| {
            let found = Protocol::ALL.into_iter().find(|own| own.name() == name);
            found.ok_or_else(|| AllowError(name.to_owned()))
        };
        text.split(',')
            .map(str::trim)
            .map(read)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|own| own.name()).collect();
        f.write_str(&names.join(","))
    }
}

impl fmt::Display for AllowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Protocol::ALL.iter().map(|own| own.name()).collect();
        write!(
            f,
            "{:?} is not known: there are {}",
            self.0,
            names.join(", ")
        )
    }
}

impl std::error::Error for AllowError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_as_it_is_written() {
        let allow = Allow::default();
        assert_eq!(allow.to_string(), "tls,wss,quic,vencrypt");
        assert_eq!(allow.to_string().parse(), Ok(allow.clone()));
        assert_eq!(allow.unencrypted(), None);
        let open: Allow = "tls, plain".parse().unwrap();
        assert_eq!(open.unencrypted(), Some(Protocol::Plain));
        let error = "tls,telnet".parse::<Allow>().unwrap_err().to_string();
        assert!(
            error.contains("telnet") && error.contains("quic"),
            "{error}"
        );
    }
}
