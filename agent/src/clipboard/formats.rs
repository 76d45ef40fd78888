//! The names programs use for what is on a selection (ICCCM 2.6.2, and MIME types).

use tightrope::rfb::clipboard::{Content, Formats};
use x11rb::protocol::xproto::{Atom, AtomEnum};

x11rb::atom_manager! {
    /// Names that the X server has numbers for.
    pub(super) Atoms: AtomsCookie {
        CLIPBOARD,
        INCR,
        TARGETS,
        TEXT,
        TIMESTAMP,
        UTF8_STRING,
        PLAIN_UTF8: b"text/plain;charset=utf-8",
        HTML: b"text/html",
        RTF: b"text/rtf",
        APPLICATION_RTF: b"application/rtf",
        RICH_TEXT: b"text/richtext",
        PNG: b"image/png",
        BMP: b"image/bmp",
        X_BMP: b"image/x-bmp",
        X_MS_BMP: b"image/x-MS-bmp",
        TIGHTROPE_DATA,
    }
}

impl Atoms {
    /// What a program may ask for of `content`, in CLIPBOARD.
    pub(super) fn targets(&self, content: &Content) -> Vec<Atom> {
        let mut targets = vec![self.TARGETS, self.TIMESTAMP];
        let formats = content.formats();
        for (format, names) in [
            (
                Formats::TEXT,
                &[self.UTF8_STRING, self.PLAIN_UTF8, self.TEXT, latin1()][..],
            ),
            (Formats::HTML, &[self.HTML]),
            (Formats::RTF, &[self.RTF, self.APPLICATION_RTF]),
            (Formats::DIB, &[self.PNG, self.BMP]),
        ] {
            if formats.contains(format) {
                targets.extend(names);
            }
        }
        targets
    }

    /// The best name for text among `targets`.
    pub(super) fn text_in(&self, targets: &[Atom]) -> Option<Atom> {
        first(
            targets,
            &[self.UTF8_STRING, self.PLAIN_UTF8, latin1(), self.TEXT],
        )
    }
    /// The name for HTML.
    pub(super) fn html_in(&self, targets: &[Atom]) -> Option<Atom> {
        first(targets, &[self.HTML])
    }
    /// The best name for RTF.
    pub(super) fn rtf_in(&self, targets: &[Atom]) -> Option<Atom> {
        first(targets, &[self.RTF, self.APPLICATION_RTF, self.RICH_TEXT])
    }
    /// The best name for an image that can be read.
    pub(super) fn image_in(&self, targets: &[Atom]) -> Option<Atom> {
        first(targets, &[self.PNG, self.BMP, self.X_BMP, self.X_MS_BMP])
    }
}

fn first(targets: &[Atom], wanted: &[Atom]) -> Option<Atom> {
    wanted
        .iter()
        .copied()
        .find(|target| targets.contains(target))
}

pub(super) fn primary() -> Atom {
    AtomEnum::PRIMARY.into()
}

pub(super) fn latin1() -> Atom {
    AtomEnum::STRING.into()
}
