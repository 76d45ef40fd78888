//! Tones, and what one hears of them: frequency, level, gaps.

use std::f64::consts::TAU;

/// Samples a second.
const RATE: f64 = 48_000.0;

/// So many seconds of a sine, stereo, interleaved, both sides the same.
#[must_use]
#[expect(clippy::cast_sign_loss, reason = "a length is not negative")]
pub fn tone(hertz: f64, level: f64, seconds: f64) -> Vec<f32> {
    let frames = (seconds * RATE) as usize;
    let sample = |at: usize| (level * (TAU * hertz * at as f64 / RATE).sin()) as f32;
    (0..frames)
        .flat_map(|at| [sample(at), sample(at)])
        .collect()
}

/// One side of interleaved stereo: 0 left, 1 right.
#[must_use]
pub fn side(stereo: &[f32], side: usize) -> Vec<f32> {
    stereo.chunks_exact(2).map(|frame| frame[side]).collect()
}

/// The part of `samples`, of one channel, from the first to the last that is louder than `threshold`.
#[must_use]
pub fn heard(samples: &[f32], threshold: f32) -> &[f32] {
    let loud = |sample: &f32| sample.abs() > threshold;
    let Some(first) = samples.iter().position(loud) else {
        return &[];
    };
    let last = samples.iter().rposition(loud).unwrap_or(first);
    &samples[first..=last]
}

/// The frequency of a tone in hertz, by where it crosses zero upwards; 0 if it does not twice.
#[must_use]
pub fn frequency(samples: &[f32]) -> f64 {
    let crossings: Vec<f64> = samples
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
        .map(|(at, pair)| at as f64 + f64::from(pair[0] / (pair[0] - pair[1])))
        .collect();
    match (crossings.first(), crossings.last()) {
        (Some(first), Some(last)) if last > first => {
            (crossings.len() - 1) as f64 * RATE / (last - first)
        }
        _ => 0.0,
    }
}

/// How loud the part at `hertz` is: the amplitude of the sine.
#[must_use]
pub fn level(samples: &[f32], hertz: f64) -> f64 {
    let step = TAU * hertz / RATE;
    let (sine, cosine) = samples
        .iter()
        .enumerate()
        .map(|(at, sample)| (step * at as f64, f64::from(*sample)))
        .fold((0.0, 0.0), |(sine, cosine), (angle, sample)| {
            (sine + sample * angle.sin(), cosine + sample * angle.cos())
        });
    2.0 * f64::hypot(sine, cosine) / samples.len().max(1) as f64
}

/// The longest run of samples that are quieter than `threshold`. A tone without gaps has only short ones.
#[must_use]
pub fn longest_gap(samples: &[f32], threshold: f32) -> usize {
    samples
        .split(|sample| sample.abs() >= threshold)
        .map(<[f32]>::len)
        .max()
        .unwrap_or(0)
}

/// The largest step from one sample to the next. A sine of `hertz` and `level` makes none larger than
/// `2π · hertz / 48,000 · level`.
#[must_use]
pub fn largest_step(samples: &[f32]) -> f32 {
    samples
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_measured_as_it_was_made() {
        let tone = side(&tone(440.0, 0.5, 1.0), 1);
        assert!((frequency(&tone) - 440.0).abs() < 0.01);
        assert!((level(&tone, 440.0) - 0.5).abs() < 0.001);
        assert!(level(&tone, 880.0) < 0.001);
        assert!(f64::from(largest_step(&tone)) < TAU * 440.0 / RATE * 0.5 + 1e-6);
        assert!(longest_gap(&tone, 0.01) < 4);
    }

    #[test]
    fn a_gap_in_a_tone_is_found() {
        let mut broken = side(&tone(440.0, 0.5, 1.0), 0);
        broken[20_000..20_480].fill(0.0);
        assert!((480..500).contains(&longest_gap(&broken, 0.01)));
        let around = [vec![0.0; 99], broken.clone(), vec![0.0; 99]].concat();
        assert!(heard(&around, 0.01).len() <= broken.len());
        assert!(heard(&[0.0; 9], 0.01).is_empty());
    }
}
