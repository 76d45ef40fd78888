//! The system's addresses: when one comes or goes, a session need not wait until its peer falls silent.
//!
//! On Linux the kernel tells over a route netlink socket (rtnetlink(7)), to anybody and without a right. Elsewhere
//! nothing is ever told.

#[cfg(target_os = "linux")]
mod netlink;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::IpAddr;

/// What happened to the system's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// An address that can be used from now on.
    Came(IpAddr),
    /// An address that can no longer be used.
    Went(IpAddr),
    /// A link carries, with the addresses it has: a cable was plugged in again.
    Up,
    /// There is another way to somewhere. It comes after the address that it is for, which may be of little use before.
    Route,
    /// Too much happened to be told.
    Missed,
}

impl Change {
    /// Whether there may be a way now that there was not before.
    pub(crate) fn may_help(self) -> bool {
        !matches!(self, Self::Went(_))
    }
}

/// Watches the addresses of the network namespace it was made in.
#[derive(Debug)]
pub(crate) struct Watcher {
    #[cfg(target_os = "linux")]
    socket: Option<netlink::Socket>,
    told: VecDeque<Change>,
}

impl Watcher {
    /// Watches from now on. Where that is not possible, nothing is ever told. Needs a tokio runtime.
    pub(crate) fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            socket: netlink::Socket::open()
                .inspect_err(|error| tracing::debug!("addresses are not watched: {error}"))
                .ok(),
            told: VecDeque::new(),
        }
    }

    /// The next change. Cancel safe.
    pub(crate) async fn changed(&mut self) -> Change {
        loop {
            if let Some(change) = self.told.pop_front() {
                return change;
            }
            self.receive().await;
        }
    }

    #[cfg(target_os = "linux")]
    async fn receive(&mut self) {
        let Some(socket) = &mut self.socket else {
            return std::future::pending().await;
        };
        if let Err(error) = socket.receive(&mut self.told).await {
            tracing::debug!("addresses are no longer watched: {error}");
            self.socket = None;
        }
    }

    #[cfg(not(target_os = "linux"))]
    async fn receive(&mut self) {
        std::future::pending().await
    }
}
