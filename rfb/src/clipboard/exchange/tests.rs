use super::*;
use crate::wire::{Encode, Reader};
use std::collections::VecDeque;

fn limits() -> Limits {
    Limits::default()
}

/// Two sides, everything passed through its wire form until nobody has anything more to say.
struct Pair {
    sides: [Exchange; 2],
    messages: usize,
}

impl Pair {
    fn new() -> Self {
        Self {
            sides: [Exchange::new(&limits()), Exchange::new(&limits())],
            messages: 0,
        }
    }

    /// Sends `messages` to side `to`; gives what each side learns.
    fn run(&mut self, to: usize, messages: impl IntoIterator<Item = CutText>) -> [Vec<Event>; 2] {
        let mut events = [Vec::new(), Vec::new()];
        let mut queue: VecDeque<_> = messages.into_iter().map(|message| (to, message)).collect();
        loop {
            for side in [SERVER, CLIENT] {
                queue.extend(
                    self.sides[side]
                        .poll_provide()
                        .map(|message| (1 - side, message)),
                );
            }
            let Some((to, message)) = queue.pop_front() else {
                return events;
            };
            self.messages += 1;
            assert!(self.messages < 100, "they never stop talking");
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            let mut reader = Reader::new(&bytes);
            let message = CutText::decode(&mut reader, &limits()).unwrap();
            assert_eq!(reader.position(), bytes.len());
            let handled = self.sides[to].handle(message);
            queue.extend(handled.replies.into_iter().map(|reply| (1 - to, reply)));
            events[to].extend(handled.event);
        }
    }

    fn offer(&mut self, from: usize, content: impl Into<Content>) -> [Vec<Event>; 2] {
        let message = self.sides[from].offer(content.into());
        self.run(1 - from, message)
    }

    fn request_image(&mut self, from: usize) -> [Vec<Event>; 2] {
        let message = self.sides[from].request_image();
        self.run(1 - from, message)
    }

