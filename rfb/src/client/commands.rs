//! What the client tells the server to do.

use bytes::Bytes;

use super::{ClientConnection, Machine};
use crate::clipboard::Content;
use crate::message::{ClockStamps, Extension, Goodbye, Power, Probe};
use crate::{ClientMessage, Error, LocalTime, MediaTime, Point, PowerAction, Screen, Size};

/// The first seven buttons, which every server takes. The eighth bit would announce a second byte of buttons.
const PLAIN_BUTTONS: u16 = 0x7f;

impl ClientConnection {
    /// Presses or releases the key of an X11 keysym.
    pub fn key(&mut self, keysym: u32, down: bool) -> Result<(), Error> {
        self.machine.send(&ClientMessage::Key { keysym, down })
    }

    /// Presses or releases a key: its X11 keysym (0 if unknown) and its own code, see [`ClientMessage::ExtendedKey`].
    ///
    /// A server that takes no key codes is told the keysym alone.
    pub fn extended_key(&mut self, keysym: u32, keycode: u32, down: bool) -> Result<(), Error> {
        if !self.machine.peer.keycodes || keycode == 0 {
            return self.key(keysym, down);
        }
        self.machine.send(&ClientMessage::ExtendedKey {
            keysym,
            keycode,
            down,
        })
    }

    /// Puts the pointer somewhere, with these buttons held down (see [`ClientMessage::Pointer`]). Buttons 8 and 9 are
    /// left out if the server does not take them.
    pub fn pointer(&mut self, at: Point, buttons: u16) -> Result<(), Error> {
        let buttons = if self.machine.peer.extended_buttons {
            buttons
        } else {
            buttons & PLAIN_BUTTONS
        };
        self.machine.send(&ClientMessage::Pointer { at, buttons })
    }

    /// Asks for a picture of this quality from now on: JPEG quality level 0 to 9, `None` for lossless, and compression
    /// level 0 (fast) to 9 (small). A finer quality asked for before no longer holds.
    pub fn set_quality(&mut self, quality: Option<u8>, compression: u8) -> Result<(), Error> {
        let config = &mut self.machine.config;
        config.quality = quality;
        config.fine_quality = None;
        config.compression = compression;
        self.machine.decoders.set_quality(quality);
        let encodings = self.machine.encodings();
        self.machine.send(&ClientMessage::SetEncodings(encodings))
    }

    /// Asks for the machine, or the application, to be shut down or restarted. Misuse if the server does not offer it:
    /// see [`Self::can_power`].
    pub fn power(&mut self, action: PowerAction) -> Result<(), Error> {
        if !self.machine.peer.power {
            return Err(Error::Misuse("power: the server does not offer it"));
        }
        self.machine
            .send(&ClientMessage::Power(Power::Action(action)))
    }

    /// Tells the server that the picture captured then is seen from `now` on, with all before it, if all of it has come and
    /// it has not been told yet; at most 60 times a second. For its statistics.
    pub fn presented(&mut self, now: LocalTime, captured: MediaTime) -> Result<(), Error> {
        let machine = &mut self.machine;
        if machine.peer.extensions
            && let Some(presented) = machine.presented.take(now, captured)
        {
            let message = Extension::Presented(presented);
            return machine.send(&ClientMessage::Extension(message));
        }
        Ok(())
    }

    /// Asks for the server's clock: the answer is [`ClientEvent::ClockCompared`](super::ClientEvent::ClockCompared).
    /// Nothing happens if the server does not tell it.
    pub fn compare_clocks(&mut self, now: LocalTime) -> Result<(), Error> {
        self.machine.compare_clocks(now)
    }

    /// Tells the server that the local clipboard has `content`. What is over the limits is not offered.
    pub fn set_clipboard(&mut self, content: impl Into<Content>) -> Result<(), Error> {
        match self.machine.clipboard.offer(content.into()) {
            Some(message) => self.machine.send(&ClientMessage::CutText(message)),
            None => Ok(()),
        }
    }

