//! What the client asks the server for by itself: how pixels are to be sent, and pixels.

use super::Machine;
use crate::wire::Encode;
use crate::{ClientMessage, CursorForm, Encoding, Error, Rect};

impl Machine {
    /// The encodings to announce, most preferred first.
    pub(super) fn encodings(&self) -> Vec<Encoding> {
        let config = &self.config;
        let mut encodings: Vec<Encoding> = self.decoders.encodings().collect();
        if config.quality.or(config.fine_quality).is_none() {
            // A server may take the encoding alone for leave to lose detail.
            encodings.retain(|&encoding| encoding != Encoding::JPEG);
        }
        encodings.push(Encoding::COPY_RECT);
        if config.plain {
            encodings.push(Encoding::DESKTOP_SIZE);
            encodings.push(Encoding::compression(config.compression));
            encodings.extend(config.quality.map(Encoding::quality));
            return encodings;
        }
        if encodings.contains(&Encoding::TIGHT) {
            encodings.push(Encoding::TIGHT_WITHOUT_ZLIB);
        }
        encodings.extend(CursorForm::ALL.map(CursorForm::encoding));
        encodings.extend([
            Encoding::POINTER_POS,
            Encoding::VMWARE_CURSOR_POSITION,
            Encoding::QEMU_KEYS,
            Encoding::QEMU_LEDS,
            Encoding::VMWARE_LEDS,
            Encoding::EXTENDED_BUTTONS,
            Encoding::XVP,
            Encoding::PTS,
            Encoding::CLOCK,
            Encoding::EXTENDED_DESKTOP_SIZE,
            Encoding::DESKTOP_SIZE,
            Encoding::LAST_RECT,
            Encoding::DESKTOP_NAME,
            Encoding::FENCE,
            Encoding::CONTINUOUS_UPDATES,
            Encoding::EXTENDED_CLIPBOARD,
            Encoding::TIGHTROPE,
            Encoding::compression(config.compression),
        ]);
        if config.sound {
            encodings.extend([Encoding::SOUND, Encoding::QEMU_AUDIO]);
        }
        if config.adapts {
            encodings.push(Encoding::ADAPTS);
        }
        // The finer last: to some servers the last counts.
        encodings.extend(config.quality.map(Encoding::quality));
        encodings.extend(config.fine_quality.map(Encoding::fine_quality));
        encodings.extend(config.subsampling.map(Encoding::subsampling));
        encodings
    }

    pub(super) fn request_update(&mut self, incremental: bool) -> Result<(), Error> {
        let rect = Rect::from(self.framebuffer.size());
        self.send(&ClientMessage::UpdateRequest { incremental, rect })
    }

    /// Says how pixels are to be sent, and asks for those of `rect` that are not held already: what follows the handshake.
    pub(super) fn ask(&mut self, rect: Rect) {
        let incremental = self.updates.is_resumed();
        for message in [
            ClientMessage::SetPixelFormat(self.config.format),
            ClientMessage::SetEncodings(self.encodings()),
            ClientMessage::UpdateRequest { incremental, rect },
        ] {
            message.encode(&mut self.output);
        }
    }

    pub(super) fn enable_continuous_updates(&mut self) -> Result<(), Error> {
        let rect = self.framebuffer.size().into();
        self.send(&ClientMessage::EnableContinuousUpdates { enable: true, rect })
    }
}
