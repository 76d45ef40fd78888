//! Shutting down and restarting: message 250 both ways, announced by [`Encoding::XVP`](crate::Encoding::XVP).
//! rfbproto "xvp Client Message", "xvp Server Message".

use crate::DecodeError;
use crate::wire::{Decode, Encode, Reader};

/// The only version there is.
const VERSION: u8 = 1;

/// What is to be done with the machine, or the application, that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerAction {
    /// End it properly.
    Shutdown,
    /// End it properly and start it again.
    Reboot,
    /// Start it again at once.
    Reset,
}

/// One message about power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// From the server: what the client asked for will not be done.
    Refused,
    /// From the server: the client may ask.
    Ready,
    /// From the client.
    Action(PowerAction),
}

impl Encode for Power {
    /// Everything after the message type.
    fn encode(&self, out: &mut Vec<u8>) {
        let code = match self {
            Self::Refused => 0,
            Self::Ready => 1,
            Self::Action(PowerAction::Shutdown) => 2,
            Self::Action(PowerAction::Reboot) => 3,
            Self::Action(PowerAction::Reset) => 4,
        };
        out.extend([0, VERSION, code]);
    }
}

impl Decode for Power {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.bytes("xvp.padding", 1)?;
        let version = r.u8("xvp.version")?;
        if version != VERSION {
            return Err(DecodeError::Invalid {
                field: "xvp.version",
                value: version.into(),
            });
        }
        Ok(match r.u8("xvp.message-code")? {
            0 => Self::Refused,
            1 => Self::Ready,
            2 => Self::Action(PowerAction::Shutdown),
            3 => Self::Action(PowerAction::Reboot),
            4 => Self::Action(PowerAction::Reset),
            value => {
                return Err(DecodeError::Invalid {
                    field: "xvp.message-code",
                    value: value.into(),
                });
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_bytes_both_ways() {
        for (power, code) in [
            (Power::Refused, 0),
            (Power::Ready, 1),
            (Power::Action(PowerAction::Shutdown), 2),
            (Power::Action(PowerAction::Reboot), 3),
            (Power::Action(PowerAction::Reset), 4),
        ] {
            let mut bytes = Vec::new();
            power.encode(&mut bytes);
            assert_eq!(bytes, [/* padding */ 0, /* version */ 1, code]);
            assert_eq!(Power::decode(&mut Reader::new(&bytes)), Ok(power));
        }
    }

    #[test]
    fn unknown_versions_and_codes_are_refused_by_name() {
        let error = |bytes: &[u8]| {
            Power::decode(&mut Reader::new(bytes))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(error(&[0, 2, 1]), "xvp.version: invalid value 2");
        assert_eq!(error(&[0, 1, 5]), "xvp.message-code: invalid value 5");
    }
}
