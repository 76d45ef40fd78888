//! Shows a session to the window: the picture through the canvas, all else as notices.

use crate::canvas::{Canvas, Published};
use crate::command::Notice;
use crate::reconnect::Outage;
use crate::run::Audience;
use crate::session::{Event, Session};
use rfb::Region;
use std::sync::Arc;
use winit::event_loop::EventLoopProxy;

/// The window as the session sees it.
pub(crate) struct Link {
    canvas: Arc<Canvas>,
    proxy: EventLoopProxy<Notice>,
    /// Damage that is not on the canvas yet.
    pending: Region,
    /// Whether the server takes orders to shut down, as the window knows it.
    can_power: bool,
}

impl Link {
    /// Shows `session` from now on.
    pub(crate) fn new(
        canvas: Arc<Canvas>,
        proxy: EventLoopProxy<Notice>,
        session: &Session,
    ) -> Self {
        let mut link = Self {
            canvas,
            proxy,
            pending: session.size().into(),
            can_power: false,
        };
        link.publish(session);
        link
    }
    fn publish(&mut self, session: &Session) {
        if self.pending.is_empty() {
            return;
        }
        let published = self.canvas.publish(session.framebuffer(), &self.pending);
        if published != Published::Busy {
            self.pending = Region::default();
        }
        if published == Published::First {
            self.notify(Notice::Damaged);
        }
    }
    fn notify(&self, notice: Notice) {
        // The window is gone: the session is being ended.
        _ = self.proxy.send_event(notice);
    }
}

impl Audience for Link {
    fn show(&mut self, event: &Event, session: &Session) {
        if self.can_power != session.can_power() {
            self.can_power = session.can_power();
            self.notify(Notice::CanPower(self.can_power));
        }
        match event {
            Event::Updated(damage) => {
                self.pending = self.pending.union(damage);
                self.publish(session);
            }
            Event::Resized(size) => {
                self.pending = (*size).into();
                self.publish(session);
                self.notify(Notice::Resized(*size));
            }
            Event::CursorChanged => {
                if let Some(cursor) = session.cursor() {
                    self.notify(Notice::Cursor(cursor.clone()));
                }
            }
            Event::Renamed => self.notify(Notice::Renamed(session.name().to_owned())),
            Event::Bell => self.notify(Notice::Bell),
            Event::Clipboard(content) => self.notify(Notice::Clipboard(content.clone())),
            Event::ClipboardImage(image) => self.notify(Notice::ClipboardImage(image.clone())),
            Event::PointerMoved(at) => self.notify(Notice::PointerMoved(*at)),
            Event::LedsChanged(leds) => self.notify(Notice::Leds(*leds)),
            Event::PowerRefused => self.notify(Notice::PowerRefused),
            Event::ResizeRefused | Event::Reconnected | Event::Goodbye => {}
        }
    }
    fn catch_up(&mut self, session: &Session) {
        self.publish(session);
    }
    fn tell_outage(&mut self, outage: Option<Outage>) {
        self.notify(Notice::Outage(outage));
    }
    fn tell_status(&mut self, session: &Session) {
        self.notify(Notice::Status(session.status()));
    }
}
