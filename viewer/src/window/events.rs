//! What a person does in the window.

use super::keyboard::{Hotkey, hotkey, press};
use super::menu::{Action, Press};
use super::{App, Shown};
use crate::command::Command;
use crate::keysym;
use std::time::Instant;
use winit::event::{ElementState, KeyEvent, MouseButton, WindowEvent};
use winit::event_loop::ActiveEventLoop;

impl App {
    pub(super) fn handle_window_event(
        &mut self,
        event_loop: &ActiveEventLoop,
        shown: &mut Shown,
        event: WindowEvent,
    ) {
        match event {
            WindowEvent::Resized(size) => {
                shown.follow.handle_size(super::cut(size), Instant::now());
                shown.window.request_redraw();
            }
            WindowEvent::ScaleFactorChanged { .. } => shown.window.request_redraw(),
            WindowEvent::Focused(is_focused) => self.handle_focus(shown, is_focused),
            WindowEvent::ModifiersChanged(modifiers) => shown.modifiers = modifiers.state(),
            // What was pressed while another window had the keyboard was not meant for us.
            WindowEvent::KeyboardInput {
                event,
                is_synthetic,
                ..
            } if !(is_synthetic && event.state.is_pressed()) => {
                self.handle_key(event_loop, shown, &event);
            }
            WindowEvent::CursorMoved { position, .. } => {
                self.handle_motion(shown, (position.x, position.y));
            }
            WindowEvent::CursorLeft { .. } => {
                shown.pointer.left();
                shown.pan.stop();
            }
            WindowEvent::MouseInput { state, button, .. } => {
                if shown.menu.is_none() {
                    return self.send_inputs(shown.pointer.button(state, button));
                }
                if (state, button) == (ElementState::Pressed, MouseButton::Left) {
                    self.handle_menu_click(event_loop, shown);
                }
            }
            WindowEvent::MouseWheel { delta, .. } if shown.menu.is_none() => {
                self.send_inputs(shown.pointer.wheel(delta));
            }
            _ => {}
        }
    }
    fn handle_focus(&mut self, shown: &mut Shown, is_focused: bool) {
        shown.grab.handle_focus(is_focused, Instant::now());
        if !is_focused {
            self.release_all(shown);
        } else if !self.options.view_only {
            self.clipboard.look();
            self.switch_locks(shown);
        }
    }
    /// Makes the desktop's locks as the local ones, where those are known.
    pub(super) fn switch_locks(&self, shown: &mut Shown) {
        if self.options.view_only || shown.menu.is_some() || !shown.window.has_focus() {
            return;
        }
        if let Some(local) = shown.local.leds() {
            for key in shown.locks.keys_to_press(local) {
                self.send_inputs(shown.keyboard.tap_alone(key));
            }
        }
    }
    /// Nothing stays pressed on the desktop.
    pub(super) fn release_all(&self, shown: &mut Shown) {
        self.send_inputs(shown.keyboard.release_all());
        self.send_inputs(shown.pointer.release_all());
    }
    /// The pointer is at this position of the window.
    pub(super) fn handle_motion(&self, shown: &mut Shown, (x, y): (f64, f64)) {
        let placement = *shown.presenter.placement();
        if let Some(menu) = &mut shown.menu {
            shown.pointer.note_place(x, y);
            if menu.hover(x, y) {
                shown.redraw();
            }
            return;
        }
        self.send_inputs(shown.pointer.moved(x, y, &placement));
        let inside = shown.pointer.is_inside();
        shown.shape.set_inside(inside, &shown.window);
        let (size, factor) = (shown.size(), shown.window.scale_factor());
        let now = Instant::now();
        shown
            .pan
            .handle_pointer((x, y), size, factor, &placement, now);
    }
    /// Some keys are ours, see `--help`; all else is the desktop's.
    fn handle_key(&mut self, event_loop: &ActiveEventLoop, shown: &mut Shown, event: &KeyEvent) {
        let pressed = event.state.is_pressed();
        if shown.menus_own == Some(event.physical_key) && shown.menu.is_none() {
            if !pressed {
                shown.menus_own = None;
            }
            if !pressed || event.repeat {
                return;
            }
        }
        if self.banner.is_some() && shown.menu.is_none() && press(event) == Some(Press::Escape) {
            if pressed {
                self.send(Command::GiveUp);
            }
            return;
        }
        let hotkey = hotkey(&event.logical_key, shown.modifiers, self.options.menu_key);
        match hotkey.filter(|_| pressed) {
            Some(Hotkey::FullScreen | Hotkey::Menu) if event.repeat => {}
            Some(Hotkey::FullScreen) => {
                let full_screen = !shown.is_full_screen();
                self.act(event_loop, shown, Action::FullScreen(full_screen));
            }
            Some(Hotkey::Menu) if shown.menu.is_none() => self.open_menu(shown),
            Some(Hotkey::Menu) => self.handle_menu_press(event_loop, shown, event, Press::Menu),
            Some(Hotkey::SendF11) if shown.menu.is_none() => {
                self.send_inputs(shown.keyboard.tap_alone(keysym::F11));
            }
            _ if shown.menu.is_none() => {
                let inputs = shown.keyboard.handle(event);
                for input in &inputs {
                    shown.locks.handle_input(input, Instant::now());
                }
                self.send_inputs(inputs);
            }
            _ => {
                if let Some(press) = press(event).filter(|_| pressed) {
                    self.handle_menu_press(event_loop, shown, event, press);
                }
            }
        }
    }
    fn handle_menu_press(
        &mut self,
        event_loop: &ActiveEventLoop,
        shown: &mut Shown,
        event: &KeyEvent,
        press: Press,
    ) {
        shown.menus_own = Some(event.physical_key);
        let action = shown.menu.as_mut().and_then(|menu| menu.press(press));
        shown.redraw();
        if let Some(action) = action {
            self.act(event_loop, shown, action);
        }
    }
    fn handle_menu_click(&mut self, event_loop: &ActiveEventLoop, shown: &mut Shown) {
        let (Some((x, y)), Some(menu)) = (shown.pointer.place(), &mut shown.menu) else {
            return;
        };
        let action = menu.click(x, y);
        shown.redraw();
        if let Some(action) = action {
            self.act(event_loop, shown, action);
        }
    }
}
