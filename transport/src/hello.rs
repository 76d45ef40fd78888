//! What our client says first to our server, in `tightrope/1`: who it is. Byte table in docs/PROTOCOL.md.
//!
//! It is sent with everything RFB has the client say until its first request, without waiting for the server's side of
//! it: so no round trip goes by between the handshake of TLS or QUIC and the picture.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use zeroize::Zeroizing;

use crate::credentials::Secret;

/// The version of this protocol, which is also the server's first byte.
pub(crate) const VERSION: u8 = 1;
/// The longest proof.
const PROOF_LIMIT: u16 = 1024;

const CERTIFICATE: u8 = 0;
const PASSWORD: u8 = 1;
const TICKET: u8 = 2;
const USER_AND_PASSWORD: u8 = 3;
/// Flag: the client comes only to measure.
const PROBE: u8 = 1;

/// How a client proves itself.
#[derive(Debug)]
pub(crate) enum Proof {
    /// By the certificate of the handshake, or not at all.
    Certificate,
    /// By the password, all of it.
    Password {
        /// Who it is, if there are several.
        user: Option<String>,
        password: Secret,
    },
    /// By the ticket of a session, to go on with it.
    Ticket {
        /// As the server sent it.
        ticket: Vec<u8>,
        /// Updates that the client has drawn to their end since it got the ticket.
        updates: u32,
    },
}

/// The first message of a client.
#[derive(Debug)]
pub(crate) struct Hello {
    pub(crate) proof: Proof,
    /// It comes only to measure: it is shown nothing, and nothing is used up.
    pub(crate) probe: bool,
}

impl Hello {
    /// Its bytes.
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let named;
        let (kind, updates, proof): (u8, u32, &[u8]) = match &self.proof {
            Proof::Certificate => (CERTIFICATE, 0, &[]),
            Proof::Password {
                user: None,
                password,
            } => (PASSWORD, 0, password.reveal().as_bytes()),
            Proof::Password {
                user: Some(user),
                password,
            } => {
                named = with_name(user, password);
                (USER_AND_PASSWORD, 0, &named)
            }
            Proof::Ticket { ticket, updates } => (TICKET, *updates, ticket),
        };
        let proof = proof.get(..usize::from(PROOF_LIMIT)).unwrap_or(proof);
        let length = u16::try_from(proof.len()).unwrap_or(PROOF_LIMIT);
        let mut bytes = Zeroizing::new(Vec::with_capacity(10 + proof.len()));
        bytes.extend([VERSION, kind, u8::from(self.probe) * PROBE, 0]);
        bytes.extend(updates.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend(proof);
        bytes
    }

    /// Reads one from a client.
    pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let version = stream.read_u8().await?;
        if version != VERSION {
            return Err(invalid("hello.version", version.into()));
        }
        let kind = stream.read_u8().await?;
        let flags = stream.read_u8().await?;
        stream.read_u8().await?;
        let updates = stream.read_u32().await?;
        let length = stream.read_u16().await?;
        if length > PROOF_LIMIT {
            return Err(invalid("hello.length", length.into()));
        }
        let mut proof = Zeroizing::new(vec![0; length.into()]);
        stream.read_exact(&mut proof).await?;
        let proof = match kind {
            CERTIFICATE => Proof::Certificate,
            PASSWORD => Proof::Password {
                user: None,
                password: text("hello.password", &proof)?.into(),
            },
            USER_AND_PASSWORD => {
                let cut = proof.split_first().and_then(|(length, rest)| {
                    let (user, password) = rest.split_at_checked(usize::from(*length))?;
                    Some((user, password))
                });
                let (user, password) =
                    cut.ok_or_else(|| invalid("hello.user: longer than all", length.into()))?;
                Proof::Password {
                    user: Some(text("hello.user", user)?.to_owned()),
                    password: text("hello.password", password)?.into(),
                }
            }
            TICKET => Proof::Ticket {
                ticket: proof.to_vec(),
                updates,
            },
            _ => return Err(invalid("hello.proof", kind.into())),
        };
        let probe = flags & PROBE != 0;
        Ok(Self { proof, probe })
    }
}

