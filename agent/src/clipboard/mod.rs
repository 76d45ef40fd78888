//! The desktop's clipboard: the selections CLIPBOARD and PRIMARY, read and owned (ICCCM section 2).

mod fetch;
mod serve;

use std::time::Instant;

use anyhow::Result;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{self, ConnectionExt as _, SelectionEventMask};
use x11rb::protocol::xproto::{
    Atom, ConnectionExt as _, CreateWindowAux, EventMask, Timestamp, Window, WindowClass,
};

use crate::display::{Display, Link};
use fetch::{Fetch, Fetched};
use serve::Serving;

/// Bytes of text, either way.
const TEXT_LIMIT: usize = 1 << 20;

x11rb::atom_manager! {
    /// Names that the X server has numbers for.
    Atoms: AtomsCookie {
        CLIPBOARD,
        INCR,
        TARGETS,
        TEXT,
        TIMESTAMP,
        UTF8_STRING,
        PLAIN_UTF8: b"text/plain;charset=utf-8",
        TIGHTROPE_TEXT,
    }
}

/// Reads what programs copy and gives them what clients copy.
#[derive(Debug)]
pub struct Clipboard {
    link: Link,
    atoms: Atoms,
    window: Window,
    /// What a client has copied.
    offered: Option<String>,
    /// The selections that are ours, and since when.
    owned: Vec<(Atom, Timestamp)>,
    /// Selections that have an owner whose text is to be read.
    wanted: Vec<Atom>,
    fetch: Option<Fetch>,
    serving: Vec<Serving>,
}

impl Clipboard {
    /// Connects to `display` and watches who owns its selections.
    pub fn new(display: &Display) -> Result<Self> {
        let link = display.connect()?;
        let x = link.x();
        let atoms = Atoms::new(x)?.reply()?;
        x.xfixes_query_version(5, 0)?.reply()?;
        let window = x.generate_id()?;
        let watching = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let (class, visual) = (WindowClass::INPUT_ONLY, x11rb::COPY_FROM_PARENT);
        x.create_window(
            0,
            window,
            link.root(),
            -1,
            -1,
            1,
            1,
            0,
            class,
            visual,
            &watching,
        )?
        .check()?;
        for selection in [atoms.CLIPBOARD, primary()] {
            let mask = SelectionEventMask::SET_SELECTION_OWNER;
            x.xfixes_select_selection_input(window, selection, mask)?;
        }
        x.flush()?;
        Ok(Self {
            link,
            atoms,
            window,
            offered: None,
            owned: Vec::new(),
            wanted: Vec::new(),
            fetch: None,
            serving: Vec::new(),
        })
    }

    /// The connection, to wait on.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Gives `text`, which a client has copied, to all programs: for pasting and for the middle button.
    pub fn offer(&mut self, text: String) -> Result<()> {
        if text.len() > TEXT_LIMIT {
            tracing::debug!(bytes = text.len(), "a clipboard text is too long");
            return Ok(());
        }
        self.offered = Some(text);
        let x = self.link.x();
        for selection in [self.atoms.CLIPBOARD, primary()] {
            x.set_selection_owner(self.window, selection, x11rb::CURRENT_TIME)?;
        }
        Ok(x.flush()?)
    }

    /// Takes in what the X server has said since the last call. Returns texts that programs have copied; never one that
    /// came from a client.
    pub fn handle_events(&mut self, now: Instant) -> Result<Vec<String>> {
        let mut copied = Vec::new();
        while let Some(event) = self.link.poll_event()? {
            copied.extend(self.handle_event(&event, now)?);
        }
        copied.retain(|text| !text.is_empty() && self.offered.as_ref() != Some(text));
        Ok(copied)
    }

    /// When [`Self::handle_timeout`] is to be called, if nothing happens before.
    #[must_use]
    pub fn timeout(&self) -> Option<Instant> {
        let fetch = self.fetch.as_ref().map(|fetch| fetch.deadline);
        let serving = self.serving.iter().map(|serving| serving.deadline);
        serving.chain(fetch).min()
    }

    /// Gives up on programs that have not answered in time.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<()> {
        self.serving.retain(|serving| serving.deadline > now);
        if self
            .fetch
            .as_ref()
            .is_some_and(|fetch| fetch.deadline <= now)
        {
            tracing::debug!("the program that has the clipboard does not answer");
            self.fetch = None;
        }
        self.start_fetch(now)
    }

    fn handle_event(&mut self, event: &Event, now: Instant) -> Result<Option<String>> {
        match event {
            Event::XfixesSelectionNotify(event) => self.handle_owner(event, now)?,
            Event::SelectionRequest(request) => {
                let served = serve::answer(self, request, now)?;
                self.serving.extend(served);
            }
            Event::SelectionNotify(event) if event.requestor == self.window => {
                let Some(fetch) = &mut self.fetch else {
                    return Ok(None);
                };
                let fetched = fetch.handle_answer(&self.link, &self.atoms, event, now)?;
                return self.finish_fetch(fetched, now);
            }
            Event::PropertyNotify(event) if event.window == self.window => {
                let Some(fetch) = &mut self.fetch else {
                    return Ok(None);
                };
                let fetched = fetch.handle_property(&self.link, &self.atoms, event, now)?;
                return self.finish_fetch(fetched, now);
            }
            Event::PropertyNotify(event) => {
                serve::go_on(&self.link, &mut self.serving, event, now)?;
            }
            Event::DestroyNotify(event) => {
                self.serving
                    .retain(|serving| serving.requestor != event.window);
            }
            Event::Error(error) => tracing::debug!(?error, "clipboard: a request failed"),
            _ => {}
        }
        Ok(None)
    }

    /// A selection has another owner.
    fn handle_owner(&mut self, event: &xfixes::SelectionNotifyEvent, now: Instant) -> Result<()> {
        let selection = event.selection;
        self.owned.retain(|(owned, _)| *owned != selection);
        self.wanted.retain(|&wanted| wanted != selection);
        if event.owner == self.window {
            self.owned.push((selection, event.selection_timestamp));
        } else if event.owner != x11rb::NONE {
            self.wanted.push(selection);
        }
        self.start_fetch(now)
    }

    fn start_fetch(&mut self, now: Instant) -> Result<()> {
        if self.fetch.is_none()
            && let Some(selection) = self.wanted.pop()
        {
            let fetch = Fetch::start(&self.link, &self.atoms, self.window, selection, now)?;
            self.fetch = Some(fetch);
        }
        Ok(())
    }

    fn finish_fetch(&mut self, fetched: Fetched, now: Instant) -> Result<Option<String>> {
        let text = match fetched {
            Fetched::NotYet => return Ok(None),
            Fetched::Nothing => None,
            Fetched::Text(text) => Some(text),
        };
        self.fetch = None;
        self.start_fetch(now)?;
        Ok(text)
    }
}

fn primary() -> Atom {
    x11rb::protocol::xproto::AtomEnum::PRIMARY.into()
}

fn latin1() -> Atom {
    x11rb::protocol::xproto::AtomEnum::STRING.into()
}
