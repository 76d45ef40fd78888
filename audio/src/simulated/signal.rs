//! Sounds to send.

use std::f64::consts::TAU;

use super::seconds;
use crate::numbers::single;

/// A sine of `hertz` and `level` at each sample, on both sides.
#[must_use]
pub fn tone(hertz: f64, level: f64, sample: u64) -> [f32; 2] {
    let value = single(level * (TAU * (hertz * seconds(sample)).fract()).sin());
    [value, value]
}

/// Something like music at each sample: chords with overtones, a bass, and the hiss of a beat, differing from side to
/// side. Loud enough that nothing of it is left out.
#[must_use]
pub fn music(sample: u64) -> [f32; 2] {
    const CHORDS: [[f64; 3]; 4] = [
        [220.0, 277.2, 329.6],
        [196.0, 246.9, 293.7],
        [174.6, 220.0, 261.6],
        [164.8, 207.7, 246.9],
    ];
    let time = seconds(sample);
    let beat = (time * 2.0).fract();
    let chord = CHORDS
        .iter()
        .cycle()
        .nth(usize::try_from(sample / 48_000 % 4).unwrap_or_default());
    let mut left = 0.0;
    let mut right = 0.0;
    for (note, hertz) in chord.into_iter().flatten().enumerate() {
        let sway = if note == 0 { 0.5 } else { 0.3 };
        for overtone in [1.0, 2.0, 3.0, 5.0, 8.0] {
            let wave = (TAU * (hertz * overtone * time).fract()).sin() / (overtone * overtone);
            left += wave * sway;
            right += wave * (0.8 - sway);
        }
    }
    let bass = (TAU * (55.0 * time).fract()).sin() * (1.0 - beat) * 0.5;
    let decay = (-beat * 12.0).exp();
    let envelope = 0.6 + 0.4 * (-beat * 3.0).exp();
    let hiss = |salt: u64| (noise(sample ^ salt) - 0.5) * 0.5 * decay;
    let level = |side: f64, salt| single((side * 0.25 * envelope + bass * 0.2 + hiss(salt)) * 0.8);
    [level(left, 0), level(right, 0x5555_0000)]
}

/// A share that differs from sample to sample without any order.
fn noise(sample: u64) -> f64 {
    let mut mixed = sample.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let [.., a, b, c, d] = mixed.to_le_bytes();
    f64::from(u32::from_le_bytes([a, b, c, d])) / f64::from(u32::MAX)
}
