//! The desktop's sound here, and our microphone there.

mod list;
mod microphone;
mod output;
mod slot;
mod wishes;

pub(crate) use list::list;
pub(crate) use slot::Report;
pub(crate) use wishes::{Target, Wishes};

use crate::ending::tell;
use microphone::Microphone;
use output::Output;
use rfb::sound::{SoundCodec, SoundEnd, SoundFormat, SoundStream};
use rfb::{LocalTime, MediaTime};
use std::future::pending;
use tightrope::audio::PlayoutStats;
use tightrope::{Client, ClientEvent};

/// How sound is played, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SoundState {
    /// Nothing is heard.
    pub(crate) is_muted: bool,
    /// How loud, in percent.
    pub(crate) volume: u8,
    /// Whether what the microphone hears is sent; `None` if the server does not take it.
    pub(crate) microphone: Option<bool>,
    /// Why nothing is heard, if something is wrong.
    pub(crate) trouble: Option<String>,
}

/// What is told of the devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Output(Report),
    Microphone(Report),
}

/// The sound of one session, over all its connections. Devices are opened when the server says that it has any.
#[derive(Default)]
pub(crate) struct Sound {
    /// `None` if no sound is wanted.
    devices: Option<Devices>,
    /// The server has sound.
    is_offered: bool,
    is_muted: bool,
    volume: u8,
    /// Why the server sends none.
    ended: Option<&'static str>,
    /// What the server sends, once it does.
    format: Option<String>,
    /// What [`Self::news`] knows.
    told: Option<SoundState>,
}

struct Devices {
    output: Output,
    microphone: Microphone,
}

impl Sound {
    /// As `wishes` have it, played at `target`.
    pub(crate) fn new(wishes: &Wishes, target: Target, client: &mut Client) -> Self {
        if target == Target::Off {
            return Self::default();
        }
        let device = wishes.microphone.clone();
        let (is_wanted, device) = (device.is_some(), device.flatten());
        let devices = Devices {
            output: Output::new(target, client.player()),
            microphone: Microphone::new(device, is_wanted, client.microphone()),
        };
        let mut sound = Self {
            devices: Some(devices),
            is_muted: wishes.mute,
            ..Self::default()
        };
        sound.set_volume(wishes.volume);
        sound.apply_muted(client);
        sound
    }
    /// Something happened on the session.
    pub(crate) fn handle_event(&mut self, event: &ClientEvent, client: &mut Client) {
        let Some(devices) = &mut self.devices else {
            return;
        };
        match event {
            ClientEvent::SoundOffered(_) | ClientEvent::PcmOffered => {
                self.is_offered = true;
                devices.output.open();
                devices.microphone.handle_offer(client);
            }
            ClientEvent::SoundStarted(SoundStream::Desktop, format) => {
                self.ended = None;
                self.format = Some(described(format));
                // A new connection knows nothing of it.
                if self.is_quiet() {
                    client.set_muted(true);
                }
            }
            ClientEvent::SoundStopped(SoundStream::Desktop, end) => {
                self.ended = why(*end);
                if let Some(why) = self.ended {
                    tell(format_args!("no sound: {why}"));
                }
            }
            ClientEvent::PcmStarted => self.format = Some("pcm".into()),
            ClientEvent::SoundStarted(SoundStream::Microphone, _) => devices.microphone.begin(),
            ClientEvent::SoundStopped(SoundStream::Microphone, end) => devices.microphone.end(*end),
            _ => {}
        }
    }
    /// Whether [`Self::state`] is another than when this was last asked.
    pub(crate) fn news(&mut self) -> bool {
        let state = self.state();
        let is_new = state != self.told;
        self.told = state;
        is_new
    }
    /// The next that is told of the devices. Cancel safe.
    pub(crate) async fn next_told(&mut self) -> Told {
        let Some(Devices { output, microphone }) = &mut self.devices else {
            return pending().await;
        };
        tokio::select! {
            report = output.next_report() => Told::Output(report),
            report = microphone.next_report() => Told::Microphone(report),
        }
    }
    /// Takes it.
    pub(crate) fn handle_told(&mut self, told: &Told, client: &mut Client) {
        let Some(devices) = &mut self.devices else {
            return;
        };
        match told {
            Told::Output(report) => {
                devices.output.handle_report(report);
                self.apply_muted(client);
            }
            Told::Microphone(report) => devices.microphone.handle_report(report, client),
        }
    }
    /// What the menu shows; `None` if the server has no sound, or none is wanted.
    pub(crate) fn state(&self) -> Option<SoundState> {
        let devices = self.devices.as_ref().filter(|_| self.is_offered)?;
        let trouble = devices.output.trouble().or(self.ended);
        let trouble = trouble.or_else(|| devices.microphone.trouble());
        Some(SoundState {
            is_muted: self.is_muted,
            volume: self.volume,
            microphone: devices.microphone.state(),
            trouble: trouble.map(str::to_owned),
        })
    }
    /// When what was captured there and then is heard; `None` if nothing is.
    pub(crate) fn due(&self, captured: MediaTime) -> Option<LocalTime> {
        self.devices.as_ref()?.output.player().due(captured)
    }
    /// Whether nothing is heard from now on.
    pub(crate) fn set_muted(&mut self, muted: bool, client: &mut Client) {
        self.is_muted = muted;
        if let Some(devices) = &mut self.devices
            && self.is_offered
            && !muted
        {
            // There may be a device by now.
            devices.output.open();
        }
        self.apply_muted(client);
    }
    /// How loud from now on, in percent.
    pub(crate) fn set_volume(&mut self, percent: u8) {
        self.volume = percent;
        if let Some(devices) = &self.devices {
            devices
                .output
                .player()
                .set_volume(f32::from(percent) / 100.0);
        }
    }
    /// Whether what the microphone hears is sent from now on.
    pub(crate) fn set_microphone(&mut self, on: bool, client: &mut Client) {
        if let Some(devices) = &mut self.devices {
            devices.microphone.set(on, client);
        }
    }
    /// What is sent and the figures of it, once the server has sent any.
    pub(crate) fn statistics(&self) -> Option<(&str, PlayoutStats)> {
        let stats = self.devices.as_ref()?.output.player().stats()?;
        Some((self.format.as_deref()?, stats))
    }
    /// Nobody hears anything: what the server sends would be in vain.
    fn is_quiet(&self) -> bool {
        let failed = |devices: &Devices| devices.output.has_failed();
        self.is_muted || self.devices.as_ref().is_none_or(failed)
    }
    fn apply_muted(&self, client: &mut Client) {
        if client.player().is_muted() != self.is_quiet() {
            client.set_muted(self.is_quiet());
        }
    }
}

/// What it is coded with, for the statistics.
fn described(format: &SoundFormat) -> String {
    let codec = match format.codec {
        SoundCodec::OPUS => "opus".to_owned(),
        SoundCodec(number) => format!("codec {number}"),
    };
    let (channels, frame) = (format.channels, format.frame.milliseconds());
    let rate = format.bit_rate / 1000;
    format!("{codec}, {channels} channels, {frame} ms, {rate} kbit/s")
}

/// Why a stream ended, if it was not asked for.
fn why(end: SoundEnd) -> Option<&'static str> {
    match end {
        SoundEnd::STOPPED => None,
        SoundEnd::UNAVAILABLE => Some("the desktop has no sound device"),
        SoundEnd::PROHIBITED => Some("the server does not allow it"),
        SoundEnd::FORMAT => Some("the server does not send what is asked for"),
        _ => Some("the server sends none"),
    }
}
