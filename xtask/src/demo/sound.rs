//! The sound of the demo: a tone and a few notes, played on the desktop, and listened for in what the viewer stored.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process::wait_until;
use crate::programs::Viewer;

/// What is played: a tone that is long enough to be measured, then a melody. Hertz and seconds.
const NOTES: &[(f64, f64)] = &[
    (440.0, 2.0),
    (523.251, 0.3),
    (659.255, 0.3),
    (783.991, 0.3),
    (1046.502, 0.6),
];
/// The amplitude of each note, of 1.
const LEVEL: f64 = 0.25;
const RATE: u32 = 48_000;
/// What is louder is no silence.
const QUIET: f64 = 0.02;
/// Samples that are looked at together: 50 ms.
const PART: usize = 2_400;
/// How far the frequency may be off, in hertz, and the level, as a part of it.
const NEAR: f64 = 1.5;
const ALIKE: f64 = 0.2;
const HEADER: usize = 44;
const PLAYED: Duration = Duration::from_secs(20);

/// What was heard of it.
pub(super) struct Heard {
    /// Every note came, as loud as it was played.
    pub(super) whole: bool,
    /// Of the tone.
    pub(super) hertz: f64,
    /// From the desktop's device to the viewer's, while it played.
    pub(super) delay_ms: f64,
    /// How often the viewer had nothing to play.
    pub(super) underruns: u64,
}

/// Writes what is played to `directory`.
pub(super) fn prepare(directory: &Path) -> Result<()> {
    let file = directory.join("melody.wav");
    std::fs::write(&file, wave(&samples()))
        .with_context(|| format!("cannot write {}", file.display()))
}

/// Has the desktop play it; gives the viewer's delay meanwhile.
pub(super) fn play(viewer: &mut Viewer, directory: &Path) -> Result<f64> {
    std::fs::write(directory.join("play"), "")?;
    wait_until("a second of sound has come", PLAYED, || {
        let statistics = viewer.tell("stats")?;
        let packets = figure(&statistics, "packets").and_then(Value::as_u64);
        let delay = figure(&statistics, "delay_ms").and_then(Value::as_f64);
        Ok(delay.filter(|_| packets >= Some(50)))
    })
}

/// Waits until the desktop has played all of it.
pub(super) fn wait_until_played(directory: &Path) -> Result<()> {
    let mark = directory.join("played");
    wait_until("the sound has been played", PLAYED, || {
        Ok(mark.exists().then_some(()))
    })
}

/// Where the viewer stores what it plays.
pub(super) fn stored(out: &Path) -> PathBuf {
    out.join("sound.wav")
}

/// Listens for it in the file of a viewer that had these figures at its end.
pub(super) fn listen(file: &Path, delay_ms: f64, statistics: &Value) -> Result<Heard> {
    let samples = read(file)?;
    let (hertz, whole) = judge(&samples);
    Ok(Heard {
        whole,
        hertz,
        delay_ms,
        underruns: figure(statistics, "underruns")
            .and_then(Value::as_u64)
            .context("the viewer's statistics give no underruns")?,
    })
}

/// A figure of the viewer's sound.
fn figure<'a>(statistics: &'a Value, name: &str) -> Option<&'a Value> {
    statistics.get("sound")?.get(name)
}

/// The frequency of the first note, and whether the notes are there one after the other, each for most of its time and
/// as loud as it was played. Short gaps do no harm: they are counted elsewhere.
fn judge(samples: &[f64]) -> (f64, bool) {
    let mut rest = samples;
    let mut hertz = 0.0;
    let mut is_whole = true;
    for (number, &(note, seconds)) in NOTES.iter().enumerate() {
        if number == 0 {
            hertz = pitch(rest, note);
            is_whole = (hertz - note).abs() <= NEAR;
        }
        let is_it = |part: &[f64]| (level(part, note) / LEVEL - 1.0).abs() <= ALIKE;
        let parts: Vec<bool> = rest.chunks_exact(PART).map(is_it).collect();
        let Some(first) = parts.iter().position(|&is_it| is_it) else {
            return (hertz, false);
        };
        // Gaps make it last longer.
        let end = first + count(seconds) * 5 / 4 / PART;
        let heard = parts.get(first..end.min(parts.len())).unwrap_or_default();
        let parts = heard.iter().filter(|&&is_it| is_it).count();
        is_whole &= parts * PART * 10 >= count(seconds) * 7;
        let last = heard.iter().rposition(|&is_it| is_it).unwrap_or(0);
        let behind = (first + last + 1) * PART;
        rest = rest.get(behind..).unwrap_or_default();
    }
    (hertz, is_whole)
}

