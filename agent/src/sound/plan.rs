//! Where the sound comes from: decided before anything else runs.

use std::convert::Infallible;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::str::FromStr;

use tempfile::TempDir;
use tightrope::audio::device::{Device, Input, InputConfig, Kind, devices};

use super::MICROPHONE_SINK;
use crate::args::Args;
use crate::failure::Failure;
use crate::ffi;

/// The value of `--sound`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A sound server of the agent's own with `--exec`, the user's with `--display`; none if there is none.
    Auto,
    /// No sound.
    Off,
    /// What this device plays or records.
    Device(String),
}

impl FromStr for Choice {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "auto" => Self::Auto,
            "off" => Self::Off,
            name => Self::Device(name.to_owned()),
        })
    }
}

/// Where the sound comes from.
#[derive(Debug)]
pub enum Plan {
    /// There is none.
    Silent,
    /// A sound server of the agent's own; its directory, which nobody else may look into.
    Own(TempDir),
    /// A device of a sound server that runs already.
    Device(InputConfig),
}

impl Plan {
    /// Decides what `args` ask for, and looks whether it is there. What it says of a missing sound server goes to the log.
    ///
    /// To be called while the process has no other thread: a sound server of our own is told to everything that
    /// comes later, our own connections to it and the command of `--exec`, by the environment.
    pub fn new(args: &Args) -> Result<Self, Failure> {
        let plan = match (&args.sound, &args.exec) {
            (Choice::Off, _) => Self::Silent,
            (Choice::Auto, Some(_)) => Self::own()?,
            (Choice::Auto, None) => Self::default_output(),
            (Choice::Device(name), _) => Self::device(name)?,
        };
        if args.microphone {
            plan.check_microphone()?;
        }
        Ok(plan)
    }

    /// Whether there is any.
    #[must_use]
    pub fn has_sound(&self) -> bool {
        !matches!(self, Self::Silent)
    }

    fn own() -> Result<Self, Failure> {
        if !is_installed("pulseaudio") {
            tracing::warn!(
                "the desktop has no sound: pulseaudio is not installed; it is what the command plays into. Install it \
                 (Debian, Ubuntu: apt install pulseaudio), or say --sound off"
            );
            return Ok(Self::Silent);
        }
        let directory = tempfile::Builder::new()
            .prefix("tightrope-sound-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .map_err(|error| {
                Failure::error(format_args!(
                    "cannot make a directory for temporary files: {error}"
                ))
            })?;
        for (name, value) in super::daemon::environment(directory.path()) {
            ffi::set_environment(name, &value)
                .map_err(|error| Failure::error(format_args!("cannot set {name}: {error}")))?;
        }
        Ok(Self::Own(directory))
    }

    fn default_output() -> Self {
        let config = InputConfig {
            monitor: true,
            ..InputConfig::default()
        };
        let found = devices();
        let has_monitor = |all: &Vec<Device>| {
            all.iter()
                .any(|own| own.kind == Kind::Monitor && own.is_default)
        };
        match found {
            Ok(all) if has_monitor(&all) => Self::Device(config),
            Ok(_) => {
                tracing::info!("the desktop has no sound: no output whose sound can be heard");
                Self::Silent
            }
            Err(error) => {
                tracing::info!("the desktop has no sound: {error}");
                Self::Silent
            }
        }
    }

    fn device(name: &str) -> Result<Self, Failure> {
        let failed = |error| Failure::error(format_args!("--sound {name}: {error}"));
        let config = InputConfig {
            device: Some(name.to_owned()),
            ..InputConfig::default()
        };
        // Opened once, so that it is known at once that it can be.
        Input::open(config.clone(), |_, _| {}, |_| {}).map_err(failed)?;
        Ok(Self::Device(config))
    }

    fn check_microphone(&self) -> Result<(), Failure> {
        match self {
            Self::Own(_) => Ok(()),
            Self::Silent => Err(Failure::error(
                "--microphone: the desktop has no sound, so it has no microphone either",
            )),
            Self::Device(_) => {
                let known = devices().map_err(Failure::error)?;
                let is_sink = |own: &Device| {
                    own.kind == Kind::Output && own.id.ends_with(&format!(":{MICROPHONE_SINK}"))
                };
                match known.iter().any(is_sink) {
                    true => Ok(()),
                    false => Err(Failure::error(format_args!(
                        "--microphone: the sound server has no output {MICROPHONE_SINK} to play it into; make one: pactl \
                         load-module module-null-sink sink_name={MICROPHONE_SINK}"
                    ))),
                }
            }
        }
    }
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|directory: PathBuf| directory.join(program))
        .any(|file| file.is_file())
}
