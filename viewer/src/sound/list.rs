//! `--list-sound-devices`.

use crate::ending::Failure;
use std::io::Write;
use tightrope::audio::device::{Device, Kind, devices};

/// Writes a line for each device to standard output: what it is for, `*` if it is taken when none is named, its id and
/// its name, with tabs in between.
pub(crate) fn list() -> Result<(), Failure> {
    let devices = devices().map_err(Failure::error)?;
    let mut stdout = std::io::stdout().lock();
    for device in &devices {
        writeln!(stdout, "{}", line(device)).map_err(Failure::error)?;
    }
    Ok(())
}

fn line(device: &Device) -> String {
    let kind = match device.kind {
        Kind::Output => "output",
        Kind::Input => "input",
        Kind::Monitor => "monitor",
    };
    let default = if device.is_default { "*" } else { "" };
    let (id, name) = (&device.id, &device.name);
    format!("{kind}{default}\t{id}\t{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_what_a_device_is_for_and_whether_it_is_taken_by_itself() {
        let mut device = Device {
            id: "pulseaudio:card".into(),
            name: "Built-in sound".into(),
            kind: Kind::Output,
            is_default: true,
        };
        assert_eq!(line(&device), "output*\tpulseaudio:card\tBuilt-in sound");
        device.is_default = false;
        device.kind = Kind::Input;
        assert_eq!(line(&device), "input\tpulseaudio:card\tBuilt-in sound");
    }
}
