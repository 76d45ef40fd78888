//! From a stream to a session: proving who we are, and seeing that the server is who it should be.

use std::io;

use rfb::handshake::{Layer, Method};
use rfb::{ClientConnection, ClientEvent, Decoders};

use super::dial::Dialed;
use super::session::Session;
use super::{ClientConfig, ConnectError, SessionError};
use crate::credentials::{Fingerprint, vnc_auth};
use crate::hello::{Hello, Proof};
use crate::quic::QuicLink;
use crate::rsa_aes::{self, RsaAesError, Suite};
use crate::stream::{Clock, Link, Prefixed, Stream};
use crate::tls;

/// The session to go on with.
pub(super) struct Resumption<'a> {
    pub(super) ticket: &'a [u8],
    pub(super) old: &'a ClientConnection,
}

impl ClientConfig {
    /// Whether there is something to show to a server of ours that asks for it.
    pub(super) fn can_prove_itself(&self) -> bool {
        self.password.is_some() || self.identity.is_some()
    }

    /// What is said of ourselves first.
    fn proof(&self, resumption: Option<&Resumption<'_>>) -> Proof {
        match (resumption, &self.password) {
            (Some(Resumption { ticket, old }), _) => Proof::Ticket {
                ticket: ticket.to_vec(),
                updates: old.updates(),
            },
            (None, Some(password)) => Proof::Password {
                user: self.user.clone(),
                password: password.clone(),
            },
            (None, None) => Proof::Certificate,
        }
    }

    /// The ways in that are good enough for us, the best first.
    fn methods(&self, is_encrypted: bool) -> Vec<Method> {
        let clear = is_encrypted || self.insecure;
        let (has_user, has_password) = (self.user.is_some(), self.password.is_some());
        // A server that asks for a password though we have none is the one to tell about it.
        let mut methods = vec![
            (Method::X509Plain, has_user),
            (Method::X509Vnc, true),
            (Method::X509Plain, !has_user),
            (Method::X509None, true),
            (Method::Ra2_256, true),
            (Method::Ra2, true),
            (Method::Plain, is_encrypted),
            (Method::Ra2ne_256, clear),
            (Method::Ra2ne, clear),
            (Method::VncAuth, clear),
            (Method::None, clear),
        ];
        if !has_password {
            methods.sort_by_key(|(method, _)| !matches!(method, Method::X509None | Method::None));
        }
        methods.retain(|(_, is_good)| *is_good);
        methods.into_iter().map(|(method, _)| method).collect()
    }
}

/// What a session begins with: RFB's side of it, and what is said of ourselves first.
pub(super) struct Beginning {
    connection: ClientConnection,
    proof: Proof,
    clock: Clock,
}

impl Beginning {
    /// Over what was `dialed`; goes on with another session if there is one to go on with. `clock` is the client's, the
    /// same for all its connections.
    pub(super) fn new(
        dialed: &Dialed,
        config: &ClientConfig,
        decoders: Decoders,
        resumption: Option<Resumption<'_>>,
        clock: Clock,
    ) -> Self {
        let mut protocol = config.protocol();
        protocol.methods = config.methods(dialed.is_encrypted);
        protocol.eager = dialed.is_ours;
        let decoders = config.decoders(decoders);
        let proof = config.proof(resumption.as_ref());
        let mut connection = match resumption {
            Some(Resumption { old, .. }) => ClientConnection::resume(protocol, decoders, old),
            None => ClientConnection::new(protocol, decoders),
        };
        connection.use_datagrams(dialed.quic.as_ref().and_then(QuicLink::datagram_bytes));
        Self {
            proof,
            connection,
            clock,
        }
    }
}

