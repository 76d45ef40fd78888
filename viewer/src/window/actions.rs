//! What a person chooses in the menu, and the menu's coming and going.

use super::menu::{Action, Menu, State};
use super::picture::Scale;
use super::{App, Shown};
use crate::command::Command;
use crate::keysym;
use std::time::Instant;
use winit::event_loop::ActiveEventLoop;
use winit::window::Fullscreen;

impl App {
    /// Does what a person chose.
    pub(super) fn act(&mut self, event_loop: &ActiveEventLoop, shown: &mut Shown, action: Action) {
        if action.closes() {
            self.close_menu(shown);
        }
        match action {
            Action::FullScreen(on) => set_full_screen(shown, on),
            Action::Scale(scale) => self.set_scale(shown, scale),
            Action::Follow(on) => {
                self.options.resize = on;
                if on {
                    let size = shown.size();
                    self.ask_for_window_size(shown, size);
                }
            }
            Action::Quality(quality) => {
                self.options.quality = quality;
                self.send_quality();
            }
            Action::Compression(level) => {
                self.options.compression = level;
                self.send_quality();
            }
            Action::Refresh => self.send(Command::Refresh),
            Action::ViewOnly(on) => self.set_view_only(shown, on),
            Action::Sound(on) => {
                if let Some(sound) = &mut self.sound {
                    sound.is_muted = !on;
                }
                self.send(Command::Mute(!on));
            }
            Action::Volume(percent) => {
                if let Some(sound) = &mut self.sound {
                    sound.volume = percent;
                }
                self.send(Command::Volume(percent));
            }
            Action::Microphone(on) => self.send(Command::Microphone(on)),
            Action::SendCtrlAltDel => {
                let keys = [keysym::CONTROL_LEFT, keysym::ALT_LEFT, keysym::DELETE];
                self.send_inputs(crate::input::chord(&keys));
            }
            Action::SendMenuKey => {
                if let Some(key) = self.options.menu_key {
                    self.send_inputs(crate::input::tap(key.keysym()));
                }
            }
            Action::Power(action) => self.send(Command::Power(action)),
            Action::Disconnect => event_loop.exit(),
            Action::Grab(on) => shown.grab.choose(on, Instant::now()),
            Action::Close => {}
        }
        self.update_menu(shown);
    }
    pub(super) fn open_menu(&mut self, shown: &mut Shown) {
        self.release_all(shown);
        self.meter.start(Instant::now());
        shown.pan.stop();
        shown.shape.set_inside(false, &shown.window);
        shown.menu = Some(Menu::new(&self.menu_state(shown)));
        shown.redraw();
    }
    fn close_menu(&mut self, shown: &mut Shown) {
        if shown.menu.take().is_some() {
            self.meter.stop();
            self.switch_locks(shown);
            let inside = shown.pointer.look(shown.presenter.placement());
            shown.shape.set_inside(inside, &shown.window);
            shown.redraw();
        }
    }
    /// Shows in the menu how things are now.
    pub(super) fn update_menu(&self, shown: &mut Shown) {
        let state = self.menu_state(shown);
        if shown.menu.as_mut().is_some_and(|menu| menu.update(&state)) {
            shown.redraw();
        }
    }
    fn menu_state(&self, shown: &Shown) -> State {
        let options = &self.options;
        State {
            name: self.name.clone(),
            full_screen: shown.is_full_screen(),
            scale: options.scale,
            follow: options.resize,
            quality: options.quality,
            compression: options.compression,
            view_only: options.view_only,
            grab: shown.grab.choice(),
            menu_key: options.menu_key.map(|key| key.to_string()),
            sound: self.sound.clone(),
            can_power: self.can_power,
            status: self.meter.line().to_owned(),
        }
    }
    fn send_quality(&self) {
        self.send(Command::Quality {
            quality: self.options.quality,
            compression: self.options.compression,
        });
    }
    fn set_scale(&mut self, shown: &mut Shown, scale: Scale) {
        let before = std::mem::replace(&mut self.options.scale, scale);
        if self.options.resize && before.times() != scale.times() {
            let size = shown.size();
            self.ask_for_window_size(shown, size);
        }
        shown.redraw();
    }
    fn set_view_only(&mut self, shown: &mut Shown, on: bool) {
        self.release_all(shown);
        self.options.view_only = on;
        self.send(Command::ViewOnly(on));
        shown.window.set_title(&self.title());
    }
}

fn set_full_screen(shown: &mut Shown, on: bool) {
    shown.follow.person_chooses(Instant::now());
    let full_screen = on.then_some(Fullscreen::Borderless(None));
    shown.window.set_fullscreen(full_screen);
}
