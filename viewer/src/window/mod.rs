//! The window: shows the desktop and sends what a person does.

mod clipboard;
mod follow;
mod keys;
mod link;
mod pointer;
mod present;
mod scale;
mod shape;

use crate::canvas::Canvas;
use crate::command::{Command, Notice};
use crate::ending::{Failure, Outcome};
use crate::input::Input;
use crate::keysym;
use crate::run::{Plan, run};
use crate::session::Session;
use clipboard::LocalClipboard;
use follow::Follow;
use keys::Keyboard;
use link::Link;
use pointer::Pointer;
use present::Presenter;
use rfb::{Rect, Size};
use shape::Shape;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use winit::application::ApplicationHandler;
use winit::dpi::PhysicalSize;
use winit::event::{DeviceEvent, DeviceId, KeyEvent, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::keyboard::{Key, ModifiersState, NamedKey};
use winit::window::{Fullscreen, UserAttentionType, Window, WindowId};

/// How the window begins and behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Begin in full screen.
    pub(crate) full_screen: bool,
    /// Ask the server for a desktop of the window's size when a person changes it.
    pub(crate) resize: bool,
    /// Send nothing that acts; then the local clipboard is not looked at either.
    pub(crate) view_only: bool,
}

/// The connection to the window system. An error says what to do without one.
pub(crate) fn event_loop() -> Result<EventLoop<Notice>, Failure> {
    EventLoop::with_user_event().build().map_err(|error| {
        Failure::error(format_args!(
            "no window can be opened ({error}): set DISPLAY or WAYLAND_DISPLAY, or use --headless"
        ))
    })
}

/// Shows `session` in a window until either ends.
pub(crate) fn show(
    event_loop: EventLoop<Notice>,
    runtime: &Runtime,
    session: Session,
    plan: Plan,
    options: Options,
) -> Result<Outcome, Failure> {
    let canvas = Arc::new(Canvas::default());
    let (commands, queue) = unbounded_channel();
    let mut app = App {
        options,
        title: title(session.name()),
        desktop: session.size(),
        canvas: Arc::clone(&canvas),
        clipboard: LocalClipboard::start(commands.clone()),
        commands,
        shown: None,
        early: Vec::new(),
        failure: None,
    };
    let proxy = event_loop.create_proxy();
    let link = Link::new(canvas, proxy.clone(), &session);
    let task = runtime.spawn(async move {
        let result = run(session, plan, queue, link).await;
        // The window may be closed already.
        _ = proxy.send_event(Notice::Ended);
        result
    });
    let ran = event_loop.run_app(&mut app);
    app.send(Command::Quit);
    let failure = app.failure.take();
    drop(app);
    let outcome = runtime.block_on(task).map_err(Failure::error)?;
    ran.map_err(|error| Failure::error(format_args!("the window system failed: {error}")))?;
    failure.map_or(outcome, Err)
}

fn title(name: &str) -> String {
    format!("{name} - Tightrope")
}

struct App {
    options: Options,
    title: String,
    desktop: Size,
    canvas: Arc<Canvas>,
    commands: UnboundedSender<Command>,
    clipboard: LocalClipboard,
    /// The window, once the window system lets us make one.
    shown: Option<Shown>,
    /// What the session told before there was a window.
    early: Vec<Notice>,
    failure: Option<Failure>,
}

/// The window and what belongs to it.
struct Shown {
    window: Arc<Window>,
    presenter: Presenter,
    keyboard: Keyboard,
    modifiers: ModifiersState,
    pointer: Pointer,
    shape: Shape,
    follow: Follow,
    /// The size we last asked the server for.
    asked: Option<Size>,
    /// We want to draw what changed. Without it, the window system lost pixels and wants all of them.
    damaged: bool,
}

