//! Plays a script on a session and answers every command when it is done.

use crate::copied;
use crate::ending::answer;
use crate::input::Input;
use crate::script::{PATIENCE, Step, parse};
use crate::session::{Event, Session};
use crate::snapshot;
use rfb::clipboard::{Content, Image};
use rfb::{Cursor, Size};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::Instant;

/// Between the events of a drag: as often as a mouse tells where it is.
const PACE: Duration = Duration::from_millis(8);

/// A script and where it stands.
pub(crate) struct Player {
    lines: Receiver<io::Result<String>>,
    state: State,
    /// What was copied on the desktop since the last command that could have caused it.
    clipboard: Option<Content>,
    view_only: bool,
    failed: bool,
}

enum State {
    /// The next line may come.
    Ready,
    Waiting(Waiting),
    Over,
}

/// What the command in progress waits for, at most until `until`.
struct Waiting {
    until: Instant,
    wanted: Wanted,
}

enum Wanted {
    Time,
    /// These are still to be sent, each [`PACE`] after the one before.
    Sent(VecDeque<Input>),
    /// No update for so long; the last one came at `since`.
    Still {
        quiet: Duration,
        since: Instant,
    },
    Clipboard,
    /// An image on the clipboard, to be written there.
    ClipboardImage(PathBuf),
    Resize(Size),
}

type Answer = Result<Value, String>;