    /// Asks for the image on the server's clipboard: [`ClientEvent::ClipboardImage`](super::ClientEvent::ClipboardImage)
    /// answers. Nothing happens if there is none, or it was asked for already.
    pub fn request_clipboard_image(&mut self) -> Result<(), Error> {
        match self.machine.clipboard.request_image() {
            Some(message) => self.machine.send(&ClientMessage::CutText(message)),
            None => Ok(()),
        }
    }

    /// The image of [`ClientEvent::ClipboardImageWanted`](super::ClientEvent::ClipboardImageWanted), a DIB; none if there
    /// is none after all.
    pub fn give_clipboard_image(&mut self, image: Option<Bytes>) {
        self.machine.clipboard.give_image(image);
    }

    /// Asks for a desktop of `size` with one screen. Misuse if the server cannot: see [`Self::can_resize`].
    pub fn request_size(&mut self, size: Size) -> Result<(), Error> {
        let kept = self.machine.screens.first().copied();
        let screens = vec![Screen {
            rect: size.into(),
            ..kept.unwrap_or(Screen::whole(size))
        }];
        self.request_screens(size, screens)
    }

    /// Asks for a desktop of `size` made of `screens`, at most 255. Misuse if the server cannot, or a screen is not on
    /// the desktop.
    pub fn request_screens(&mut self, size: Size, screens: Vec<Screen>) -> Result<(), Error> {
        if !self.machine.peer.resize {
            return Err(Error::Misuse("request_screens: the server cannot resize"));
        }
        if !screens.iter().all(|screen| screen.rect.fits(size)) {
            return Err(Error::Misuse(
                "request_screens: a screen is outside the desktop",
            ));
        }
        self.machine
            .send(&ClientMessage::SetDesktopSize { size, screens })
    }

    /// Asks for the whole picture again.
    pub fn request_full_update(&mut self) -> Result<(), Error> {
        let rect = self.machine.framebuffer.size().into();
        self.machine.send(&ClientMessage::UpdateRequest {
            incremental: false,
            rect,
        })
    }

    /// Asks how long it takes to the server and back, now: [`ClientEvent::RoundTrip`](super::ClientEvent::RoundTrip)
    /// answers. `false`, and nothing is asked, if the server knows no fences, or while another question is under way, whose
    /// answer it then is.
    pub fn measure_round_trip(&mut self, now: LocalTime) -> Result<bool, Error> {
        let asked = match self.machine.peer.fences {
            true => self.machine.pulse.ask(now),
            false => None,
        };
        let is_asked = asked.is_some();
        if let Some(fence) = asked {
            self.machine.send(&ClientMessage::Fence(fence))?;
        }
        Ok(is_asked)
    }

    /// Sends padding and asks for some, to find out what the link delivers:
    /// [`ClientEvent::ProbeAnswered`](super::ClientEvent::ProbeAnswered) answers. Misuse if the server does not read it:
    /// see [`Self::takes_probes`].
    pub fn probe(&mut self, probe: Probe) -> Result<(), Error> {
        if !self.machine.peer.extensions {
            return Err(Error::Misuse("probe: the server does not read it"));
        }
        let message = ClientMessage::Extension(Extension::Probe(probe));
        self.machine.send(&message)
    }

    /// Tells the server why the session will end, if it reads our extensions.
    pub fn goodbye(&mut self, goodbye: Goodbye) -> Result<(), Error> {
        if !self.machine.peer.extensions {
            return Ok(());
        }
        let message = ClientMessage::Extension(Extension::Goodbye(goodbye));
        self.machine.send(&message)
    }
}

impl Machine {
    pub(super) fn compare_clocks(&mut self, now: LocalTime) -> Result<(), Error> {
        if !self.peer.clock {
            return Ok(());
        }
        let stamps = ClockStamps {
            asked: now.low_micros(),
            ..ClockStamps::default()
        };
        self.send(&ClientMessage::Clock(stamps))
    }
}