    fn give_image(&mut self, from: usize, image: Option<Bytes>) -> [Vec<Event>; 2] {
        self.sides[from].give_image(image);
        self.run(1 - from, None)
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

/// What the two sides learn if `to` gets `content`.
fn news(to: usize, content: impl Into<Content>) -> [Vec<Event>; 2] {
    only(to, Event::Content(content.into()))
}

fn only(to: usize, event: Event) -> [Vec<Event>; 2] {
    let mut events = [Vec::new(), Vec::new()];
    events[to].push(event);
    events
}

fn dib(byte: u8) -> Bytes {
    vec![byte; 100].into()
}

fn everything() -> Content {
    Content {
        text: Some("zażółć\n日本語 🎉".to_owned()),
        rtf: Some(b"{\\rtf1 x}".to_vec()),
        html: Some("<b>zażółć</b>".to_owned()),
        image: Some(Image::Dib(dib(7))),
    }
}

fn picture(image: Image) -> Content {
    Content {
        image: Some(image),
        ..Content::default()
    }
}

#[test]
fn every_format_arrives_from_either_side() {
    for from in [SERVER, CLIENT] {
        let mut pair = enabled();
        let to = 1 - from;
        for formats in 1..16 {
            let content = everything().only(Formats(formats));
            let mut arrives = content.clone();
            if content.image.is_some() {
                arrives.image = Some(Image::OnRequest);
            }
            assert_eq!(pair.offer(from, content.clone()), news(to, arrives));
            let image = only(to, Event::Image(Some(dib(7))));
            let none = [Vec::new(), Vec::new()];
            let expected = if content.image.is_some() { image } else { none };
            assert_eq!(pair.request_image(to), expected);
        }
    }
}

#[test]
fn unicode_text_arrives_from_either_side() {
    let mut pair = enabled();
    assert_eq!(
        pair.offer(SERVER, "日本語 🎉\n"),
        news(CLIENT, "日本語 🎉\n")
    );
    assert_eq!(pair.offer(CLIENT, "\n\nback"), news(SERVER, "\n\nback"));
}

#[test]
fn an_image_is_made_when_the_other_side_wants_it() {
    let mut pair = enabled();
    let offered = Content {
        image: Some(Image::OnRequest),
        .."its name".into()
    };
    assert_eq!(pair.offer(SERVER, offered.clone()), news(CLIENT, offered));
    assert_eq!(pair.request_image(CLIENT), only(SERVER, Event::ImageWanted));
    assert_eq!(
        pair.request_image(CLIENT),
        [Vec::new(), Vec::new()],
        "once is enough"
    );
    let image = only(CLIENT, Event::Image(Some(dib(1))));
    assert_eq!(pair.give_image(SERVER, Some(dib(1))), image);
    assert_eq!(
        pair.give_image(SERVER, Some(dib(2))),
        [Vec::new(), Vec::new()]
    );
    // It is not kept: the next one is made anew.
    assert_eq!(pair.request_image(CLIENT), only(SERVER, Event::ImageWanted));
    assert_eq!(
        pair.give_image(SERVER, None),
        only(CLIENT, Event::Image(None))
    );
}

#[test]
fn who_asks_for_an_image_that_is_replaced_learns_of_the_new_content_instead() {
    let mut pair = enabled();
    pair.offer(SERVER, picture(Image::OnRequest));
    pair.request_image(CLIENT);
    assert_eq!(pair.offer(SERVER, "newer"), news(CLIENT, "newer"));
    assert_eq!(
        pair.give_image(SERVER, Some(dib(1))),
        [Vec::new(), Vec::new()]
    );
    assert_eq!(pair.request_image(CLIENT), [Vec::new(), Vec::new()]);
    // A request that crossed the news is answered by what is there now.
    let request = extended(Message::Request(Formats::DIB));
    let _ = pair.sides[SERVER].handle(request);
    let provide = pair.sides[SERVER].poll_provide();
    assert_eq!(
        provide,
        Some(extended(Message::Provide(Content::default())))
    );
}

#[test]
fn text_and_image_asked_for_at_once_come_in_one_message() {
    let mut side = Exchange::new(&limits());
    let _ = side.enable();
    let _ = side.offer(Content {
        image: Some(Image::OnRequest),
        .."text".into()
    });
    let request = extended(Message::Request(Formats::TEXT | Formats::DIB));
    assert_eq!(side.handle(request).event, Some(Event::ImageWanted));
    assert_eq!(side.poll_provide(), None);
    side.give_image(Some(dib(3)));
    let content = Content {
        image: Some(Image::Dib(dib(3))),
        .."text".into()
    };
    assert_eq!(
        side.poll_provide(),
        Some(extended(Message::Provide(content)))
    );
}

#[test]
fn a_peer_that_asks_without_reading_is_answered_once() {
    let mut side = Exchange::new(&limits());
    let _ = side.enable();
    let _ = side.offer(everything());
    for _ in 0..1000 {
        let request = extended(Message::Request(Formats(0xffff)));
        assert_eq!(side.handle(request), Handled::default());
    }
    let all = extended(Message::Provide(everything()));
    assert_eq!(side.poll_provide(), Some(all));
    assert_eq!(side.poll_provide(), None);
}

#[test]
fn files_are_neither_offered_nor_asked_for() {
    let mut side = Exchange::new(&limits());
    let files = extended(Message::Notify(Formats::FILES));
    assert_eq!(side.handle(files), Handled::default());
    let both = extended(Message::Notify(Formats::FILES | Formats::TEXT));
    let request = extended(Message::Request(Formats::TEXT));
    assert_eq!(side.handle(both).replies, [request]);
    let [CutText::Extended(Message::Caps(caps))] = &side.enable()[..] else {
        panic!("no caps");
    };
    assert!(!caps.formats.contains(Formats::FILES));
}

#[test]
fn who_takes_no_images_is_offered_none() {
    let no_images = Limits {
        clipboard_image: 0,
        ..limits()
    };
    let mut pair = enabled();
    pair.sides[CLIENT] = Exchange::new(&no_images);
    let caps = pair.sides[SERVER].enable();
    pair.run(CLIENT, caps);
    assert_eq!(
        pair.offer(SERVER, picture(Image::OnRequest)),
        [Vec::new(), Vec::new()]
    );
    let text = everything().only(TEXTS);
    assert_eq!(pair.offer(SERVER, everything()), news(CLIENT, text));
}

#[test]
fn a_client_whose_caps_come_late_is_told_then_what_else_there_is() {
    let mut pair = Pair::new();
    let mut messages = pair.sides[SERVER].enable();
    messages.extend(pair.sides[SERVER].offer(picture(Image::OnRequest)));
    assert_eq!(messages.len(), 1, "images are not among what is assumed");
    let expected = news(CLIENT, picture(Image::OnRequest));
    assert_eq!(pair.run(CLIENT, messages), expected);
}

#[test]
fn without_the_extension_text_goes_as_latin_1_and_nothing_else_does() {
    let mut pair = Pair::new();
    assert_eq!(pair.offer(CLIENT, "naïve €"), news(SERVER, "naïve ?"));
    let with_text = Content {
        text: Some("plain".to_owned()),
        ..everything()
    };
    assert_eq!(pair.offer(CLIENT, with_text), news(SERVER, "plain"));
    assert_eq!(
        pair.offer(CLIENT, picture(Image::OnRequest)),
        [Vec::new(), Vec::new()]
    );
}

#[test]
fn what_went_as_latin_1_goes_again_once_the_peer_takes_unicode() {
    let mut pair = Pair::new();
    pair.offer(CLIENT, "€");
    let caps = pair.sides[SERVER].enable();
    assert_eq!(pair.run(CLIENT, caps), news(SERVER, "€"));

    let mut pair = Pair::new();
    pair.offer(SERVER, "€");
    let caps = pair.sides[SERVER].enable();
    assert_eq!(pair.run(CLIENT, caps), news(CLIENT, "€"));
    let again = pair.sides[SERVER].enable();
    assert_eq!(again, [extended(Message::Caps(Caps::OURS))]);
    assert_eq!(pair.run(CLIENT, again), [Vec::new(), Vec::new()]);
}

#[test]
fn what_came_from_the_peer_is_not_offered_back_in_any_format() {
    let mut pair = enabled();
    pair.offer(SERVER, everything());
    pair.request_image(CLIENT);
    for formats in 1..16 {
        let part = everything().only(Formats(formats));
        assert_eq!(pair.sides[CLIENT].offer(part), None, "{formats:#06b}");
    }
    pair.offer(CLIENT, "c");
    assert_eq!(
        pair.offer(CLIENT, everything().only(Formats::TEXT)),
        news(SERVER, everything().only(Formats::TEXT)),
        "once something else was copied it is news again"
    );
    pair.offer(SERVER, "a\r\nb");
    assert_eq!(pair.sides[CLIENT].offer("a\nb".into()), None);
}

#[test]
fn another_image_is_news_though_the_peer_had_one_before() {
    let mut pair = enabled();
    pair.offer(SERVER, picture(Image::Dib(dib(1))));
    assert!(
        pair.sides[CLIENT]
            .offer(picture(Image::OnRequest))
            .is_some()
    );
    pair.offer(SERVER, picture(Image::Dib(dib(1))));
    pair.request_image(CLIENT);
    assert!(
        pair.sides[CLIENT]
            .offer(picture(Image::Dib(dib(2))))
            .is_some()
    );
}

#[test]
fn an_image_that_nobody_asked_for_is_not_kept_but_may_be_asked_for() {
    let mut pair = enabled();
    let content = Content {
        text: Some("a chart".to_owned()),
        ..picture(Image::Dib(dib(7)))
    };
    let there = Content {
        image: Some(Image::OnRequest),
        ..content.clone()
    };
    let events = pair.run(SERVER, [extended(Message::Provide(content))]);
    assert_eq!(events, news(SERVER, there));
    assert!(pair.sides[SERVER].request_image().is_some());
}

#[test]
fn what_is_over_the_limit_is_neither_offered_nor_kept() {
    let small = Limits {
        clipboard_text: 4,
        clipboard_image: 99,
        ..limits()
    };
    let mut side = Exchange::new(&small);
    assert_eq!(
        side.offer("abcd".into()),
        Some(CutText::Latin1("abcd".to_owned()))
    );
    assert_eq!(side.offer("abc\n".into()), None);
    assert_eq!(side.offer(picture(Image::Dib(dib(1)))), None);
    let request = extended(Message::Request(Formats::TEXT));
    assert_eq!(side.handle(request), Handled::default());
    assert_eq!(side.poll_provide(), None);
}

#[test]
fn what_is_at_the_limit_is_taken_by_a_peer_with_the_same_limit() {
    let mut pair = enabled();
    let text = "\n".repeat(limits().clipboard_text / 2);
    assert_eq!(pair.offer(SERVER, &text), news(CLIENT, text));
    let html = "a".repeat(limits().clipboard_text - html::wire_length(""));
    let content = Content {
        html: Some(html),
        rtf: Some(vec![b'a'; limits().clipboard_text]),
        ..Content::default()
    };
    assert_eq!(pair.offer(SERVER, content.clone()), news(CLIENT, content));
    let image: Bytes = vec![5; limits().clipboard_image].into();
    pair.offer(CLIENT, picture(Image::Dib(image.clone())));
    assert_eq!(
        pair.request_image(SERVER),
        only(SERVER, Event::Image(Some(image)))
    );
}

fn taking(actions: Actions, unsolicited: [u32; 4]) -> Exchange {
    let mut side = Exchange::new(&limits());
    let mut sizes = [0; 16];
    sizes[..4].copy_from_slice(&unsolicited);
    let caps = Caps {
        actions,
        unsolicited: sizes,
        ..Caps::OURS
    };
    let _ = side.handle(extended(Message::Caps(caps)));
    side
}

#[test]
fn a_peer_is_provided_within_its_sizes_and_else_notified() {
    let mut side = taking(Actions::PROVIDE | Actions::NOTIFY, [4, 0, 200, 0]);
    let provide = |content: Content| Some(extended(Message::Provide(content)));
    assert_eq!(side.offer("abc".into()), provide("abc".into()));
    let notify = Some(extended(Message::Notify(Formats::TEXT)));
    assert_eq!(side.offer("abcd".into()), notify);
    let html = Content {
        html: Some("x".to_owned()),
        ..Content::default()
    };
    assert_eq!(side.offer(html.clone()), provide(html.clone()));
    let with_rtf = Content {
        rtf: Some(b"x".to_vec()),
        ..html
    };
    let notify = Some(extended(Message::Notify(Formats::RTF | Formats::HTML)));
    assert_eq!(side.offer(with_rtf), notify, "all of it, or none");
}

#[test]
fn nothing_large_is_provided_without_a_request_whatever_the_peer_takes() {
    let mut side = taking(Actions::PROVIDE | Actions::NOTIFY, [u32::MAX; 4]);
    let long = "a".repeat(UNSOLICITED);
    let notify = Some(extended(Message::Notify(Formats::TEXT)));
    assert_eq!(side.offer(long.into()), notify);
}

#[test]
fn a_peer_without_notify_is_provided_what_fits() {
    let mut side = taking(Actions::PROVIDE, [4, 0, 0, 0]);
    let short = Content {
        text: Some("abc".to_owned()),
        ..everything()
    };
    let provided = side.offer(short);
    assert_eq!(provided, Some(extended(Message::Provide("abc".into()))));
    let latin_1 = Some(CutText::Latin1("abcd".to_owned()));
    assert_eq!(side.offer("abcd".into()), latin_1);
}

#[test]
fn peek_is_answered_with_what_there_is() {
    let mut side = Exchange::new(&limits());
    let _ = side.enable();
    let mut peek = || side.handle(extended(Message::Peek)).replies;
    assert_eq!(peek(), [extended(Message::Notify(Formats::default()))]);
    let _ = side.offer("x".into());
    let mut peek = || side.handle(extended(Message::Peek)).replies;
    assert_eq!(peek(), [extended(Message::Notify(Formats::TEXT))]);
}

#[test]
fn a_peer_whose_clipboard_is_newer_is_offered_nothing_old_but_given_what_it_asked_for() {
    let mut side = Exchange::new(&limits());
    let _ = side.enable();
    let _ = side.offer("old".into());
    let notify = extended(Message::Notify(Formats::FILES));
    assert_eq!(side.handle(notify), Handled::default());
    let nothing = extended(Message::Notify(Formats::default()));
    assert_eq!(side.handle(extended(Message::Peek)).replies, [nothing]);
    // Both offered at the same moment: the request answers our offer.
    let request = extended(Message::Request(Formats::TEXT));
    assert_eq!(side.handle(request), Handled::default());
    let provided = extended(Message::Provide("old".into()));
    assert_eq!(side.poll_provide(), Some(provided));
}

#[test]
fn a_closed_side_says_nothing_and_hears_nothing() {
    let mut pair = enabled();
    pair.sides[SERVER].close();
    assert_eq!(pair.offer(CLIENT, everything()), [Vec::new(), Vec::new()]);
    assert_eq!(pair.offer(SERVER, everything()), [Vec::new(), Vec::new()]);
    assert_eq!(pair.request_image(CLIENT), [Vec::new(), Vec::new()]);
    assert_eq!(pair.sides[SERVER].enable(), []);
}
