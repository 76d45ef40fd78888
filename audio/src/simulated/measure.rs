//! How much of what should be a sine is something else.

use std::f64::consts::TAU;

/// All that is not the sine nearest to `hertz` in `samples` (one channel, 48 kHz, at least a tenth of a second), in decibels
/// of that sine: distortion and noise together (THD+N).
#[must_use]
pub fn noise_db(samples: &[f32], hertz: f64) -> f64 {
    let mut step = TAU * hertz / 48_000.0;
    // How far the phase goes between the two halves says how far off the frequency is.
    let half = samples.len() / 2;
    let (first, second) = samples.split_at(half);
    for _ in 0..4 {
        let before = fit(first, step, 0).phase;
        let after = fit(second, step, half).phase;
        let turned = (after - before + TAU / 2.0).rem_euclid(TAU) - TAU / 2.0;
        step += turned / crate::numbers::float(half.max(1));
    }
    let sine = fit(samples, step, 0);
    let residue: f64 = waves(samples, step, 0)
        .map(|(sample, sin, cos)| (sample - sine.sin * sin - sine.cos * cos).powi(2))
        .sum();
    let power = (sine.sin.powi(2) + sine.cos.powi(2)) / 2.0;
    10.0 * (residue / crate::numbers::float(samples.len().max(1)) / power).log10()
}

struct Sine {
    sin: f64,
    cos: f64,
    phase: f64,
}

fn waves(samples: &[f32], step: f64, start: usize) -> impl Iterator<Item = (f64, f64, f64)> {
    let angle = move |at: usize| crate::numbers::float(at + start) * step;
    samples.iter().enumerate().map(move |(at, sample)| {
        let (sin, cos) = angle(at).sin_cos();
        (f64::from(*sample), sin, cos)
    })
}

/// The sine of that frequency that is nearest, by least squares.
fn fit(samples: &[f32], step: f64, start: usize) -> Sine {
    let (mut ss, mut sc, mut cc, mut ys, mut yc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (sample, sin, cos) in waves(samples, step, start) {
        ss += sin * sin;
        sc += sin * cos;
        cc += cos * cos;
        ys += sample * sin;
        yc += sample * cos;
    }
    let determinant = ss * cc - sc * sc;
    let sin = (ys * cc - yc * sc) / determinant;
    let cos = (yc * ss - ys * sc) / determinant;
    Sine {
        sin,
        cos,
        phase: f64::atan2(cos, sin),
    }
}
