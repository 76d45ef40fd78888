//! What the session tells the window.

use super::banner::Banner;
use super::{App, Shown, cut, main_size, physical, window_size};
use crate::command::Notice;
use crate::ending::tell;
use crate::reconnect::Outage;
use rfb::{Point, Size};
use std::time::Instant;
use winit::dpi::PhysicalPosition;
use winit::event_loop::ActiveEventLoop;

impl App {
    pub(super) fn handle_notice(
        &mut self,
        event_loop: &ActiveEventLoop,
        shown: &mut Shown,
        notice: Notice,
    ) {
        match notice {
            Notice::Damaged => shown.redraw(),
            Notice::Resized(size) => self.handle_desktop_size(event_loop, shown, size),
            Notice::Cursor(cursor) => shown.shape.set(event_loop, cursor, &shown.window),
            Notice::PointerMoved(at) => self.handle_warp(shown, at),
            Notice::Leds(leds) => {
                if shown.locks.handle_remote(leds, Instant::now()) {
                    self.switch_locks(shown);
                }
            }
            Notice::Renamed(name) => {
                self.name = name;
                shown.window.set_title(&self.title());
                self.update_menu(shown);
            }
            Notice::Bell => {
                if let Some(bell) = &mut shown.bell {
                    bell.ring(&shown.window, Instant::now());
                }
            }
            Notice::Clipboard(content) => self.clipboard.set(content),
            Notice::ClipboardImage(image) => self.clipboard.set_image(image),
            Notice::Status(status) => {
                self.meter.handle_status(status, Instant::now());
                self.update_menu(shown);
            }
            Notice::CanPower(can_power) => {
                self.can_power = can_power;
                self.update_menu(shown);
            }
            Notice::Sound(mut sound) => {
                // What was chosen here meanwhile is newer.
                if let (Some(sound), Some(own)) = (&mut sound, &self.sound) {
                    sound.is_muted = own.is_muted;
                    sound.volume = own.volume;
                }
                self.sound = sound;
                self.update_menu(shown);
            }
            Notice::PowerRefused => tell("the server does not shut down or restart"),
            Notice::Outage(outage) => self.handle_outage(shown, outage),
            Notice::Ended => event_loop.exit(),
        }
    }
    /// The window takes the desktop's new size, unless the desktop follows the window or a person has fixed it.
    fn handle_desktop_size(&mut self, event_loop: &ActiveEventLoop, shown: &mut Shown, size: Size) {
        self.desktop = size;
        let fixed = shown.is_full_screen() || shown.window.is_maximized();
        if fixed || shown.asked.take() == Some(size) {
            return;
        }
        let wanted = window_size(size, self.options.scale, main_size(event_loop));
        if shown.size() != wanted {
            shown.follow.we_choose(Instant::now());
            // Some window systems answer at once, some by an event.
            if let Some(size) = shown.window.request_inner_size(physical(wanted)) {
                shown.follow.handle_size(cut(size), Instant::now());
                shown.window.request_redraw();
            }
        }
    }
    /// The connection is lost or back.
    fn handle_outage(&mut self, shown: &mut Shown, outage: Option<Outage>) {
        match (&mut self.banner, outage) {
            (Some(banner), Some(outage)) => {
                if !banner.update(outage) {
                    return;
                }
            }
            (None, Some(outage)) => {
                // What is held down there is let go there: it is to be pressed anew.
                self.release_all(shown);
                self.banner = Some(Banner::new(outage));
                shown.window.set_title(&self.title());
            }
            (Some(_), None) => {
                self.banner = None;
                shown.window.set_title(&self.title());
                self.switch_locks(shown);
            }
            (None, None) => return,
        }
        shown.redraw();
    }
    /// The desktop moved its pointer: ours goes along if it is on the desktop and the person does not hold it.
    fn handle_warp(&self, shown: &mut Shown, at: Point) {
        if self.options.view_only || shown.menu.is_some() || !shown.window.has_focus() {
            return;
        }
        if let Some((x, y)) = shown.pointer.put(at, shown.presenter.placement())
            && let Err(error) = shown
                .window
                .set_cursor_position(PhysicalPosition::new(x, y))
        {
            tracing::debug!("the pointer cannot be moved: {error}");
        }
    }
}
