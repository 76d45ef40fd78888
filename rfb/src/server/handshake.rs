//! The server's handshake. RFC 6143 7.1 to 7.3.

use super::{Machine, Security, ServerEvent, State};
use crate::handshake::{Challenge, SecurityType, Version};
use crate::message::{ServerInit, encode_counted};
use crate::wire::{Encode, Reader};
use crate::{Error, PixelFormat};

impl Machine {
    pub(super) fn handshake_step(
        &mut self,
        r: &mut Reader<'_>,
    ) -> Result<Option<ServerEvent>, Error> {
        match self.state {
            State::Version => {
                self.version = Version::decode(r)?;
                return Ok(self.offer_security());
            }
            State::SecurityType => {
                let offered = self.security_type();
                let chosen = r.u8("security-type")?;
                if chosen != offered.0 {
                    return Err(Error::Decode(crate::DecodeError::Invalid {
                        field: "security-type",
                        value: chosen.into(),
                    }));
                }
                self.begin_security();
            }
            State::Answer => {
                let mut answer = Challenge::default();
                let length = answer.len();
                answer.copy_from_slice(r.bytes("answer", length)?);
                let Security::VncAuth(challenge) = self.config.security else {
                    return Ok(None);
                };
                self.state = State::AwaitVerdict;
                return Ok(Some(ServerEvent::Authenticate { challenge, answer }));
            }
            State::ClientInit => {
                let shared = r.u8("shared-flag")? != 0;
                let init = ServerInit {
                    size: self.config.size,
                    format: PixelFormat::BGRX,
                    name: self.config.name.clone(),
                };
                init.encode(&mut self.control);
                // What happened until now is in this message.
                self.sent = super::Sent::new(self.config.size);
                self.refresh = super::Refresh::new(self.config.size);
                self.news.start();
                self.state = State::Running;
                return Ok(Some(ServerEvent::Connected { shared }));
            }
            State::AwaitVerdict | State::Running | State::Closed => {}
        }
        Ok(None)
    }

    fn security_type(&self) -> SecurityType {
        match self.config.security {
            Security::VncAuth(_) => SecurityType::VNC_AUTH,
            Security::None | Security::Refuse(_) => SecurityType::NONE,
        }
    }

    fn offer_security(&mut self) -> Option<ServerEvent> {
        let old = self.version == Version::V3_3;
        if let Security::Refuse(reason) = &self.config.security {
            // No type at all, then the reason.
            self.control
                .extend(std::iter::repeat_n(0, if old { 4 } else { 1 }));
            encode_counted(reason.as_bytes(), &mut self.control);
            self.state = State::Closed;
            return Some(ServerEvent::Refused);
        }
        let offered = self.security_type().0;
        if old {
            self.control.extend(u32::from(offered).to_be_bytes());
            self.begin_security();
        } else {
            self.control.extend([1, offered]);
            self.state = State::SecurityType;
        }
        None
    }

    fn begin_security(&mut self) {
        if let Security::VncAuth(challenge) = self.config.security {
            self.control.extend(challenge);
            self.state = State::Answer;
            return;
        }
        if self.version == Version::V3_8 {
            self.control.extend(0_u32.to_be_bytes());
        }
        self.state = State::ClientInit;
    }

    /// Ends the authentication: accepted, or refused for a reason.
    pub(super) fn verdict(&mut self, refusal: Option<&str>) -> Result<(), Error> {
        if self.state != State::AwaitVerdict {
            return Err(Error::Misuse("accept or refuse: no answer to judge"));
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
