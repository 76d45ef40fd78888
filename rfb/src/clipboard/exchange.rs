//! One connection's clipboard conversation.

use super::message::wire_length;
use super::{Caps, CutText, Formats, Message, with_newlines};
use crate::clipboard::Actions;

/// Keeps what was offered and what the peer takes. The same for client and server.
///
/// A server calls [`Self::enable`] when the client announces the extended clipboard; a client does nothing: the
/// server's caps are answered by [`Self::handle`]. Until then text goes as Latin-1.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Bytes of text on the wire, terminator not counted.
    limit: usize,
    /// What the peer takes of the extended clipboard.
    peer: Option<Caps>,
    caps_sent: bool,
    /// What our side offered last. Kept when the peer offers something: it may have asked for this before.
    offered: Option<String>,
    /// Whether nothing newer has come from the peer since.
    current: bool,
    /// The peer's clipboard, while it is newer than ours.
    received: Option<String>,
}

/// What came of a message from the peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handled {
    /// What to send back, in order.
    pub replies: Vec<CutText>,
    /// The peer's new clipboard text.
    pub text: Option<String>,
}

impl Exchange {
    /// The conversation at its start. Text of more than `limit` bytes on the wire is not offered.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            peer: None,
            caps_sent: false,
            offered: None,
            current: false,
            received: None,
        }
    }

    /// The client announced the extended clipboard (every time it does): gives what to send it, in order.
    #[must_use]
    pub fn enable(&mut self) -> Vec<CutText> {
        let first = self.peer.is_none();
        self.peer.get_or_insert(Caps::ASSUMED);
        self.caps_sent = true;
        let mut messages = vec![extended(Message::Caps(Caps::OURS))];
        if first {
            messages.extend(self.offered_again());
        }
        messages
    }

    /// The client no longer announces the extended clipboard: back to Latin-1.
    pub fn disable(&mut self) {
        self.peer = None;
    }

    /// Our side's clipboard now holds `text`: gives what to send.
    ///
    /// Nothing if the text came from the peer, or is too long; then the peer keeps what it has.
    #[must_use]
    pub fn offer(&mut self, text: String) -> Option<CutText> {
        let text = with_newlines(&text).into_owned();
        if self.received.as_ref() == Some(&text) {
            return None;
        }
        self.received = None;
        self.current = true;
        self.offered = (wire_length(&text) - 1 <= self.limit).then_some(text);
        let text = self.offered.as_ref()?;
        Some(
            self.extended_offer(text)
                .unwrap_or_else(|| CutText::Latin1(text.clone())),
        )
    }

    /// Takes a message from the peer.
    #[must_use]
    pub fn handle(&mut self, message: CutText) -> Handled {
        let mut handled = Handled::default();
        match message {
            CutText::Latin1(text) => handled.text = Some(self.received(text)),
            CutText::Extended(Message::Provide { text }) => {
                handled.text = text.map(|text| self.received(text));
            }
            CutText::Extended(Message::Caps(caps)) => handled.replies = self.peer_caps(caps),
            CutText::Extended(Message::Notify(formats)) => {
                self.current = false;
                self.received = None;
                if formats.contains(Formats::TEXT) && self.peer_takes(Actions::REQUEST) {
                    handled
                        .replies
                        .push(extended(Message::Request(Formats::TEXT)));
                }
            }
            CutText::Extended(Message::Request(formats)) => {
                if let Some(text) = &self.offered
                    && formats.contains(Formats::TEXT)
                {
                    let text = Some(text.clone());
                    handled.replies.push(extended(Message::Provide { text }));
                }
            }
            CutText::Extended(Message::Peek) => {
                let formats = match self.offered {
                    Some(_) if self.current => Formats::TEXT,
                    _ => Formats::default(),
                };
                handled.replies.push(extended(Message::Notify(formats)));
            }
            CutText::Extended(Message::Other(_)) => {}
        }
        handled
    }

    fn received(&mut self, text: String) -> String {
        let text = with_newlines(&text).into_owned();
        self.current = false;
        self.received = Some(text.clone());
        text
    }

    fn peer_caps(&mut self, caps: Caps) -> Vec<CutText> {
        let first = self.peer.replace(caps).is_none();
        let mut replies = Vec::new();
        if !self.caps_sent {
            self.caps_sent = true;
            replies.push(extended(Message::Caps(Caps::OURS)));
        }
        if first {
            replies.extend(self.offered_again());
        }
        replies
    }

    /// What was offered as Latin-1, offered again now that the peer takes Unicode.
    fn offered_again(&self) -> Option<CutText> {
        let offered = self.offered.as_ref().filter(|_| self.current);
        self.extended_offer(offered?)
    }

    /// `text` offered by the extended clipboard, if the peer takes it that way.
    fn extended_offer(&self, text: &str) -> Option<CutText> {
        let caps = self.peer?;
        let [unsolicited, ..] = caps.unsolicited;
        if !caps.formats.contains(Formats::TEXT) {
            None
        } else if caps.actions.contains(Actions::NOTIFY) {
            Some(extended(Message::Notify(Formats::TEXT)))
        } else if caps.actions.contains(Actions::PROVIDE)
            && u32::try_from(wire_length(text)).is_ok_and(|length| length <= unsolicited)
        {
            let text = Some(text.to_owned());
            Some(extended(Message::Provide { text }))
        } else {
            None
        }
    }

    /// Whether the peer takes `action`, or has not said.
    fn peer_takes(&self, action: Actions) -> bool {
        self.peer.is_none_or(|caps| caps.actions.contains(action))
    }
}

