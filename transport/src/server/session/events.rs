//! What the client does.

use std::time::Duration;

use rfb::handshake::Layer;
use rfb::screen::ResizeStatus;
use tokio::time::Instant;

use super::Session;
use crate::rights::Rights;
use crate::server::ServerEvent;

/// How long a client may measure.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

impl Session {
    /// Does what the client asks for; stops where a layer is to be put below RFB.
    pub(super) fn handle_events(&mut self) -> Result<Option<Layer>, String> {
        loop {
            match self.connection.poll_event() {
                Ok(None) => return Ok(None),
                // Once it is turned away, what else the client says does not matter.
                Ok(Some(_)) if self.closing.is_some() => {}
                Err(_) if self.closing.is_some() => return Ok(None),
                Ok(Some(rfb::ServerEvent::Upgrade(layer))) => return Ok(Some(layer)),
                Ok(Some(event)) => self.handle(event)?,
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    fn handle(&mut self, event: rfb::ServerEvent) -> Result<(), String> {
        if self.is_probe {
            return self.handle_probe(event);
        }
        let session = self.id;
        let rights = self.rights;
        let may = |right: fn(Rights) -> bool| rights.is_some_and(right);
        let may_control = may(|own| own.control);
        match event {
            rfb::ServerEvent::Authenticate(proof) => self.judge(&proof),
            rfb::ServerEvent::Connected { .. } => self.come_in(),
            rfb::ServerEvent::Refused => self.closing = Some("it was refused".to_owned()),
            rfb::ServerEvent::Goodbye(goodbye) => return Err(goodbye.text),
            rfb::ServerEvent::Read(number) => self.note_read(number),
            event @ (rfb::ServerEvent::SoundStarted(_)
            | rfb::ServerEvent::SoundStopped
            | rfb::ServerEvent::SoundVolume(..)
            | rfb::ServerEvent::MicrophoneStarted(_)
            | rfb::ServerEvent::MicrophoneStopped
            | rfb::ServerEvent::Sound(_)) => self.handle_sound(event),
            rfb::ServerEvent::ResizeRequested { .. } if !may_control => {
                self.connection.refuse_resize(ResizeStatus::PROHIBITED);
            }
            rfb::ServerEvent::Power(_) if !may(|own| own.power) => self.connection.refuse_power(),
            rfb::ServerEvent::Key { .. } | rfb::ServerEvent::Pointer { .. } if !may_control => {}
            rfb::ServerEvent::Clipboard(_)
            | rfb::ServerEvent::ClipboardImage(_)
            | rfb::ServerEvent::ClipboardImageWanted
                if !may(|own| own.clipboard) => {}
            rfb::ServerEvent::Power(action) => {
                self.shared.emit(ServerEvent::Power { session, action });
            }
            rfb::ServerEvent::Key {
                keysym,
                keycode,
                down,
            } => self.shared.emit(ServerEvent::Key {
                session,
                keysym,
                keycode,
                down,
            }),
            rfb::ServerEvent::Pointer { at, buttons } => self.shared.emit(ServerEvent::Pointer {
                session,
                at,
                buttons,
            }),
            rfb::ServerEvent::Clipboard(content) => {
                self.shared
                    .emit(ServerEvent::Clipboard { session, content });
            }
            rfb::ServerEvent::ClipboardImage(image) => {
                self.shared
                    .emit(ServerEvent::ClipboardImage { session, image });
            }
            rfb::ServerEvent::ClipboardImageWanted => {
                self.shared
                    .emit(ServerEvent::ClipboardImageWanted { session });
            }
            rfb::ServerEvent::ResizeRequested { size, screens } => {
                self.shared.emit(ServerEvent::ResizeRequested {
                    session,
                    size,
                    screens,
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// A client that only measures is answered below; it is nobody the application hears of, and stays a stranger.
    fn handle_probe(&mut self, event: rfb::ServerEvent) -> Result<(), String> {
        match event {
            rfb::ServerEvent::Connected { .. } => {
                tracing::info!("{} measures the link", self.address);
                self.login_deadline = Some(Instant::now() + PROBE_TIMEOUT);
                Ok(())
            }
            rfb::ServerEvent::Goodbye(goodbye) => Err(goodbye.text),
            _ => Ok(()),
        }
    }
}
