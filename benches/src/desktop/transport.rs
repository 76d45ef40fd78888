//! What carries RFB to our agent.

/// What carries RFB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Transport {
    /// TLS over TCP.
    Tls,
    /// QUIC over UDP.
    Quic,
    /// WebSocket in TLS.
    Wss,
    /// WebSocket, not encrypted.
    Ws,
    /// TCP, not encrypted.
    Tcp,
}

impl Transport {
    /// As it is called in figures.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Quic => "quic",
            Self::Wss => "wss",
            Self::Ws => "ws",
            Self::Tcp => "tcp",
        }
    }

    /// The scheme of its URLs.
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::Tls => "vncs",
            Self::Tcp => "vnc",
            Self::Quic | Self::Wss | Self::Ws => self.name(),
        }
    }

    /// Whether it goes over UDP.
    pub(crate) fn is_datagrams(self) -> bool {
        self == Self::Quic
    }

    /// Whether nobody on the way can read it.
    pub(crate) fn is_encrypted(self) -> bool {
        !matches!(self, Self::Ws | Self::Tcp)
    }

    /// What our agent is told.
    pub(crate) fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Tls | Self::Quic | Self::Wss => &[],
            Self::Ws | Self::Tcp => &["--insecure"],
        }
    }
}
