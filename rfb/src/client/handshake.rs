//! The client's handshake, up to the first request. RFC 6143 7.1 to 7.3, rfbproto "VeNCrypt" and "RSA-AES".

use super::{ClientConnection, ClientEvent, Machine, State};
use crate::handshake::{Challenge, Check, Method, SecurityType, Version};
use crate::handshake::{plain, security_types, vencrypt};
use crate::message::ServerInit;
use crate::wire::Reader;
use crate::{DecodeError, Error, Rect};

/// Bytes a server may send while it is this side's turn.
const EARLY_BYTES: usize = 1 << 18;

impl State {
    /// Whether the next step of the handshake is the driver's.
    pub(super) fn waits_for_us(&self) -> bool {
        matches!(
            self,
            Self::AwaitUpgrade | Self::AwaitAnswer | Self::AwaitCredentials
        )
    }
}

impl ClientConnection {
    /// Answers a [`ClientEvent::Upgrade`] once all output is written: gives the bytes that came already and belong to the
    /// layer. From here on bytes go through it, both ways. Empty, and nothing happens, if no upgrade is due.
    #[must_use]
    pub fn upgrade(&mut self) -> Vec<u8> {
        if !matches!(self.machine.state, State::AwaitUpgrade) {
            return Vec::new();
        }
        // There is nothing to tell before the server has said something through the layer, except credentials.
        self.machine.state = match self.machine.method.check() {
            Check::Nothing | Check::InLayer => State::SecurityResult,
            Check::Challenge => State::Challenge,
            Check::Credentials => State::CredentialsDue,
        };
        self.input.take_unread()
    }

    /// Answers a [`ClientEvent::Challenge`].
    pub fn answer(&mut self, answer: Challenge) -> Result<(), Error> {
        if !matches!(self.machine.state, State::AwaitAnswer) {
            return Err(Error::Misuse("answer: no challenge is open"));
        }
        self.machine.output.extend(answer);
        self.machine.state = State::SecurityResult;
        Ok(())
    }

    /// Answers a [`ClientEvent::CredentialsWanted`]: `user` may be empty. Each at most 1024 bytes.
    pub fn give_credentials(&mut self, user: &str, password: &[u8]) -> Result<(), Error> {
        if !matches!(self.machine.state, State::AwaitCredentials) {
            return Err(Error::Misuse("give_credentials: nobody asked"));
        }
        if user.len() > plain::LIMIT || password.len() > plain::LIMIT {
            return Err(Error::Misuse("give_credentials: more than 1024 bytes"));
        }
        plain::encode(user, password, &mut self.machine.output);
        self.machine.state = State::SecurityResult;
        Ok(())
    }

    /// A server that does not wait for its turn may not fill our memory.
    pub(super) fn check_early_bytes(&self) -> Result<(), Error> {
        let early = self.input.unread().len();
        if early <= EARLY_BYTES {
            return Ok(());
        }
        Err(Error::Decode(DecodeError::TooLarge {
            field: "bytes before our answer",
            value: early as u64,
            limit: EARLY_BYTES as u64,
        }))
    }
}

impl Machine {
    /// What is said before the server has said anything.
    pub(super) fn begin(&mut self) {
        if !self.config.eager {
            return;
        }
        self.output.extend(Version::V3_8.bytes());
        self.output.push(SecurityType::NONE.0);
        self.output.push(self.config.shared.into());
        // The desktop's size is not known yet: the server takes what there is.
        self.ask(Rect::new(0, 0, u16::MAX, u16::MAX));
    }

    pub(super) fn handshake_step(
        &mut self,
        r: &mut Reader<'_>,
    ) -> Result<Option<ClientEvent>, Error> {
        match self.state {
            State::Version => {
                self.version = Version::decode(r)?;
                if !self.config.eager {
                    self.output.extend(self.version.bytes());
                } else if self.version != Version::V3_8 {
                    return Err(Error::Protocol {
                        got: "a version before 3.8",
                        expected: "3.8, as everything has been said in it",
                    });
                }
                self.state = State::SecurityType;
            }
            State::SecurityType => return self.read_security_types(r),
            State::VencryptVersion => self.read_vencrypt_version(r)?,
            State::VencryptAck => {
                vencrypt::read_ack(r, "vencrypt.version-ack", vencrypt::VERSION_AGREED)?;
                self.state = State::VencryptSubTypes;
            }
            State::VencryptSubTypes => return self.read_sub_types(r),
            State::LayerAck => {
                vencrypt::read_ack(r, "vencrypt.sub-type-ack", vencrypt::LAYER_FOLLOWS)?;
                return Ok(self.begin_layer());
            }
            State::Challenge => {
                let mut challenge = Challenge::default();
                let length = challenge.len();
                challenge.copy_from_slice(r.bytes("challenge", length)?);
                self.state = State::AwaitAnswer;
                return Ok(Some(ClientEvent::Challenge(challenge)));
            }
            State::CredentialsDue => {
                self.state = State::AwaitCredentials;
                return Ok(Some(ClientEvent::CredentialsWanted));
            }
            State::SecurityResult => match (r.u32("security-result")?, self.version) {
                (0, _) => self.client_init(),
                (_, Version::V3_8) => self.state = State::RefusalReason,
                _ => return Err(refused("authentication failed")),
            },
            State::RefusalReason => {
                let length = r.length("reason-length", self.config.limits.reason)?;
                let reason = r.bytes("reason-string", length)?;
                return Err(refused(&String::from_utf8_lossy(reason)));
            }
            State::Init => return self.server_init(r).map(Some),
            _ => {}
        }
        Ok(None)
    }

