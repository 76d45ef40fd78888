//! What plays the desktop's sound: a device, or a file.

use super::Target;
use super::slot::{Report, Slot, State};
use crate::ending::tell;
use tightrope::audio::device::{self, Moment, Notice, OutputConfig, WavOutput};
use tightrope::sound::Player;

/// What plays.
pub(crate) struct Output {
    target: Target,
    player: Player,
    slot: Slot,
}

impl Output {
    /// For `player`; nothing is open yet.
    pub(super) fn new(target: Target, player: Player) -> Self {
        Self {
            target,
            player,
            slot: Slot::new(),
        }
    }
    pub(super) fn player(&self) -> &Player {
        &self.player
    }
    /// Opens it, if it is not.
    pub(super) fn open(&mut self) {
        if !matches!(self.slot.state(), State::Closed | State::Failed) {
            return;
        }
        let player = self.player.clone();
        let render =
            move |out: &mut [f32], moment: Moment| player.fill(out, moment.called, moment.at);
        let device = match self.target.clone() {
            Target::Off => return,
            Target::Auto => None,
            Target::Device(device) => Some(device),
            Target::File(path) => {
                return self.slot.open(move |notice| {
                    let created = WavOutput::create(&path, render, notice);
                    created
                        .map_err(|error| format!("{} cannot be written: {error}", path.display()))
                });
            }
        };
        let config = OutputConfig {
            device,
            ..OutputConfig::default()
        };
        self.slot.open(move |notice| {
            device::Output::open(config, render, notice).map_err(|error| error.to_string())
        });
    }
    /// The next that is told of it. Cancel safe.
    pub(super) async fn next_report(&mut self) -> Report {
        self.slot.next_report().await
    }
    /// Takes it, and tells the person.
    pub(super) fn handle_report(&mut self, report: &Report) {
        self.slot.handle_report(report);
        match (report, &self.target) {
            (Report::Open, _) => {}
            (Report::Failed(reason), _) => tell(format_args!("no sound: {reason}")),
            (Report::Notice(Notice::Lost(reason)), Target::File(_)) => {
                tell(format_args!("no more sound is written: {reason}"));
            }
            (Report::Notice(Notice::Lost(reason)), _) => tell(format_args!(
                "the sound device is lost ({reason}): sound goes on when it is back"
            )),
            (Report::Notice(Notice::Back), _) => tell("the sound device is back"),
        }
    }
    /// Whether it could not be opened.
    pub(super) fn has_failed(&self) -> bool {
        self.slot.state() == State::Failed
    }
    /// What is wrong with it, for the menu.
    pub(super) fn trouble(&self) -> Option<&'static str> {
        match self.slot.state() {
            State::Closed | State::Opening | State::Open => None,
            State::Failed => Some("No sound device"),
            State::Lost => Some("The sound device is lost"),
        }
    }
}
