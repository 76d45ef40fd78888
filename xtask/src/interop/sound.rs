//! A tone at one end, and what is heard of it at the other.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process::{SHORT, Service, wait_until};

/// What the tones here are.
const HERTZ: f64 = 440.0;
/// How far from it what is heard may be, as a part of it.
const TOLERANCE: f64 = 0.01;
/// The least level that is heard, as a part of the loudest there can be.
const LEVEL: f64 = 0.05;
/// Samples of one channel a second.
const RATE: u32 = 48_000;
/// What is measured. Before it a player may still fill its buffers.
const MEASURED: usize = 4 * 48_000;
/// What is measured at once.
const PART: usize = 4_800;
/// How long is recorded.
const RECORDED: Duration = Duration::from_secs(6);
/// Where the samples begin in a WAV file of PCM.
const WAV_HEADER: usize = 44;

/// For a desktop's script: plays the tone, at half the loudest, until the desktop ends.
pub(super) const PLAY: &str = "sox -q -n -t raw -r 48000 -c 2 -b 16 -e signed - synth 3600 sine 440 gain -6 \
    | pacat --raw --format=s16le --rate=48000 --channels=2 & ";

/// A PulseAudio of a viewer's own, with nothing to hear it but a recorder.
pub(super) struct Speaker {
    directory: PathBuf,
    _daemon: Service,
}

impl Speaker {
    /// Starts it; its files stay in the directory.
    pub(super) fn start(directory: &Path) -> Result<Self> {
        let mut command = Command::new("pulseaudio");
        command.args(["-n", "--daemonize=no", "--use-pid-file=no"]);
        command.args(["--exit-idle-time=-1", "--disable-shm=yes"]);
        command.args(["-L", "module-null-sink sink_name=speaker rate=48000"]);
        let socket = socket(directory);
        let protocol = format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            socket.display()
        );
        command.args(["-L", &protocol]).env("HOME", directory);
        command.env("XDG_RUNTIME_DIR", directory);
        let mut daemon = Service::start("pulseaudio", &mut command, directory)?;
        let open = || {
            let stream = std::os::unix::net::UnixStream::connect(&socket);
            Ok(stream.ok().map(drop))
        };
        daemon.wait_until("its socket is open", SHORT, open)?;
        Ok(Self {
            directory: directory.to_owned(),
            _daemon: daemon,
        })
    }

    /// Has a program play to it.
    pub(super) fn plug_in(&self, command: &mut Command) {
        let server = format!("unix:{}", socket(&self.directory).display());
        command.env("PULSE_SERVER", server);
        command.env("PULSE_COOKIE", self.directory.join("cookie"));
    }

    /// Records what is played now, and sees that it is the tone.
    pub(super) fn expect_tone(&self) -> Result<()> {
        let file = self.directory.join("recorded.raw");
        let mut command = Command::new("parec");
        self.plug_in(&mut command);
        command.args(["--raw", "--format=s16le", "--rate=48000", "--channels=1"]);
        command.args(["--device=speaker.monitor", "--latency-msec=50"]);
        command.arg(&file);
        let mut recorder = Service::start("parec", &mut command, &self.directory)?;
        let enough = usize::try_from(RECORDED.as_secs())? * usize::try_from(RATE)? * 2;
        let recorded = || {
            let bytes = std::fs::read(&file).unwrap_or_default();
            Ok((enough <= bytes.len()).then_some(bytes))
        };
        let bytes = recorder.wait_until("it has recorded enough", RECORDED * 4, recorded)?;
        expect_tone(&samples(&bytes, 1))
    }
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("pulse.socket")
}

/// Waits until a WAV file of 16 bits, stereo, 48 kHz, that is still written, holds enough, and sees that it is the tone.
pub(super) fn expect_tone_in(wav: &Path) -> Result<()> {
    let enough = WAV_HEADER + usize::try_from(RECORDED.as_secs())? * usize::try_from(RATE)? * 4;
    let written = || {
        sleep(Duration::from_millis(100));
        let bytes = std::fs::read(wav).unwrap_or_default();
        Ok((enough <= bytes.len()).then_some(bytes))
    };
    let bytes = wait_until("the WAV file is long enough", RECORDED * 4, written)?;
    let body = bytes.get(WAV_HEADER..).context("it is empty")?;
    expect_tone(&samples(body, 2))
}

