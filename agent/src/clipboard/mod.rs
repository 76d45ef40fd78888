//! The desktop's clipboard: the selections CLIPBOARD and PRIMARY, read and owned (ICCCM section 2).
//!
//! Texts of all kinds are read when a program copies, for they are small and a client should not have to wait. An image
//! is read, or fetched from a client, when somebody pastes it: X programs make it only then, too.

mod fetch;
mod formats;
mod picture;
mod read;
mod serve;
mod share;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use tightrope::rfb::clipboard::{Content, Image};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{self, ConnectionExt as _, SelectionEventMask};
use x11rb::protocol::xproto::{
    Atom, ConnectionExt as _, CreateWindowAux, EventMask, Timestamp, Window, WindowClass,
};

use crate::display::{Display, Link};
use fetch::{Fetch, Fetched};
use formats::{Atoms, primary};
pub use picture::ImageFile;
use read::{Read, Reading};
use serve::{Pending, Serving};
pub(crate) use share::{Order, share};

/// What programs on the desktop do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// One has copied this, which did not come from a client.
    Copied(Content),
    /// The image that [`Clipboard::fetch_image`] asked for; none if it cannot be had.
    Image(Option<ImageFile>),
    /// One pastes the image that a client has: call [`Clipboard::give_image`].
    ImageWanted,
}

