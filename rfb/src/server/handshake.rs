//! The server's handshake. RFC 6143 7.1 to 7.3, rfbproto "VeNCrypt" and "RSA-AES".

use super::{Machine, Proof, Security, ServerConnection, ServerEvent, State};
use crate::handshake::{
    Challenge, Check, Method, SecurityType, Version, plain, security_types, vencrypt,
};
use crate::message::{ServerInit, encode_counted};
use crate::wire::{Encode, Reader};
use crate::{DecodeError, Error, PixelFormat};

/// Bytes a client may send before it is let in, or before the layer it asked for is up.
const EARLY_BYTES: usize = 1 << 18;

impl ServerConnection {
    /// The client's proof was right.
    pub fn accept(&mut self) -> Result<(), Error> {
        self.machine.verdict(None)
    }

    /// The client's proof was wrong: it is told `reason`, and the connection is over.
    pub fn refuse(&mut self, reason: &str) -> Result<(), Error> {
        self.machine.verdict(Some(reason))
    }

    /// Answers a [`ServerEvent::Upgrade`] once all output is written: gives the bytes that came already and belong to the
    /// layer. From here on bytes go through it, both ways. Empty, and nothing happens, if no upgrade is due.
    ///
    /// With [`Layer::RsaAes`](crate::handshake::Layer::RsaAes) the client's credentials come by the layer: call [`Self::accept`] or [`Self::refuse`].
    #[must_use]
    pub fn upgrade(&mut self) -> Vec<u8> {
        if self.machine.state != State::AwaitUpgrade {
            return Vec::new();
        }
        self.machine.begin_check();
        self.input.take_unread()
    }

    /// A client that does not wait for its turn may not fill our memory.
    pub(super) fn check_early_bytes(&self) -> Result<(), Error> {
        let early = self.input.unread().len();
        if early <= EARLY_BYTES {
            return Ok(());
        }
        Err(Error::Decode(DecodeError::TooLarge {
            field: "bytes before the verdict",
            value: early as u64,
            limit: EARLY_BYTES as u64,
        }))
    }
}

impl Machine {
    pub(super) fn handshake_step(
        &mut self,
        r: &mut Reader<'_>,
    ) -> Result<Option<ServerEvent>, Error> {
        match self.state {
            State::Version => {
                self.version = Version::decode(r)?;
                Ok(self.offer_security())
            }
            State::SecurityType => self.read_security_type(r),
            State::VencryptVersion => self.read_vencrypt_version(r).map(|()| None),
            State::VencryptSubType => self.read_sub_type(r),
            State::Answer => {
                let mut answer = Challenge::default();
                let length = answer.len();
                answer.copy_from_slice(r.bytes("answer", length)?);
                let challenge = self.config.security.challenge();
                Ok(self.judge(Proof::VncAuth { challenge, answer }))
            }
            State::Credentials => {
                let (user, password) = plain::read(r)?;
                Ok(self.judge(Proof::Plain { user, password }))
            }
            State::ClientInit => {
                let shared = r.u8("shared-flag")? != 0;
                Ok(Some(self.client_init(shared)))
            }
            State::AwaitUpgrade | State::AwaitVerdict | State::Running | State::Closed => Ok(None),
        }
    }

    fn judge(&mut self, proof: Proof) -> Option<ServerEvent> {
        self.state = State::AwaitVerdict;
        Some(ServerEvent::Authenticate(proof))
    }

    fn client_init(&mut self, shared: bool) -> ServerEvent {
        let init = ServerInit {
            size: self.config.size,
            format: PixelFormat::BGRX,
            name: self.config.name.clone(),
        };
        init.encode(&mut self.control);
        // What happened until now is in this message.
        if !self.is_resumed || self.sent.size != self.config.size {
            // The client holds nothing that is right: whichever way it asks, it gets all.
            self.sent.resize(self.config.size);
            self.news.known.screens = false;
        }
        self.refresh = super::Refresh::new(self.config.size);
        self.news.start();
        self.state = State::Running;
        ServerEvent::Connected { shared }
    }