/// The frequency around `hertz` where some half second of `samples` is loudest; 0 if none is loud.
fn pitch(samples: &[f64], hertz: f64) -> f64 {
    let louder = |one: &(f64, f64), other: &(f64, f64)| one.1.total_cmp(&other.1);
    let parts = samples.chunks_exact(PART * 10);
    let Some(part) = parts.max_by(|one, other| level(one, hertz).total_cmp(&level(other, hertz)))
    else {
        return 0.0;
    };
    let around = (-100..=100).map(|step| hertz + f64::from(step) * 0.1);
    let loudest = around
        .map(|hertz| (hertz, level(part, hertz)))
        .max_by(louder);
    loudest.map_or(
        0.0,
        |(hertz, level)| if level > QUIET { hertz } else { 0.0 },
    )
}

/// The amplitude of the sine of `hertz` in `samples`: Goertzel's algorithm.
fn level(samples: &[f64], hertz: f64) -> f64 {
    let angle = TAU * hertz / f64::from(RATE);
    let (mut last, mut before) = (0.0, 0.0);
    for sample in samples {
        (last, before) = (sample + 2.0 * angle.cos() * last - before, last);
    }
    let (real, imaginary) = (last - before * angle.cos(), before * angle.sin());
    let count = u32::try_from(samples.len().max(1)).map_or(f64::INFINITY, f64::from);
    2.0 * real.hypot(imaginary) / count
}

/// Samples in so many seconds, of one channel.
fn count(seconds: f64) -> usize {
    let milliseconds = Duration::from_secs_f64(seconds).as_millis();
    usize::try_from(milliseconds).map_or(0, |milliseconds| milliseconds * 48)
}

/// One channel of what is played.
fn samples() -> Vec<i16> {
    let note = |&(hertz, seconds): &(f64, f64)| {
        (0..u32::try_from(count(seconds)).unwrap_or(0)).map(move |at| {
            let sine = (TAU * hertz * f64::from(at) / f64::from(RATE)).sin();
            sample(sine * LEVEL)
        })
    };
    NOTES.iter().flat_map(note).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "as loud as it gets at most"
)]
fn sample(value: f64) -> i16 {
    (value * f64::from(i16::MAX)) as i16
}

/// A WAV file with 16 bits and the same on both of two channels.
fn wave(samples: &[i16]) -> Vec<u8> {
    let length = u32::try_from(samples.len() * 4).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(HEADER + samples.len() * 4);
    file.extend(b"RIFF");
    file.extend(length.saturating_add(36).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // PCM, two channels.
    file.extend([1, 0, 2, 0]);
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * 4).to_le_bytes());
    // Bytes of a sample of both, bits of one.
    file.extend([4, 0, 16, 0]);
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    for sample in samples {
        file.extend(sample.to_le_bytes());
        file.extend(sample.to_le_bytes());
    }
    file
}

/// The left channel of a file like that, within ±1.
fn read(file: &Path) -> Result<Vec<f64>> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let expected = wave(&[]);
    let format = 20..36;
    ensure!(
        bytes.get(format.clone()) == expected.get(format),
        "{} is no WAV file of 16 bits, two channels and 48 kHz",
        file.display()
    );
    let frames = bytes.get(HEADER..).unwrap_or_default().as_chunks::<4>().0;
    let left = frames
        .iter()
        .map(|&[low, high, ..]| i16::from_le_bytes([low, high]));
    Ok(left
        .map(|sample| f64::from(sample) / f64::from(i16::MAX))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played() -> Vec<f64> {
        let directory = tempfile::tempdir().unwrap();
        prepare(directory.path()).unwrap();
        read(&directory.path().join("melody.wav")).unwrap()
    }

    #[test]
    fn what_is_played_is_heard_wherever_it_begins() {
        let quiet = vec![0.001; 30_011];
        let (hertz, whole) = judge(&[quiet.clone(), played(), quiet].concat());
        assert!(whole && (hertz - 440.0).abs() < 0.2, "{hertz}");
    }

    #[test]
    fn silence_a_lost_note_and_a_wrong_level_are_noticed() {
        assert_eq!(judge(&vec![0.0; 300_000]), (0.0, false));
        // The notes in another order.
        let mut turned = played();
        turned.rotate_left(count(2.6));
        assert!(!judge(&turned).1);
        assert_eq!(judge(&[]), (0.0, false));
        let mut lost = played();
        let third = count(2.3) + count(0.05);
        lost.get_mut(third..third + count(0.2)).unwrap().fill(0.0);
        assert!(!judge(&lost).1);
        let faint: Vec<f64> = played().iter().map(|sample| sample * 0.7).collect();
        assert!(!judge(&faint).1);
        let gaps = |length: usize| {
            let played = played();
            let parts = played.chunks(count(0.25));
            judge(
                &parts
                    .flat_map(|some| [some, &vec![0.0; length]].concat())
                    .collect::<Vec<_>>(),
            )
        };
        assert!(gaps(500).1);
        assert!(!gaps(count(0.25)).1);
        // A sample rate that is mistaken: everything is higher and shorter.
        let higher: Vec<f64> = played()
            .chunks(12)
            .flat_map(|some| some.iter().skip(1).copied())
            .collect();
        assert!(!judge(&higher).1);
    }
}
