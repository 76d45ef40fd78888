//! `--list-sound-devices`.

use std::io::{self, Write};

use tightrope::audio::device::{Kind, devices};

use crate::failure::Failure;

/// Writes a line for each sound device of this machine: `output`, `input` or `monitor` (what an output plays), its id, and
/// its name for people; a star before the default ones.
pub fn print_devices(out: &mut impl Write) -> Result<(), Failure> {
    let all = devices().map_err(Failure::error)?;
    let write = || -> io::Result<()> {
        for device in all {
            let star = if device.is_default { '*' } else { ' ' };
            let kind = match device.kind {
                Kind::Output => "output",
                Kind::Input => "input",
                Kind::Monitor => "monitor",
            };
            writeln!(out, "{star} {kind:7} {}  {}", device.id, device.name)?;
        }
        Ok(())
    };
    write().map_err(Failure::error)
}
