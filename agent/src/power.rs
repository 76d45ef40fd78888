//! Shutting down and restarting: what viewers may ask of the command of `--exec`, with `--power`.

use std::time::Duration;

use tightrope::{PowerAction, SessionId};

/// How long the command may take to end when it is asked to: it may have to save.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client wants the command ended or restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) session: SessionId,
    pub(crate) action: PowerAction,
}

/// How long the command may take to end by itself; a reset does not ask it.
pub(crate) fn patience(action: PowerAction) -> Duration {
    match action {
        PowerAction::Shutdown | PowerAction::Reboot => PATIENCE,
        PowerAction::Reset => Duration::ZERO,
    }
}
