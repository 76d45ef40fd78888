//! Giving what a client has copied to programs that ask for it (ICCCM 2.2 and 2.7.2).

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tightrope::rfb::clipboard::{Content, Image};
use x11rb::connection::RequestConnection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, PropMode, Property,
    PropertyNotifyEvent, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent,
    Timestamp, Window,
};
use x11rb::wrapper::ConnectionExt as _;

use super::formats::{latin1, primary};
use super::{Clipboard, ImageFile, News};
use crate::display::Link;

/// Bytes that are given at once; longer data goes in pieces of this size.
const PIECE: usize = 128 << 10;

/// How long a program may take to fetch a piece, and a client to send an image.
const PATIENCE: Duration = Duration::from_secs(10);

/// Data that a program fetches in pieces.
#[derive(Debug)]
pub(super) struct Serving {
    pub(super) requestor: Window,
    property: Atom,
    kind: Atom,
    bytes: Vec<u8>,
    given: usize,
    pub(super) deadline: Instant,
}

/// A program that waits for the client's image.
#[derive(Debug)]
pub(super) struct Pending {
    request: SelectionRequestEvent,
    pub(super) deadline: Instant,
}

/// What a program is given.
enum Gift {
    Nothing,
    Numbers {
        kind: Atom,
        values: Vec<u32>,
    },
    Bytes {
        kind: Atom,
        bytes: Vec<u8>,
    },
    /// The image, once the client has sent it.
    Later,
}

/// Answers one request, or notes that it is to be answered later.
pub(super) fn answer(
    clipboard: &mut Clipboard,
    request: &SelectionRequestEvent,
    now: Instant,
) -> Result<()> {
    let gift = gift(clipboard, request);
    if let Gift::Later = gift {
        if clipboard.pending.is_empty() {
            clipboard.news.push(News::ImageWanted);
        }
        clipboard.pending.push(Pending {
            request: *request,
            deadline: now + PATIENCE,
        });
        return Ok(());
    }
    let requestor = Requestor {
        link: &clipboard.link,
        window: request.requestor,
        // Old programs give no property and mean the target's name.
        property: match request.property {
            x11rb::NONE => request.target,
            property => property,
        },
    };
    let mut given = true;
    match gift {
        Gift::Nothing | Gift::Later => given = false,
        Gift::Numbers { kind, values } => requestor.numbers(kind, &values)?,
        Gift::Bytes { kind, bytes } => {
            let serving = requestor.bytes(clipboard.atoms.INCR, kind, bytes, now)?;
            clipboard.serving.extend(serving);
        }
    }
    requestor.tell(request, given)
}

/// Answers all who wait for the client's image, which is there now or never will be.
pub(super) fn answer_pending(clipboard: &mut Clipboard, now: Instant) -> Result<()> {
    for Pending { request, .. } in std::mem::take(&mut clipboard.pending) {
        answer(clipboard, &request, now)?;
    }
    Ok(())
}

/// Refuses all who wait for an image, because there is something newer.
pub(super) fn refuse_all(clipboard: &mut Clipboard) -> Result<()> {
    refuse(clipboard, |_| true)
}

/// Refuses those who have waited too long.
pub(super) fn refuse_late(clipboard: &mut Clipboard, now: Instant) -> Result<()> {
    refuse(clipboard, |pending| pending.deadline <= now)
}

fn refuse(clipboard: &mut Clipboard, which: impl Fn(&Pending) -> bool) -> Result<()> {
    let pending = std::mem::take(&mut clipboard.pending).into_iter();
    let (refused, kept): (Vec<_>, Vec<_>) = pending.partition(which);
    clipboard.pending = kept;
    for Pending { request, .. } in refused {
        let requestor = Requestor {
            link: &clipboard.link,
            window: request.requestor,
            property: x11rb::NONE,
        };
        requestor.tell(&request, false)?;
    }
    Ok(())
}