impl Player {
    /// Reads the script from `path`, `-` for standard input.
    pub(crate) fn open(path: &Path, view_only: bool) -> io::Result<Self> {
        let input: Box<dyn BufRead + Send> = match path.as_os_str() == "-" {
            true => Box::new(BufReader::new(io::stdin())),
            false => Box::new(BufReader::new(File::open(path)?)),
        };
        Ok(Self::new(input, view_only))
    }
    fn new(input: Box<dyn BufRead + Send>, view_only: bool) -> Self {
        let (sender, lines) = channel(1);
        // A thread of its own: a read of standard input cannot be taken back when the session ends.
        std::thread::spawn(move || {
            for line in input.lines() {
                if sender.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            lines,
            state: State::Ready,
            clipboard: None,
            view_only,
            failed: false,
        }
    }
    /// Whether the script has ended.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }
    /// Whether a command failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }
    /// The next line, once no command is in progress; `None` at the end. Cancel safe.
    pub(crate) async fn next_line(&mut self) -> Option<io::Result<String>> {
        match self.state {
            State::Ready => self.lines.recv().await,
            State::Waiting(_) | State::Over => std::future::pending().await,
        }
    }
    /// When [`Self::handle_time`] has something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        let State::Waiting(waiting) = &self.state else {
            return None;
        };
        Some(match waiting.wanted {
            Wanted::Still { quiet, since } => waiting.until.min(since + quiet),
            _ => waiting.until,
        })
    }
    /// Starts the command of `line`, or ends the script where there is none.
    pub(crate) fn handle_line(&mut self, line: Option<io::Result<String>>, session: &mut Session) {
        let step = match line {
            None => return self.state = State::Over,
            Some(Err(error)) => {
                self.state = State::Over;
                return self.finish(Err(format!("the script cannot be read: {error}")));
            }
            Some(Ok(line)) => parse(&line),
        };
        match step {
            Ok(None) => {}
            Ok(Some(step)) => self.start(step, session),
            Err(error) => self.finish(Err(error)),
        }
    }
    /// Something happened on the session.
    pub(crate) fn handle_event(&mut self, event: &Event, session: &mut Session) {
        if let Event::Clipboard(content) = event {
            self.clipboard = Some(content.clone());
        }
        let State::Waiting(waiting) = &mut self.state else {
            return;
        };
        match (&mut waiting.wanted, event) {
            (
                Wanted::Still { since, .. },
                Event::Updated { .. } | Event::Resized(_) | Event::Reconnected,
            ) => {
                *since = Instant::now();
            }
            (Wanted::Clipboard, Event::Clipboard(_)) => self.answer_clipboard(),
            (Wanted::ClipboardImage(path), Event::ClipboardImage(Some(dib))) => {
                let saved = copied::save(path, dib);
                self.finish(saved);
            }
            (Wanted::ClipboardImage(path), Event::Clipboard(content)) => {
                let path = path.clone();
                self.save_image(&path, content.clone(), session);
            }
            (Wanted::Resize(wanted), Event::Resized(size)) if wanted == size => {
                self.finish(Ok(json!({ "size": size.to_string() })));
            }
            (Wanted::Resize(wanted), Event::ResizeRefused) => {
                let refused = format!("resize: the server refuses {wanted}");
                self.finish(Err(refused));
            }
            _ => {}
        }
    }
    /// The time of [`Self::due`] has come.
    pub(crate) fn handle_time(&mut self, session: &mut Session) {
        let now = Instant::now();
        if let State::Waiting(Waiting {
            until,
            wanted: Wanted::Sent(rest),
        }) = &mut self.state
            && *until <= now
            && let Some(event) = rest.pop_front()
        {
            session.input(event);
            *until = now + PACE;
            return;
        }
        let State::Waiting(Waiting { until, wanted }) = &self.state else {
            return;
        };
        let late = *until <= now;
        let result = match wanted {
            Wanted::Time | Wanted::Sent(_) if late => Ok(json!({})),
            Wanted::Still { quiet, since } if *since + *quiet <= now => Ok(json!({})),
            Wanted::Still { quiet, .. } if late => {
                let quiet = quiet.as_millis();
                Err(format!("still: the picture was never still for {quiet} ms"))
            }
            Wanted::Clipboard if late => Err("clipboard-wait: nothing came".into()),
            Wanted::ClipboardImage(_) if late => Err("clipboard-save: no image came".into()),
            Wanted::Resize(size) if late => Err(format!("resize: no answer about {size}")),
            _ => return,
        };
        self.finish(result);
    }
    fn start(&mut self, step: Step, session: &mut Session) {
        let acts = matches!(
            step,
            Step::Input(_)
                | Step::SlowInput(_)
                | Step::Clipboard(_)
                | Step::ClipboardImage(_)
                | Step::Microphone(true)
        );
        if self.view_only && acts {
            return self.finish(Err("this session is view-only".into()));
        }
        match step {
            Step::Input(events) => {
                self.clipboard = None;
                let checked = check(&events, session);
                events
                    .into_iter()
                    .filter(|_| checked.is_ok())
                    .for_each(|event| session.input(event));
                self.finish(checked);
            }
            Step::SlowInput(events) => {
                self.clipboard = None;
                match check(&events, session) {
                    Ok(_) => self.wait(Duration::ZERO, Wanted::Sent(events.into())),
                    Err(error) => self.finish(Err(error)),
                }
            }
            Step::Clipboard(content) => self.copy(Ok(content), session),
            Step::ClipboardImage(path) => self.copy(copied::image_of(&path), session),
            Step::Snapshot(path) => self.finish(take_snapshot(&path, session)),
            Step::Mute(on) => {
                session.set_muted(on);
                self.finish(Ok(json!({})));
            }
            Step::Volume(percent) => {
                session.set_volume(percent);
                self.finish(Ok(json!({})));
            }
            Step::Microphone(on) => {
                let can = session.can_speak() || !on;
                session.set_microphone(on && can);
                let refused = "microphone: the server takes no sound of a microphone";
                self.finish(can.then(|| json!({})).ok_or_else(|| refused.into()));
            }
            Step::Cursor => self.finish(shape(session.cursor())),
            Step::Stats => {
                let statistics = serde_json::to_value(session.statistics(None));
                self.finish(statistics.map_err(|error| error.to_string()));
            }
            Step::Quit => {
                self.finish(Ok(json!({})));
                self.state = State::Over;
            }
            Step::Wait(duration) => self.wait(duration, Wanted::Time),
            Step::Still { quiet, patience } => {
                let since = Instant::now();
                self.wait(patience, Wanted::Still { quiet, since });
            }
            Step::ClipboardWait { patience } => {
                self.wait(patience, Wanted::Clipboard);
                self.answer_clipboard();
            }
            Step::ClipboardSave(path) => {
                self.wait(PATIENCE, Wanted::ClipboardImage(path.clone()));
                let content = self.clipboard.clone().unwrap_or_default();
                self.save_image(&path, content, session);
            }
            Step::Resize { size, patience } => self.resize(size, patience, session),
        }
    }
    fn resize(&mut self, size: Size, patience: Duration, session: &mut Session) {
        if session.size() == size {
            self.finish(Ok(json!({ "size": size.to_string() })));
        } else if session.can_resize() {
            session.request_size(size);
            self.wait(patience, Wanted::Resize(size));
        } else {
            self.finish(Err("resize: this server's desktop keeps its size".into()));
        }
    }
    fn wait(&mut self, patience: Duration, wanted: Wanted) {
        let until = Instant::now() + patience;
        self.state = State::Waiting(Waiting { until, wanted });
    }
    fn copy(&mut self, content: Result<Content, String>, session: &mut Session) {
        self.clipboard = None;
        let done = content.map(|content| session.set_clipboard(content));
        self.finish(done.map(|()| json!({})));
    }
    fn answer_clipboard(&mut self) {
        if let Some(content) = self.clipboard.take() {
            self.finish(Ok(copied::described(&content)));
        }
    }
    /// Writes the image of `content`, if it has one: at once, or when the server has sent it.
    fn save_image(&mut self, path: &Path, content: Content, session: &mut Session) {
        match content.image {
            Some(Image::Dib(dib)) => self.finish(copied::save(path, &dib)),
            Some(Image::OnRequest) => session.request_clipboard_image(),
            None => {}
        }
    }
    /// Answers the command in progress.
    fn finish(&mut self, result: Answer) {
        let (ok, mut object) = match result {
            Ok(object) => (true, object),
            Err(error) => (false, json!({ "error": error })),
        };
        self.failed |= !ok;
        if let Some(fields) = object.as_object_mut() {
            fields.insert("ok".into(), ok.into());
        }
        if !self.is_over() {
            self.state = State::Ready;
        }
        if let Err(error) = answer(&object) {
            tracing::info!("nobody reads the answers any more: {error}");
            self.state = State::Over;
        }
    }
}

