//! What the screen shows: MIT-SHM for pixels, XDamage for where they changed.

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use tightrope::{Cursor, Point, Rect, Region, Size, View};
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::ReplyError;
use x11rb::protocol::damage::{self, ConnectionExt as _};
use x11rb::protocol::randr::{self, ConnectionExt as _};
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xfixes::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, EventMask, ImageFormat, ImageOrder, Screen,
};
use x11rb::protocol::{ErrorKind, Event};

use crate::cursor::cursor;
use crate::display::{Display, Link};
use crate::ffi::SharedMemory;
use crate::patches::patches;

const BYTES_PER_PIXEL: usize = 4;

/// Reads a screen. Nothing is fetched until [`Self::capture`] is called.
#[derive(Debug)]
pub struct Capture {
    link: Link,
    size: Size,
    memory: Memory,
    damage: damage::Damage,
    region: xfixes::Region,
    /// Where the screen was drawn to and has not been fetched.
    known: Region,
    /// When the first of that was heard of.
    drawn: Instant,
    /// When more was drawn, if the X server has said so: it says where only when it is asked.
    heard: Option<Instant>,
}

/// What [`Capture::handle_events`] found, besides damage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The pointer has another shape.
    pub cursor: bool,
    /// The screen has another size; all of it is pending.
    pub size: Option<Size>,
}

#[derive(Debug)]
enum Memory {
    /// The X server writes pixels where we read them.
    Shared {
        segment: shm::Seg,
        memory: SharedMemory,
    },
    /// Pixels come through the socket.
    Socket,
}

impl Capture {
    /// Connects to `display` and starts watching it. The whole screen is pending.
    ///
    /// Fails if the X server lacks DAMAGE or XFIXES, or has pixels that are not 32 bits of BGRX.
    pub fn new(display: &Display) -> Result<Self> {
        let link = display.connect()?;
        check_pixels(&link)?;
        let x = link.x();
        for name in [damage::X11_EXTENSION_NAME, xfixes::X11_EXTENSION_NAME] {
            if x.extension_information(name)?.is_none() {
                bail!(
                    "the X server on {} lacks the extension {name}",
                    display.name
                );
            }
        }
        x.xfixes_query_version(5, 0)?.reply()?;
        x.damage_query_version(1, 1)?.reply()?;
        let (damage, region) = (x.generate_id()?, x.generate_id()?);
        x.damage_create(damage, link.root(), damage::ReportLevel::NON_EMPTY)?;
        x.xfixes_create_region(region, &[])?;
        x.xfixes_select_cursor_input(link.root(), xfixes::CursorNotifyMask::DISPLAY_CURSOR)?;
        watch_size(&link)?;
        let size = link.size()?;
        let memory = share(&link, size)?;
        Ok(Self {
            link,
            size,
            memory,
            damage,
            region,
            known: size.into(),
            drawn: Instant::now(),
            heard: None,
        })
    }

    /// The connection: to wait on, and to resize with.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The screen's size, as last heard of.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// The pointer's shape now; `None` if the X server keeps it from us.
    pub fn cursor(&self) -> Result<Option<Cursor>> {
        cursor(&self.link)
    }

