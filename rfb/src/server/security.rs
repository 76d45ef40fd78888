//! How a client may come in, and what it shows for it.

use std::fmt;

use zeroize::Zeroizing;

use crate::handshake::{Challenge, Method};

/// How a client proves itself.
#[derive(Clone, PartialEq, Eq)]
pub enum Security {
    /// By one of these, which the client chooses.
    Offer {
        /// What is offered, most preferred first. [`Method::Plain`] only where the stream is protected below RFB. A
        /// client of version 3.3 gets the first of [`Method::None`] and [`Method::VncAuth`], or is refused.
        methods: Vec<Method>,
        /// Random and used once: what a client is asked by [`Method::VncAuth`] and [`Method::X509Vnc`].
        challenge: Challenge,
    },
    /// Whatever it does, it is refused for this reason.
    Refuse(String),
}

impl Security {
    /// Nobody has to prove anything.
    #[must_use]
    pub fn open() -> Self {
        Self::Offer {
            methods: vec![Method::None],
            challenge: Challenge::default(),
        }
    }

    /// By VncAuth with this challenge alone.
    #[must_use]
    pub fn vnc_auth(challenge: Challenge) -> Self {
        Self::Offer {
            methods: vec![Method::VncAuth],
            challenge,
        }
    }

    pub(super) fn methods(&self) -> &[Method] {
        match self {
            Self::Offer { methods, .. } => methods,
            Self::Refuse(_) => &[],
        }
    }

    pub(super) fn challenge(&self) -> Challenge {
        match self {
            Self::Offer { challenge, .. } => *challenge,
            Self::Refuse(_) => Challenge::default(),
        }
    }
}

/// What a client shows to be let in. It prints without what is secret.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof {
    /// Its answer to the challenge.
    VncAuth {
        /// What it was asked.
        challenge: Challenge,
        /// What it answered.
        answer: Challenge,
    },
    /// Its credentials as they are, at most 1024 bytes each.
    Plain {
        /// Who it says it is.
        user: String,
        /// Wiped when it is dropped.
        password: Zeroizing<Vec<u8>>,
    },
}

impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offer { methods, .. } => f.debug_tuple("Offer").field(methods).finish(),
            Self::Refuse(reason) => f.debug_tuple("Refuse").field(reason).finish(),
        }
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VncAuth { .. } => "VncAuth(..)",
            Self::Plain { .. } => "Plain(..)",
        })
    }
}
