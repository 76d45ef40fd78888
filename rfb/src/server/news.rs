//! What is to be said in the next update besides pixels, and writing it: pseudo-rectangles. RFC 6143 7.8, rfbproto.

use super::flight::Told;
use super::{Machine, Refresh};
use crate::message::encode_counted;
use crate::screen::{ResizeReason, ResizeStatus};
use crate::wire::Encode;
use crate::{
    Cursor, CursorForm, Encoding, Leds, LocalTime, MediaTime, Rect, RectWriter, Screen, Size,
};

/// Only the latest of everything.
#[derive(Debug)]
pub(super) struct News {
    /// The desktop's size now.
    pub(super) size: Size,
    /// The screens it is made of now.
    layout: Vec<Screen>,
    /// The client is to be told the size and the screens.
    pub(super) screens: bool,
    /// Why the size changed.
    reason: ResizeReason,
    pub(super) refused_resize: Option<ResizeStatus>,
    /// The shape now; kept for a client that asks for it later.
    pub(super) cursor: Option<Cursor>,
    /// The client is to be sent the shape, whether it changed or not.
    pub(super) cursor_wanted: bool,
    /// The shape it was sent.
    cursor_sent: Option<Cursor>,
    pub(super) name: bool,
    /// The keyboard's lights now, if they are known.
    pub(super) leds: Option<Leds>,
    /// The lights the client was told.
    pub(super) leds_sent: Option<Leds>,
    /// What the client is to be told that we can, by an empty rectangle each.
    pub(super) announcements: Vec<Encoding>,
    /// When the desktop looked as it does now.
    pub(super) captured: Option<MediaTime>,
    /// The client was told of the screens as they are.
    screens_told: bool,
    /// What a client that comes back is not to be told again, until it has said what it reads.
    pub(super) known: Known,
}

/// What a client certainly knows from a connection before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    pub(super) screens: bool,
    pub(super) cursor: bool,
    pub(super) leds: bool,
}

/// What a server announces by an empty rectangle, once a client has announced it.
pub(super) const ANNOUNCED: [Encoding; 6] = [
    Encoding::TIGHTROPE,
    Encoding::QEMU_KEYS,
    Encoding::EXTENDED_BUTTONS,
    Encoding::CLOCK,
    Encoding::SOUND,
    Encoding::QEMU_AUDIO,
];

impl News {
    pub(super) fn new(size: Size) -> Self {
        Self {
            size,
            layout: vec![Screen::whole(size)],
            screens: false,
            reason: ResizeReason::SERVER,
            refused_resize: None,
            cursor: None,
            cursor_wanted: false,
            cursor_sent: None,
            name: false,
            leds: None,
            leds_sent: None,
            announcements: Vec::new(),
            captured: None,
            screens_told: false,
            known: Known::default(),
        }
    }
    /// The same for a client that comes back, who may not have got what is `lost`.
    pub(super) fn resume(self, lost: &Told) -> Self {
        let cursor_sent = self.cursor_sent.filter(|_| !lost.cursor);
        let leds_sent = self.leds_sent.filter(|_| !lost.leds);
        Self {
            known: Known {
                screens: self.screens_told && !self.screens && !lost.screens,
                cursor: cursor_sent.is_some() && !self.cursor_wanted,
                leds: leds_sent.is_some(),
            },
            cursor_sent,
            leds_sent,
            announcements: Vec::new(),
            refused_resize: None,
            captured: None,
            ..self
        }
    }
    /// The client has just been told size and name.
    pub(super) fn start(&mut self) {
        self.known.screens &= !self.screens;
        self.screens_told &= self.known.screens;
        self.screens = false;
        self.name = false;
    }
    pub(super) fn resize(&mut self, size: Size, layout: Vec<Screen>, reason: ResizeReason) {
        self.size = size;
        self.layout = layout;
        self.screens = true;
        self.screens_told = false;
        self.reason = reason;
    }
    /// Whether the client waits to hear of a size that it asked for.
    pub(super) fn answers_resize(&self) -> bool {
        let done = self.screens && self.reason == ResizeReason::THIS_CLIENT;
        done || self.refused_resize.is_some()
    }
    fn cursor_due(&self) -> Option<&Cursor> {
        let cursor = self.cursor.as_ref()?;
        let due = self.cursor_wanted || self.cursor_sent.as_ref() != Some(cursor);
        due.then_some(cursor)
    }
}

impl Machine {
    /// Writes when the picture was taken, which has to come first. Only for a client that knows both of the
    /// experiment's numbers, because one alone means another thing to others.
    /// Gives it if the client is told.
    pub(super) fn write_captured(
        &self,
        captured: Option<MediaTime>,
        out: &mut RectWriter<'_>,
    ) -> Option<MediaTime> {
        let is_told = self.supports(Encoding::PTS) && self.supports(Encoding::CLOCK);
        let captured = captured.filter(|_| is_told)?;
        let body = out.begin(Rect::default(), Encoding::PTS);
        body.extend(captured.as_micros().to_be_bytes());
        Some(captured)
    }

