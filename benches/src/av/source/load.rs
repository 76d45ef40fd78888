//! A recording that is played beside the flash, on the same desktop, over and over.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lab::vtz::Frame;
use tightrope::Rect;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::protocol::xproto::{
    ConnectionExt, CreateGCAux, CreateWindowAux, Gcontext, ImageFormat, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT};

use crate::recording;

/// The most that is painted with one request, in bytes: so that the X server turns to others in between.
const PIECE: usize = 256 << 10;
/// The depth of the screen, in bits.
const DEPTH: u8 = 24;

/// Plays the recording at `path` for ever, `speed` times as fast as it was made.
pub(super) fn play(path: &Path, speed: f64) -> Result<()> {
    let size = recording::open(path)?.size();
    let screen = Screen::new(size)?;
    loop {
        let mut reader = recording::open(path)?;
        let start = Instant::now();
        let mut frames = 0;
        while let Some(frame) = reader.next_frame()? {
            std::thread::sleep((start + frame.time.div_f64(speed)).duration_since(Instant::now()));
            screen.paint(&frame)?;
            frames += 1;
        }
        ensure!(frames > 1, "{} has one picture only", path.display());
        // The last picture stays as long as any other, about.
        let mean = start.elapsed() / frames;
        std::thread::sleep(mean.min(Duration::from_secs(1)));
    }
}

/// A window as large as the recording, below what flashes.
struct Screen {
    connection: RustConnection,
    window: Window,
    pen: Gcontext,
}

impl Screen {
    fn new(size: tightrope::Size) -> Result<Self> {
        let (connection, screen) =
            x11rb::connect(None).context("cannot connect to the X server")?;
        let screen = connection.setup().roots.get(screen);
        let screen = screen.context("the X server has no screen")?;
        ensure!(
            screen.root_depth == DEPTH,
            "the screen has {} bits a pixel instead of {DEPTH}",
            screen.root_depth
        );
        let root = screen.root;
        let window = connection.generate_id()?;
        let looks = CreateWindowAux::new()
            .background_pixel(0)
            .override_redirect(1);
        connection.create_window(
            COPY_DEPTH_FROM_PARENT,
            window,
            root,
            0,
            0,
            size.width,
            size.height,
            0,
            WindowClass::INPUT_OUTPUT,
            COPY_FROM_PARENT,
            &looks,
        )?;
        let below = x11rb::protocol::xproto::ConfigureWindowAux::new()
            .stack_mode(x11rb::protocol::xproto::StackMode::BELOW);
        connection.configure_window(window, &below)?;
        connection.map_window(window)?;
        let pen = connection.generate_id()?;
        connection.create_gc(pen, window, &CreateGCAux::new())?;
        connection.prefetch_maximum_request_bytes();
        Ok(Self {
            connection,
            window,
            pen,
        })
    }

    /// Paints what changed; returns when the X server has.
    fn paint(&self, frame: &Frame<'_>) -> Result<()> {
        for rect in frame.merged() {
            self.put(frame, rect)?;
        }
        self.connection.get_input_focus()?.reply()?;
        Ok(())
    }

    fn put(&self, frame: &Frame<'_>, rect: Rect) -> Result<()> {
        // A request has a head of its own.
        let limit = PIECE.min(self.connection.maximum_request_bytes() - 64);
        let rows = limit / (usize::from(rect.width) * 4);
        let rows = u16::try_from(rows).unwrap_or(u16::MAX).max(1);
        let mut bytes = Vec::new();
        let mut top = rect.top;
        while top < rect.top + rect.height {
            let height = rows.min(rect.top + rect.height - top);
            bytes.clear();
            let part = Rect::new(rect.left, top, rect.width, height);
            for row in frame.picture.view().rows(part) {
                bytes.extend_from_slice(row);
            }
            self.connection.put_image(
                ImageFormat::Z_PIXMAP,
                self.window,
                self.pen,
                rect.width,
                height,
                i16::try_from(rect.left)?,
                i16::try_from(top)?,
                0,
                DEPTH,
                &bytes,
            )?;
            top += height;
        }
        Ok(())
    }
}
