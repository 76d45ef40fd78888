//! Shows a session to the window: the picture through the canvas, all else as notices.

use crate::canvas::{Canvas, Published};
use crate::command::Notice;
use crate::reconnect::Outage;
use crate::run::Audience;
use crate::session::{Event, Session};
use rfb::MediaTime;
use std::sync::Arc;
use std::time::Instant;
use tightrope::present::{Change, Presentation};
use winit::event_loop::EventLoopProxy;

/// The window as the session sees it.
pub(crate) struct Link {
    canvas: Arc<Canvas>,
    proxy: EventLoopProxy<Notice>,
    /// What is not on the canvas yet.
    presentation: Presentation,
    /// The window is drawing, and says when it has.
    is_drawing: bool,
    /// Whether the server takes orders to shut down, as the window knows it.
    can_power: bool,
    /// The last picture on the canvas of which all is there.
    presented: Option<MediaTime>,
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
            presentation: Presentation::new(session.size()),
            is_drawing: false,
            can_power: false,
            presented: None,
        };
        link.publish(session);
        link
    }
    fn publish(&mut self, session: &Session) {
        let now = session.local_time(Instant::now());
        let framebuffer = session.framebuffer();
        let published = self
            .canvas
            .publish(framebuffer, &mut self.presentation, now);
        self.is_drawing = published == Published::Busy;
        if published != Published::Busy {
            let presented = self.presentation.poll_presented(now);
            self.presented = presented.or(self.presented);
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
            Event::Updated {
                damage,
                due,
                captured,
            } => {
                let change = Change {
                    damage,
                    due: *due,
                    framebuffer: session.framebuffer().view(),
                };
                let now = session.local_time(Instant::now());
                match *captured {
                    Some(captured) => self.presentation.handle_part(now, &change, captured),
                    None => self.presentation.handle_update(now, &change),
                }
                self.publish(session);
            }
            Event::PictureEnded(captured) => {
                let now = session.local_time(Instant::now());
                self.presentation.handle_picture_end(now, *captured);
                self.publish(session);
            }
            Event::Resized(size) => {
                self.presentation.handle_resize(*size);
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
            Event::SoundChanged => self.notify(Notice::Sound(session.sound_state())),
            Event::PowerRefused => self.notify(Notice::PowerRefused),
            Event::ResizeRefused | Event::Reconnected | Event::Goodbye => {}
        }
    }
    fn catch_up(&mut self, session: &Session) {
        self.publish(session);
    }
    fn due(&self, session: &Session) -> Option<Instant> {
        let due = self.presentation.poll_timeout();
        due.filter(|_| !self.is_drawing)
            .map(|due| session.instant(due))
    }
    fn note_input(&mut self, session: &Session) {
        let now = session.local_time(Instant::now());
        self.presentation.note_input(now);
    }
    fn presented(&mut self) -> Option<MediaTime> {
        self.presented.take()
    }
    fn handle_loss(&mut self, session: &Session) {
        self.presentation.release();
        self.publish(session);
    }
    fn tell_outage(&mut self, outage: Option<Outage>) {
        self.notify(Notice::Outage(outage));
    }
    fn tell_status(&mut self, session: &Session) {
        self.notify(Notice::Status(session.status()));
    }
}
