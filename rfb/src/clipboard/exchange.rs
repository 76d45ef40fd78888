//! One connection's clipboard conversation.

use bytes::Bytes;

use super::{Actions, Caps, Content, CutText, Formats, Image, Message, html, message};
use crate::Limits;

/// The most bytes that are provided without a request, whatever more the peer would take: nobody may want them.
const UNSOLICITED: usize = 64 << 10;

/// The kinds of text, fetched as soon as the peer offers them.
const TEXTS: Formats = Formats(Formats::TEXT.0 | Formats::RTF.0 | Formats::HTML.0);

/// Keeps what was offered and what the peer takes. The same for client and server.
///
/// A server calls [`Self::enable`] when the client announces the extended clipboard; a client does nothing: the
/// server's caps are answered by [`Self::handle`]. Until then text goes as Latin-1.
///
/// What is copied is offered by name. Texts of all kinds are small, so the other side fetches them at once, and a paste
/// never waits for the network; an image is fetched when somebody wants it ([`Self::request_image`]), and may even be
/// made only then ([`Image::OnRequest`], [`Event::ImageWanted`], [`Self::give_image`]). Data goes one message at a time,
/// when there is room for it: see [`Self::poll_provide`].
#[derive(Clone, Debug)]
pub struct Exchange {
    limits: Limits,
    /// Nothing is said and nothing is heard.
    closed: bool,
    /// What the peer takes of the extended clipboard.
    peer: Option<Caps>,
    caps_sent: bool,
    ours: Ours,
    theirs: Theirs,
}

/// Our side's clipboard.
#[derive(Clone, Debug, Default)]
struct Ours {
    /// What was offered last. Kept when the peer offers something: it may have asked for this before.
    content: Content,
    /// What of it the peer was told of.
    announced: Formats,
    /// Whether nothing newer has come from the peer since.
    current: bool,
    /// What the peer has asked for.
    wanted: Formats,
    /// The same, together with an image that is still to be made.
    wanted_with_image: Formats,
    /// What the peer has asked for, with an image that was made for it.
    made: Option<Content>,
}

/// The peer's clipboard, while it is newer than ours.
#[derive(Clone, Debug, Default)]
struct Theirs {
    content: Content,
    /// It has an image, which did not come yet.
    has_image: bool,
    /// That was asked for.
    requested_image: bool,
}

/// What came of a message from the peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handled {
    /// What to send back, in order: short messages.
    pub replies: Vec<CutText>,
    /// What the application is to learn.
    pub event: Option<Event>,
}

/// What the application learns of the peer's clipboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The peer's clipboard has this now. Who waits for an image waits in vain.
    Content(Content),
    /// The image that was asked for; none if it is no longer there.
    Image(Option<Bytes>),
    /// The peer wants the image that was offered as [`Image::OnRequest`]: call [`Exchange::give_image`].
    ImageWanted,
}