fn gift(clipboard: &Clipboard, request: &SelectionRequestEvent) -> Gift {
    let owned = clipboard
        .owned
        .iter()
        .find(|(owned, _)| *owned == request.selection);
    let Some(&(selection, since)) = owned else {
        return Gift::Nothing;
    };
    match selection == primary() {
        true => form(clipboard, &clipboard.text(), request.target, since),
        false => form(clipboard, &clipboard.offered, request.target, since),
    }
}

/// `content` in the form a program asks for.
fn form(clipboard: &Clipboard, content: &Content, target: Atom, since: Timestamp) -> Gift {
    let atoms = &clipboard.atoms;
    if target == atoms.TIMESTAMP {
        return Gift::Numbers {
            kind: AtomEnum::INTEGER.into(),
            values: vec![since],
        };
    }
    let targets = atoms.targets(content);
    if target == atoms.TARGETS {
        return Gift::Numbers {
            kind: AtomEnum::ATOM.into(),
            values: targets,
        };
    }
    if !targets.contains(&target) {
        return Gift::Nothing;
    }
    if target == atoms.PNG || target == atoms.BMP {
        return match (&clipboard.image, &content.image) {
            (Some(image), _) => image_file(image, target, target == atoms.BMP),
            (None, Some(Image::OnRequest)) => Gift::Later,
            (None, _) => Gift::Nothing,
        };
    }
    let text = content.text.as_deref().unwrap_or_default();
    let (kind, bytes) = match target {
        _ if target == latin1() => (
            target,
            text.chars()
                .map(|c| u8::try_from(c).unwrap_or(b'?'))
                .collect(),
        ),
        _ if target == atoms.TEXT => (atoms.UTF8_STRING, text.as_bytes().to_vec()),
        _ if target == atoms.HTML => {
            let html = content.html.as_deref().unwrap_or_default();
            (target, html.as_bytes().to_vec())
        }
        _ if target == atoms.RTF || target == atoms.APPLICATION_RTF => {
            (target, content.rtf.clone().unwrap_or_default())
        }
        _ => (target, text.as_bytes().to_vec()),
    };
    Gift::Bytes { kind, bytes }
}

fn image_file(image: &Arc<ImageFile>, kind: Atom, as_bmp: bool) -> Gift {
    if !as_bmp {
        let bytes = image.0.clone();
        return Gift::Bytes { kind, bytes };
    }
    match image.to_bmp() {
        Ok(bytes) => Gift::Bytes { kind, bytes },
        Err(error) => {
            tracing::debug!("an image cannot be given as BMP: {error}");
            Gift::Nothing
        }
    }
}

/// A program, and where it wants its data.
struct Requestor<'a> {
    link: &'a Link,
    window: Window,
    property: Atom,
}

impl Requestor<'_> {
    /// Tells the program that its data is there, or that there is none.
    fn tell(&self, request: &SelectionRequestEvent, given: bool) -> Result<()> {
        let notice = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property: if given { self.property } else { x11rb::NONE },
        };
        self.link
            .x()
            .send_event(false, request.requestor, EventMask::NO_EVENT, notice)?;
        Ok(())
    }

    fn numbers(&self, kind: Atom, values: &[u32]) -> Result<()> {
        let x = self.link.x();
        x.change_property32(PropMode::REPLACE, self.window, self.property, kind, values)?;
        Ok(())
    }

    /// Gives `bytes`, or what tells that they come in pieces; then the rest of the conversation.
    fn bytes(
        &self,
        incr: Atom,
        kind: Atom,
        bytes: Vec<u8>,
        now: Instant,
    ) -> Result<Option<Serving>> {
        let x = self.link.x();
        if bytes.len() <= PIECE.min(x.maximum_request_bytes() / 2) {
            x.change_property8(PropMode::REPLACE, self.window, self.property, kind, &bytes)?;
            return Ok(None);
        }
        watch(self.link, self.window, true)?;
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.numbers(incr, &[length])?;
        Ok(Some(Serving {
            requestor: self.window,
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