impl App {
    fn send(&self, command: Command) {
        // The session is over; the window learns of it by a notice.
        _ = self.commands.send(command);
    }
    fn send_inputs(&self, inputs: impl IntoIterator<Item = Input>) {
        for input in inputs {
            self.send(Command::Input(input));
        }
    }
    fn fail(&mut self, event_loop: &ActiveEventLoop, failure: Failure) {
        self.failure = Some(failure);
        event_loop.exit();
    }
    fn open(&self, event_loop: &ActiveEventLoop) -> Result<Shown, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::error(format_args!("no window can be opened: {error}"))
        };
        let size = window_size(self.desktop, monitor(event_loop));
        let full_screen = self.options.full_screen;
        let attributes = Window::default_attributes()
            .with_title(&self.title)
            .with_inner_size(physical(size))
            .with_fullscreen(full_screen.then_some(Fullscreen::Borderless(None)));
        let window = event_loop.create_window(attributes);
        let window = Arc::new(window.map_err(|error| failed(&error))?);
        let presenter = Presenter::new(&window).map_err(|error| failed(&error))?;
        let now = Instant::now();
        let mut follow = Follow::new(size, now);
        if full_screen {
            follow.person_chooses(now);
        }
        window.request_redraw();
        Ok(Shown {
            window,
            presenter,
            keyboard: Keyboard::default(),
            modifiers: ModifiersState::empty(),
            pointer: Pointer::default(),
            shape: Shape::default(),
            follow,
            asked: None,
            damaged: false,
        })
    }
    fn handle_window_event(&mut self, shown: &mut Shown, event: WindowEvent) {
        match event {
            WindowEvent::Resized(size) => {
                shown.follow.handle_size(cut(size), Instant::now());
                shown.window.request_redraw();
            }
            WindowEvent::Focused(true) if !self.options.view_only => self.clipboard.look(),
            WindowEvent::Focused(false) => {
                self.send_inputs(shown.keyboard.release_all());
                self.send_inputs(shown.pointer.release_all());
            }
            WindowEvent::ModifiersChanged(modifiers) => shown.modifiers = modifiers.state(),
            // What was pressed while another window had the keyboard was not meant for us.
            WindowEvent::KeyboardInput {
                event,
                is_synthetic,
                ..
            } if !(is_synthetic && event.state.is_pressed()) => {
                self.handle_key(shown, &event);
            }
            WindowEvent::CursorMoved { position, .. } => {
                let placement = *shown.presenter.placement();
                let moved = shown.pointer.moved(position.x, position.y, &placement);
                self.send_inputs(moved);
                let inside = shown.pointer.is_inside();
                shown.shape.set_inside(inside, &shown.window);
            }
            WindowEvent::CursorLeft { .. } => shown.pointer.left(),
            WindowEvent::MouseInput { state, button, .. } => {
                self.send_inputs(shown.pointer.button(state, button));
            }
            WindowEvent::MouseWheel { delta, .. } => {
                self.send_inputs(shown.pointer.wheel(delta));
            }
            _ => {}
        }
    }
    /// F11 is ours, see `--help`; all else is the desktop's.
    fn handle_key(&self, shown: &mut Shown, event: &KeyEvent) {
        let pressed = event.state.is_pressed();
        if pressed && event.logical_key == Key::Named(NamedKey::F11) {
            if shown.modifiers.is_empty() {
                if !event.repeat {
                    toggle_full_screen(shown);
                }
                return;
            }
            if shown.modifiers == ModifiersState::CONTROL | ModifiersState::SHIFT {
                self.send_inputs(shown.keyboard.tap_alone(keysym::F11));
                return;
            }
        }
        self.send_inputs(shown.keyboard.handle(event));
    }
    fn draw(&self, shown: &mut Shown) -> Result<(), Failure> {
        let everything = !std::mem::take(&mut shown.damaged);
        let window = cut(shown.window.inner_size());
        let enlarge = shown.window.fullscreen().is_some();
        let drawn = shown
            .presenter
            .draw(&self.canvas, window, enlarge, everything);
        self.send(Command::Drawn);
        drawn.map_err(|error| Failure::error(format_args!("the window cannot be drawn: {error}")))
    }
    fn handle_notice(&mut self, event_loop: &ActiveEventLoop, shown: &mut Shown, notice: Notice) {
        match notice {
            Notice::Damaged => {
                shown.damaged = true;
                shown.window.request_redraw();
            }
            Notice::Resized(size) => self.handle_desktop_size(event_loop, shown, size),
            Notice::Cursor(cursor) => shown.shape.set(event_loop, &cursor, &shown.window),
            Notice::Renamed(name) => shown.window.set_title(&title(&name)),
            Notice::Bell => {
                if !shown.window.has_focus() {
                    let attention = UserAttentionType::Informational;
                    shown.window.request_user_attention(Some(attention));
                }
            }
            Notice::Clipboard(text) => self.clipboard.set(text),
            Notice::Ended => event_loop.exit(),
        }
    }
    /// The window takes the desktop's new size, unless the desktop follows the window or a person has fixed it.
    fn handle_desktop_size(&mut self, event_loop: &ActiveEventLoop, shown: &mut Shown, size: Size) {
        self.desktop = size;
        let fixed = shown.window.fullscreen().is_some() || shown.window.is_maximized();
        if fixed || shown.asked.take() == Some(size) {
            return;
        }
        let wanted = window_size(size, monitor(event_loop));
        if cut(shown.window.inner_size()) != wanted {
            shown.follow.we_choose(Instant::now());
            // Some window systems answer at once, some by an event.
            if let Some(size) = shown.window.request_inner_size(physical(wanted)) {
                shown.follow.handle_size(cut(size), Instant::now());
                shown.window.request_redraw();
            }
        }
    }
}

