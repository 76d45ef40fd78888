//! Our server, as far as a picture is concerned: from what a capture gives to the bytes of an update.

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use lab::vtz::Frame;
use tightrope::rfb::damage::{Change, Tracker};
use tightrope::rfb::handshake::{SecurityType, Version};
use tightrope::rfb::server::Security;
use tightrope::rfb::wire::Encode;
use tightrope::rfb::{
    ClientMessage, LocalTime, PixelFormat, ServerConfig, ServerConnection, ServerEvent, Workers,
};
use tightrope::{Encoding, Framebuffer, Limits, Point, Rect, Size, View, tight};

use crate::quality::Quality;

/// How pictures are to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) quality: Quality,
    /// Compression level, 0 to 9.
    pub(crate) compression: u8,
    /// Threads that share the work on one picture.
    pub(crate) threads: std::num::NonZeroUsize,
    /// Whether the client takes CopyRect, so that movement is looked for.
    pub(crate) copies: bool,
}

/// A server with one client that asks for each picture as it comes.
///
/// Its clock stands still, so that nothing is sent again without loss: that would mix two qualities.
pub(crate) struct Server {
    connection: ServerConnection,
    /// What the desktop shows.
    screen: Framebuffer,
    tracker: Tracker,
    finds_moves: bool,
    is_first: bool,
}

const NOW: LocalTime = LocalTime::from_micros(0);

impl Server {
    /// A server of a desktop of `size` whose client has just been let in.
    pub(crate) fn new(size: Size, settings: &Settings) -> Result<Self> {
        let config = ServerConfig {
            size,
            name: "recording".to_owned(),
            security: Security::open(),
            power: false,
            sound: None,
            limits: Limits::default(),
        };
        let workers = Workers::new(settings.threads);
        let encoders = tight::encoders_sharing(&tight::Shared::new(workers.clone()));
        let mut connection = ServerConnection::new(config, encoders);
        connection.handle_bytes(NOW, &first_flight(settings));
        let mut is_connected = false;
        while let Some(event) = connection.poll_event()? {
            is_connected |= matches!(event, ServerEvent::Connected { .. });
        }
        ensure!(is_connected, "the handshake came to no end");
        while connection.poll_output().is_some() {}
        Ok(Self {
            connection,
            screen: Framebuffer::new(size),
            tracker: Tracker::new(workers),
            finds_moves: settings.copies,
            is_first: true,
        })
    }

    /// The update that brings `frame` to the client; empty if nothing changed.
    pub(crate) fn encode(&mut self, frame: &Frame<'_>) -> Result<Bytes> {
        self.request()?;
        let change = self.take(frame)?;
        for moved in &change.moves {
            self.connection.add_copy(moved.from, moved.to);
        }
        self.connection.add_damage(&change.damage);
        let Some(job) = self.connection.begin_update(NOW, usize::MAX) else {
            ensure!(change == Change::default(), "there is news and no update");
            return Ok(Bytes::new());
        };
        let update = job.run(self.screen.view());
        self.connection.finish_update(NOW, update);
        ensure!(
            self.connection.damage().is_empty(),
            "the update left damage over"
        );
        let update = self.connection.poll_output().unwrap_or_default();
        match self.connection.poll_output() {
            Some(_) => bail!("there is more to send than one update"),
            None => Ok(update),
        }
    }

    /// Brings the screen up to date with a picture that no client is sent.
    pub(crate) fn skip(&mut self, frame: &Frame<'_>) -> Result<()> {
        self.take(frame)?;
        Ok(())
    }

    /// The client has lost what it had: it asks for all of the next picture.
    pub(crate) fn forget(&mut self) {
        self.is_first = true;
    }

    /// The client asks for a picture: for all of the first, then for changes.
    fn request(&mut self) -> Result<()> {
        let incremental = !std::mem::replace(&mut self.is_first, false);
        let rect = self.screen.size().into();
        let mut message = Vec::new();
        ClientMessage::UpdateRequest { incremental, rect }.encode(&mut message);
        self.connection.handle_bytes(NOW, &message);
        while self.connection.poll_event()?.is_some() {}
        Ok(())
    }

    /// Brings the screen up to date; gives what truly changed and what moved.
    fn take(&mut self, frame: &Frame<'_>) -> Result<Change> {
        let picture = frame.picture.view();
        let patch = |rect: Rect| -> Result<(Point, View<'_>)> {
            let bytes = picture.bytes_of(rect).context("a tile outside")?;
            Ok((
                rect.origin(),
                View::new(bytes, rect.size(), picture.stride())?,
            ))
        };
        let merged = frame.merged().into_iter();
        let patches: Vec<_> = merged.map(patch).collect::<Result<_>>()?;
        Ok(self
            .tracker
            .update(&mut self.screen, &patches, self.finds_moves))
    }
}

/// All that the client says before its first request.
fn first_flight(settings: &Settings) -> Vec<u8> {
    let mut bytes = Version::V3_8.bytes().to_vec();
    bytes.push(SecurityType::NONE.0);
    bytes.push(1); // shared
    let mut encodings = vec![Encoding::TIGHT];
    encodings.extend(settings.copies.then_some(Encoding::COPY_RECT));
    encodings.extend([
        Encoding::LAST_RECT,
        Encoding::compression(settings.compression),
    ]);
    encodings.extend(settings.quality.level().map(Encoding::quality));
    for message in [
        ClientMessage::SetPixelFormat(PixelFormat::BGRX),
        ClientMessage::SetEncodings(encodings),
    ] {
        message.encode(&mut bytes);
    }
    bytes
}