/// Whether all of it is on the desktop.
fn check(events: &[Input], session: &Session) -> Answer {
    let size = session.size();
    for event in events {
        if let Input::Pointer { at, .. } = event
            && !(at.x < size.width && at.y < size.height)
        {
            let (x, y) = (at.x, at.y);
            return Err(format!("{x},{y} is not on the desktop of {size} pixels"));
        }
    }
    Ok(json!({}))
}

/// The pixels are numbers 0xAARRGGBB, row by row.
fn shape(cursor: Option<&Cursor>) -> Answer {
    let cursor = cursor.ok_or("cursor: the server has sent no shape")?;
    let pixels = cursor.pixels().as_chunks().0.iter();
    let pixels: Vec<u32> = pixels.map(|&pixel| u32::from_le_bytes(pixel)).collect();
    let (size, hot) = (cursor.size(), cursor.hotspot());
    Ok(json!({
        "width": size.width, "height": size.height, "hot_x": hot.x, "hot_y": hot.y, "pixels": pixels,
    }))
}

fn take_snapshot(path: &Path, session: &Session) -> Answer {
    snapshot::write(path, session.framebuffer().view())
        .map_err(|error| format!("snapshot: {}: {error}", path.display()))?;
    Ok(json!({ "size": session.size().to_string() }))
}