/// The first channel of little-endian samples.
fn samples(bytes: &[u8], channels: usize) -> Vec<f64> {
    let sample = |frame: &[u8]| {
        let bytes = frame.first_chunk().copied().unwrap_or_default();
        f64::from(i16::from_le_bytes(bytes)) / f64::from(i16::MAX)
    };
    bytes.chunks_exact(2 * channels).map(sample).collect()
}

/// Sees that most of the last of `samples`, of one channel, is the tone: where the machine is busy there may be gaps.
fn expect_tone(samples: &[f64]) -> Result<()> {
    let begin = samples.len().saturating_sub(MEASURED);
    let measured = samples.get(begin..).unwrap_or_default();
    ensure!(measured.len() == MEASURED, "it is too short");
    let (mut parts, mut tones, mut heard) = (0, 0, String::new());
    for part in measured.chunks_exact(PART) {
        let (level, hertz) = (level(part)?, frequency(part)?);
        parts += 1;
        if level > LEVEL && (hertz / HERTZ - 1.0).abs() < TOLERANCE {
            tones += 1;
        } else {
            heard = format!("{hertz:.0} Hz at a level of {level:.3}");
        }
    }
    ensure!(
        tones * 2 > parts,
        "{tones} of {parts} parts are {HERTZ} Hz; the last other is {heard}"
    );
    Ok(())
}

/// The mean square's root.
fn level(samples: &[f64]) -> Result<f64> {
    let squares: f64 = samples.iter().map(|sample| sample * sample).sum();
    let count = f64::from(u32::try_from(samples.len())?);
    Ok((squares / count.max(1.0)).sqrt())
}

/// By how often it rises from well below zero to well above; 0 if it hardly does.
fn frequency(samples: &[f64]) -> Result<f64> {
    let enough = level(samples)? / 2.0;
    let mut is_low = false;
    let mut rises = Vec::new();
    for (at, sample) in samples.iter().enumerate() {
        if *sample < -enough {
            is_low = true;
        } else if is_low && *sample > enough {
            is_low = false;
            rises.push(u32::try_from(at)?);
        }
    }
    let (Some(first), Some(last)) = (rises.first(), rises.last()) else {
        return Ok(0.0);
    };
    let periods = u32::try_from(rises.len() - 1)?;
    let seconds = f64::from(last - first) / f64::from(RATE);
    Ok(match periods {
        0 => 0.0,
        _ => f64::from(periods) / seconds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f64, level: f64) -> Vec<f64> {
        let sample = |at: u32| level * (std::f64::consts::TAU * hertz * f64::from(at) / 48e3).sin();
        (0..5 * RATE).map(sample).collect()
    }

    #[test]
    fn only_the_tone_itself_is_taken_for_it() {
        expect_tone(&tone(440.0, 0.5)).unwrap();
        expect_tone(&tone(443.0, 0.1)).unwrap();
        let said = |samples: &[f64]| expect_tone(samples).unwrap_err().to_string();
        assert!(said(&tone(450.0, 0.5)).ends_with("the last other is 450 Hz at a level of 0.354"));
        assert!(said(&tone(440.0, 0.01)).ends_with("the last other is 440 Hz at a level of 0.007"));
        assert!(said(&[0.0; MEASURED]).ends_with("the last other is 0 Hz at a level of 0.000"));
        assert_eq!(said(&[]), "it is too short");
    }

    #[test]
    fn gaps_are_forgiven_but_not_most_of_it() {
        let mut broken = tone(440.0, 0.5);
        broken[100_000..180_000].fill(0.0);
        expect_tone(&broken).unwrap();
        broken[90_000..200_000].fill(0.0);
        assert!(expect_tone(&broken).is_err());
    }

    #[test]
    fn bytes_are_samples_of_the_first_channel() {
        let bytes = [0xff, 0x7f, 1, 0, 0, 0, 9, 9, 1];
        assert_eq!(samples(&bytes, 2), [1.0, 0.0]);
    }
}
