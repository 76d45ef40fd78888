//! Which devices there are, and which of them is meant.

use std::fmt;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cpal::Host;
use cpal::traits::{DeviceTrait, HostTrait};

use super::{DeviceError, host};

/// How long a sound server may take to answer before it is given up.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// How the ids of PulseAudio's devices begin.
pub(super) const PULSE: &str = "pulseaudio:";

/// What sound servers call the input that hears what an output plays: the output's name, and this.
const MONITOR: &str = ".monitor";

/// What a device is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It plays.
    Output,
    /// It records what comes from outside: a microphone.
    Input,
    /// It records what an output plays.
    Monitor,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Output => "sound output",
            Self::Input => "sound input",
            Self::Monitor => "sound output to listen to",
        })
    }
}

/// A sound device of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What to open it by, for instance `pulseaudio:alsa_output.pci-0000_00_1f.3.analog-stereo`.
    pub id: String,
    /// What to call it for people.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// It is taken if no device is named. For a monitor: its output is.
    pub is_default: bool,
}

/// All devices, outputs first.
///
/// # Errors
/// There is no sound server and no sound card, or the server does not answer.
pub fn devices() -> Result<Vec<Device>, DeviceError> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(host::ask(list)));
    let answer = receiver.recv_timeout(ANSWER_LIMIT);
    Ok(answer
        .map_err(|_| DeviceError::Silent)??
        .into_iter()
        .map(|own| own.0)
        .collect())
}

/// What is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// None: the default.
    pub(super) name: Option<String>,
    /// Of an input: `Monitor` if what is wanted without a name is what the default output plays.
    pub(super) kind: Kind,
}

impl Wish {
    /// The device that is meant, and its id.
    pub(super) fn find(&self, host: &Host) -> Result<(cpal::Device, String), DeviceError> {
        let mut all = list(host)?;
        let of_kind = |own: &Device| (own.kind == Kind::Output) == (self.kind == Kind::Output);
        all.retain(|(own, _)| of_kind(own));
        let known: Vec<&Device> = all.iter().map(|(own, _)| own).collect();
        let at = match &self.name {
            Some(name) => named(&known, name, self.kind)?,
            None => known
                .iter()
                .position(|own| own.is_default && own.kind == self.kind)
                // The default input may be a monitor, where there is no microphone.
                .or_else(|| known.iter().position(|own| own.is_default))
                .ok_or(DeviceError::NoDefault { kind: self.kind })?,
        };
        let (own, device) = all.swap_remove(at);
        Ok((device, own.id))
    }
}

/// Which of `known` is called `name`: by its id or name, by what its output is called, or by a part of them that fits no
/// other.
fn named(known: &[&Device], name: &str, kind: Kind) -> Result<usize, DeviceError> {
    let short = |own: &Device| {
        own.id
            .split_once(':')
            .map_or(own.id.clone(), |(_, id)| id.to_owned())
    };
    let monitor = format!("{name}{MONITOR}");
    let ways: [&dyn Fn(&Device) -> bool; 4] = [
        &|own| own.id == name || short(own) == name,
        &|own| own.id == monitor || short(own) == monitor,
        &|own| own.name == name,
        &|own| own.id.contains(name) || own.name.contains(name),
    ];
    for fits in ways {
        let found: Vec<usize> = (0..known.len())
            .filter(|at| known.get(*at).is_some_and(|own| fits(own)))
            .collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok(*one),
            several => {
                let fits = several.iter().filter_map(|at| known.get(*at));
                return Err(DeviceError::Ambiguous {
                    name: name.to_owned(),
                    fits: fits.map(|own| own.id.clone()).collect(),
                });
            }
        }
    }
    Err(DeviceError::Unknown {
        name: name.to_owned(),
        kind,
        known: known.iter().map(|own| own.id.clone()).collect(),
    })
}

/// Every device, outputs first; one that plays and records is there twice.
fn list(host: &Host) -> Result<Vec<(Device, cpal::Device)>, DeviceError> {
    let failed = |error: cpal::Error| DeviceError::NoServer {
        reason: error.to_string(),
    };
    let id = |device: &cpal::Device| device.id().map(|id| id.to_string()).ok();
    let output = host.default_output_device().and_then(|device| id(&device));
    let input = host.default_input_device().and_then(|device| id(&device));
    let monitor = output.as_ref().map(|id| format!("{id}{MONITOR}"));
    let mut all = Vec::new();
    for device in host.devices().map_err(failed)? {
        let Some(id) = id(&device) else { continue };
        let description = device.description().ok();
        let name = description.map_or_else(|| id.clone(), |own| own.name().to_owned());
        let is_monitor = id.ends_with(MONITOR);
        let mut add = |kind, is_default| {
            let (id, name) = (id.clone(), name.clone());
            let own = Device {
                id,
                name,
                kind,
                is_default,
            };
            all.push((own, device.clone()));
        };
        if device.supports_output() {
            add(Kind::Output, output.as_ref() == Some(&id));
        }
        if device.supports_input() {
            match is_monitor {
                true => add(Kind::Monitor, monitor.as_ref() == Some(&id)),
                false => add(Kind::Input, input.as_ref() == Some(&id)),
            }
        }
    }
    all.sort_by_key(|(own, _)| own.kind != Kind::Output);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Device> {
        [
            (
                "pulseaudio:speaker.monitor",
                "Monitor of Speaker",
                Kind::Monitor,
            ),
            (
                "pulseaudio:speaker2.monitor",
                "Monitor of Other",
                Kind::Monitor,
            ),
            ("pulseaudio:mic", "Microphone", Kind::Input),
        ]
        .map(|(id, name, kind)| Device {
            id: id.to_owned(),
            name: name.to_owned(),
            kind,
            is_default: false,
        })
        .to_vec()
    }

    fn find(name: &str) -> Result<String, DeviceError> {
        let known = known();
        let known: Vec<&Device> = known.iter().collect();
        named(&known, name, Kind::Input).map(|at| known[at].id.clone())
    }

    #[test]
    fn a_device_is_found_by_all_of_its_names_and_by_an_unambiguous_part() {
        for name in ["pulseaudio:mic", "mic", "Microphone", "phone"] {
            assert_eq!(find(name).unwrap(), "pulseaudio:mic", "{name}");
        }
        for name in ["speaker", "pulseaudio:speaker", "speaker.mon", "of Speaker"] {
            assert_eq!(find(name).unwrap(), "pulseaudio:speaker.monitor", "{name}");
        }
    }

    #[test]
    fn what_is_not_there_or_not_clear_is_told_with_what_there_is() {
        let unknown = find("loud").unwrap_err().to_string();
        assert!(unknown.contains("\"loud\"") && unknown.contains("pulseaudio:mic"));
        let ambiguous = find("Monitor").unwrap_err().to_string();
        assert!(
            ambiguous.contains("pulseaudio:speaker2.monitor"),
            "{ambiguous}"
        );
        assert!(!ambiguous.contains("pulseaudio:mic"), "{ambiguous}");
    }
}