impl Session {
    /// A session over what was dialled.
    pub(super) async fn begin(
        dialed: Dialed,
        config: &ClientConfig,
        beginning: Beginning,
    ) -> Result<Self, ConnectError> {
        let Beginning {
            connection,
            proof,
            clock,
        } = beginning;
        let address = dialed.endpoint.address();
        let is_ours = dialed.is_ours;
        let mut session = Self::new(dialed, connection, config, clock);
        let logged_in = async {
            if is_ours {
                let probe = config.probe;
                let hello = Hello { proof, probe }.encode();
                let failed = |error| SessionError::Io(error).while_connecting(&address);
                session.say_hello(&hello).await.map_err(failed)?;
            }
            session.log_in(config, &address).await
        };
        match logged_in.await {
            Ok(()) => Ok(session),
            Err(ConnectError::Protocol(rfb::Error::NoSecurityType { .. }))
                if !session.is_encrypted && !config.insecure =>
            {
                Err(ConnectError::InsecureNotAllowed { address })
            }
            Err(ConnectError::Refused { address, .. }) if is_ours && !config.can_prove_itself() => {
                Err(ConnectError::PasswordNeeded { address })
            }
            Err(error) => Err(error),
        }
    }

    async fn log_in(&mut self, config: &ClientConfig, address: &str) -> Result<(), ConnectError> {
        let needed = || ConnectError::PasswordNeeded {
            address: address.to_owned(),
        };
        loop {
            let event = self.advance().await;
            match event.map_err(|error| error.while_connecting(address))? {
                ClientEvent::Connected { .. } => return Ok(()),
                ClientEvent::Challenge(challenge) => {
                    let password = config.password.as_ref().ok_or_else(needed)?;
                    let answer = vnc_auth::answer(&challenge, password);
                    let given = self.connection.answer(answer);
                    given.map_err(ConnectError::Protocol)?;
                }
                ClientEvent::CredentialsWanted => {
                    let password = config.password.as_ref().ok_or_else(needed)?;
                    let user = config.user.as_deref().unwrap_or_default();
                    let password = password.reveal().as_bytes();
                    let given = self.connection.give_credentials(user, password);
                    given.map_err(ConnectError::Protocol)?;
                }
                ClientEvent::Upgrade(layer) => self.upgrade(layer, config, address).await?,
                _ => {}
            }
        }
    }

    /// Puts the layer between RFB and the stream that was agreed on.
    async fn upgrade(
        &mut self,
        layer: Layer,
        config: &ClientConfig,
        address: &str,
    ) -> Result<(), ConnectError> {
        let nothing = Link::new(Box::new(tokio::io::empty()));
        let mut link = std::mem::replace(&mut self.link, nothing);
        while let Some(bytes) = self.connection.poll_output() {
            let written = link.write_all(bytes).await;
            written.map_err(|error| SessionError::Io(error).while_connecting(address))?;
        }
        let stream = Prefixed::new(self.connection.upgrade(), link.into_stream());
        let stream = under(layer, Box::new(stream), config, address).await?;
        self.link = Link::new(stream);
        match layer {
            Layer::Tls => self.is_encrypted = true,
            Layer::RsaAes { encrypted, .. } => self.is_encrypted |= encrypted,
        }
        Ok(())
    }
}

/// The client's side of a layer, with the server that is pinned.
async fn under(
    layer: Layer,
    stream: Box<dyn Stream>,
    config: &ClientConfig,
    address: &str,
) -> Result<Box<dyn Stream>, ConnectError> {
    let pin = config.fingerprint;
    let Some(suite) = Suite::of(layer) else {
        let identity = config.identity.as_ref();
        let stream = tls::connect(stream, pin, identity, &[], address).await?;
        return Ok(Box::new(stream));
    };
    let password = config.password.as_ref();
    let password = password.ok_or_else(|| ConnectError::PasswordNeeded {
        address: address.to_owned(),
    })?;
    let user = config.user.as_deref().unwrap_or_default();
    let is_right = |found| pin == Some(found);
    let done = rsa_aes::client(stream, suite, is_right, user, password).await;
    done.map_err(|error| rsa_failure(error, pin, address))
}

fn rsa_failure(error: RsaAesError, pin: Option<Fingerprint>, address: &str) -> ConnectError {
    let address = address.to_owned();
    match (error, pin) {
        (RsaAesError::UnknownServer(found), None) => ConnectError::UnknownServer { address, found },
        (RsaAesError::UnknownServer(found), Some(expected)) => ConnectError::WrongFingerprint {
            address,
            expected,
            found,
        },
        (error, _) => ConnectError::Io {
            address,
            error: io::Error::other(error),
        },
    }
}