/// Reads what programs copy and gives them what clients copy.
#[derive(Debug)]
pub struct Clipboard {
    link: Link,
    atoms: Atoms,
    window: Window,
    /// What a client has copied; its image is in `image`.
    offered: Content,
    /// The newest text of a client, for the middle button.
    selected: Option<String>,
    /// The client's image, once it was fetched.
    image: Option<Arc<ImageFile>>,
    /// The selections that are ours, and since when.
    owned: Vec<(Atom, Timestamp)>,
    /// The name of the image that the owner of CLIPBOARD has.
    image_there: Option<Atom>,
    /// Conversations with owners; the first one is under way.
    readings: VecDeque<Reading>,
    fetch: Option<Fetch>,
    serving: Vec<Serving>,
    /// Programs that wait for the client's image.
    pending: Vec<Pending>,
    news: Vec<News>,
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
            offered: Content::default(),
            selected: None,
            image: None,
            owned: Vec::new(),
            image_there: None,
            readings: VecDeque::new(),
            fetch: None,
            serving: Vec::new(),
            pending: Vec::new(),
            news: Vec::new(),
        })
    }

    /// The connection, to wait on.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Gives `content`, which a client has copied, to all programs: for pasting, and its text for the middle button.
    pub fn offer(&mut self, content: impl Into<Content>) -> Result<()> {
        let mut content = content.into();
        serve::refuse_all(self)?;
        self.image = match &content.image {
            Some(Image::Dib(dib)) => ImageFile::from_dib(dib).map(Arc::new),
            _ => None,
        };
        if self.image.is_none() {
            content.image = content.image.filter(|image| *image == Image::OnRequest);
        }
        self.offered = content;
        let x = self.link.x();
        let time = x11rb::CURRENT_TIME;
        if let Some(text) = &self.offered.text {
            self.selected = Some(text.clone());
            x.set_selection_owner(self.window, primary(), time)?;
        }
        x.set_selection_owner(self.window, self.atoms.CLIPBOARD, time)?;
        Ok(x.flush()?)
    }

    /// Answers [`News::ImageWanted`] and all who paste after that: with the client's image, or that there is none.
    pub fn give_image(&mut self, image: Option<ImageFile>, now: Instant) -> Result<()> {
        if self.offered.image.is_none() {
            return Ok(());
        }
        if image.is_none() {
            self.offered.image = None;
        }
        self.image = image.map(Arc::new);
        serve::answer_pending(self, now)?;
        Ok(self.link.x().flush()?)
    }

    /// The client that has copied is gone. An image that was fetched before stays.
    pub fn lose_image(&mut self, now: Instant) -> Result<()> {
        match self.image {
            Some(_) => Ok(()),
            None => self.give_image(None, now),
        }
    }

    /// Reads the image that a program has copied: [`News::Image`] tells.
    pub fn fetch_image(&mut self, now: Instant) -> Result<()> {
        let Some(target) = self.image_there else {
            self.news.push(News::Image(None));
            return Ok(());
        };
        let reading = Reading::image(self.atoms.CLIPBOARD, target);
        self.readings.push_back(reading);
        self.go_on_reading(now)?;
        Ok(self.link.x().flush()?)
    }

    /// Takes in what the X server has said since the last call, and tells what came of that.
    pub fn handle_events(&mut self, now: Instant) -> Result<Vec<News>> {
        while let Some(event) = self.link.poll_event()? {
            self.handle_event(&event, now)?;
        }
        Ok(std::mem::take(&mut self.news))
    }

    /// When [`Self::handle_timeout`] is to be called, if nothing happens before.
    #[must_use]
    pub fn timeout(&self) -> Option<Instant> {
        let fetch = self.fetch.as_ref().map(|fetch| fetch.deadline);
        let serving = self.serving.iter().map(|serving| serving.deadline);
        let pending = self.pending.iter().map(|pending| pending.deadline);
        serving.chain(pending).chain(fetch).min()
    }

    /// Gives up on programs that have not answered in time, and on clients whose image did not come.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<()> {
        self.serving.retain(|serving| serving.deadline > now);
        serve::refuse_late(self, now)?;
        let is_late = |fetch: &Fetch| fetch.deadline <= now;
        if self.fetch.as_ref().is_some_and(is_late) {
            tracing::debug!("the program that has the clipboard does not answer");
            self.fetch = None;
            self.finish_reading();
        }
        self.go_on_reading(now)
    }

    fn handle_event(&mut self, event: &Event, now: Instant) -> Result<()> {
        match event {
            Event::XfixesSelectionNotify(event) => self.handle_owner(event, now)?,
            Event::SelectionRequest(request) => serve::answer(self, request, now)?,
            Event::SelectionNotify(event) if event.requestor == self.window => {
                if let Some(fetch) = &mut self.fetch {
                    let fetched = fetch.handle_answer(&self.link, &self.atoms, event, now)?;
                    self.handle_fetched(fetched, now)?;
                }
            }
            Event::PropertyNotify(event) if event.window == self.window => {
                if let Some(fetch) = &mut self.fetch {
                    let fetched = fetch.handle_property(&self.link, &self.atoms, event, now)?;
                    self.handle_fetched(fetched, now)?;
                }
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
        Ok(())
    }

    /// A selection has another owner.
    fn handle_owner(&mut self, event: &xfixes::SelectionNotifyEvent, now: Instant) -> Result<()> {
        let selection = event.selection;
        self.owned.retain(|(owned, _)| *owned != selection);
        if selection == self.atoms.CLIPBOARD {
            self.image_there = None;
        }
        // What is under way comes to its end, so that its answer is not taken for another's.
        let under_way = usize::from(self.fetch.is_some());
        if let Some(reading) = self.readings.front_mut()
            && reading.selection == selection
            && under_way == 1
        {
            reading.abandon();
        }
        for reading in self.readings.split_off(under_way.min(self.readings.len())) {
            match reading.selection == selection {
                true if reading.is_of_image() => self.news.push(News::Image(None)),
                true => {}
                false => self.readings.push_back(reading),
            }
        }
        if event.owner == self.window {
            self.owned.push((selection, event.selection_timestamp));
        } else if event.owner != x11rb::NONE {
            let reading = Reading::all(&self.atoms, selection);
            self.readings.push_back(reading);
        }
        self.go_on_reading(now)
    }

    /// Asks the next owner for the next form.
    fn go_on_reading(&mut self, now: Instant) -> Result<()> {
        while self.fetch.is_none()
            && let Some(reading) = self.readings.front()
        {
            let Some(wanted) = reading.wanted() else {
                self.finish_reading();
                continue;
            };
            let fetch = Fetch::start(&self.link, &self.atoms, self.window, wanted, now)?;
            self.fetch = Some(fetch);
        }
        Ok(())
    }

    fn handle_fetched(&mut self, fetched: Fetched, now: Instant) -> Result<()> {
        let answer = match fetched {
            Fetched::NotYet => return Ok(()),
            Fetched::Nothing => None,
            Fetched::Data { kind, bytes } => Some((kind, bytes)),
        };
        self.fetch = None;
        if let Some(reading) = self.readings.front_mut() {
            reading.handle(&self.atoms, answer);
        }
        self.go_on_reading(now)
    }

    /// The first reading is over.
    fn finish_reading(&mut self) {
        let Some(reading) = self.readings.pop_front() else {
            return;
        };
        let (selection, image) = (reading.selection, reading.image);
        match reading.finish() {
            Read::Image(file) => self.news.push(News::Image(file.map(ImageFile))),
            Read::Content(content) => {
                if selection == self.atoms.CLIPBOARD {
                    self.image_there = image;
                }
                // As clipboard managers do, which take over what others have copied.
                let is_ours = content.is_part_of(&self.offered)
                    || (content.text == self.selected && content.is_part_of(&self.text()));
                if !content.is_empty() && !is_ours {
                    self.news.push(News::Copied(content));
                }
            }
        }
    }

    /// What clients have given for the middle button.
    fn text(&self) -> Content {
        self.selected
            .as_ref()
            .map(Content::from)
            .unwrap_or_default()
    }
}
