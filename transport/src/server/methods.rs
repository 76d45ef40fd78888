//! What a client that speaks RFB may choose from to prove itself.

use rfb::handshake::Method;

use super::{Protocol, ServerConfig};

/// A security type, for one kind of connection.
struct Offer {
    method: Method,
    /// It may be spoken there.
    is_allowed: bool,
    /// Somebody could get in by it.
    lets_in: bool,
}

impl ServerConfig {
    /// Whether a client that waits for us to speak may mean RFB. Who then cannot prove itself by RFB's means is told so.
    pub(super) fn speaks_rfb(&self, inside_tls: bool) -> bool {
        match inside_tls {
            true => self.allow.contains(Protocol::Tls),
            false => {
                let may_be_clear = self.allow.contains(Protocol::Plain);
                self.offers(false, may_be_clear).any(|own| own.is_allowed)
            }
        }
    }

    /// What a client may choose from over a connection that is encrypted, or that need not become so.
    pub(super) fn methods(&self, is_encrypted: bool, may_be_clear: bool) -> Vec<Method> {
        self.offers(is_encrypted, may_be_clear)
            .filter(|own| own.is_allowed && own.lets_in)
            .map(|own| own.method)
            .collect()
    }

    fn offers(&self, is_encrypted: bool, may_be_clear: bool) -> impl Iterator<Item = Offer> {
        let clear = is_encrypted || may_be_clear;
        let allows = |protocol| self.allow.contains(protocol);
        let (is_open, has_password) = (self.is_open(), self.has_password());
        let takes_passwords = self.takes_passwords();
        let tls = !is_encrypted && allows(Protocol::VeNCrypt);
        let has_rsa = self.rsa_key.is_some();
        let ra2 = has_rsa && allows(Protocol::Ra2);
        let ra2ne = has_rsa && clear && allows(Protocol::Ra2ne);
        [
            (Method::X509Plain, tls, takes_passwords),
            (Method::X509Vnc, tls, has_password),
            (Method::X509None, tls, is_open),
            (Method::Ra2_256, ra2, takes_passwords),
            (Method::Ra2, ra2, takes_passwords),
            (Method::Ra2ne_256, ra2ne, takes_passwords),
            (Method::Ra2ne, ra2ne, takes_passwords),
            (Method::Plain, is_encrypted, takes_passwords),
            (Method::VncAuth, clear, has_password),
            (Method::None, clear, is_open),
        ]
        .into_iter()
        .map(|(method, is_allowed, lets_in)| Offer {
            method,
            is_allowed,
            lets_in,
        })
    }
}

#[cfg(test)]
mod tests {
    use rfb::Size;

    use super::*;
    use crate::rsa_aes::RsaKey;
    use crate::server::Allow;

    #[test]
    fn rfb_is_spoken_exactly_where_something_can_be_chosen() {
        let key = RsaKey::generate(2048).unwrap();
        for own in Protocol::ALL {
            for rsa_key in [None, Some(key.clone())] {
                let config = ServerConfig {
                    allow: Allow::only(&[own]),
                    rsa_key,
                    ..ServerConfig::new(Size::new(1, 1)).unwrap()
                };
                let may_be_clear = config.allow.contains(Protocol::Plain);
                let offers = !config.methods(false, may_be_clear).is_empty();
                assert_eq!(config.speaks_rfb(false), offers, "{own}");
            }
        }
    }

    #[test]
    fn who_could_come_by_a_certificate_only_is_spoken_to_and_told_so() {
        let mut config = ServerConfig::new(Size::new(1, 1)).unwrap();
        config.password = None;
        config.trusted_clients = vec![config.identity.fingerprint()];
        for inside_tls in [false, true] {
            assert!(config.speaks_rfb(inside_tls));
            assert!(config.methods(inside_tls, false).is_empty());
        }
    }
}
