//! Capturing while somebody listens, and playing what viewers say.

use std::time::Duration;

use anyhow::Result;
use tightrope::audio::device::{
    DeviceError, Input, InputConfig, Moment, Notice, Output, OutputConfig,
};
use tightrope::{Server, SessionId};
use tokio::sync::mpsc::Receiver;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::MICROPHONE_SINK;

/// How long to wait before a device that cannot be opened is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// What a client's microphone does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// It is on.
    Start(SessionId),
    /// It is off, or its client is gone.
    Stop(SessionId),
}

/// Captures from `source` while anybody listens, and plays microphones; returns when there are no more orders.
///
/// Without a source there is nothing to do.
pub(crate) async fn play(
    source: Option<InputConfig>,
    server: Server,
    mut orders: Receiver<Order>,
) -> Result<()> {
    let mut wanted = server.sound_wanted();
    let mut ear = Ear::new(source, server.clone());
    let mut mouth = Mouth::new(server);
    loop {
        let is_wanted = *wanted.borrow_and_update();
        ear.open(is_wanted).await;
        mouth.open().await;
        let is_late = ear.is_late(is_wanted) || mouth.is_late();
        tokio::select! {
            changed = wanted.changed() => changed?,
            order = orders.recv() => match order {
                Some(order) => mouth.obey(order),
                None => break,
            },
            () = sleep(TRY_AGAIN), if is_late => {}
        }
    }
    Ok(())
}

/// Hears what the desktop plays.
struct Ear {
    source: Option<InputConfig>,
    server: Server,
    input: Option<Input>,
    trouble: Trouble,
}

impl Ear {
    fn new(source: Option<InputConfig>, server: Server) -> Self {
        Self {
            source,
            server,
            input: None,
            trouble: Trouble::new("the desktop's sound cannot be heard"),
        }
    }

    fn is_late(&self, is_wanted: bool) -> bool {
        is_wanted && self.source.is_some() && self.input.is_none()
    }

    /// Opens the device if it is wanted, and closes it if not.
    async fn open(&mut self, is_wanted: bool) {
        if !is_wanted {
            close(self.input.take()).await;
            return;
        }
        if !self.is_late(is_wanted) {
            return;
        }
        let Some(source) = self.source.clone() else {
            return;
        };
        let server = self.server.clone();
        let opened = spawn_blocking(move || {
            let take = move |samples: &[f32], moment: Moment| {
                server.push_sound(samples, moment.at);
            };
            Input::open(source, take, |notice| tell("the desktop's sound", notice))
        });
        self.input = self.trouble.tell_once(opened.await);
    }
}

/// Says what viewers say.
struct Mouth {
    server: Server,
    speaking: Vec<SessionId>,
    output: Option<Output>,
    trouble: Trouble,
}

impl Mouth {
    fn new(server: Server) -> Self {
        Self {
            server,
            speaking: Vec::new(),
            output: None,
            trouble: Trouble::new("the microphone cannot be played"),
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Start(session) => {
                tracing::info!(%session, "a client's microphone is on");
                if !self.speaking.contains(&session) {
                    self.speaking.push(session);
                }
            }
            Order::Stop(session) => self.speaking.retain(|own| *own != session),
        }
    }

    fn is_late(&self) -> bool {
        !self.speaking.is_empty() && self.output.is_none()
    }

    /// Opens the device if a microphone is on, and closes it if not.
    async fn open(&mut self) {
        if self.speaking.is_empty() {
            close(self.output.take()).await;
            return;
        }
        if self.output.is_some() {
            return;
        }
        let microphone = self.server.microphone();
        let opened = spawn_blocking(move || {
            let config = OutputConfig {
                device: Some(MICROPHONE_SINK.to_owned()),
                ..OutputConfig::default()
            };
            let render = move |out: &mut [f32], moment: Moment| {
                microphone.fill(out, moment.called, moment.at);
            };
            Output::open(config, render, |notice| tell("the microphone", notice))
        });
        self.output = self.trouble.tell_once(opened.await);
    }
}

/// Closes a device; it may take a moment.
async fn close<T: Send + 'static>(device: Option<T>) {
    if device.is_some() {
        let _closed = spawn_blocking(move || drop(device)).await;
    }
}

fn tell(what: &str, notice: Notice) {
    match notice {
        Notice::Lost(reason) => tracing::warn!("{what} is lost: {reason}"),
        Notice::Back => tracing::info!("{what} is back"),
    }
}

/// Says what is wrong, but not again and again.
struct Trouble {
    what: &'static str,
    is_known: bool,
}

impl Trouble {
    fn new(what: &'static str) -> Self {
        Self {
            what,
            is_known: false,
        }
    }

    fn tell_once<T, E: std::fmt::Display>(
        &mut self,
        opened: Result<Result<T, DeviceError>, E>,
    ) -> Option<T> {
        let error = match opened {
            Ok(Ok(device)) => {
                self.is_known = false;
                return Some(device);
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        if !self.is_known {
            tracing::warn!("{}: {error}", self.what);
            self.is_known = true;
        }
        None
    }
}
