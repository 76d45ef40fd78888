//! The window: shows the desktop and sends what a person does.

mod actions;
mod banner;
mod bell;
mod clipboard;
mod events;
mod follow;
mod keyboard;
mod link;
mod menu;
mod meter;
mod monitor;
mod notices;
mod picture;
mod pointer;
mod shape;
mod text;

use crate::canvas::Canvas;
use crate::command::{Command, Notice};
use crate::ending::{Failure, Outcome};
use crate::input::Input;
use crate::run::{Plan, run};
use crate::session::Session;
use crate::sound::SoundState;
use banner::Banner;
use bell::Bell;
use clipboard::LocalClipboard;
use follow::Follow;
pub(crate) use keyboard::MenuKey;
use keyboard::{Grab, Keyboard, LocalKeyboard, Locks};
use link::Link;
use menu::Menu;
use meter::Meter;
pub(crate) use meter::Status;
use monitor::{cut, main_size, physical, window_size};
pub(crate) use picture::Scale;
use picture::{Frame, Pan, Presenter};
use pointer::Pointer;
use rfb::Size;
use shape::Shape;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use winit::application::ApplicationHandler;
use winit::event::{DeviceEvent, DeviceId, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::keyboard::{ModifiersState, PhysicalKey};
use winit::window::{Fullscreen, Window, WindowId};

/// How the window begins, and what a person may change in its menu.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct Options {
    /// Begin in full screen.
    pub(crate) full_screen: bool,
    /// Ask the server for a desktop of the window's size when a person changes it.
    pub(crate) resize: bool,
    /// How large the desktop is shown.
    pub(crate) scale: Scale,
    /// JPEG quality; `None` for lossless.
    pub(crate) quality: Option<u8>,
    /// Compression level.
    pub(crate) compression: u8,
    /// Send nothing that acts; then the local clipboard is not looked at either.
    pub(crate) view_only: bool,
    /// Get the window manager's keys too.
    pub(crate) grab: bool,
    /// Ring when the desktop does.
    pub(crate) bell: bool,
    /// The key that opens the menu, if one does.
    pub(crate) menu_key: Option<MenuKey>,
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
        name: session.name().to_owned(),
        desktop: session.size(),
        canvas: Arc::clone(&canvas),
        clipboard: LocalClipboard::start(commands.clone()),
        commands,
        meter: Meter::default(),
        can_power: false,
        sound: None,
        banner: None,
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

struct App {
    options: Options,
    /// The desktop's name.
    name: String,
    desktop: Size,
    canvas: Arc<Canvas>,
    commands: UnboundedSender<Command>,
    clipboard: LocalClipboard,
    meter: Meter,
    /// The server takes orders to shut down.
    can_power: bool,
    /// How the desktop's sound is played, if it has any.
    sound: Option<SoundState>,
    /// The connection is lost.
    banner: Option<Banner>,
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
    /// The keyboard in front of the person.
    local: LocalKeyboard,
    locks: Locks,
    grab: Grab,
    modifiers: ModifiersState,
    pointer: Pointer,
    shape: Shape,
    pan: Pan,
    follow: Follow,
    bell: Option<Bell>,
    /// The menu while it is open.
    menu: Option<Menu>,
    /// A key that was pressed in the menu: until it is let go it is not the desktop's.
    menus_own: Option<PhysicalKey>,
    /// The size we last asked the server for.
    asked: Option<Size>,
    /// We want to draw what changed. Without it, the window system lost pixels and wants all of them.
    damaged: bool,
}

impl Shown {
    /// Draws what changed, soon.
    fn redraw(&mut self) {
        self.damaged = true;
        self.window.request_redraw();
    }
    fn size(&self) -> Size {
        cut(self.window.inner_size())
    }
    fn is_full_screen(&self) -> bool {
        self.window.fullscreen().is_some()
    }
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
    fn title(&self) -> String {
        let view_only = if self.options.view_only {
            " (view only)"
        } else {
            ""
        };
        let lost = if self.banner.is_some() {
            " (connection lost)"
        } else {
            ""
        };
        format!("{}{view_only}{lost} - Tightrope", self.name)
    }
    fn open(&self, event_loop: &ActiveEventLoop) -> Result<Shown, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::error(format_args!("no window can be opened: {error}"))
        };
        let size = window_size(self.desktop, self.options.scale, main_size(event_loop));
        let full_screen = self.options.full_screen;
        let attributes = Window::default_attributes()
            .with_title(self.title())
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
        let local = LocalKeyboard::new(&window);
        Ok(Shown {
            presenter,
            keyboard: Keyboard::new(local.numbers_are_known()),
            local,
            locks: Locks::default(),
            grab: Grab::new(&window, self.options.grab),
            modifiers: ModifiersState::empty(),
            pointer: Pointer::default(),
            shape: Shape::default(),
            pan: Pan::default(),
            follow,
            bell: self.options.bell.then(|| Bell::new(&window)),
            menu: None,
            menus_own: None,
            asked: None,
            damaged: false,
            window,
        })
    }
    fn draw(&mut self, event_loop: &ActiveEventLoop, shown: &mut Shown) -> Result<(), Failure> {
        let everything = !std::mem::take(&mut shown.damaged);
        let window = shown.size();
        let factor = shown.window.scale_factor();
        let scale = self.options.scale.on(shown.is_full_screen());
        let overlay = match (&mut shown.menu, &mut self.banner) {
            (Some(menu), _) => Some(menu.overlay(window, factor)),
            (None, Some(banner)) => Some(banner.overlay(window, factor)),
            (None, None) => None,
        };
        let frame = Frame {
            window,
            scale,
            hidden: shown.pan.hidden(),
            overlay,
            everything,
        };
        let before = *shown.presenter.placement();
        let drawn = shown.presenter.draw(&self.canvas, &frame);
        let placement = *shown.presenter.placement();
        if placement != before {
            let ratio = placement.ratio();
            shown.shape.set_ratio(event_loop, ratio, &shown.window);
            // Another pixel may lie under the resting pointer now.
            if let Some(place) = shown.pointer.place() {
                self.handle_motion(shown, place);
            }
        }
        self.send(Command::Drawn);
        drawn.map_err(|error| Failure::error(format_args!("the window cannot be drawn: {error}")))
    }
    /// Does what it is time for.
    fn handle_time(&mut self, shown: &mut Shown, now: Instant) {
        if let Some(size) = shown.follow.handle_time(now)
            && self.options.resize
        {
            self.ask_for_window_size(shown, size);
        }
        let placement = *shown.presenter.placement();
        if shown.pan.handle_time(&placement, now) {
            shown.redraw();
        }
        if self.meter.handle_time(now) {
            self.send(Command::Status);
        }
        shown.grab.handle_time(now);
        if shown.locks.handle_time(now) {
            self.switch_locks(shown);
        }
    }
    fn due(&self, shown: &Shown) -> Option<Instant> {
        let due = [
            shown.follow.due(),
            shown.pan.due(),
            self.meter.due(),
            shown.grab.due(),
            shown.locks.due(),
        ];
        due.into_iter().flatten().min()
    }
    /// Asks for a desktop that fills a window of `window` pixels.
    fn ask_for_window_size(&self, shown: &mut Shown, window: Size) {
        let times = self.options.scale.times();
        let side = |side: u16| (side / times).max(1);
        let size = Size::new(side(window.width), side(window.height));
        if size != self.desktop {
            shown.asked = Some(size);
            self.send(Command::Resize(size));
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
                if let Err(failure) = self.draw(event_loop, &mut shown) {
                    self.fail(event_loop, failure);
                }
            }
            event => self.handle_window_event(event_loop, &mut shown, event),
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
        let Some(mut shown) = self.shown.take() else {
            return;
        };
        self.handle_time(&mut shown, Instant::now());
        event_loop.set_control_flow(match self.due(&shown) {
            Some(due) => ControlFlow::WaitUntil(due),
            None => ControlFlow::Wait,
        });
        self.shown = Some(shown);
    }
}