impl Exchange {
    /// The conversation at its start. What is over the limits on the wire is not offered.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            closed: false,
            peer: None,
            caps_sent: false,
            ours: Ours::default(),
            theirs: Theirs::default(),
        }
    }

    /// From now on nothing is said and nothing is heard: this peer may neither read nor write our clipboard.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// The client announced the extended clipboard (every time it does): gives what to send it, in order.
    #[must_use]
    pub fn enable(&mut self) -> Vec<CutText> {
        if self.closed {
            return Vec::new();
        }
        self.peer.get_or_insert(Caps::ASSUMED);
        self.caps_sent = true;
        let mut messages = vec![extended(Message::Caps(self.caps()))];
        messages.extend(self.announce_again());
        messages
    }

    /// The client no longer announces the extended clipboard: back to Latin-1.
    pub fn disable(&mut self) {
        self.peer = None;
        self.ours.announced = Formats::default();
    }

    /// Our side's clipboard now holds `content`: gives what to send.
    ///
    /// Nothing if it came from the peer, or all of it is too long; then the peer keeps what it has.
    #[must_use]
    pub fn offer(&mut self, content: Content) -> Option<CutText> {
        self.hold(content).then(|| self.announce()).flatten()
    }

    /// The same for a peer that cannot be told yet: it is as soon as it says what it takes. `false` if it is no news.
    pub fn hold(&mut self, content: Content) -> bool {
        let content = content.within(&self.limits);
        if self.closed || content.is_part_of(&self.theirs.content) {
            return false;
        }
        self.theirs = Theirs::default();
        self.ours = Ours {
            content,
            current: true,
            ..Ours::default()
        };
        true
    }

    /// Asks for the image of the peer's clipboard: [`Event::Image`] answers. Nothing to send if it is not known to have
    /// one, or was asked already.
    #[must_use]
    pub fn request_image(&mut self) -> Option<CutText> {
        let theirs = &mut self.theirs;
        if !theirs.has_image || theirs.requested_image {
            return None;
        }
        theirs.requested_image = true;
        Some(extended(Message::Request(Formats::DIB)))
    }

    /// The image of [`Event::ImageWanted`], a DIB; none if there is none after all. It is not kept.
    pub fn give_image(&mut self, image: Option<Bytes>) {
        let wanted = std::mem::take(&mut self.ours.wanted_with_image);
        if wanted == Formats::default() {
            return;
        }
        let image = image.map(Image::Dib);
        let texts = self.ours.content.only(Formats(wanted.0 & TEXTS.0));
        self.ours.made = Some(Content { image, ..texts }.within(&self.limits));
    }

    /// The data that the peer asked for, once what was sent before is on its way. It may be large.
    ///
    /// A peer that asks again and again without reading is answered once: what is asked for is a set.
    #[must_use]
    pub fn poll_provide(&mut self) -> Option<CutText> {
        if let Some(made) = self.ours.made.take() {
            return Some(extended(Message::Provide(made)));
        }
        let wanted = std::mem::take(&mut self.ours.wanted);
        let content = self.ours.content.only(wanted);
        // Who waits for an image is told that there is none; of other peers it is not known what they make of that.
        let is_answer = !content.is_empty() || wanted.contains(Formats::DIB);
        is_answer.then(|| extended(Message::Provide(content)))
    }

    /// Takes a message from the peer.
    #[must_use]
    pub fn handle(&mut self, message: CutText) -> Handled {
        let mut handled = Handled::default();
        if self.closed {
            return handled;
        }
        match message {
            CutText::Latin1(text) => handled.event = self.came(text.into()),
            CutText::Extended(Message::Provide(content)) => handled.event = self.provided(content),
            CutText::Extended(Message::Caps(caps)) => handled.replies = self.peer_caps(caps),
            CutText::Extended(Message::Notify(formats)) => self.notified(formats, &mut handled),
            CutText::Extended(Message::Request(formats)) => handled.event = self.requested(formats),
            CutText::Extended(Message::Peek) => {
                let formats = match self.ours.current {
                    true => self.ours.content.formats() & self.taken(),
                    false => Formats::default(),
                };
                handled.replies.push(extended(Message::Notify(formats)));
            }
            CutText::Extended(Message::Other(_)) => {}
        }
        handled
    }

    /// The peer has something new.
    fn notified(&mut self, formats: Formats, handled: &mut Handled) {
        self.ours.current = false;
        let formats = formats & self.caps().formats;
        let can_ask = self.peer_takes(Actions::REQUEST);
        self.theirs = Theirs {
            has_image: can_ask && formats.contains(Formats::DIB),
            ..Theirs::default()
        };
        let texts = formats & TEXTS;
        if can_ask && texts != Formats::default() {
            handled.replies.push(extended(Message::Request(texts)));
        } else if self.theirs.has_image {
            handled.event = self.came(Content::default());
        }
    }

    fn provided(&mut self, mut content: Content) -> Option<Event> {
        let waited = std::mem::take(&mut self.theirs.requested_image);
        let is_image = content.image.is_some() || content.is_empty();
        if !waited || !is_image {
            self.theirs.requested_image = waited;
            // We said that we take none unasked: it is large, and may be wanted by nobody.
            let is_unasked = content.image.take().is_some();
            self.theirs.has_image |= is_unasked && self.peer_takes(Actions::REQUEST);
            return self.came(content);
        }
        let dib = match &content.image {
            Some(Image::Dib(dib)) => Some(dib.clone()),
            _ => None,
        };
        // So that it is not offered back. An image that is gone may still be asked for again.
        self.theirs.content.image = content.image.or(Some(Image::OnRequest));
        Some(Event::Image(dib))
    }

    /// The peer's clipboard holds `content`, and perhaps an image that did not come yet.
    fn came(&mut self, content: Content) -> Option<Event> {
        let mut content = content.within(&self.limits);
        if content.image.is_none() && self.theirs.has_image {
            content.image = Some(Image::OnRequest);
        }
        self.ours.current = false;
        self.theirs.content = content.clone();
        (!content.is_empty()).then_some(Event::Content(content))
    }

    fn requested(&mut self, formats: Formats) -> Option<Event> {
        let ours = &mut self.ours;
        if formats.contains(Formats::DIB) && ours.content.image == Some(Image::OnRequest) {
            let first = ours.wanted_with_image == Formats::default();
            ours.wanted_with_image = ours.wanted_with_image | formats;
            return first.then_some(Event::ImageWanted);
        }
        ours.wanted = ours.wanted | formats;
        None
    }

    fn peer_caps(&mut self, caps: Caps) -> Vec<CutText> {
        self.peer = Some(caps);
        let mut replies = Vec::new();
        if !self.caps_sent {
            self.caps_sent = true;
            replies.push(extended(Message::Caps(self.caps())));
        }
        replies.extend(self.announce_again());
        replies
    }

    /// What we take.
    fn caps(&self) -> Caps {
        let mut caps = Caps::OURS;
        if self.limits.clipboard_image == 0 {
            caps.formats = TEXTS;
        }
        caps
    }

    /// What the peer takes by the extended clipboard.
    fn taken(&self) -> Formats {
        self.peer.map(|caps| caps.formats).unwrap_or_default()
    }

    /// What is there, offered again if the peer now takes more of it than before.
    fn announce_again(&mut self) -> Option<CutText> {
        let ours = &self.ours;
        let formats = ours.content.formats() & self.taken();
        let is_news = ours.current && !ours.announced.contains(formats);
        is_news.then(|| self.announce()).flatten()
    }

    /// What is there, offered in the best way the peer takes.
    fn announce(&mut self) -> Option<CutText> {
        if let Some(message) = self.extended_offer() {
            return Some(extended(message));
        }
        let text = self.ours.content.text.clone()?;
        Some(CutText::Latin1(text))
    }

    fn extended_offer(&mut self) -> Option<Message> {
        let caps = self.peer?;
        let ours = &mut self.ours;
        let formats = ours.content.formats() & caps.formats;
        if formats == Formats::default() {
            return None;
        }
        let fitting = match caps.actions.contains(Actions::PROVIDE) {
            true => fitting(&ours.content, &caps) & formats,
            false => Formats::default(),
        };
        let can_notify = caps.actions.contains(Actions::NOTIFY);
        if fitting != formats && can_notify {
            ours.announced = formats;
            return Some(Message::Notify(formats));
        }
        ours.announced = fitting;
        let is_some = fitting != Formats::default();
        is_some.then(|| Message::Provide(ours.content.only(fitting)))
    }

    /// Whether the peer takes `action`, or has not said.
    fn peer_takes(&self, action: Actions) -> bool {
        self.peer.is_none_or(|caps| caps.actions.contains(action))
    }
}

/// The formats that may be provided without a request.
fn fitting(content: &Content, caps: &Caps) -> Formats {
    let image = match &content.image {
        Some(Image::Dib(dib)) => Some(dib.len()),
        _ => None,
    };
    let lengths = [
        content.text.as_deref().map(message::wire_length),
        content.rtf.as_deref().map(<[u8]>::len),
        content.html.as_deref().map(html::wire_length),
        image,
    ];
    let mut formats = Formats::default();
    for (bit, (length, most)) in lengths.into_iter().zip(caps.unsolicited).enumerate() {
        let most = usize::try_from(most)
            .unwrap_or(UNSOLICITED)
            .min(UNSOLICITED);
        if length.is_some_and(|length| length <= most) {
            formats = formats | Formats(1 << bit);
        }
    }
    formats
}

fn extended(message: Message) -> CutText {
    CutText::Extended(message)
}

#[cfg(test)]
mod tests;
