//! The thread that opens a device, and opens it again when it was lost.

use std::any::Any;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::find::{ANSWER_LIMIT, PULSE, Wish};
use super::{DeviceError, Notice, host};

/// How often to look whether a lost device is back.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How often to look whether another device has become the default one.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(2);

/// How long dropping may wait for a sound server that does not answer.
const DROP_LIMIT: Duration = Duration::from_secs(1);

/// What opens a device: an input or an output.
pub(super) trait Opener: Send + 'static {
    /// Which device.
    fn wish(&self) -> &Wish;

    /// Opens a device of PulseAudio.
    fn open_by_server(&self, name: &str, failures: Failures) -> Result<Running, String>;

    /// Opens any other.
    fn open_by_cpal(&self, device: &cpal::Device, failures: &Failures) -> Result<Running, String>;

    /// Opens what is wished for, to run until the stream is dropped; `failures` takes what goes wrong later.
    fn open(&self, failures: Failures) -> Result<Opened, DeviceError> {
        let (device, id) = host::ask(|host| self.wish().find(host))?;
        let opened = match id.strip_prefix(PULSE) {
            Some(name) => self.open_by_server(name, failures),
            None => self.open_by_cpal(&device, &failures),
        };
        match opened {
            Ok(stream) => Ok(Opened {
                _stream: stream,
                id,
            }),
            Err(reason) => Err(DeviceError::Refused { device: id, reason }),
        }
    }

    /// The device that would be opened now has another id than this. May be asked only for who follows the default.
    fn has_moved(&self, id: &str) -> bool {
        host::ask(|host| self.wish().find(host)).is_ok_and(|(_, now)| now != id)
    }

    /// No device is named: the default one is followed.
    fn follows_default(&self) -> bool {
        self.wish().name.is_none()
    }
}

/// A stream of whatever kind, which runs until it is dropped.
pub(super) type Running = Box<dyn Any + Send>;

/// A stream, of whatever kind it is.
pub(super) fn boxed(stream: impl Any + Send) -> Running {
    Box::new(stream)
}

/// A device that runs.
pub(super) struct Opened {
    _stream: Running,
    id: String,
}

/// Where a stream says that it has failed.
#[derive(Clone)]
pub(super) struct Failures {
    stream: u64,
    events: Sender<Event>,
}

impl Failures {
    /// Tells that the stream has ended, and why.
    pub(super) fn tell(&self, reason: String) {
        let stream = self.stream;
        let _ended = self.events.send(Event::Failed { stream, reason });
    }

    /// Tells what cpal says, if the stream ends by it.
    pub(super) fn tell_error(&self, error: &cpal::Error) {
        use cpal::ErrorKind;
        let goes_on = matches!(
            error.kind(),
            ErrorKind::Xrun | ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged
        );
        if goes_on {
            tracing::debug!(%error, "the sound device says");
            return;
        }
        self.tell(error.to_string());
    }
}

enum Event {
    Failed { stream: u64, reason: String },
    Stop,
}

/// Keeps a device open. Dropping it closes the device.
#[derive(Debug)]
pub(super) struct Keeper {
    events: Sender<Event>,
    /// Closed when the thread ends.
    ended: Receiver<()>,
}

impl Keeper {
    /// Opens the device and keeps it open.
    pub(super) fn start(
        opener: impl Opener,
        notice: impl Fn(Notice) + Send + 'static,
    ) -> Result<Self, DeviceError> {
        let (events, happened) = mpsc::channel();
        let (opened, first) = mpsc::channel();
        let (alive, ended) = mpsc::channel();
        let own = Keeping {
            opener,
            notice,
            events: events.clone(),
            happened,
            streams: 0,
        };
        thread::Builder::new()
            .name("sound device".to_owned())
            .spawn(move || {
                let _alive: Sender<()> = alive;
                own.run(&opened);
            })
            .map_err(|error| DeviceError::NoServer {
                reason: format!("no thread for it: {error}"),
            })?;
        let keeper = Self { events, ended };
        first
            .recv_timeout(ANSWER_LIMIT)
            .map_err(|_| DeviceError::Silent)??;
        Ok(keeper)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _gone = self.events.send(Event::Stop);
        let _ended = self.ended.recv_timeout(DROP_LIMIT);
    }
}

/// The thread's own.
struct Keeping<O, N> {
    opener: O,
    notice: N,
    events: Sender<Event>,
    happened: Receiver<Event>,
    /// How many were opened.
    streams: u64,
}

impl<O: Opener, N: Fn(Notice)> Keeping<O, N> {
    fn run(mut self, first: &Sender<Result<(), DeviceError>>) {
        let mut opened = match self.open() {
            Ok(opened) => opened,
            Err(error) => {
                let _gone = first.send(Err(error));
                return;
            }
        };
        let _gone = first.send(Ok(()));
        while let Some(reason) = self.watch(&opened) {
            drop(opened);
            if let Some(reason) = &reason {
                (self.notice)(Notice::Lost(reason.clone()));
            }
            // Another default device is there at once, as a rule.
            let wait = match reason {
                Some(_) => LOOK_AGAIN,
                None => Duration::ZERO,
            };
            let Some(again) = self.find_again(wait) else {
                return;
            };
            opened = again;
            if reason.is_some() {
                (self.notice)(Notice::Back);
            }
        }
    }

    fn open(&mut self) -> Result<Opened, DeviceError> {
        self.streams += 1;
        self.opener.open(Failures {
            stream: self.streams,
            events: self.events.clone(),
        })
    }

    /// Waits until the device is to be opened again: with the reason if it has failed, without if another one is the
    /// default now. None: it is to be closed.
    fn watch(&self, opened: &Opened) -> Option<Option<String>> {
        loop {
            let event = match self.opener.follows_default() {
                true => self.happened.recv_timeout(DEFAULT_INTERVAL),
                false => self.happened.recv().map_err(RecvTimeoutError::from),
            };
            match event {
                Ok(Event::Failed { stream, reason }) if stream == self.streams => {
                    return Some(Some(reason));
                }
                Ok(Event::Failed { .. }) => {}
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    if self.opener.has_moved(&opened.id) {
                        return Some(None);
                    }
                }
            }
        }
    }

    /// Tries after `wait`, and again and again, until the device is there. None: it is not wanted any more.
    fn find_again(&mut self, wait: Duration) -> Option<Opened> {
        let mut next = Instant::now() + wait;
        loop {
            let left = next.saturating_duration_since(Instant::now());
            match self.happened.recv_timeout(left) {
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return None,
                Ok(Event::Failed { .. }) => continue,
                Err(RecvTimeoutError::Timeout) => {}
            }
            match self.open() {
                Ok(opened) => return Some(opened),
                Err(error) => tracing::debug!(%error, "the sound device is still away"),
            }
            next = Instant::now() + LOOK_AGAIN;
        }
    }
}