    fn read_security_types(&mut self, r: &mut Reader<'_>) -> Result<Option<ClientEvent>, Error> {
        if self.version == Version::V3_3 {
            let decided = r.u32("security-type")?;
            if decided == 0 {
                self.state = State::RefusalReason;
                return Ok(None);
            }
            self.method = self.follow(decided)?;
            return Ok(self.begin_method());
        }
        let count = r.u8("number-of-security-types")?;
        let offered = r.bytes("security-types", count.into())?;
        if offered.is_empty() {
            self.state = State::RefusalReason;
            return Ok(None);
        }
        self.method = self.choose(offered)?;
        if self.config.eager {
            return Ok(self.begin_method());
        }
        let chosen = self.method.security_type();
        self.output.push(chosen.0);
        if chosen == SecurityType::VENCRYPT {
            self.state = State::VencryptVersion;
            return Ok(None);
        }
        Ok(self.begin_method())
    }

    /// The way in that a server of version 3.3 has decided on, if it is one of ours.
    fn follow(&self, decided: u32) -> Result<Method, Error> {
        let methods = self.config.methods.iter().copied();
        let known: Vec<Method> = methods.filter(|own| own.is_of_3_3()).collect();
        let mut fitting = known.iter();
        let fits = |own: &&Method| u32::from(own.security_type().0) == decided;
        fitting
            .find(fits)
            .copied()
            .ok_or_else(|| no_type(vec![decided], &known))
    }

    /// The first of our ways in whose security type is on offer.
    fn choose(&self, offered: &[u8]) -> Result<Method, Error> {
        let methods = match self.config.eager {
            true => &[Method::None],
            false => &self.config.methods[..],
        };
        let fits = |own: &&Method| offered.contains(&own.security_type().0);
        methods.iter().find(fits).copied().ok_or_else(|| {
            let offered = offered.iter().map(|&number| number.into()).collect();
            no_type(offered, methods)
        })
    }

    fn read_vencrypt_version(&mut self, r: &mut Reader<'_>) -> Result<(), Error> {
        let version = vencrypt::read_version(r)?;
        if version < vencrypt::version() {
            self.output.extend(vencrypt::NO_VERSION);
            return Err(vencrypt::wrong_version(version).into());
        }
        self.output.extend(vencrypt::VERSION);
        self.state = State::VencryptAck;
        Ok(())
    }

    fn read_sub_types(&mut self, r: &mut Reader<'_>) -> Result<Option<ClientEvent>, Error> {
        let offered = vencrypt::read_sub_types(r)?;
        let wanted = self.config.methods.iter().copied();
        let mut fitting = wanted.filter_map(|own| Some((own, own.sub_type()?)));
        let found = fitting.find(|(_, number)| offered.contains(number));
        let Some((method, number)) = found else {
            let wanted = self.config.methods.iter();
            return Err(Error::NoSecurityType {
                field: "vencrypt.sub-types",
                offered,
                wanted: wanted.filter_map(|own| own.sub_type()).collect(),
            });
        };
        self.method = method;
        self.output.extend(number.to_be_bytes());
        if method.layer().is_some() {
            self.state = State::LayerAck;
            return Ok(None);
        }
        Ok(self.begin_method())
    }

    fn begin_layer(&mut self) -> Option<ClientEvent> {
        let layer = self.method.layer()?;
        self.state = State::AwaitUpgrade;
        Some(ClientEvent::Upgrade(layer))
    }

    /// Goes to the method's layer, or if it has none to what the server asks for.
    fn begin_method(&mut self) -> Option<ClientEvent> {
        if self.method.layer().is_some() {
            return self.begin_layer();
        }
        match self.method.check() {
            Check::Challenge => self.state = State::Challenge,
            Check::Credentials => self.state = State::CredentialsDue,
            // Before 3.8, None has no result.
            Check::Nothing if self.version < Version::V3_8 => self.client_init(),
            Check::Nothing | Check::InLayer => self.state = State::SecurityResult,
        }
        None
    }

    fn client_init(&mut self) {
        if !self.config.eager {
            self.output.push(self.config.shared.into());
        }
        self.state = State::Init;
    }

    fn server_init(&mut self, r: &mut Reader<'_>) -> Result<ClientEvent, Error> {
        let init = ServerInit::decode(r, &self.config.limits)?;
        let size = self.accept_size(init.size)?;
        if size != self.framebuffer.size() {
            self.framebuffer.resize(size);
        }
        self.name.clone_from(&init.name);
        self.has_begun = true;
        self.state = State::Idle;
        if self.config.eager {
            // A server that is spoken to like this reads our extensions, and answers fences.
            self.peer.extensions = true;
            self.peer.fences = true;
        } else {
            self.ask(size.into());
        }
        Ok(ClientEvent::Connected {
            size,
            name: init.name,
        })
    }
}

/// None of our ways in is on offer.
fn no_type(offered: Vec<u32>, wanted: &[Method]) -> Error {
    Error::NoSecurityType {
        field: "security-types",
        offered,
        wanted: security_types(wanted).into_iter().map(u32::from).collect(),
    }
}

fn refused(reason: &str) -> Error {
    Error::Refused {
        reason: reason.to_owned(),
    }
}
