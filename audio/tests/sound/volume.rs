use std::time::Duration;

use tightrope_audio::simulated::tone;

use crate::support::{largest_step, run, simulation};

fn level(samples: &[f32]) -> f32 {
    samples
        .iter()
        .fold(0.0, |most, sample| most.max(sample.abs()))
}

#[test]
fn volume_and_mute_change_without_a_click() {
    let mut simulation = simulation(|_| ());
    let mut signal = |at| tone(440.0, 0.25, at);
    let second = Duration::from_secs(1);
    let mut heard = run(&mut simulation, second, &mut signal);
    for (volume, muted, expected) in [
        (0.5, false, 0.125),
        (2.0, false, 0.5),
        (2.0, true, 0.0),
        (1.0, false, 0.25),
        (9.0, false, 1.0),
        (f32::NAN, false, 0.0),
        (1.0, false, 0.25),
    ] {
        simulation.playout_mut().set_volume(volume);
        simulation.playout_mut().set_muted(muted);
        let part = run(&mut simulation, second, &mut signal);
        let end = level(&part[24_000..]);
        assert!((end - expected).abs() < 0.03, "{volume} {muted}: {end}");
        heard.extend(part);
    }
    assert!(largest_step(&heard) < 0.07, "{}", largest_step(&heard));
}
