//! Finding out what the owner of a selection has, and reading those forms of it that are read at once.

use std::collections::VecDeque;

use tightrope::Limits;
use tightrope::rfb::clipboard::{Content, Image};
use x11rb::protocol::xproto::Atom;

use super::fetch::Wanted;
use super::formats::{Atoms, latin1, primary};
use super::picture;

/// Names an owner may have; more are not looked at.
const TARGETS: usize = 1024;

/// What one conversation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Targets,
    Text,
    Html,
    Rtf,
    Image,
}

/// The conversations with one owner, one after the other.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) selection: Atom,
    /// The first one is under way.
    parts: VecDeque<(Part, Atom)>,
    content: Content,
    /// The name of the image it has, which is not read with the rest.
    pub(super) image: Option<Atom>,
    /// Whether it is only about the image.
    of_image: bool,
    /// The selection has another owner by now, which does not have the rest of this.
    abandoned: bool,
    file: Option<Vec<u8>>,
}

/// What was read.
pub(super) enum Read {
    /// Everything but an image.
    Content(Content),
    /// The image; none if the owner has none, or too much.
    Image(Option<Vec<u8>>),
}

impl Reading {
    /// Everything but an image; of PRIMARY only text, which is what people select.
    pub(super) fn all(atoms: &Atoms, selection: Atom) -> Self {
        let first = match selection == primary() {
            true => (Part::Text, atoms.UTF8_STRING),
            false => (Part::Targets, atoms.TARGETS),
        };
        Self::new(selection, first)
    }

    /// The image, by its name.
    pub(super) fn image(selection: Atom, target: Atom) -> Self {
        Self {
            of_image: true,
            ..Self::new(selection, (Part::Image, target))
        }
    }

    fn new(selection: Atom, first: (Part, Atom)) -> Self {
        Self {
            selection,
            parts: VecDeque::from([first]),
            content: Content::default(),
            image: None,
            of_image: false,
            abandoned: false,
            file: None,
        }
    }

    pub(super) fn is_of_image(&self) -> bool {
        self.of_image
    }

    /// Ends it with the answer that is under way. An image that comes is still the one that was asked for.
    pub(super) fn abandon(&mut self) {
        self.abandoned = true;
    }

    /// What to ask the owner for now; nothing if all is read.
    pub(super) fn wanted(&self) -> Option<Wanted> {
        let &(part, target) = self.parts.front()?;
        let limit = match part {
            Part::Targets => TARGETS * 4,
            Part::Text | Part::Html | Part::Rtf => Limits::default().clipboard_text,
            Part::Image => picture::limit(),
        };
        Some(Wanted {
            selection: self.selection,
            target,
            limit,
        })
    }

    /// The owner has answered with data of this kind, or with nothing.
    pub(super) fn handle(&mut self, atoms: &Atoms, answer: Option<(Atom, Vec<u8>)>) {
        let Some((part, target)) = self.parts.pop_front() else {
            return;
        };
        if self.abandoned && !self.of_image {
            self.parts.clear();
            self.content = Content::default();
            self.image = None;
            return;
        }
        match (part, answer) {
            (Part::Targets, Some((_, bytes))) => self.plan(atoms, &bytes),
            // A simple program: it may have text nevertheless.
            (Part::Targets, None) => self.parts.push_back((Part::Text, atoms.UTF8_STRING)),
            (Part::Text, None) if target == atoms.UTF8_STRING => {
                self.parts.push_front((Part::Text, latin1()));
            }
            (Part::Text, Some((kind, bytes))) => {
                let is_utf8 = [atoms.UTF8_STRING, atoms.PLAIN_UTF8];
                let kind = if is_utf8.contains(&target) {
                    target
                } else {
                    kind
                };
                let text = match kind {
                    _ if kind == latin1() => {
                        Some(bytes.iter().copied().map(char::from).collect::<String>())
                    }
                    _ if is_utf8.contains(&kind) => {
                        Some(String::from_utf8_lossy(&bytes).into_owned())
                    }
                    // COMPOUND_TEXT and the like.
                    _ => None,
                };
                // Some programs send the zero byte that ends a C string.
                self.content.text = text.map(|text| text.trim_end_matches('\0').to_owned());
            }
            (Part::Html, Some((_, bytes))) => self.content.html = Some(html(&bytes)),
            (Part::Rtf, Some((_, bytes))) => self.content.rtf = Some(bytes),
            (Part::Image, Some((_, bytes))) => self.file = Some(bytes),
            (Part::Text | Part::Html | Part::Rtf | Part::Image, None) => {}
        }
    }

    /// Decides what to read of what the owner says it has.
    fn plan(&mut self, atoms: &Atoms, targets: &[u8]) {
        let targets: Vec<Atom> = targets
            .as_chunks()
            .0
            .iter()
            .map(|&target| Atom::from_ne_bytes(target))
            .collect();
        let parts = [
            (Part::Text, atoms.text_in(&targets)),
            (Part::Html, atoms.html_in(&targets)),
            (Part::Rtf, atoms.rtf_in(&targets)),
        ];
        self.parts.extend(
            parts
                .map(|(part, target)| Some((part, target?)))
                .into_iter()
                .flatten(),
        );
        self.image = atoms.image_in(&targets);
    }

    /// What was read, once [`Self::wanted`] gives nothing. Empty texts are left out.
    pub(super) fn finish(self) -> Read {
        if self.of_image {
            return Read::Image(self.file);
        }
        let Content {
            text, rtf, html, ..
        } = self.content;
        Read::Content(Content {
            text: text.filter(|text| !text.is_empty()),
            rtf: rtf.filter(|rtf| !rtf.is_empty()),
            html: html.filter(|html| !html.is_empty()),
            image: self.image.map(|_| Image::OnRequest),
        })
    }
}

/// HTML of some browsers is UTF-16 with a byte order mark.
fn html(bytes: &[u8]) -> String {
    let units = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks().0.iter().copied().map(unit).collect();
        String::from_utf16_lossy(&units)
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    text.trim_end_matches('\0').to_owned()
}
