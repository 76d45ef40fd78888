//! Reading the text of a selection that another program owns (ICCCM 2.4 and 2.7.2).

use std::time::{Duration, Instant};

use anyhow::Result;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, Property, PropertyNotifyEvent, SelectionNotifyEvent, Window,
};

use super::{Atoms, TEXT_LIMIT, latin1};
use crate::display::Link;

/// How long the owner may be silent.
const PATIENCE: Duration = Duration::from_secs(3);

/// One conversation with an owner.
#[derive(Debug)]
pub(super) struct Fetch {
    window: Window,
    selection: Atom,
    target: Atom,
    /// It comes in pieces (INCR); these are here.
    pieces: Option<Vec<u8>>,
    /// Its pieces are thrown away, but taken: an owner may wait for that.
    too_long: bool,
    pub(super) deadline: Instant,
}

/// How far it is.
pub(super) enum Fetched {
    NotYet,
    /// There is no text, or too much.
    Nothing,
    Text(String),
}

impl Fetch {
    pub(super) fn start(
        link: &Link,
        atoms: &Atoms,
        window: Window,
        selection: Atom,
        now: Instant,
    ) -> Result<Self> {
        let fetch = Self {
            window,
            selection,
            target: atoms.UTF8_STRING,
            pieces: None,
            too_long: false,
            deadline: now + PATIENCE,
        };
        fetch.ask(link, atoms)?;
        Ok(fetch)
    }

    /// The owner has put the text, or its first sign, on our window, or has refused.
    pub(super) fn handle_answer(
        &mut self,
        link: &Link,
        atoms: &Atoms,
        event: &SelectionNotifyEvent,
        now: Instant,
    ) -> Result<Fetched> {
        if event.selection != self.selection || event.target != self.target {
            return Ok(Fetched::NotYet);
        }
        self.deadline = now + PATIENCE;
        if event.property == x11rb::NONE {
            if self.target == latin1() {
                return Ok(Fetched::Nothing);
            }
            self.target = latin1();
            self.ask(link, atoms)?;
            return Ok(Fetched::NotYet);
        }
        let (kind, bytes) = self.take(link, atoms)?;
        if kind == atoms.INCR {
            self.pieces = Some(Vec::new());
            return Ok(Fetched::NotYet);
        }
        Ok(self.finish(atoms, kind, &bytes))
    }

    /// A property of our window has changed: perhaps the next piece.
    pub(super) fn handle_property(
        &mut self,
        link: &Link,
        atoms: &Atoms,
        event: &PropertyNotifyEvent,
        now: Instant,
    ) -> Result<Fetched> {
        let is_piece = event.atom == atoms.TIGHTROPE_TEXT && event.state == Property::NEW_VALUE;
        if self.pieces.is_none() || !is_piece {
            return Ok(Fetched::NotYet);
        }
        self.deadline = now + PATIENCE;
        let (kind, bytes) = self.take(link, atoms)?;
        if bytes.is_empty() && !self.too_long {
            let whole = self.pieces.take().unwrap_or_default();
            return Ok(self.finish(atoms, kind, &whole));
        }
        if bytes.is_empty() {
            return Ok(Fetched::Nothing);
        }
        let pieces = self.pieces.get_or_insert_default();
        self.too_long |= pieces.len() + bytes.len() > TEXT_LIMIT;
        if self.too_long {
            pieces.clear();
        } else {
            pieces.extend(bytes);
        }
        Ok(Fetched::NotYet)
    }

    fn ask(&self, link: &Link, atoms: &Atoms) -> Result<()> {
        let (selection, target) = (self.selection, self.target);
        let (property, time) = (atoms.TIGHTROPE_TEXT, x11rb::CURRENT_TIME);
        link.x()
            .convert_selection(self.window, selection, target, property, time)?;
        Ok(())
    }

    /// What the owner has put on our window, and its type; it is removed there. What is longer than we take is cut.
    fn take(&mut self, link: &Link, atoms: &Atoms) -> Result<(Atom, Vec<u8>)> {
        let words = u32::try_from(TEXT_LIMIT / 4).unwrap_or(u32::MAX);
        let property = atoms.TIGHTROPE_TEXT;
        let reply = link
            .x()
            .get_property(true, self.window, property, AtomEnum::ANY, 0, words)?
            .reply()?;
        if reply.bytes_after > 0 {
            // Only a property that was read to its end is deleted.
            link.x().delete_property(self.window, property)?;
            self.too_long = true;
        }
        Ok((reply.type_, reply.value))
    }

    fn finish(&self, atoms: &Atoms, kind: Atom, bytes: &[u8]) -> Fetched {
        if self.too_long {
            tracing::debug!("a clipboard text is too long");
            return Fetched::Nothing;
        }
        // Some programs send the zero byte that ends a C string.
        let bytes = bytes.strip_suffix(&[0]).unwrap_or(bytes);
        if kind == latin1() {
            return Fetched::Text(bytes.iter().copied().map(char::from).collect());
        }
        if kind == atoms.UTF8_STRING || self.target == atoms.UTF8_STRING {
            return Fetched::Text(String::from_utf8_lossy(bytes).into_owned());
        }
        Fetched::Nothing
    }
}
