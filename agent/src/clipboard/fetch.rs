//! Reading one form of a selection that another program owns (ICCCM 2.4 and 2.7.2).

use std::time::{Duration, Instant};

use anyhow::Result;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, Property, PropertyNotifyEvent, SelectionNotifyEvent, Window,
};

use super::formats::Atoms;
use crate::display::Link;

/// How long the owner may be silent.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) selection: Atom,
    pub(super) target: Atom,
    /// Bytes.
    pub(super) limit: usize,
}

/// One conversation with an owner.
#[derive(Debug)]
pub(super) struct Fetch {
    window: Window,
    wanted: Wanted,
    /// It comes in pieces (INCR); these are here.
    pieces: Option<Vec<u8>>,
    /// Its pieces are thrown away, but taken: an owner may wait for that.
    too_long: bool,
    pub(super) deadline: Instant,
}

/// How far it is.
pub(super) enum Fetched {
    NotYet,
    /// The owner has none, or too much.
    Nothing,
    Data {
        /// What the owner says it is.
        kind: Atom,
        bytes: Vec<u8>,
    },
}

impl Fetch {
    pub(super) fn start(
        link: &Link,
        atoms: &Atoms,
        window: Window,
        wanted: Wanted,
        now: Instant,
    ) -> Result<Self> {
        let Wanted {
            selection, target, ..
        } = wanted;
        let (property, time) = (atoms.TIGHTROPE_DATA, x11rb::CURRENT_TIME);
        link.x()
            .convert_selection(window, selection, target, property, time)?;
        Ok(Self {
            window,
            wanted,
            pieces: None,
            too_long: false,
            deadline: now + PATIENCE,
        })
    }

    /// The owner has put the data, or its first sign, on our window, or has refused.
    pub(super) fn handle_answer(
        &mut self,
        link: &Link,
        atoms: &Atoms,
        event: &SelectionNotifyEvent,
        now: Instant,
    ) -> Result<Fetched> {
        let Wanted {
            selection, target, ..
        } = self.wanted;
        if event.selection != selection || event.target != target {
            return Ok(Fetched::NotYet);
        }
        self.deadline = now + PATIENCE;
        if event.property == x11rb::NONE {
            return Ok(Fetched::Nothing);
        }
        let (kind, bytes) = self.take(link, atoms)?;
        if kind == atoms.INCR {
            self.pieces = Some(Vec::new());
            return Ok(Fetched::NotYet);
        }
        Ok(self.finish(kind, bytes))
    }

    /// A property of our window has changed: perhaps the next piece.
    pub(super) fn handle_property(
        &mut self,
        link: &Link,
        atoms: &Atoms,
        event: &PropertyNotifyEvent,
        now: Instant,
    ) -> Result<Fetched> {
        let is_piece = event.atom == atoms.TIGHTROPE_DATA && event.state == Property::NEW_VALUE;
        if self.pieces.is_none() || !is_piece {
            return Ok(Fetched::NotYet);
        }
        self.deadline = now + PATIENCE;
        let (kind, bytes) = self.take(link, atoms)?;
        if bytes.is_empty() {
            let whole = self.pieces.take().unwrap_or_default();
            return Ok(self.finish(kind, whole));
        }
        let pieces = self.pieces.get_or_insert_default();
        self.too_long |= pieces.len() + bytes.len() > self.wanted.limit;
        if self.too_long {
            *pieces = Vec::new();
        } else {
            pieces.extend(bytes);
        }
        Ok(Fetched::NotYet)
    }

    /// What the owner has put on our window, and its type; it is removed there. What is longer than we take is cut.
    fn take(&mut self, link: &Link, atoms: &Atoms) -> Result<(Atom, Vec<u8>)> {
        let words = u32::try_from(self.wanted.limit.div_ceil(4)).unwrap_or(u32::MAX);
        let property = atoms.TIGHTROPE_DATA;
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

    fn finish(&self, kind: Atom, bytes: Vec<u8>) -> Fetched {
        if self.too_long {
            tracing::debug!("what is on the clipboard is too long");
            return Fetched::Nothing;
        }
        Fetched::Data { kind, bytes }
    }
}
