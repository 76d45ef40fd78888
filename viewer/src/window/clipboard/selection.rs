//! Reading what another program has copied, on X11 (ICCCM 2.4 and 2.7.2).
//!
//! Only what the program says it has is asked for, and it may take its time between the pieces of something large.

use super::is_picture;
use rfb::Limits;
use rfb::clipboard::{Bitmap, Content, Image};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};
use tightrope::image::read_png;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt, CreateWindowAux, EventMask, Property, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

/// Why the clipboard cannot be read.
type Error = Box<dyn std::error::Error>;

/// How long the program may be silent.
const PATIENCE: Duration = Duration::from_secs(4);

x11rb::atom_manager! {
    /// Names that the X server has numbers for.
    Atoms: AtomsCookie {
        CLIPBOARD,
        INCR,
        TARGETS,
        UTF8_STRING,
        HTML: b"text/html",
        RTF: b"text/rtf",
        APPLICATION_RTF: b"application/rtf",
        PNG: b"image/png",
        TIGHTROPE_DATA,
    }
}

/// A reader of the selection CLIPBOARD.
pub(in crate::window) struct Selection {
    connection: RustConnection,
    window: Window,
    atoms: Atoms,
}

impl Selection {
    /// None if there is no X server.
    pub(in crate::window) fn open() -> Option<Self> {
        Self::connect()
            .inspect_err(|error| tracing::debug!("no X server to read the clipboard from: {error}"))
            .ok()
    }

    fn connect() -> Result<Self, Error> {
        let (connection, screen) = RustConnection::connect(None)?;
        let root = connection
            .setup()
            .roots
            .get(screen)
            .ok_or("no screen")?
            .root;
        let atoms = Atoms::new(&connection)?.reply()?;
        let window = connection.generate_id()?;
        let watching = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let (class, visual) = (WindowClass::INPUT_ONLY, x11rb::COPY_FROM_PARENT);
        connection
            .create_window(0, window, root, -1, -1, 1, 1, 0, class, visual, &watching)?
            .check()?;
        Ok(Self {
            connection,
            window,
            atoms,
        })
    }

    /// What there is; the image only if it is what was copied: programs draw it when they are asked for it.
    ///
    /// After an error it is of no use any more.
    pub(in crate::window) fn look(&self) -> Result<(Content, Option<Bitmap>), Error> {
        let atoms = &self.atoms;
        let limits = Limits::default();
        let targets = self.read(atoms.TARGETS, 1 << 12)?.unwrap_or_default();
        let targets: Vec<Atom> = targets
            .as_chunks()
            .0
            .iter()
            .map(|&target| Atom::from_ne_bytes(target))
            .collect();
        let latin1 = Atom::from(AtomEnum::STRING);
        let read = |names: &[Atom], limit| match names.iter().find(|name| targets.contains(name)) {
            Some(&name) => self.read(name, limit),
            None => Ok(None),
        };
        let most = limits.clipboard_text;
        let text = match read(&[atoms.UTF8_STRING], most)? {
            Some(text) => Some(text_of(&text)),
            None => {
                read(&[latin1], most)?.map(|text| text.iter().copied().map(char::from).collect())
            }
        };
        let is_some = |text: &String| !text.is_empty();
        let mut content = Content {
            // Lines end in `\n` on the wire.
            text: text.map(|text| text.replace("\r\n", "\n")).filter(is_some),
            html: read(&[atoms.HTML], most)?
                .map(|html| text_of(&html))
                .filter(is_some),
            rtf: read(&[atoms.RTF, atoms.APPLICATION_RTF], most)?.filter(|rtf| !rtf.is_empty()),
            image: targets.contains(&atoms.PNG).then_some(Image::OnRequest),
        };
        let wants_image = is_picture(&content);
        content.image = None;
        if !wants_image {
            return Ok((content, None));
        }
        let most = limits.clipboard_image;
        let file = read(&[atoms.PNG], most)?;
        let image = file.map(|file| read_png(&file, most)).transpose();
        let image = image.inspect_err(|error| tracing::debug!("a copied image: {error}"));
        Ok((content, image.ok().flatten()))
    }

    /// What the owner calls `target`; none if it has none, or more than `limit` bytes.
    fn read(&self, target: Atom, limit: usize) -> Result<Option<Vec<u8>>, Error> {
        let atoms = &self.atoms;
        let (selection, property) = (atoms.CLIPBOARD, atoms.TIGHTROPE_DATA);
        let time = x11rb::CURRENT_TIME;
        self.connection
            .convert_selection(self.window, selection, target, property, time)?;
        loop {
            match self.next_event()? {
                Event::SelectionNotify(event) if event.target == target => {
                    if event.property == x11rb::NONE {
                        return Ok(None);
                    }
                    break;
                }
                _ => {}
            }
        }
        let (kind, bytes) = self.take(limit)?;
        if kind != atoms.INCR {
            return Ok(bytes);
        }
        // What is too long is taken nevertheless: the owner may wait for that.
        let mut whole = Some(Vec::new());
        loop {
            match self.next_event()? {
                Event::PropertyNotify(event)
                    if event.atom == property && event.state == Property::NEW_VALUE => {}
                _ => continue,
            }
            let (_, piece) = self.take(limit)?;
            if piece.as_ref().is_some_and(Vec::is_empty) {
                return Ok(whole);
            }
            whole = whole.zip(piece).map(|(mut whole, piece)| {
                whole.extend(piece);
                whole
            });
            whole = whole.filter(|whole| whole.len() <= limit);
        }
    }

    /// What the owner has put on our window, and its type; it is removed there. None if it is longer than `limit`.
    fn take(&self, limit: usize) -> Result<(Atom, Option<Vec<u8>>), Error> {
        let words = u32::try_from(limit.div_ceil(4)).unwrap_or(u32::MAX);
        let property = self.atoms.TIGHTROPE_DATA;
        let reply = self
            .connection
            .get_property(true, self.window, property, AtomEnum::ANY, 0, words)?
            .reply()?;
        if reply.bytes_after > 0 {
            // Only a property that was read to its end is deleted.
            self.connection.delete_property(self.window, property)?;
            return Ok((reply.type_, None));
        }
        Ok((reply.type_, Some(reply.value)))
    }

    /// Waits for the next event.
    fn next_event(&self) -> Result<Event, Error> {
        let until = Instant::now() + PATIENCE;
        self.connection.flush()?;
        loop {
            if let Some(event) = self.connection.poll_for_event()? {
                return Ok(event);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("the program that has the clipboard does not answer".into());
            }
            let stream = self.connection.stream().as_fd();
            let mut descriptors = [PollFd::from_borrowed_fd(stream, PollFlags::IN)];
            match poll(&mut descriptors, Some(&Timespec::try_from(left)?)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Some programs send the zero byte that ends a C string.
fn text_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim_end_matches('\0').to_owned()
}
