//! What the command line says about sound.

use clap::{Args, value_parser};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

const SOUND: &str = "Sound";

/// The flags.
#[derive(Clone, Debug, Args)]
pub(crate) struct Wishes {
    /// Where the desktop's sound is played: the system's device, none, this one, or a file; off with --headless unless
    /// given
    #[arg(help_heading = SOUND, long, value_name = "auto|off|DEVICE|FILE.wav")]
    pub(crate) sound: Option<Target>,
    /// How loud, in percent
    #[arg(help_heading = SOUND, long, value_name = "0-100", default_value_t = 100, value_parser = value_parser!(u8).range(0..=100))]
    pub(crate) volume: u8,
    /// Begin without sound; the menu switches it on
    #[arg(help_heading = SOUND, long)]
    pub(crate) mute: bool,
    /// Send what the microphone hears, where the server allows it
    #[arg(help_heading = SOUND, long, value_name = "DEVICE", num_args = 0..=1, require_equals = true, conflicts_with = "view_only")]
    #[expect(
        clippy::option_option,
        reason = "clap's word for a flag whose value may be left out"
    )]
    pub(crate) microphone: Option<Option<String>>,
    /// List the sound devices of this machine, a line each: what it is for, its id, its name
    #[arg(help_heading = SOUND, long)]
    pub(crate) list_sound_devices: bool,
}

impl Wishes {
    /// Where sound is to be played, in a window or without.
    pub(crate) fn target(&self, headless: bool) -> Target {
        match &self.sound {
            Some(target) => target.clone(),
            None if headless => Target::Off,
            None => Target::Auto,
        }
    }
}

/// Where sound is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The system's device, if there is one.
    Auto,
    /// Nowhere.
    Off,
    /// The device of this id or name.
    Device(String),
    /// A WAV file.
    File(PathBuf),
}

impl FromStr for Target {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let is_wave = Path::new(text)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("wav"));
        Ok(match text {
            "auto" => Self::Auto,
            "off" => Self::Off,
            _ if is_wave => Self::File(text.into()),
            device => Self::Device(device.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_word_a_file_or_a_device() {
        for (text, target) in [
            ("auto", Target::Auto),
            ("off", Target::Off),
            ("out/sound.WAV", Target::File("out/sound.WAV".into())),
            ("alsa:hw:0", Target::Device("alsa:hw:0".into())),
        ] {
            assert_eq!(text.parse(), Ok(target));
        }
    }
}
