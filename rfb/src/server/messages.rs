//! What a client's messages do.

use super::{Machine, ServerEvent};
use crate::clipboard::{self, CutText};
use crate::message::{ClockStamps, Extension, Fence, FenceFlags, Power};
use crate::traffic::Kind;
use crate::{ClientMessage, ServerMessage};

/// Requests of more rectangles than this count as one for what they cover together.
const REQUESTED_RECTS: usize = 256;

impl Machine {
    /// Does what the client wants; gives what the application is to learn of it.
    pub(super) fn handle(&mut self, message: ClientMessage) -> Option<ServerEvent> {
        match message {
            ClientMessage::SetPixelFormat(format) => self.set_format(format),
            ClientMessage::SetEncodings(encodings) => self.set_encodings(encodings),
            ClientMessage::UpdateRequest { incremental, rect } => {
                if !incremental {
                    self.sent.add_damage(&rect.into());
                }
                let requested = self.requested.get_or_insert_default();
                requested.add(rect);
                requested.simplify(REQUESTED_RECTS);
            }
            ClientMessage::Key { keysym, down } => return self.handle_key(keysym, None, down),
            ClientMessage::ExtendedKey {
                keysym,
                keycode,
                down,
            } => return self.handle_key(keysym, Some(keycode), down),
            ClientMessage::Pointer { at, buttons } => {
                self.input = Some(self.now);
                self.pointer.client_moved(self.now, at);
                return Some(ServerEvent::Pointer { at, buttons });
            }
            ClientMessage::CutText(text) => return self.handle_cut_text(text),
            ClientMessage::EnableContinuousUpdates { enable, rect } => {
                self.continuous_updates = enable.then_some(rect);
                if !enable {
                    self.say_after_picture(&ServerMessage::EndOfContinuousUpdates);
                }
            }
            ClientMessage::Fence(fence) => return self.handle_fence(fence),
            ClientMessage::SetDesktopSize { size, screens } => {
                return Some(ServerEvent::ResizeRequested { size, screens });
            }
            ClientMessage::Extension(extension) => return self.handle_extension(extension),
            ClientMessage::Audio(command) => return self.handle_audio(command),
            ClientMessage::Power(Power::Action(action)) if self.config.power => {
                return Some(ServerEvent::Power(action));
            }
            ClientMessage::Power(_) => self.say(&ServerMessage::Power(Power::Refused)),
            ClientMessage::Clock(stamps) => self.say(&ServerMessage::Clock(ClockStamps {
                received: self.now.low_micros(),
                answered: self.now.low_micros(),
                ..stamps
            })),
            ClientMessage::Gii(_) => {}
        }
        None
    }

    fn handle_key(&mut self, keysym: u32, keycode: Option<u32>, down: bool) -> Option<ServerEvent> {
        self.input = Some(self.now);
        Some(ServerEvent::Key {
            keysym,
            keycode,
            down,
        })
    }

    fn handle_cut_text(&mut self, text: CutText) -> Option<ServerEvent> {
        let handled = self.clipboard.handle(text);
        for reply in handled.replies {
            self.say(&ServerMessage::CutText(reply));
        }
        handled.event.map(|event| match event {
            clipboard::Event::Content(content) => ServerEvent::Clipboard(content),
            clipboard::Event::Image(image) => ServerEvent::ClipboardImage(image),
            clipboard::Event::ImageWanted => ServerEvent::ClipboardImageWanted,
        })
    }

    fn handle_fence(&mut self, fence: Fence) -> Option<ServerEvent> {
        if !fence.flags.contains(FenceFlags::REQUEST) {
            let _trip = self.pulse.handle_answer(self.now, &fence);
            let number = fence.payload.as_slice().try_into().ok();
            return number.map(|number| ServerEvent::Read(u64::from_be_bytes(number)));
        }
        if fence.flags.contains(FenceFlags::SYNC_NEXT) {
            self.sync_next = Some(fence);
        } else if let Some(answer) = fence.answer(FenceFlags::IN_ORDER) {
            self.say(&ServerMessage::Fence(answer));
        }
        None
    }

    fn handle_extension(&mut self, extension: Extension) -> Option<ServerEvent> {
        match extension {
            Extension::Goodbye(goodbye) => Some(ServerEvent::Goodbye(goodbye)),
            Extension::Probe(probe) => {
                if let Some(answer) = self.probing.handle(self.now, probe) {
                    self.say(&ServerMessage::Extension(Extension::ProbeAnswer(answer)));
                }
                None
            }
            Extension::Sound(message) => self.handle_sound(message),
            Extension::Presented(presented) => {
                let trips = self.pulse.round_trips();
                let round_trip = trips.map(|trips| trips.minimum).unwrap_or_default();
                let age = self.pictures.presented(self.now, &presented, round_trip)?;
                Some(ServerEvent::Presented {
                    captured: presented.captured,
                    age,
                })
            }
            _ => None,
        }
    }
}

/// What a message is for.
pub(super) fn kind(message: &ClientMessage) -> Kind {
    match message {
        ClientMessage::CutText(_) => Kind::Clipboard,
        ClientMessage::Extension(Extension::Sound(_)) | ClientMessage::Audio(_) => Kind::Sound,
        _ => Kind::Control,
    }
}
