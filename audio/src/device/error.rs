//! What can be wrong with a device.

use std::fmt;

use super::Kind;

/// Why there is no device to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceError {
    /// No sound server is to be had, and no sound card.
    NoServer {
        /// What was tried, and what came of it.
        reason: String,
    },
    /// The sound server does not answer.
    Silent,
    /// There is no device of that name.
    Unknown {
        /// As it was asked for.
        name: String,
        /// For what.
        kind: Kind,
        /// The devices there are.
        known: Vec<String>,
    },
    /// The name fits several devices.
    Ambiguous {
        /// As it was asked for.
        name: String,
        /// The devices it fits.
        fits: Vec<String>,
    },
    /// No device was named, and there is none.
    NoDefault {
        /// For what.
        kind: Kind,
    },
    /// The device cannot be opened.
    Refused {
        /// Its id.
        device: String,
        /// What the sound server says.
        reason: String,
    },
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoServer { reason } => write!(f, "there is no sound here: {reason}"),
            Self::Silent => f.write_str("the sound server does not answer"),
            Self::Unknown { name, kind, known } if known.is_empty() => {
                write!(f, "there is no {kind} {name:?}, nor any other")
            }
            Self::Unknown { name, kind, known } => {
                write!(
                    f,
                    "there is no {kind} {name:?}; there is {}",
                    known.join(", ")
                )
            }
            Self::Ambiguous { name, fits } => {
                write!(
                    f,
                    "{name:?} fits several sound devices: {}",
                    fits.join(", ")
                )
            }
            Self::NoDefault { kind } => write!(f, "there is no {kind}"),
            Self::Refused { device, reason } => {
                write!(f, "the sound device {device} cannot be opened: {reason}")
            }
        }
    }
}

impl std::error::Error for DeviceError {}