    /// Writes the pseudo-rectangles that are due, and gives what they are about.
    pub(super) fn write_news(&mut self, now: LocalTime, out: &mut RectWriter<'_>) -> Told {
        for encoding in std::mem::take(&mut self.news.announcements) {
            out.begin(Rect::default(), encoding);
        }
        let mut told = Told {
            cursor: self.write_cursor(out),
            pointer: self.write_pointer(now, out),
            leds: self.write_leds(out),
            ..Told::default()
        };
        if std::mem::take(&mut self.news.name) && self.supports(Encoding::DESKTOP_NAME) {
            let body = out.begin(Rect::default(), Encoding::DESKTOP_NAME);
            encode_counted(self.config.name.as_bytes(), body);
        }
        if let Some(status) = self.news.refused_resize.take()
            && self.supports(Encoding::EXTENDED_DESKTOP_SIZE)
        {
            let size = self.sent.size;
            self.write_screens(ResizeReason::THIS_CLIENT, status, size, out);
        }
        self.write_size(&mut told, out);
        told
    }

    /// The best form of a shape that the client takes.
    pub(super) fn cursor_form(&self) -> Option<CursorForm> {
        let known = |form: &CursorForm| self.supports(form.encoding());
        CursorForm::ALL.into_iter().find(known)
    }

    fn write_cursor(&mut self, out: &mut RectWriter<'_>) -> bool {
        let Some(form) = self.cursor_form() else {
            return false;
        };
        let Some(cursor) = self.news.cursor_due() else {
            return false;
        };
        let (at, size) = (cursor.hotspot(), cursor.size());
        let rect = Rect::new(at.x, at.y, size.width, size.height);
        cursor.encode_body(form, &self.format, out.begin(rect, form.encoding()));
        self.news.cursor_sent = Some(cursor.clone());
        self.news.cursor_wanted = false;
        true
    }

    /// When the client is to be told of where the pointer is though nothing happens.
    pub(super) fn pointer_due(&self) -> Option<LocalTime> {
        self.pointer_form().and(self.pointer.due())
    }

    fn pointer_form(&self) -> Option<Encoding> {
        let forms = [Encoding::VMWARE_CURSOR_POSITION, Encoding::POINTER_POS];
        forms.into_iter().find(|form| self.supports(*form))
    }

    fn write_pointer(&mut self, now: LocalTime, out: &mut RectWriter<'_>) -> bool {
        if let Some(encoding) = self.pointer_form()
            && let Some(at) = self.pointer.news(now)
        {
            out.begin(Rect::new(at.x, at.y, 0, 0), encoding);
            return true;
        }
        false
    }

    fn write_leds(&mut self, out: &mut RectWriter<'_>) -> bool {
        let Some(leds) = self
            .news
            .leds
            .filter(|now| self.news.leds_sent != Some(*now))
        else {
            return false;
        };
        if self.supports(Encoding::QEMU_LEDS) {
            out.begin(Rect::default(), Encoding::QEMU_LEDS).push(leds.0);
        } else if self.supports(Encoding::VMWARE_LEDS) {
            let body = out.begin(Rect::default(), Encoding::VMWARE_LEDS);
            body.extend(u32::from(leds.0).to_be_bytes());
        }
        self.news.leds_sent = Some(leds);
        true
    }

    fn write_size(&mut self, told: &mut Told, out: &mut RectWriter<'_>) {
        let size = self.news.size;
        let resized = size != self.sent.size;
        if self.supports(Encoding::EXTENDED_DESKTOP_SIZE) {
            if !(std::mem::take(&mut self.news.screens) || resized) {
                return;
            }
            self.write_screens(self.news.reason, ResizeStatus::OK, size, out);
            self.news.screens_told = true;
            told.screens = true;
            self.news.reason = ResizeReason::SERVER;
        } else if self.supports(Encoding::DESKTOP_SIZE) && resized {
            out.begin(size.into(), Encoding::DESKTOP_SIZE);
        } else {
            // A client that knows neither keeps its size and sees what fits.
            return;
        }
        if resized {
            self.sent.resize(size);
            self.unfinished = None;
            self.refresh = Refresh::new(size);
        }
        told.resized = resized;
    }

    fn write_screens(
        &self,
        reason: ResizeReason,
        status: ResizeStatus,
        size: Size,
        out: &mut RectWriter<'_>,
    ) {
        let rect = Rect::new(reason.0, status.0, size.width, size.height);
        let body = out.begin(rect, Encoding::EXTENDED_DESKTOP_SIZE);
        let layout = self.news.layout.iter().take(usize::from(u8::MAX));
        body.extend([u8::try_from(layout.len()).unwrap_or(u8::MAX), 0, 0, 0]);
        layout.for_each(|screen| screen.encode(body));
    }
}