impl ApplicationHandler<Notice> for App {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.shown.is_some() {
            return;
        }
        match self.open(event_loop) {
            Ok(mut shown) => {
                for notice in std::mem::take(&mut self.early) {
                    self.handle_notice(event_loop, &mut shown, notice);
                }
                self.shown = Some(shown);
            }
            Err(failure) => self.fail(event_loop, failure),
        }
    }
    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        let Some(mut shown) = self.shown.take() else {
            return;
        };
        match event {
            WindowEvent::CloseRequested | WindowEvent::Destroyed => event_loop.exit(),
            WindowEvent::RedrawRequested => {
                if let Err(failure) = self.draw(&mut shown) {
                    self.fail(event_loop, failure);
                }
            }
            event => self.handle_window_event(&mut shown, event),
        }
        self.shown = Some(shown);
    }
    fn device_event(&mut self, _: &ActiveEventLoop, _: DeviceId, event: DeviceEvent) {
        if let (DeviceEvent::Button { button, state }, Some(shown)) = (event, &mut self.shown) {
            shown.pointer.raw_button(button, state);
        }
    }
    fn user_event(&mut self, event_loop: &ActiveEventLoop, notice: Notice) {
        let Some(mut shown) = self.shown.take() else {
            return self.early.push(notice);
        };
        self.handle_notice(event_loop, &mut shown, notice);
        self.shown = Some(shown);
    }
    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let Some(shown) = &mut self.shown else { return };
        let chosen = shown.follow.handle_time(Instant::now());
        event_loop.set_control_flow(match shown.follow.due() {
            Some(due) => ControlFlow::WaitUntil(due),
            None => ControlFlow::Wait,
        });
        if let Some(size) = chosen.filter(|&size| self.options.resize && size != self.desktop) {
            shown.asked = Some(size);
            self.send(Command::Resize(size));
        }
    }
}

fn toggle_full_screen(shown: &mut Shown) {
    let next = match shown.window.fullscreen() {
        Some(_) => None,
        None => Some(Fullscreen::Borderless(None)),
    };
    shown.follow.person_chooses(Instant::now());
    shown.window.set_fullscreen(next);
}

/// The monitor's pixels; `None` if it is not known.
fn monitor(event_loop: &ActiveEventLoop) -> Option<Size> {
    let primary = event_loop.primary_monitor();
    let monitor = primary.or_else(|| event_loop.available_monitors().next())?;
    Some(cut(monitor.size())).filter(|size| size.area() > 0)
}

/// The window for `desktop`: of its size, or smaller where the monitor, or a title bar on it, leaves no room.
fn window_size(desktop: Size, monitor: Option<Size>) -> Size {
    let share = |side: u16, percent: u32| {
        u16::try_from(u32::from(side) * percent / 100).unwrap_or(u16::MAX)
    };
    let Some(monitor) = monitor else {
        return desktop;
    };
    let room = Size::new(monitor.width, share(monitor.height, 95));
    match Rect::from(desktop).fits(room) {
        true => desktop,
        false => {
            let room = Size::new(share(monitor.width, 90), share(monitor.height, 90));
            scale::fitted(desktop, room)
        }
    }
}

/// A size of the window system; no window is larger than the protocol's largest desktop.
fn cut(size: PhysicalSize<u32>) -> Size {
    let side = |pixels: u32| u16::try_from(pixels).unwrap_or(u16::MAX);
    Size::new(side(size.width), side(size.height))
}

fn physical(size: Size) -> PhysicalSize<u32> {
    PhysicalSize::new(size.width.into(), size.height.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_leaves_room_on_the_monitor() {
        let monitor = Some(Size::new(1000, 1000));
        let size = |width, height| window_size(Size::new(width, height), monitor);
        assert_eq!(size(1000, 950), Size::new(1000, 950));
        assert_eq!(size(1000, 951), Size::new(900, 856));
        assert_eq!(size(2000, 500), Size::new(900, 225));
        assert_eq!(window_size(Size::new(9, 9), None), Size::new(9, 9));
    }
}
