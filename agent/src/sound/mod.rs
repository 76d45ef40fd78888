//! The desktop's sound: what programs play goes to viewers, what viewers say goes to programs.

mod daemon;
mod list;
mod plan;
mod playing;

use tightrope::audio::device::InputConfig;

pub use list::print_devices;
pub use plan::{Choice, Plan};

pub(crate) use daemon::Daemon;
pub(crate) use playing::{Order, play};

/// What the agent's own sound server calls the sink that programs play into.
const SINK: &str = "tightrope";

/// What hears our own sound server.
pub(crate) fn own_source() -> InputConfig {
    InputConfig {
        device: Some(format!("{SINK}.monitor")),
        ..InputConfig::default()
    }
}

/// The sink that a viewer's microphone is played into.
const MICROPHONE_SINK: &str = "tightrope_microphone";
