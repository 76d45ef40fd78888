//! Giving our text to programs that ask for it (ICCCM 2.2 and 2.7.2).

use std::time::{Duration, Instant};

use anyhow::Result;
use x11rb::connection::RequestConnection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, PropMode, Property,
    PropertyNotifyEvent, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent,
    Window,
};
use x11rb::wrapper::ConnectionExt as _;

use super::{Clipboard, latin1};
use crate::display::Link;

/// Bytes that are given at once; longer text goes in pieces of this size.
const PIECE: usize = 128 << 10;

/// How long a program may take to fetch a piece.
const PATIENCE: Duration = Duration::from_secs(10);

/// A text that a program fetches in pieces.
#[derive(Debug)]
pub(super) struct Serving {
    pub(super) requestor: Window,
    property: Atom,
    kind: Atom,
    bytes: Vec<u8>,
    given: usize,
    pub(super) deadline: Instant,
}

/// Answers one request. If the text goes in pieces, the rest of the conversation.
pub(super) fn answer(
    clipboard: &Clipboard,
    request: &SelectionRequestEvent,
    now: Instant,
) -> Result<Option<Serving>> {
    // Old programs give no property and mean the target's name.
    let property = match request.property {
        x11rb::NONE => request.target,
        property => property,
    };
    let answer = Answer {
        link: &clipboard.link,
        requestor: request.requestor,
        property,
    };
    let (given, serving) = answer.give(clipboard, request, now)?;
    let notice = SelectionNotifyEvent {
        response_type: SELECTION_NOTIFY_EVENT,
        sequence: 0,
        time: request.time,
        requestor: request.requestor,
        selection: request.selection,
        target: request.target,
        property: if given { property } else { x11rb::NONE },
    };
    clipboard
        .link
        .x()
        .send_event(false, request.requestor, EventMask::NO_EVENT, notice)?;
    Ok(serving)
}

struct Answer<'a> {
    link: &'a Link,
    requestor: Window,
    property: Atom,
}

impl Answer<'_> {
    /// Whether there is something to give, and what of it is still to come.
    fn give(
        &self,
        clipboard: &Clipboard,
        request: &SelectionRequestEvent,
        now: Instant,
    ) -> Result<(bool, Option<Serving>)> {
        let atoms = &clipboard.atoms;
        let owned = clipboard
            .owned
            .iter()
            .find(|(owned, _)| *owned == request.selection);
        let (Some((_, since)), Some(text)) = (owned, &clipboard.offered) else {
            return Ok((false, None));
        };
        let target = request.target;
        if target == atoms.TARGETS {
            let targets = [
                atoms.TARGETS,
                atoms.TIMESTAMP,
                atoms.UTF8_STRING,
                atoms.PLAIN_UTF8,
                atoms.TEXT,
                latin1(),
            ];
            self.numbers(AtomEnum::ATOM.into(), &targets)?;
            return Ok((true, None));
        }
        if target == atoms.TIMESTAMP {
            self.numbers(AtomEnum::INTEGER.into(), &[*since])?;
            return Ok((true, None));
        }
        if target == latin1() {
            let bytes = text.chars().map(|c| u8::try_from(c).unwrap_or(b'?'));
            return Ok((true, self.bytes(clipboard, target, bytes.collect(), now)?));
        }
        let kind = match target {
            _ if target == atoms.UTF8_STRING || target == atoms.PLAIN_UTF8 => target,
            _ if target == atoms.TEXT => atoms.UTF8_STRING,
            _ => return Ok((false, None)),
        };
        let bytes = text.as_bytes().to_vec();
        Ok((true, self.bytes(clipboard, kind, bytes, now)?))
    }

    fn numbers(&self, kind: Atom, values: &[u32]) -> Result<()> {
        let x = self.link.x();
        x.change_property32(
            PropMode::REPLACE,
            self.requestor,
            self.property,
            kind,
            values,
        )?;
        Ok(())
    }

    fn bytes(
        &self,
        clipboard: &Clipboard,
        kind: Atom,
        bytes: Vec<u8>,
        now: Instant,
    ) -> Result<Option<Serving>> {
        let x = self.link.x();
        if bytes.len() <= PIECE.min(x.maximum_request_bytes() / 2) {
            x.change_property8(
                PropMode::REPLACE,
                self.requestor,
                self.property,
                kind,
                &bytes,
            )?;
            return Ok(None);
        }
        watch(self.link, self.requestor, true)?;
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.numbers(clipboard.atoms.INCR, &[length])?;
        Ok(Some(Serving {
            requestor: self.requestor,
            property: self.property,
            kind,
            bytes,
            given: 0,
            deadline: now + PATIENCE,
        }))
    }
}

/// A property of a program's window has changed: if it has fetched a piece, it gets the next.
pub(super) fn go_on(
    link: &Link,
    serving: &mut Vec<Serving>,
    event: &PropertyNotifyEvent,
    now: Instant,
) -> Result<()> {
    let is_meant = |one: &Serving| one.requestor == event.window && one.property == event.atom;
    if event.state != Property::DELETE {
        return Ok(());
    }
    let Some(place) = serving.iter().position(is_meant) else {
        return Ok(());
    };
    let Some(one) = serving.get_mut(place) else {
        return Ok(());
    };
    let rest = one.bytes.get(one.given..).unwrap_or_default();
    let piece = rest
        .get(..PIECE.min(link.x().maximum_request_bytes() / 2))
        .unwrap_or(rest);
    // The last piece is followed by an empty one, which says so.
    link.x().change_property8(
        PropMode::REPLACE,
        one.requestor,
        one.property,
        one.kind,
        piece,
    )?;
    one.given += piece.len();
    one.deadline = now + PATIENCE;
    if piece.is_empty() {
        let requestor = one.requestor;
        serving.remove(place);
        if !serving.iter().any(|other| other.requestor == requestor) {
            watch(link, requestor, false)?;
        }
    }
    Ok(())
}

/// Asks to be told, or no longer, what happens to a program's window.
fn watch(link: &Link, window: Window, on: bool) -> Result<()> {
    let mask = if on {
        EventMask::PROPERTY_CHANGE | EventMask::STRUCTURE_NOTIFY
    } else {
        EventMask::NO_EVENT
    };
    let events = ChangeWindowAttributesAux::new().event_mask(mask);
    link.x().change_window_attributes(window, &events)?;
    Ok(())
}
