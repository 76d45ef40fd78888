//! `--record`: what is shown goes to a `.vtz` file, what the server says to an `.fbs` file.

use crate::args::Args;
use crate::ending::{Failure, answer};
use crate::session::{Event, Session};
use lab::convert::convert;
use lab::fbs::Start;
use lab::recorder::{Kind, Recorder, StreamRecorder, advice};
use rfb::PixelFormat;
use serde_json::json;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A recording that goes on beside the session. It never holds the session up, and the session survives its end.
pub(crate) struct Recording {
    path: PathBuf,
    state: State,
}

enum State {
    Pictures(Recorder),
    /// The stream begins when there is a session.
    Ready(File),
    Stream(StreamRecorder),
    Over,
}

impl Recording {
    /// Makes the file that `args` ask for, if they do, so that it is known at once that it can be.
    pub(crate) fn create(args: &Args) -> Result<Option<Self>, Failure> {
        let Some(path) = &args.record else {
            return Ok(None);
        };
        let state = match kind(path)? {
            Kind::Vtz => Recorder::start(path, args.record_fps).map(State::Pictures),
            Kind::Fbs => File::create(path).map(State::Ready).map_err(Into::into),
        };
        let path = path.clone();
        match state {
            Ok(state) => Ok(Some(Self { path, state })),
            Err(error) => Err(Failure::error(advice(&path, &error))),
        }
    }

    /// Whether the server may say only what every player knows.
    pub(crate) fn is_stream(&self) -> bool {
        !matches!(self.state, State::Pictures(_))
    }

    /// The session has begun.
    pub(crate) fn begin(&mut self, session: &mut Session) -> Result<(), Failure> {
        let file = match std::mem::replace(&mut self.state, State::Over) {
            State::Ready(file) => file,
            state => {
                self.state = state;
                return Ok(());
            }
        };
        let start = Start {
            size: session.size(),
            name: session.name().to_owned(),
            format: PixelFormat::BGRX,
        };
        let recorder = StreamRecorder::start(file, &self.path, &start)
            .map_err(|error| Failure::error(advice(&self.path, &error)))?;
        session.tap(recorder.tap());
        self.state = State::Stream(recorder);
        Ok(())
    }

    /// Something happened on the session.
    pub(crate) fn show(&self, event: &Event, session: &Session) {
        if let (State::Pictures(recorder), Event::Updated { damage, .. }) = (&self.state, event) {
            recorder.show(session.framebuffer().view(), damage);
        }
    }

    /// Writes what is still to be written.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let finished = match self.state {
            State::Pictures(recorder) => recorder.finish().map(|_| ()),
            State::Stream(recorder) => recorder.finish(),
            State::Ready(_) | State::Over => Ok(()),
        };
        finished.map_err(|error| Failure::error(advice(&self.path, &error)))
    }
}

fn kind(path: &Path) -> Result<Kind, Failure> {
    Kind::of(path).map_err(|error| Failure::usage(format_args!("--record: {error}")))
}

/// `--play FROM --record TO`: without a session, as fast as it goes.
pub(crate) fn convert_recording(from: &Path, to: &Path, args: &Args) -> Result<(), Failure> {
    kind(to)?;
    let made = convert(from, to, args.record_fps).map_err(|error| {
        let (from, to) = (from.display(), to.display());
        Failure::error(format_args!("{from} cannot be converted to {to}: {error}"))
    })?;
    if made.is_cut_short {
        let from = from.display();
        tracing::warn!("{from} was cut short: what is there has been converted");
    }
    if args.stats {
        let files: Vec<String> = made
            .files
            .iter()
            .map(|own| own.display().to_string())
            .collect();
        let figures = json!({
            "files": files,
            "frames": made.frames,
            "seconds": made.duration.as_secs_f64(),
            "cut_short": made.is_cut_short,
        });
        answer(&figures).map_err(Failure::error)?;
    }
    Ok(())
}
