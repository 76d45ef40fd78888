//! Coming back to a session whose connection is gone. docs/PROTOCOL.md "Resuming a session".

use super::{ClientConfig, ClientConnection, Machine};
use crate::Decoders;

/// Updates drawn, counted so that the server knows which it may forget.
///
/// The server counts by connection, and a ticket says of which one it is: until a connection has given its ticket, the
/// number of the one before it holds, whose ticket would be shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Updates {
    /// Of this connection.
    drawn: u32,
    /// Of the connection whose ticket this client still holds, if that is another.
    before: Option<u32>,
    /// The client holds a picture from a connection before.
    is_resumed: bool,
}

impl Updates {
    pub(super) fn is_resumed(self) -> bool {
        self.is_resumed
    }

    /// An update was drawn to its end.
    pub(super) fn add(&mut self) {
        self.drawn = self.drawn.saturating_add(1);
        self.before = None;
    }

    pub(super) fn ticket_came(&mut self) {
        self.before = None;
    }

    fn told(self) -> u32 {
        self.before.unwrap_or(self.drawn)
    }
}

impl ClientConnection {
    /// A connection that has not seen a byte and goes on where `old` has ended, with a server that gave it a ticket:
    /// framebuffer, pointer shape, screens, lights and name are kept, and only what has changed is asked for. If the server
    /// does not know the session any more, it sends everything all the same.
    ///
    /// The driver shows the server the latest ticket and `old`'s [`Self::updates`] before RFB begins.
    #[must_use]
    pub fn resume(config: ClientConfig, decoders: Decoders, old: &Self) -> Self {
        let old = &old.machine;
        let mut machine = Machine::new(config, decoders);
        if old.updates.is_resumed || old.has_begun {
            machine.updates = Updates {
                drawn: 0,
                before: Some(old.updates.told()),
                is_resumed: true,
            };
            machine.framebuffer = old.framebuffer.clone();
            machine.screens.clone_from(&old.screens);
            machine.cursor.clone_from(&old.cursor);
            machine.name.clone_from(&old.name);
            machine.peer.resize = old.peer.resize;
            machine.peer.leds = old.peer.leds;
        }
        machine.begin();
        Self::of(machine)
    }

    /// Updates of this connection that were drawn to their end: what the server of the latest ticket is to be told. Until
    /// a resumed connection has given a ticket, the number that its predecessor ended with.
    #[must_use]
    pub fn updates(&self) -> u32 {
        self.machine.updates.told()
    }
}
