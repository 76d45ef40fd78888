//! Security types, and the ways to come in that stand behind them. RFC 6143 7.1.2, rfbproto "Security types".

use std::fmt;

/// A security type. Open-ended: unknown ones are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecurityType(pub u8);

impl SecurityType {
    /// No authentication. RFC 6143 7.2.1.
    pub const NONE: Self = Self(1);
    /// A challenge answered with DES, eight characters of password. RFC 6143 7.2.2.
    pub const VNC_AUTH: Self = Self(2);
    /// RSA-AES with 128 bits.
    pub const RA2: Self = Self(5);
    /// The same, in clear once the client is let in.
    pub const RA2NE: Self = Self(6);
    /// A family of sub-types, most of them over TLS.
    pub const VENCRYPT: Self = Self(19);
    /// RSA-AES with 256 bits.
    pub const RA2_256: Self = Self(129);
    /// The same, in clear once the client is let in.
    pub const RA2NE_256: Self = Self(130);
}

/// A way for a client to come in: a security type, or a sub-type of VeNCrypt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// No proof.
    None,
    /// A challenge answered with DES, eight characters of password.
    VncAuth,
    /// VeNCrypt 256: user and password as they are. Only for a stream that is protected below RFB.
    Plain,
    /// VeNCrypt 260: TLS with a certificate, then no proof.
    X509None,
    /// VeNCrypt 261: TLS with a certificate, then [`Method::VncAuth`].
    X509Vnc,
    /// VeNCrypt 262: TLS with a certificate, then [`Method::Plain`].
    X509Plain,
    /// RSA-AES with 128 bits.
    Ra2,
    /// RSA-AES with 256 bits.
    Ra2_256,
    /// RSA-AES with 128 bits until the client is let in, clear from there.
    Ra2ne,
    /// RSA-AES with 256 bits until the client is let in, clear from there.
    #[expect(non_camel_case_types, reason = "the name it has everywhere")]
    Ra2ne_256,
}

/// What comes between RFB and the stream below it from some point of the handshake on. The driver does its handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// TLS, with the server's certificate.
    Tls,
    /// RSA-AES. Its handshake includes the client's credentials.
    RsaAes {
        /// Bits of the session keys: 128 or 256.
        bits: u16,
        /// Whether it stays after the client was let in.
        encrypted: bool,
    },
}

/// What the client is asked for once a layer, if there is one, is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    Nothing,
    Challenge,
    Credentials,
    /// It gives its credentials in the layer's own handshake.
    InLayer,
}

impl Method {
    /// Every one there is.
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::VncAuth,
        Self::Plain,
        Self::X509None,
        Self::X509Vnc,
        Self::X509Plain,
        Self::Ra2,
        Self::Ra2_256,
        Self::Ra2ne,
        Self::Ra2ne_256,
    ];

    /// Its number among the security types.
    #[must_use]
    pub fn security_type(self) -> SecurityType {
        match self {
            Self::None => SecurityType::NONE,
            Self::VncAuth => SecurityType::VNC_AUTH,
            Self::Plain | Self::X509None | Self::X509Vnc | Self::X509Plain => {
                SecurityType::VENCRYPT
            }
            Self::Ra2 => SecurityType::RA2,
            Self::Ra2_256 => SecurityType::RA2_256,
            Self::Ra2ne => SecurityType::RA2NE,
            Self::Ra2ne_256 => SecurityType::RA2NE_256,
        }
    }

    /// Its number among the sub-types of VeNCrypt, if it is one.
    #[must_use]
    pub fn sub_type(self) -> Option<u32> {
        match self {
            Self::Plain => Some(256),
            Self::X509None => Some(260),
            Self::X509Vnc => Some(261),
            Self::X509Plain => Some(262),
            _ => None,
        }
    }

    /// What it puts below RFB, if anything.
    #[must_use]
    pub fn layer(self) -> Option<Layer> {
        let rsa_aes = |bits, encrypted| Some(Layer::RsaAes { bits, encrypted });
        match self {
            Self::None | Self::VncAuth | Self::Plain => None,
            Self::X509None | Self::X509Vnc | Self::X509Plain => Some(Layer::Tls),
            Self::Ra2 => rsa_aes(128, true),
            Self::Ra2_256 => rsa_aes(256, true),
            Self::Ra2ne => rsa_aes(128, false),
            Self::Ra2ne_256 => rsa_aes(256, false),
        }
    }

    pub(crate) fn check(self) -> Check {
        match self {
            Self::None | Self::X509None => Check::Nothing,
            Self::VncAuth | Self::X509Vnc => Check::Challenge,
            Self::Plain | Self::X509Plain => Check::Credentials,
            Self::Ra2 | Self::Ra2_256 | Self::Ra2ne | Self::Ra2ne_256 => Check::InLayer,
        }
    }

    /// Whether a peer of version 3.3 knows it, where the server decides.
    pub(crate) fn is_of_3_3(self) -> bool {
        matches!(self, Self::None | Self::VncAuth)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::VncAuth => "VncAuth",
            Self::Plain => "Plain",
            Self::X509None => "X509None",
            Self::X509Vnc => "X509Vnc",
            Self::X509Plain => "X509Plain",
            Self::Ra2 => "RA2",
            Self::Ra2_256 => "RA2_256",
            Self::Ra2ne => "RA2ne",
            Self::Ra2ne_256 => "RA2ne_256",
        })
    }
}

/// The security types of `methods`, each once, in order.
pub(crate) fn security_types(methods: &[Method]) -> Vec<u8> {
    let mut types = Vec::new();
    for method in methods {
        let number = method.security_type().0;
        if !types.contains(&number) {
            types.push(number);
        }
    }
    types
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_registry() {
        let numbers = Method::ALL.map(|method| (method.security_type().0, method.sub_type()));
        let sub_type = |number| (19, Some(number));
        assert_eq!(
            numbers,
            [
                (1, None),
                (2, None),
                sub_type(256),
                sub_type(260),
                sub_type(261),
                sub_type(262),
                (5, None),
                (129, None),
                (6, None),
                (130, None),
            ]
        );
    }

    #[test]
    fn the_sub_types_of_vencrypt_are_one_security_type() {
        let methods = [Method::X509Vnc, Method::Ra2, Method::X509None, Method::None];
        assert_eq!(security_types(&methods), [19, 5, 1]);
    }
}