    /// Whether there is something to capture.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.heard.is_some() || !self.known.is_empty()
    }

    /// Whether more was drawn since this was last found out or captured.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.heard.is_some()
    }

    /// Makes the next capture take the whole screen.
    pub fn invalidate(&mut self) {
        if !self.is_pending() {
            self.drawn = Instant::now();
        }
        self.known = self.size.into();
    }

    /// Takes in what the X server has said since the last call.
    pub fn handle_events(&mut self) -> Result<Changes> {
        let mut changes = Changes::default();
        let mut size_may_differ = false;
        while let Some(event) = self.link.poll_event()? {
            match event {
                Event::DamageNotify(_) => {
                    self.heard.get_or_insert_with(Instant::now);
                }
                Event::XfixesCursorNotify(_) => changes.cursor = true,
                // One change of size is told up to five times, old sizes among them: so ask.
                Event::RandrScreenChangeNotify(_) | Event::ConfigureNotify(_) => {
                    size_may_differ = true;
                }
                Event::Error(error) => tracing::debug!(?error, "capture: a request failed"),
                _ => {}
            }
        }
        if size_may_differ {
            changes.size = self.follow_size()?;
        }
        Ok(changes)
    }

    /// Looks up the screen's size. A new one is returned and makes the whole screen pending.
    pub fn follow_size(&mut self) -> Result<Option<Size>> {
        let size = self.link.size()?;
        if size == self.size {
            return Ok(None);
        }
        if let Memory::Shared { segment, .. } = self.memory {
            self.link.x().shm_detach(segment)?;
        }
        self.memory = share(&self.link, size)?;
        self.size = size;
        self.invalidate();
        Ok(Some(size))
    }

    /// Fetches what is pending and hands it to `show`: fresh pixels and where they lie, all at once, no two overlapping;
    /// and when they were drawn, the first of them, as far as the X server has told.
    ///
    /// Whatever is drawn meanwhile is damage again. If the screen was resized meanwhile it hands over nothing: then the
    /// news of the new size are on their way, and the whole screen stays pending.
    pub fn capture(&mut self, show: impl FnOnce(&[(Point, View<'_>)], Instant)) -> Result<()> {
        if self.known == self.size.into() {
            // Whatever the X server is about to say of what is fetched now is not to be heard of again.
            self.heard.get_or_insert(self.drawn);
        }
        if let Some((fresh, heard)) = self.take_damage()? {
            self.note(&fresh, heard);
        }
        let damage = std::mem::take(&mut self.known);
        if damage.is_empty() {
            return Ok(());
        }
        let drawn = self.drawn;
        self.fetch(&patches(&damage, self.size), |patches| show(patches, drawn))
    }

    /// The same with nothing but what was drawn since the last call, if it is little: at most `limit` pixels. Whether it
    /// was; else it stays pending, and where it is will not be asked again.
    pub fn capture_little(
        &mut self,
        limit: usize,
        show: impl FnOnce(&[(Point, View<'_>)], Instant),
    ) -> Result<bool> {
        let Some((fresh, heard)) = self.take_damage()? else {
            return Ok(false);
        };
        let little = patches(&fresh, self.size);
        let area: usize = little.iter().map(|rect| rect.area()).sum();
        if !(1..=limit).contains(&area) {
            self.note(&fresh, heard);
            return Ok(false);
        }
        self.known = self.known.difference(&little.iter().copied().collect());
        // Pictures are not to come with times that go back.
        self.drawn = self.drawn.max(heard);
        self.fetch(&little, |patches| show(patches, heard))?;
        Ok(true)
    }

    /// Adds what was drawn at `heard` to what is pending.
    fn note(&mut self, fresh: &Region, heard: Instant) {
        if self.known.is_empty() {
            self.drawn = heard;
        }
        self.known = self.known.union(fresh);
    }

    fn fetch(&mut self, patches: &[Rect], show: impl FnOnce(&[(Point, View<'_>)])) -> Result<()> {
        let fetched = match &self.memory {
            Memory::Shared { segment, memory } => {
                fetch_shared(&self.link, *segment, memory, patches, show)
            }
            Memory::Socket => fetch_by_socket(&self.link, patches, show),
        };
        match fetched {
            // BadMatch: the rectangle is no longer on the screen.
            Err(ReplyError::X11Error(error)) if error.error_kind == ErrorKind::Match => {
                self.invalidate();
                Ok(())
            }
            fetched => Ok(fetched?),
        }
    }

    /// Where the screen was drawn to since the last call, and when the first of it was heard of; none if the X server
    /// has said nothing.
    fn take_damage(&mut self) -> Result<Option<(Region, Instant)>> {
        let Some(heard) = self.heard.take() else {
            return Ok(None);
        };
        let x = self.link.x();
        x.damage_subtract(self.damage, x11rb::NONE, self.region)?;
        let region = x.xfixes_fetch_region(self.region)?.reply()?;
        let edge = |start: i16, length: u16| {
            u32::try_from((i32::from(start) + i32::from(length)).max(0)).unwrap_or(0)
        };
        let rects = region.rectangles.iter().map(|rect| {
            Rect::from_edges(
                edge(rect.x, 0),
                edge(rect.y, 0),
                edge(rect.x, rect.width),
                edge(rect.y, rect.height),
            )
        });
        Ok(Some((rects.collect(), heard)))
    }
}

/// Asks for all `patches` at once, each behind the one before in the segment.
fn fetch_shared(
    link: &Link,
    segment: shm::Seg,
    memory: &SharedMemory,
    patches: &[Rect],
    show: impl FnOnce(&[(Point, View<'_>)]),
) -> Result<(), ReplyError> {
    let mut offset = 0;
    let mut asked = Vec::with_capacity(patches.len());
    for &rect in patches {
        let (x, y) = corner(rect);
        let format = ImageFormat::Z_PIXMAP.into();
        let start = u32::try_from(offset).unwrap_or(u32::MAX);
        let cookie = link.x().shm_get_image(
            link.root(),
            x,
            y,
            rect.width,
            rect.height,
            !0,
            format,
            segment,
            start,
        )?;
        asked.push((rect, offset, cookie));
        offset += rect.area() * BYTES_PER_PIXEL;
    }
    let mut fetched = Vec::with_capacity(patches.len());
    for (rect, offset, cookie) in asked {
        cookie.reply()?;
        fetched.extend(view(rect, memory.bytes().get(offset..).unwrap_or_default()));
    }
    show(&fetched);
    Ok(())
}

fn fetch_by_socket(
    link: &Link,
    patches: &[Rect],
    show: impl FnOnce(&[(Point, View<'_>)]),
) -> Result<(), ReplyError> {
    let mut images = Vec::with_capacity(patches.len());
    for &rect in patches {
        let (x, y) = corner(rect);
        let (width, height) = (rect.width, rect.height);
        let format = ImageFormat::Z_PIXMAP;
        let image = link
            .x()
            .get_image(format, link.root(), x, y, width, height, !0)?;
        images.push((rect, image.reply()?.data));
    }
    let fetched = images.iter().filter_map(|(rect, bytes)| view(*rect, bytes));
    show(&fetched.collect::<Vec<_>>());
    Ok(())
}

/// The pixels of `rect`, with where they lie.
fn view(rect: Rect, bytes: &[u8]) -> Option<(Point, View<'_>)> {
    let stride = usize::from(rect.width) * BYTES_PER_PIXEL;
    match View::new(bytes, rect.size(), stride) {
        Ok(view) => Some((rect.origin(), view)),
        Err(error) => {
            tracing::warn!(%error, ?rect, "capture: the X server sent too few pixels");
            None
        }
    }
}

/// The first pixel of `rect` as X has it. A screen is at most 32767 pixels wide and high.
fn corner(rect: Rect) -> (i16, i16) {
    let cut = |edge: u16| i16::try_from(edge).unwrap_or(i16::MAX);
    (cut(rect.left), cut(rect.top))
}

/// Memory for a screen of `size`, shared with the X server if it can do that.
fn share(link: &Link, size: Size) -> Result<Memory> {
    let x = link.x();
    let stream = UnixStream::from(x.stream().as_fd().try_clone_to_owned()?);
    let local = stream.local_addr().is_ok();
    if !local || x.extension_information(shm::X11_EXTENSION_NAME)?.is_none() {
        tracing::warn!(
            "no MIT-SHM with this X server (not local, or not built in): pixels come through the socket, which is slow"
        );
        return Ok(Memory::Socket);
    }
    let (memory, file) = SharedMemory::new(size.area() * BYTES_PER_PIXEL)
        .with_context(|| format!("no shared memory for a screen of {size}"))?;
    let segment = x.generate_id()?;
    match x.shm_attach_fd(segment, file, false)?.check() {
        Ok(()) => Ok(Memory::Shared { segment, memory }),
        Err(ReplyError::X11Error(error)) => {
            tracing::warn!(
                ?error,
                "the X server refuses shared memory: pixels come through the socket, which is slow"
            );
            Ok(Memory::Socket)
        }
        Err(error) => Err(error.into()),
    }
}

fn watch_size(link: &Link) -> Result<()> {
    let x = link.x();
    let structure = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
    x.change_window_attributes(link.root(), &structure)?;
    if x.extension_information(randr::X11_EXTENSION_NAME)?
        .is_some()
    {
        x.randr_query_version(1, 5)?.reply()?;
        x.randr_select_input(link.root(), randr::NotifyMask::SCREEN_CHANGE)?;
    }
    Ok(())
}

/// Fails, naming the value, unless pixels are 32 bits: blue, green, red, unused.
fn check_pixels(link: &Link) -> Result<()> {
    let (setup, screen) = (link.x().setup(), link.screen());
    let depth = screen.root_depth;
    if depth != 24 && depth != 32 {
        bail!(
            "the screen has depth {depth}; 24 or 32 is needed (for Xvfb: -screen 0 1920x1080x24)"
        );
    }
    let formats = &setup.pixmap_formats;
    let bits = formats
        .iter()
        .find(|format| format.depth == depth)
        .map_or(0, |format| format.bits_per_pixel);
    if bits != 32 {
        bail!("the screen has {bits} bits per pixel; 32 are needed");
    }
    if setup.image_byte_order != ImageOrder::LSB_FIRST {
        bail!("the X server has big-endian pixels; little-endian ones are needed");
    }
    let masks = masks(screen);
    if masks != [0xff_0000, 0xff00, 0xff] {
        bail!(
            "the screen has the colour masks {masks:06x?}; red ff0000, green ff00, blue ff are needed"
        );
    }
    Ok(())
}

/// Where red, green and blue are in a pixel of the root window.
fn masks(screen: &Screen) -> [u32; 3] {
    screen
        .allowed_depths
        .iter()
        .flat_map(|depth| &depth.visuals)
        .find(|visual| visual.visual_id == screen.root_visual)
        .map_or([0; 3], |visual| {
            [visual.red_mask, visual.green_mask, visual.blue_mask]
        })
}
