//! A window that is painted through memory shared with the X server.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;

use anyhow::{Context, Result, bail, ensure};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use tightrope::{Rect, Size, View};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::shm::{ConnectionExt as _, Seg};
use x11rb::protocol::xproto::{
    ConfigureWindowAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, Gcontext,
    ImageFormat, InputFocus, StackMode, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT, CURRENT_TIME};

use super::clock::{Clock, Micros};

/// The depth of the screen, in bits.
const DEPTH: u8 = 24;
const BYTES_PER_PIXEL: usize = 4;

/// Where a window is in the pile of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Above those there are.
    Above,
    /// Below them.
    Below,
}

/// A window without a frame, on the display of the environment.
pub(crate) struct Painter {
    connection: RustConnection,
    window: Window,
    pen: Gcontext,
    /// As many pixels as the window has; where a pixel lies in it means nothing from one request to the next.
    memory: File,
    segment: Seg,
    clock: Clock,
    rows: Vec<u8>,
}

impl Painter {
    /// Opens it, black, at `place` of the screen. Returns when it is there.
    pub(crate) fn new(place: Rect, layer: Layer) -> Result<Self> {
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
            .override_redirect(1)
            .event_mask(EventMask::KEY_PRESS);
        connection.create_window(
            COPY_DEPTH_FROM_PARENT,
            window,
            root,
            i16::try_from(place.left)?,
            i16::try_from(place.top)?,
            place.width,
            place.height,
            0,
            WindowClass::INPUT_OUTPUT,
            COPY_FROM_PARENT,
            &looks,
        )?;
        if layer == Layer::Below {
            let below = ConfigureWindowAux::new().stack_mode(StackMode::BELOW);
            connection.configure_window(window, &below)?;
        }
        connection.map_window(window)?;
        let pen = connection.generate_id()?;
        connection.create_gc(pen, window, &CreateGCAux::new())?;
        let (memory, segment) = share(&connection, place.size())?;
        let painter = Self {
            connection,
            window,
            pen,
            memory,
            segment,
            clock: Clock::new(),
            rows: Vec::new(),
        };
        painter.sync()?;
        Ok(painter)
    }

    /// Paints `rects` of `picture`, which is as large as the window. Returns when the X server has; when the requests
    /// were sent, just before.
    ///
    /// # Errors
    /// The X server is gone, or a rectangle is outside the picture.
    pub(crate) fn paint(&mut self, picture: View<'_>, rects: &[Rect]) -> Result<Micros> {
        let mut offset = 0;
        let mut offsets = Vec::with_capacity(rects.len());
        for &rect in rects {
            self.rows.clear();
            picture
                .rows(rect)
                .for_each(|row| self.rows.extend_from_slice(row));
            ensure!(
                self.rows.len() == rect.area() * BYTES_PER_PIXEL,
                "{rect:?} is not in the picture"
            );
            offsets.push((rect, u32::try_from(offset)?));
            self.memory.write_all_at(&self.rows, offset)?;
            offset += u64::try_from(self.rows.len())?;
        }
        let painted = self.clock.now();
        for (rect, offset) in offsets {
            self.put(rect, offset)?;
        }
        self.sync()?;
        Ok(painted)
    }

    fn put(&self, rect: Rect, offset: u32) -> Result<()> {
        let Rect { width, height, .. } = rect;
        self.connection.shm_put_image(
            self.window,
            self.pen,
            width,
            height,
            0,
            0,
            width,
            height,
            i16::try_from(rect.left)?,
            i16::try_from(rect.top)?,
            DEPTH,
            ImageFormat::Z_PIXMAP.into(),
            false,
            self.segment,
            offset,
        )?;
        Ok(())
    }

    /// Returns when the X server has done all there was to do.
    fn sync(&self) -> Result<()> {
        // Whatever has an answer: requests of a client are done in order.
        self.connection.get_input_focus()?.reply()?;
        Ok(())
    }

    /// From now on keys go to this window.
    pub(crate) fn take_keys(&self) -> Result<()> {
        let focus = InputFocus::POINTER_ROOT;
        self.connection
            .set_input_focus(focus, self.window, CURRENT_TIME)?;
        self.sync()
    }

    /// Waits until a key is pressed.
    pub(crate) fn wait_for_key(&self) -> Result<()> {
        loop {
            match self.connection.wait_for_event()? {
                Event::KeyPress(_) => return Ok(()),
                Event::Error(error) => bail!("the X server refused a request: {error:?}"),
                _ => {}
            }
        }
    }
}

/// Memory for `size` pixels that the X server reads.
fn share(connection: &RustConnection, size: Size) -> Result<(File, Seg)> {
    let file: OwnedFd = memfd_create("tightrope-bench", MemfdFlags::CLOEXEC)?;
    ftruncate(&file, u64::try_from(size.area() * BYTES_PER_PIXEL)?)?;
    let memory = File::from(file);
    let segment = connection.generate_id()?;
    let given: OwnedFd = memory.try_clone()?.into();
    let attached = connection.shm_attach_fd(segment, given, true)?.check();
    attached.context("the X server shares no memory")?;
    Ok((memory, segment))
}
