//! Our client, as far as a picture is concerned: from the bytes of an update to the framebuffer.

use std::num::NonZeroUsize;

use anyhow::{Result, ensure};
use lab::fbs::{Start, start_bytes};
use tightrope::rfb::{ClientConfig, ClientConnection, LocalTime, PixelFormat, Workers};
use tightrope::{ClientEvent, Framebuffer, Size};

const NOW: LocalTime = LocalTime::from_micros(0);

/// A client that is fed updates.
pub(crate) struct Player {
    connection: ClientConnection,
}

impl Player {
    /// A client that has just learnt that the desktop is of `size`, and draws on `threads` threads.
    pub(crate) fn new(size: Size, threads: NonZeroUsize) -> Result<Self> {
        let config = ClientConfig {
            plain: true,
            workers: Workers::new(threads),
            ..ClientConfig::default()
        };
        let mut connection = ClientConnection::new(config, tightrope::tight::decoders());
        let start = start_bytes(&Start {
            size,
            name: "recording".to_owned(),
            format: PixelFormat::BGRX,
        });
        connection.handle_bytes(NOW, &start);
        while connection.poll_event()?.is_some() {}
        ensure!(
            connection.framebuffer().size() == size,
            "the handshake came to no end"
        );
        Ok(Self { connection })
    }

    /// Draws one whole update.
    pub(crate) fn decode(&mut self, update: &[u8]) -> Result<()> {
        if update.is_empty() {
            return Ok(());
        }
        self.connection.handle_bytes(NOW, update);
        let mut updates = 0;
        while let Some(event) = self.connection.poll_event()? {
            updates += u32::from(matches!(event, ClientEvent::Updated { .. }));
        }
        while self.connection.poll_output().is_some() {}
        let unread = self.connection.unread().len();
        ensure!(
            updates == 1 && unread == 0,
            "{updates} updates and {unread} bytes instead of one update"
        );
        Ok(())
    }

    /// What it shows.
    pub(crate) fn shown(&self) -> &Framebuffer {
        self.connection.framebuffer()
    }
}
