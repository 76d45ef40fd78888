//! Two sound cards that do not agree on a second.

use std::time::Duration;

use anyhow::Result;
use tightrope::audio::EncoderConfig;
use tightrope::audio::simulated::{Simulation, SimulationConfig, noise_db, tone};

/// What the beginning is given to settle.
const SETTLES: Duration = Duration::from_secs(60);
const HERTZ: f64 = 1_000.0;

/// How the buffer did.
pub(super) struct Depth {
    /// Smallest and largest, in milliseconds.
    pub(super) range: [f64; 2],
    pub(super) underruns: u64,
    pub(super) delay_ms: Option<f64>,
}

/// The depth of the buffer over so many minutes of coded sound.
pub(super) fn depth(encoder: EncoderConfig, ppm: f64, minutes: u32) -> Result<Depth> {
    let mut simulation = start(encoder, ppm, false)?;
    let mut range = [f64::MAX, f64::MIN];
    run(&mut simulation, minutes, |simulation, _| {
        let depth = simulation.playout().stats().depth.as_secs_f64() * 1e3;
        range = [range[0].min(depth), range[1].max(depth)];
    });
    Ok(Depth {
        range,
        underruns: simulation.playout().stats().underruns,
        delay_ms: simulation.delay().map(|delay| delay.as_secs_f64() * 1e3),
    })
}

/// What is not the tone, over so many minutes, in the worst second: of samples that were not coded, as only the correction
/// of drift is to be judged.
pub(super) fn noise(encoder: EncoderConfig, ppm: f64, minutes: u32) -> Result<f64> {
    let mut simulation = start(encoder, ppm, true)?;
    let mut worst = f64::MIN;
    run(&mut simulation, minutes, |_, second| {
        worst = worst.max(noise_db(second, HERTZ));
    });
    Ok(worst)
}

fn start(encoder: EncoderConfig, ppm: f64, is_pcm: bool) -> Result<Simulation> {
    let mut config = SimulationConfig::new(encoder);
    config.capture_ppm = ppm / 2.0;
    config.play_ppm = -ppm / 2.0;
    config.is_pcm = is_pcm;
    Ok(Simulation::new(config)?)
}

/// Runs for so many minutes; `each` gets every second of the left side, once it has settled.
fn run(simulation: &mut Simulation, minutes: u32, mut each: impl FnMut(&Simulation, &[f32])) {
    let mut signal = |sample| tone(HERTZ, 0.5, sample);
    while simulation.elapsed() < SETTLES {
        simulation.step(&mut signal);
    }
    let end = SETTLES + Duration::from_secs(60 * u64::from(minutes));
    let mut second = Vec::with_capacity(48_480);
    while simulation.elapsed() < end {
        second.extend(simulation.step(&mut signal).iter().step_by(2));
        if 48_000 <= second.len() {
            each(simulation, &second);
            second.clear();
        }
    }
}
