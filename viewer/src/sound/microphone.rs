//! Our microphone, for servers that take what it hears.

use super::slot::{Report, Slot, State};
use super::why;
use crate::ending::tell;
use rfb::sound::SoundEnd;
use tightrope::Client;
use tightrope::audio::device::{Input, InputConfig, Moment, Notice};
use tightrope::sound::MicrophoneInput;

/// A microphone, on or off.
pub(super) struct Microphone {
    /// The one to be opened; `None` for the system's.
    device: Option<String>,
    /// Where what it hears goes.
    handle: MicrophoneInput,
    is_wanted: bool,
    /// The server takes it.
    is_offered: bool,
    slot: Slot,
}

impl Microphone {
    /// Off, until the server takes it.
    pub(super) fn new(device: Option<String>, is_wanted: bool, handle: MicrophoneInput) -> Self {
        Self {
            device,
            handle,
            is_wanted,
            is_offered: false,
            slot: Slot::new(),
        }
    }
    /// The server says whether it takes it: at the beginning of each connection.
    pub(super) fn handle_offer(&mut self, client: &mut Client) {
        self.is_offered = client.takes_microphone();
        if self.is_wanted && !self.is_offered {
            tell("the server takes no sound of a microphone");
        }
        self.slot.close();
        if self.is_wanted && self.is_offered {
            client.start_microphone();
        }
    }
    /// The server waits for what it hears.
    pub(super) fn begin(&mut self) {
        let handle = self.handle.clone();
        let take = move |samples: &[f32], moment: Moment| handle.push(samples, moment.at);
        let config = InputConfig {
            device: self.device.clone(),
            ..InputConfig::default()
        };
        self.slot.open(move |notice| {
            Input::open(config, take, notice).map_err(|error| error.to_string())
        });
    }
    /// The server takes no more.
    pub(super) fn end(&mut self, end: SoundEnd) {
        self.slot.close();
        if let Some(why) = why(end) {
            self.is_wanted = false;
            tell(format_args!("the microphone is off: {why}"));
        }
    }
    /// Switches it on or off.
    pub(super) fn set(&mut self, on: bool, client: &mut Client) {
        if self.is_wanted == on {
            return;
        }
        self.is_wanted = on;
        match on {
            true if self.is_offered => client.start_microphone(),
            true => {}
            false => {
                self.slot.close();
                client.stop_microphone();
            }
        }
    }
    /// Whether it is on; `None` if the server does not take it.
    pub(super) fn state(&self) -> Option<bool> {
        self.is_offered.then_some(self.is_wanted)
    }
    /// What is wrong with it, for the menu.
    pub(super) fn trouble(&self) -> Option<&'static str> {
        match self.slot.state() {
            State::Closed | State::Opening | State::Open => None,
            State::Failed => Some("No microphone"),
            State::Lost => Some("The microphone is lost"),
        }
    }
    /// The next that is told of the device. Cancel safe.
    pub(super) async fn next_report(&mut self) -> Report {
        self.slot.next_report().await
    }
    /// Takes it, and tells the person.
    pub(super) fn handle_report(&mut self, report: &Report, client: &mut Client) {
        self.slot.handle_report(report);
        match report {
            Report::Open => {}
            Report::Failed(reason) => {
                tell(format_args!("no microphone: {reason}"));
                self.is_wanted = false;
                client.stop_microphone();
            }
            Report::Notice(Notice::Lost(reason)) => tell(format_args!(
                "the microphone is lost ({reason}): it goes on when it is back"
            )),
            Report::Notice(Notice::Back) => tell("the microphone is back"),
        }
    }
}