fn extended(message: Message) -> CutText {
    CutText::Extended(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::wire::{Encode, Reader};

    const LIMIT: usize = 1 << 20;

    /// Two sides, everything passed through its wire form until nobody has anything more to say.
    struct Pair {
        sides: [Exchange; 2],
        messages: usize,
    }

    impl Pair {
        fn new() -> Self {
            Self {
                sides: [Exchange::new(LIMIT), Exchange::new(LIMIT)],
                messages: 0,
            }
        }

        /// Sends `messages` to side `to`; gives the last text that arrived at each side.
        fn run(
            &mut self,
            to: usize,
            messages: impl IntoIterator<Item = CutText>,
        ) -> [Option<String>; 2] {
            let mut texts = [None, None];
            let mut queue: std::collections::VecDeque<_> =
                messages.into_iter().map(|message| (to, message)).collect();
            while let Some((to, message)) = queue.pop_front() {
                self.messages += 1;
                assert!(self.messages < 100, "they never stop talking");
                let mut bytes = Vec::new();
                message.encode(&mut bytes);
                let mut reader = Reader::new(&bytes);
                let message = CutText::decode(&mut reader, &Limits::default()).unwrap();
                assert_eq!(reader.position(), bytes.len());
                let handled = self.sides[to].handle(message);
                queue.extend(handled.replies.into_iter().map(|reply| (1 - to, reply)));
                if handled.text.is_some() {
                    texts[to] = handled.text;
                }
            }
            texts
        }

        fn offer(&mut self, from: usize, text: &str) -> [Option<String>; 2] {
            let message = self.sides[from].offer(text.to_owned());
            self.run(1 - from, message)
        }
    }

    const SERVER: usize = 0;
    const CLIENT: usize = 1;

    fn enabled() -> Pair {
        let mut pair = Pair::new();
        let caps = pair.sides[SERVER].enable();
        pair.run(CLIENT, caps);
        pair
    }

    #[test]
    fn unicode_text_arrives_from_either_side() {
        let mut pair = enabled();
        let text = "zażółć\n日本語 🎉";
        assert_eq!(pair.offer(SERVER, text), [None, Some(text.to_owned())]);
        let text = "\n\nback";
        assert_eq!(pair.offer(CLIENT, text), [Some(text.to_owned()), None]);
    }

    #[test]
    fn without_the_extension_text_goes_as_latin_1() {
        let mut pair = Pair::new();
        let texts = pair.offer(CLIENT, "naïve €");
        assert_eq!(texts, [Some("naïve ?".to_owned()), None]);
    }

    #[test]
    fn what_went_as_latin_1_goes_again_once_the_peer_takes_unicode() {
        let mut pair = Pair::new();
        pair.offer(CLIENT, "€");
        let caps = pair.sides[SERVER].enable();
        assert_eq!(pair.run(CLIENT, caps), [Some("€".to_owned()), None]);

        let mut pair = Pair::new();
        pair.offer(SERVER, "€");
        let caps = pair.sides[SERVER].enable();
        assert_eq!(pair.run(CLIENT, caps), [None, Some("€".to_owned())]);
        let again = pair.sides[SERVER].enable();
        assert_eq!(again, [extended(Message::Caps(Caps::OURS))]);
        assert_eq!(pair.run(CLIENT, again), [None, None]);
    }

    #[test]
    fn text_from_the_peer_is_not_offered_back() {
        let mut pair = enabled();
        pair.offer(SERVER, "a\r\nb");
        assert_eq!(pair.sides[CLIENT].offer("a\nb".to_owned()), None);
        pair.offer(CLIENT, "c");
        assert_eq!(
            pair.offer(CLIENT, "a\nb"),
            [Some("a\nb".to_owned()), None],
            "once something else was copied it is news again"
        );
    }

    #[test]
    fn text_over_the_limit_is_neither_offered_nor_kept() {
        let mut side = Exchange::new(4);
        assert_eq!(
            side.offer("abcd".to_owned()),
            Some(CutText::Latin1("abcd".to_owned()))
        );
        assert_eq!(side.offer("abc\n".to_owned()), None);
        let request = extended(Message::Request(Formats::TEXT));
        assert_eq!(side.handle(request), Handled::default());
    }

    #[test]
    fn text_at_the_limit_is_taken_by_a_peer_with_the_same_limit() {
        let mut pair = enabled();
        let text = "\n".repeat(LIMIT / 2);
        assert_eq!(pair.offer(SERVER, &text), [None, Some(text)]);
    }

    #[test]
    fn a_peer_without_notify_is_provided_within_its_size() {
        let mut side = Exchange::new(LIMIT);
        let caps = Caps {
            actions: Actions::PROVIDE,
            unsolicited: {
                let mut sizes = [0; 16];
                sizes[0] = 4;
                sizes
            },
            ..Caps::ASSUMED
        };
        let _ = side.handle(extended(Message::Caps(caps)));
        let text = Some("abc".to_owned());
        assert_eq!(
            side.offer("abc".to_owned()),
            Some(extended(Message::Provide { text }))
        );
        assert_eq!(
            side.offer("abcd".to_owned()),
            Some(CutText::Latin1("abcd".to_owned()))
        );
    }

    #[test]
    fn peek_is_answered_with_what_there_is() {
        let mut side = Exchange::new(LIMIT);
        let mut peek = || side.handle(extended(Message::Peek)).replies;
        assert_eq!(peek(), [extended(Message::Notify(Formats::default()))]);
        let _ = side.offer("x".to_owned());
        let mut peek = || side.handle(extended(Message::Peek)).replies;
        assert_eq!(peek(), [extended(Message::Notify(Formats::TEXT))]);
    }

    #[test]
    fn a_peer_whose_clipboard_is_newer_is_offered_nothing_old_but_given_what_it_asked_for() {
        let mut side = Exchange::new(LIMIT);
        let _ = side.enable();
        let _ = side.offer("old".to_owned());
        let notify = extended(Message::Notify(Formats::HTML));
        assert_eq!(side.handle(notify), Handled::default());
        let nothing = extended(Message::Notify(Formats::default()));
        assert_eq!(side.handle(extended(Message::Peek)).replies, [nothing]);
        // Both offered at the same moment: the request answers our offer.
        let request = extended(Message::Request(Formats::TEXT));
        let text = Some("old".to_owned());
        let provided = extended(Message::Provide { text });
        assert_eq!(side.handle(request).replies, [provided]);
    }
}
