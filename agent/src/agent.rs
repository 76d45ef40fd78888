//! From the command line to the end: a desktop, a server, and the tasks between them.

use std::convert::Infallible;
use std::future::pending;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use lab::recorder::Recorder;
use tightrope::audio::device::InputConfig;
use tightrope::{
    Goodbye, GoodbyeCode, PowerAction, ResizeStatus, Server, ServerConfig, ServerError, Size,
    Workers,
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::args::{Args, DEFAULT_GEOMETRY};
use crate::capture::Capture;
use crate::clipboard::Clipboard;
use crate::credentials::{Announcement, Credentials};
use crate::display::Display;
use crate::failure::Failure;
use crate::input::Input;
use crate::monitors;
use crate::pointer::PointerWatch;
use crate::power;
use crate::process::Application;
use crate::record;
use crate::resize::resize;
use crate::sound::{self, Plan};
use crate::tasks::Watchers;
use crate::tasks::{News, Tasks};
use crate::xvfb::{Xvfb, environment};

/// A client that takes nothing for so long, while something waits for it, is dropped.
const STALL_TIMEOUT: Duration = Duration::from_secs(20);

/// Why the agent ends.
enum End {
    /// SIGTERM or SIGINT.
    Asked,
    /// The command of `--exec`.
    Application(std::io::Result<ExitStatus>),
    /// Our own X server, with its last words.
    Xvfb(String),
    /// A conversation with the X server, or its task.
    Task(Option<anyhow::Error>),
    /// A client has shut the command of `--exec` down.
    ShutDown,
    /// The command of `--exec` did not start again.
    NotRestarted(Failure),
}

/// Serves the desktop that `args` describe until it is over.
///
/// To be run on the program's first thread (`Runtime::block_on`): the programs it starts end with that thread.
pub async fn run(args: &Args, announcement: Announcement, sound: Plan) -> Result<(), Failure> {
    let mut signals = Signals::new().map_err(Failure::error)?;
    let credentials = Credentials::new(args)?;
    let announcement = announcement.suits(&credentials)?;
    let recorder = record::start(args)?;
    // Listens while the X server starts; clients that are early wait for the first picture.
    let server = listen(args, &credentials, &sound).await?;
    let (xvfb, (mut daemon, source)) = tokio::join!(start_xvfb(args), start_sound(args, sound));
    let mut xvfb = xvfb?;
    let display = display(args, xvfb.as_ref());
    let mut tasks = start_tasks(args, &server, &display, recorder.clone())?;
    tasks.play_sound(server.clone(), source);
    let mut application = start_application(args, &display, xvfb.as_ref())?;
    let shown = credentials.announce(&server, announcement);
    shown.map_err(|error| Failure::error(format_args!("cannot show the credentials: {error}")))?;

    let end = loop {
        let order = tokio::select! {
            () = signals.next() => break End::Asked,
            status = application_end(application.as_mut()) => break End::Application(status),
            words = xvfb_end(xvfb.as_mut()) => break End::Xvfb(words),
            never = keep_sound(daemon.as_mut()) => match never {},
            news = tasks.next() => match news {
                News::Ended(error) => break End::Task(error),
                News::Power(order) => order,
            },
        };
        let restart = || start_application(args, &display, xvfb.as_ref());
        tokio::select! {
            () = signals.next() => break End::Asked,
            end = obey(order, &server, &mut application, restart) => if let Some(end) = end {
                break end;
            },
        }
    };
    let (goodbye, result) = conclusion(end, &display.name);
    server.shutdown(goodbye).await;
    if let Some(application) = application {
        application.stop().await;
    }
    tasks.tidy_up().await;
    if let Some(daemon) = daemon {
        daemon.stop().await;
    }
    if let Some(xvfb) = xvfb {
        xvfb.stop().await;
    }
    record::finish(args, recorder.as_deref(), result)
}

/// The sound server of our own, if there is one, and where the desktop's sound is heard. That there is none is said, and
/// no reason to end.
async fn start_sound(args: &Args, plan: Plan) -> (Option<sound::Daemon>, Option<InputConfig>) {
    match plan {
        Plan::Silent => (None, None),
        Plan::Device(config) => (None, Some(config)),
        Plan::Own(directory) => match sound::Daemon::start(directory, args.microphone).await {
            Ok(daemon) => (Some(daemon), Some(sound::own_source())),
            Err(error) => {
                tracing::warn!("the desktop has no sound: {error:#}");
                (None, None)
            }
        },
    }
}

async fn keep_sound(daemon: Option<&mut sound::Daemon>) -> Infallible {
    match daemon {
        Some(daemon) => daemon.keep().await,
        None => pending().await,
    }
}

/// The X server of `--exec`.
async fn start_xvfb(args: &Args) -> Result<Option<Xvfb>, Failure> {
    if args.exec.is_none() {
        return Ok(None);
    }
    let geometry = args.geometry.unwrap_or(DEFAULT_GEOMETRY);
    let largest = Size::new(
        args.max_geometry.width.max(geometry.width),
        args.max_geometry.height.max(geometry.height),
    );
    let started = Xvfb::start(largest).await;
    started
        .map(Some)
        .map_err(|error| Failure::from_error(&error))
}

fn display(args: &Args, xvfb: Option<&Xvfb>) -> Display {
    match xvfb {
        Some(xvfb) => xvfb.display().clone(),
        None => Display {
            name: args.display.clone().unwrap_or_default(),
            cookie: None,
        },
    }
}

/// The screen, with the size asked for.
fn open_screen(args: &Args, display: &Display) -> Result<Capture, Failure> {
    let x11 = |error: anyhow::Error| Failure::of_x11(&display.name, &error);
    let mut capture = Capture::new(display).map_err(x11)?;
    let wanted = match args.exec {
        Some(_) => Some(args.geometry.unwrap_or(DEFAULT_GEOMETRY)),
        None => args.geometry,
    };
    if let Some(size) = wanted {
        if resize(capture.link(), size).map_err(x11)? != ResizeStatus::OK {
            return Err(Failure::error(format_args!(
                "the X server on {} does not take the size {size} of --geometry",
                display.name
            )));
        }
        capture.follow_size().map_err(x11)?;
    }
    Ok(capture)
}

async fn listen(args: &Args, credentials: &Credentials, sound: &Plan) -> Result<Server, Failure> {
    let fresh = ServerConfig::new(args.geometry.unwrap_or(DEFAULT_GEOMETRY));
    let config = ServerConfig {
        name: args.desktop_name(),
        listen: args.listen,
        identity: credentials.identity.clone(),
        allow: credentials.allow.clone(),
        password: credentials.password.clone(),
        view_only_password: credentials.view_only_password.clone(),
        trusted_clients: credentials.trusted_clients.clone(),
        origins: args.origins.join(",").parse().map_err(Failure::usage)?,
        rsa_key: credentials.rsa_key.clone(),
        uses: credentials.uses,
        expires: credentials.expires,
        linger: args.linger,
        max_rate: args.max_rate,
        max_clients: args.max_clients.into(),
        stall_timeout: STALL_TIMEOUT,
        power: args.power,
        sound: sound.has_sound(),
        microphone: args.microphone && sound.has_sound(),
        workers: args.threads.map_or_else(Workers::available, Workers::new),
        ..fresh.map_err(Failure::error)?
    };
    Server::bind(config).await.map_err(|error| match error {
        ServerError::Listen { .. } => Failure::error(format_args!(
            "{error}; --listen takes another address and port"
        )),
        error => Failure::error(error),
    })
}

fn start_application(
    args: &Args,
    display: &Display,
    xvfb: Option<&Xvfb>,
) -> Result<Option<Application>, Failure> {
    let (Some(command), Some(xvfb)) = (&args.exec, xvfb) else {
        return Ok(None);
    };
    Application::start(command, environment(display, &xvfb.authority()))
        .map(Some)
        .map_err(|error| Failure::from_error(&error))
}

/// Connects to the X server and starts serving what it shows.
fn start_tasks(
    args: &Args,
    server: &Server,
    display: &Display,
    recorder: Option<Arc<Recorder>>,
) -> Result<Tasks, Failure> {
    let x11 = |error: anyhow::Error| Failure::of_x11(&display.name, &error);
    let capture = open_screen(args, display)?;
    let input = Input::new(display).map_err(x11)?;
    let pointer = PointerWatch::new(display).map_err(x11)?;
    let clipboard = Clipboard::new(display).map_err(x11)?;
    let layout = monitors::layout(capture.link(), capture.size()).map_err(x11)?;
    server.resize_screens(capture.size(), layout, None);
    let screen = display.name.as_str();
    tracing::info!(
        address = %server.address(),
        screen,
        size = %capture.size(),
        encrypted = server.fingerprint().is_some(),
        "serving"
    );
    let watchers = Watchers {
        server: server.clone(),
        recorder,
    };
    Ok(Tasks::start(
        args.fps, watchers, capture, input, pointer, clipboard,
    ))
}

/// Ends the application as `order` wants it, and starts it again if it does. What the program ends with then, if it
/// does.
async fn obey(
    order: power::Order,
    server: &Server,
    application: &mut Option<Application>,
    start: impl FnOnce() -> Result<Option<Application>, Failure>,
) -> Option<End> {
    let power::Order { session, action } = order;
    let Some(running) = application.take() else {
        server.refuse_power(session);
        return None;
    };
    tracing::info!(%session, ?action, "a client ends the application");
    running.stop_within(power::patience(action)).await;
    if action == PowerAction::Shutdown {
        return Some(End::ShutDown);
    }
    match start() {
        Ok(again) => *application = again,
        Err(failure) => return Some(End::NotRestarted(failure)),
    }
    None
}

async fn application_end(application: Option<&mut Application>) -> std::io::Result<ExitStatus> {
    match application {
        Some(application) => application.ended().await,
        None => pending().await,
    }
}

async fn xvfb_end(xvfb: Option<&mut Xvfb>) -> String {
    match xvfb {
        Some(xvfb) => xvfb.ended().await,
        None => pending().await,
    }
}

/// What clients are told, and how the program ends.
fn conclusion(end: End, display: &str) -> (Goodbye, Result<(), Failure>) {
    let shutting_down = |text: &str| Goodbye {
        code: GoodbyeCode::SHUTTING_DOWN,
        text: text.to_owned(),
    };
    match end {
        End::Asked => (shutting_down("the server is shutting down"), Ok(())),
        End::Application(status) => {
            let (text, failed) = match status {
                Ok(status) if status.success() => ("the application has ended".to_owned(), false),
                Ok(status) => (format!("the application has ended with {status}"), true),
                Err(error) => (format!("the application is lost: {error}"), true),
            };
            let goodbye = Goodbye {
                code: GoodbyeCode::APPLICATION_ENDED,
                text: text.clone(),
            };
            let result = if failed {
                Err(Failure::error(text))
            } else {
                Ok(())
            };
            (goodbye, result)
        }
        End::ShutDown => {
            let goodbye = Goodbye {
                code: GoodbyeCode::APPLICATION_ENDED,
                text: "the application was shut down".to_owned(),
            };
            (goodbye, Ok(()))
        }
        End::NotRestarted(failure) => (shutting_down(&failure.message), Err(failure)),
        End::Xvfb(words) => {
            let failure = Failure::gone(display, Some(&words));
            (shutting_down(&failure.message), Err(failure))
        }
        End::Task(error) => {
            let failure = match error {
                Some(error) => Failure::of_x11(display, &error),
                None => Failure::error("a task ended by itself"),
            };
            (shutting_down(&failure.message), Err(failure))
        }
    }
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