    fn offer_security(&mut self) -> Option<ServerEvent> {
        let old = self.version == Version::V3_3;
        let methods = self.config.security.methods();
        let for_old = methods.iter().find(|method| method.is_of_3_3()).copied();
        match (&self.config.security, for_old) {
            (Security::Refuse(reason), _) => {
                let reason = reason.clone();
                Some(self.turn_away(&reason))
            }
            (Security::Offer { .. }, None) if old => {
                Some(self.turn_away("version 3.3 has no security type that is allowed here"))
            }
            (Security::Offer { .. }, Some(method)) if old => {
                self.control
                    .extend(u32::from(method.security_type().0).to_be_bytes());
                self.method = method;
                self.begin_check();
                None
            }
            (Security::Offer { methods, .. }, _) if methods.is_empty() => {
                Some(self.turn_away("no security type is allowed here"))
            }
            (Security::Offer { methods, .. }, _) => {
                let types = security_types(methods);
                self.control
                    .push(u8::try_from(types.len()).unwrap_or(u8::MAX));
                self.control.extend(types);
                self.state = State::SecurityType;
                None
            }
        }
    }

    /// No type at all, then the reason.
    fn turn_away(&mut self, reason: &str) -> ServerEvent {
        let zeros = if self.version == Version::V3_3 { 4 } else { 1 };
        self.control.extend(std::iter::repeat_n(0, zeros));
        encode_counted(reason.as_bytes(), &mut self.control);
        self.state = State::Closed;
        ServerEvent::Refused
    }

    fn read_security_type(&mut self, r: &mut Reader<'_>) -> Result<Option<ServerEvent>, Error> {
        let chosen = SecurityType(r.u8("security-type")?);
        let mut methods = self.config.security.methods().iter();
        let Some(method) = methods.find(|method| method.security_type() == chosen) else {
            return Err(Error::Decode(DecodeError::Invalid {
                field: "security-type",
                value: chosen.0.into(),
            }));
        };
        if chosen == SecurityType::VENCRYPT {
            self.control.extend(vencrypt::VERSION);
            self.state = State::VencryptVersion;
            return Ok(None);
        }
        self.method = *method;
        Ok(self.begin_method())
    }

    fn read_vencrypt_version(&mut self, r: &mut Reader<'_>) -> Result<(), Error> {
        let version = vencrypt::read_version(r)?;
        if version != vencrypt::version() {
            return Err(vencrypt::wrong_version(version).into());
        }
        self.control.push(vencrypt::VERSION_AGREED);
        vencrypt::encode_sub_types(self.config.security.methods(), &mut self.control);
        self.state = State::VencryptSubType;
        Ok(())
    }

    fn read_sub_type(&mut self, r: &mut Reader<'_>) -> Result<Option<ServerEvent>, Error> {
        let chosen = r.u32("vencrypt.sub-type")?;
        let mut methods = self.config.security.methods().iter();
        let Some(method) = methods.find(|method| method.sub_type() == Some(chosen)) else {
            return Err(Error::Decode(DecodeError::Invalid {
                field: "vencrypt.sub-type",
                value: chosen.into(),
            }));
        };
        self.method = *method;
        if method.layer().is_some() {
            self.control.push(vencrypt::LAYER_FOLLOWS);
        }
        Ok(self.begin_method())
    }

    /// Asks for the method's layer, or if it has none for the client's proof.
    fn begin_method(&mut self) -> Option<ServerEvent> {
        if let Some(layer) = self.method.layer() {
            self.state = State::AwaitUpgrade;
            return Some(ServerEvent::Upgrade(layer));
        }
        self.begin_check();
        None
    }

    fn begin_check(&mut self) {
        match self.method.check() {
            Check::Challenge => {
                self.control.extend(self.config.security.challenge());
                self.state = State::Answer;
            }
            Check::Credentials => self.state = State::Credentials,
            Check::InLayer => self.state = State::AwaitVerdict,
            Check::Nothing => {
                // Before 3.8, None has no result.
                if self.method != Method::None || self.version == Version::V3_8 {
                    self.control.extend(0_u32.to_be_bytes());
                }
                self.state = State::ClientInit;
            }
        }
    }

    /// Ends the authentication: accepted, or refused for a reason.
    fn verdict(&mut self, refusal: Option<&str>) -> Result<(), Error> {
        if self.state != State::AwaitVerdict {
            return Err(Error::Misuse("accept or refuse: no proof to judge"));
        }
        let Some(reason) = refusal else {
            self.control.extend(0_u32.to_be_bytes());
            self.state = State::ClientInit;
            return Ok(());
        };
        self.control.extend(1_u32.to_be_bytes());
        if self.version == Version::V3_8 {
            encode_counted(reason.as_bytes(), &mut self.control);
        }
        self.state = State::Closed;
        Ok(())
    }
}
