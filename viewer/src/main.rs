//! `tightrope-viewer`: a remote desktop in a window, or headless for pictures, figures and scripts.

mod args;
mod canvas;
mod command;
mod connecting;
mod copied;
mod credentials;
mod ending;
mod input;
mod issue;
mod keysym;
mod player;
mod playing;
mod probe;
mod prompt;
mod reconnect;
mod recording;
mod run;
mod script;
mod session;
mod snapshot;
mod sound;
mod statistics;
mod window;

use args::Args;
use clap::Parser;
use connecting::connect;
use ending::{Failure, Outcome};
use player::Player;
use recording::Recording;
use run::{Nobody, Plan, run};
use session::Session;
use sound::Target;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tightrope::{ClientConfig, SoundSettings};
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::filter::LevelFilter;

fn main() -> ExitCode {
    let args = Args::parse();
    tell_events(args.verbose);
    ending::exit(view(&args))
}

/// Where the pictures come from.
enum Source<'a> {
    Server(Box<ClientConfig>),
    Recording(&'a Path),
}

/// Connects and shows what `args` ask for, until the session ends.
fn view(args: &Args) -> Result<Outcome, Failure> {
    if let Some(order) = &args.command {
        return issue::carry_out(order);
    }
    if args.sound.list_sound_devices {
        sound::list()?;
        return Ok(Outcome {
            code: ending::OK,
            reason: None,
        });
    }
    if let (Some(from), Some(to)) = (&args.play, &args.record) {
        recording::convert_recording(from, to, args)?;
        return Ok(Outcome {
            code: ending::OK,
            reason: None,
        });
    }
    let source = match &args.play {
        Some(path) => Source::Recording(path),
        None => Source::Server(Box::new(credentials::configuration(args)?)),
    };
    if let (Source::Server(config), true) = (&source, args.probe.is_wanted()) {
        return args
            .probe
            .run(&runtime()?, (**config).clone(), args.accept_new);
    }
    let event_loop = match args.headless {
        true => None,
        false => Some(window::event_loop()?),
    };
    let mut plan = plan(args)?;
    let runtime = runtime()?;
    let mut session = match source {
        Source::Recording(path) => play(&runtime, path, args)?,
        Source::Server(mut config) => {
            config.plain = plan.recording.as_ref().is_some_and(Recording::is_stream);
            // Other programs that play such a recording know nothing of sound.
            let target = match config.plain {
                true => Target::Off,
                false => args.sound.target(args.headless),
            };
            config.sound = (target != Target::Off).then(SoundSettings::default);
            let mut session = connect(&runtime, *config, args.accept_new)?;
            session.play_sound(&args.sound, target);
            session
        }
    };
    if let Some(recording) = &mut plan.recording {
        recording.begin(&mut session)?;
    }
    let Some(event_loop) = event_loop else {
        let (_, no_commands) = tokio::sync::mpsc::unbounded_channel();
        return runtime.block_on(run(session, plan, no_commands, Nobody::default()));
    };
    let options = window::Options {
        full_screen: args.full_screen,
        resize: !args.no_resize,
        scale: args.scale,
        quality: args.quality.0,
        compression: args.compression,
        view_only: args.view_only,
        grab: args.grab,
        bell: !args.no_bell,
        menu_key: args.menu_key.0,
    };
    window::show(event_loop, &runtime, session, plan, options)
}

fn runtime() -> Result<Runtime, Failure> {
    let mut builder = Builder::new_multi_thread();
    let built = builder.worker_threads(2).enable_all().build();
    built.map_err(Failure::error)
}

fn plan(args: &Args) -> Result<Plan, Failure> {
    let open = |path: &Path| {
        let player = Player::open(path, args.view_only).map_err(|error| {
            Failure::error(format_args!("{} cannot be read: {error}", path.display()))
        })?;
        // Who writes commands as it goes reads the answers as well.
        let must_succeed = path.as_os_str() != "-";
        Ok((player, must_succeed))
    };
    let recording = Recording::create(args)?;
    Ok(Plan {
        limit: args.duration,
        script: args.script.as_deref().map(open).transpose()?,
        view_only: args.view_only,
        snapshot: args.snapshot.clone(),
        stats: args.stats,
        patience: patience(args, recording.as_ref()),
        recording,
    })
}

/// How long a lost connection is tried to be got back. What a server says on a second one is no continuation of what it
/// said on the first, so a recording of that ends with the first.
fn patience(args: &Args, recording: Option<&Recording>) -> Duration {
    match args.no_reconnect || recording.is_some_and(Recording::is_stream) {
        true => Duration::ZERO,
        false => args.reconnect,
    }
}

/// A session with a recording. In a window, its last picture stays.
fn play(runtime: &Runtime, path: &Path, args: &Args) -> Result<Session, Failure> {
    runtime.block_on(async {
        let (stream, config) = playing::play(path, args.speed, !args.headless)?;
        Session::over(stream, config, path.display().to_string()).await
    })
}

/// Shows what the libraries report on standard error: errors, or all that may help to find a fault.
fn tell_events(verbose: bool) {
    let level = match verbose {
        true => LevelFilter::DEBUG,
        false => LevelFilter::ERROR,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .init();
}