/// A name, with its length before it, and a password. A name too long for its length is cut: nobody has it.
fn with_name(user: &str, password: &Secret) -> Zeroizing<Vec<u8>> {
    let user = user.as_bytes();
    let user = user.get(..usize::from(u8::MAX)).unwrap_or(user);
    let length = u8::try_from(user.len()).unwrap_or(u8::MAX);
    let password = password.reveal().as_bytes();
    // As long as it gets, so that no shorter copy is left behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(1 + user.len() + password.len()));
    bytes.push(length);
    bytes.extend(user);
    bytes.extend(password);
    bytes
}

fn text<'a>(field: &str, bytes: &'a [u8]) -> io::Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|_| {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        invalid(&format!("{field}: not UTF-8 of length"), length)
    })
}

fn invalid(field: &str, value: u32) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{field}: invalid value {value}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hello_reads_as_it_is_written() {
        let hello = Hello {
            proof: Proof::Ticket {
                ticket: b"abc".to_vec(),
                updates: 258,
            },
            probe: false,
        };
        let bytes = hello.encode();
        #[rustfmt::skip]
        assert_eq!(bytes[..], [
            /* version */ 1, /* proof */ 2, /* flags */ 0, /* zero */ 0, /* updates */ 0, 0, 1, 2, /* length */ 0, 3, b'a', b'b', b'c',
        ]);
        let read = Hello::read(&mut &bytes[..]).await.unwrap();
        assert!(matches!(read.proof, Proof::Ticket { updates: 258, .. }));
        let password = Hello {
            proof: Proof::Password {
                user: None,
                password: "geheim".into(),
            },
            probe: true,
        };
        let bytes = password.encode();
        assert_eq!(bytes[2], 1);
        let read = Hello::read(&mut &bytes[..]).await.unwrap();
        assert!(read.probe);
        assert!(
            matches!(read.proof, Proof::Password { user: None, password } if password == "geheim".into())
        );
        let named = Hello {
            proof: Proof::Password {
                user: Some("ada".to_owned()),
                password: "x".into(),
            },
            probe: false,
        };
        let bytes = named.encode();
        #[rustfmt::skip]
        assert_eq!(bytes[..], [
            /* version */ 1, /* proof */ 3, /* flags */ 0, /* zero */ 0, /* updates */ 0, 0, 0, 0, /* length */ 0, 5,
            /* length of name */ 3, b'a', b'd', b'a', b'x',
        ]);
        let read = Hello::read(&mut &bytes[..]).await.unwrap();
        assert!(
            matches!(read.proof, Proof::Password { user: Some(user), password } if user == "ada" && password == "x".into())
        );
    }

    #[tokio::test]
    async fn what_is_no_hello_is_refused_by_field() {
        let with = |at: usize, byte: u8| {
            let mut bytes = [1, 1, 0, 0, 0, 0, 0, 0, 0, 1, b'x'];
            bytes[at] = byte;
            bytes
        };
        for (at, byte, field) in [
            (0, 2, "hello.version"),
            (1, 4, "hello.proof"),
            (8, 255, "hello.length"),
            (10, 255, "hello.password"),
        ] {
            let error = Hello::read(&mut &with(at, byte)[..]).await.unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
        }
        for (named, field) in [
            ([1, 3, 0, 0, 0, 0, 0, 0, 0, 2, 2, b'x'], "hello.user"),
            ([1, 3, 0, 0, 0, 0, 0, 0, 0, 2, 1, 255], "hello.user"),
            ([1, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 255], "hello.password"),
        ] {
            let error = Hello::read(&mut &named[..]).await.unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
        }
        for cut in 0..11 {
            let whole = with(0, 1);
            let error = Hello::read(&mut &whole[..cut]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{cut}");
        }
    }
}
