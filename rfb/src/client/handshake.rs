//! The client's handshake, up to the first request. RFC 6143 7.1 to 7.3.

use super::{ClientEvent, Machine, State};
use crate::handshake::{Challenge, SecurityType, Version};
use crate::message::ServerInit;
use crate::wire::{Encode, Reader};
use crate::{ClientMessage, Error, Framebuffer};

impl Machine {
    pub(super) fn handshake_step(
        &mut self,
        r: &mut Reader<'_>,
    ) -> Result<Option<ClientEvent>, Error> {
        match self.state {
            State::Version => {
                self.version = Version::decode(r)?;
                self.output.extend(self.version.bytes());
                self.state = State::SecurityType;
            }
            State::SecurityType => self.security_type(r)?,
            State::Challenge => {
                let mut challenge = Challenge::default();
                let length = challenge.len();
                challenge.copy_from_slice(r.bytes("challenge", length)?);
                self.state = State::AwaitAnswer;
                return Ok(Some(ClientEvent::Challenge(challenge)));
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

    fn security_type(&mut self, r: &mut Reader<'_>) -> Result<(), Error> {
        let chosen = if self.version == Version::V3_3 {
            match r.u32("security-type")? {
                0 => {
                    self.state = State::RefusalReason;
                    return Ok(());
                }
                number => self.choose(&[u8::try_from(number).unwrap_or(u8::MAX)])?,
            }
        } else {
            let count = r.u8("number-of-security-types")?;
            let offered = r.bytes("security-types", count.into())?;
            if offered.is_empty() {
                self.state = State::RefusalReason;
                return Ok(());
            }
            let chosen = self.choose(offered)?;
            self.output.push(chosen.0);
            chosen
        };
        match chosen {
            SecurityType::VNC_AUTH => self.state = State::Challenge,
            // Before 3.8, None has no result.
            _ if self.version < Version::V3_8 => self.client_init(),
            _ => self.state = State::SecurityResult,
        }
        Ok(())
    }

    /// The first of our security types that is on offer.
    fn choose(&self, offered: &[u8]) -> Result<SecurityType, Error> {
        let wanted = self.config.security.iter().copied();
        wanted
            .clone()
            .filter(|own| matches!(*own, SecurityType::NONE | SecurityType::VNC_AUTH))
            .find(|own| offered.contains(&own.0))
            .ok_or_else(|| Error::NoSecurityType {
                offered: offered.to_vec(),
                wanted: wanted.map(|own| own.0).collect(),
            })
    }

    fn client_init(&mut self) {
        self.output.push(self.config.shared.into());
        self.state = State::Init;
    }

    fn server_init(&mut self, r: &mut Reader<'_>) -> Result<ClientEvent, Error> {
        let init = ServerInit::decode(r, &self.config.limits)?;
        let size = self.accept_size(init.size)?;
        self.framebuffer = Framebuffer::new(size);
        self.name.clone_from(&init.name);
        self.state = State::Idle;
        ClientMessage::SetPixelFormat(self.config.format).encode(&mut self.output);
        ClientMessage::SetEncodings(self.encodings()).encode(&mut self.output);
        self.request_update(false)?;
        Ok(ClientEvent::Connected {
            size,
            name: init.name,
        })
    }
}

fn refused(reason: &str) -> Error {
    Error::Refused {
        reason: reason.to_owned(),
    }
}
