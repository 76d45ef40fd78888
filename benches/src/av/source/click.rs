//! What is heard: clicks, and music if it is wanted.

use std::f64::consts::TAU;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tightrope::rfb::sound::SAMPLE_RATE;

/// A click: so many frames of a tone, that begins at its loudest.
const CLICK_FRAMES: u32 = SAMPLE_RATE / 200;
const CLICK_HERTZ: f64 = 1000.0;
const CLICK_LEVEL: f64 = 0.9;

/// A chord takes so long.
const CHORD_FRAMES: u32 = SAMPLE_RATE / 2;
/// Notes of the chords, in hertz.
const CHORDS: [[f64; 3]; 4] = [
    [220.0, 261.63, 329.63],
    [174.61, 220.0, 261.63],
    [130.81, 164.81, 196.0],
    [196.0, 246.94, 293.66],
];
/// How loud each partial of a note is: together all notes stay well below half of what there is.
const PARTIALS: [f64; 5] = [0.04, 0.02, 0.013, 0.008, 0.005];

/// Makes samples. Not a sample is lost or late: it is asked by the device.
pub(crate) struct Band {
    wanted: Arc<AtomicBool>,
    /// Frames of the click that are still to come.
    left: u32,
    /// The click's turn.
    turn: f64,
    music: Option<Music>,
}

/// Asks for clicks.
#[derive(Clone, Default)]
pub(crate) struct Clicker(Arc<AtomicBool>);

impl Clicker {
    /// One more, as soon as the device takes samples.
    pub(super) fn click(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Band {
    /// What plays clicks when `clicker` is asked, and music in between if `music`.
    pub(crate) fn new(clicker: &Clicker, music: bool) -> Self {
        Self {
            wanted: Arc::clone(&clicker.0),
            left: 0,
            turn: 0.0,
            music: music.then(Music::default),
        }
    }

    /// The next samples, interleaved stereo.
    pub(crate) fn play(&mut self, out: &mut [f32]) {
        if self.wanted.swap(false, Ordering::AcqRel) {
            self.left = CLICK_FRAMES;
            self.turn = 0.0;
        }
        for frame in out.as_chunks_mut().0 {
            let [left, right] = self.music.as_mut().map_or([0.0; 2], Music::next);
            let click = self.click();
            *frame = [single(left + click), single(right + click)];
        }
    }

    fn click(&mut self) -> f64 {
        if self.left == 0 {
            return 0.0;
        }
        self.left -= 1;
        let value = CLICK_LEVEL * (self.turn * TAU).cos();
        self.turn = (self.turn + CLICK_HERTZ / f64::from(SAMPLE_RATE)).fract();
        value
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a sample, and there is no other way to shorten one"
)]
fn single(value: f64) -> f32 {
    value as f32
}

/// Chords with partials, a little apart in both ears, each struck and fading.
#[derive(Default)]
struct Music {
    frame: u32,
    chord: usize,
    turns: [f64; 3],
}

impl Music {
    fn next(&mut self) -> [f64; 2] {
        if self.frame == CHORD_FRAMES {
            self.frame = 0;
            self.chord = (self.chord + 1) % CHORDS.len();
        }
        let age = f64::from(self.frame) / f64::from(CHORD_FRAMES);
        // Struck within a hundredth of its time, then fading; never silent.
        let level = (age * 100.0).min(1.0) * (1.0 - 0.8 * age);
        self.frame += 1;
        let notes = CHORDS.get(self.chord).copied().unwrap_or_default();
        let mut ears = [0.0; 2];
        for (turn, (note, side)) in self.turns.iter_mut().zip(notes.iter().zip([0.2, 0.5, 0.8])) {
            *turn = (*turn + note / f64::from(SAMPLE_RATE)).fract();
            let partials = (1..).zip(PARTIALS);
            let value: f64 = partials
                .map(|(partial, loud)| loud * (*turn * TAU * f64::from(partial)).sin())
                .sum();
            ears = [ears[0] + value * (1.0 - side), ears[1] + value * side];
        }
        ears.map(|value| value * level * 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::av::onset::{Onsets, THRESHOLD, length};

    fn second(band: &mut Band) -> Vec<f32> {
        let mut samples = vec![0.0; 2 * 48_000];
        band.play(&mut samples);
        samples
    }

    #[test]
    fn a_click_begins_with_the_first_sample_and_is_played_once() {
        let clicker = Clicker::default();
        let mut band = Band::new(&clicker, false);
        let mut onsets = Onsets::default();
        assert!(second(&mut band).iter().all(|sample| *sample == 0.0));
        clicker.click();
        assert_eq!(onsets.find(&second(&mut band)), Some(length(0)));
        assert!(second(&mut band).iter().all(|sample| *sample == 0.0));
    }

    #[test]
    fn music_never_pauses_and_is_never_taken_for_a_click() {
        let mut band = Band::new(&Clicker::default(), true);
        for _ in 0..3 {
            let samples = second(&mut band);
            assert!(samples.iter().all(|sample| sample.abs() < THRESHOLD / 1.5));
            // No 50 ms of it are silent.
            assert!(
                samples
                    .chunks(4800)
                    .all(|part| part.iter().any(|own| own.abs() > 0.01))
            );
        }
    }

    #[test]
    fn a_click_is_found_in_music() {
        let clicker = Clicker::default();
        let mut band = Band::new(&clicker, true);
        let mut onsets = Onsets::default();
        assert_eq!(onsets.find(&second(&mut band)), None);
        clicker.click();
        assert_eq!(onsets.find(&second(&mut band)), Some(length(0)));
    }
}
