//! What the client takes and how: its pixel format and its list of encodings. RFC 6143 7.5.1, 7.5.2.

use super::Machine;
use super::news::ANNOUNCED;
use crate::message::{Fence, FenceFlags, Power};
use crate::pixel::ColourMap;
use crate::{CursorForm, Encoding, PixelFormat, ServerMessage};

impl Machine {
    pub(super) fn set_format(&mut self, format: PixelFormat) {
        self.format = format;
        // Shapes are in the client's format, and this may be another.
        self.news.cursor_wanted |= !self.news.known.cursor;
        if !format.true_colour {
            let colours = ColourMap::rgb332().colours().collect();
            self.say(&ServerMessage::SetColourMapEntries { first: 0, colours });
        }
    }

    /// Takes the client's list, and announces what it now may use: a peer learns of most extensions in this way.
    pub(super) fn set_encodings(&mut self, encodings: Vec<Encoding>) {
        let before = std::mem::replace(&mut self.encodings, encodings);
        self.extended_buttons = self.supports(Encoding::EXTENDED_BUTTONS);
        let gained = |wanted| self.encodings.contains(&wanted) && !before.contains(&wanted);
        let (fence, continuous, clipboard) = (
            gained(Encoding::FENCE),
            // TigerVNC pairs the two, and so do clients.
            gained(Encoding::CONTINUOUS_UPDATES) && self.encodings.contains(&Encoding::FENCE),
            gained(Encoding::EXTENDED_CLIPBOARD),
        );
        if !self.encodings.contains(&Encoding::EXTENDED_CLIPBOARD) {
            self.clipboard.disable();
        }
        let known = std::mem::take(&mut self.news.known);
        self.news.screens |= gained(Encoding::EXTENDED_DESKTOP_SIZE) && !known.screens;
        let shapes = CursorForm::ALL.iter().any(|form| gained(form.encoding()));
        self.news.cursor_wanted |= shapes && !known.cursor;
        if !known.leds && (gained(Encoding::QEMU_LEDS) || gained(Encoding::VMWARE_LEDS)) {
            self.news.leds_sent = None;
        }
        let announced = &mut self.news.announcements;
        let is_sound = |own: &Encoding| [Encoding::SOUND, Encoding::QEMU_AUDIO].contains(own);
        let has_sound = self.config.sound.is_some();
        let ours = ANNOUNCED
            .into_iter()
            .filter(|own| has_sound || !is_sound(own));
        let gained_now = ours.filter(|own| gained(*own));
        // A client that takes its word back is told nothing, and one that gives it again is told once.
        announced.retain(|own| self.encodings.contains(own) && !gained(*own));
        announced.extend(gained_now);
        let power = self.config.power && gained(Encoding::XVP);
        if power {
            self.say(&ServerMessage::Power(Power::Ready));
        }
        if fence {
            self.say(&ServerMessage::Fence(Fence {
                flags: FenceFlags::REQUEST.with(FenceFlags::BLOCK_BEFORE),
                payload: Vec::new(),
            }));
        }
        if continuous {
            self.say(&ServerMessage::EndOfContinuousUpdates);
        }
        if clipboard {
            for message in self.clipboard.enable() {
                self.say(&ServerMessage::CutText(message));
            }
        }
        if self.supports(Encoding::TIGHTROPE)
            && let Some(ticket) = self.ticket.take()
        {
            self.say(&ticket);
        }
        self.sound_encodings_changed(&before);
    }

    pub(super) fn supports(&self, encoding: Encoding) -> bool {
        self.encodings.contains(&encoding)
    }
}
