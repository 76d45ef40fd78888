use std::time::Duration;

use tightrope_audio::simulated::{noise_db, tone};

use crate::support::{run, simulation};

/// Depth in milliseconds: its smallest and largest once the start has worn off, over `minutes`.
fn depths(is_pcm: bool, ppm: f64, minutes: u64) -> (f64, f64, Vec<f32>) {
    let mut simulation = simulation(|config| {
        config.is_pcm = is_pcm;
        config.capture_ppm = ppm / 2.0;
        config.play_ppm = -ppm / 2.0;
        config.encoder.format.channels = 1;
    });
    let mut signal = |at| tone(1_000.0, 0.5, at);
    run(&mut simulation, Duration::from_secs(20), &mut signal);
    let (mut least, mut most) = (f64::MAX, 0.0_f64);
    let mut last = vec![];
    for _ in 0..minutes * 60 {
        last = run(&mut simulation, Duration::from_secs(1), &mut signal);
        let depth = simulation.playout().stats().depth.as_secs_f64() * 1e3;
        (least, most) = (least.min(depth), most.max(depth));
    }
    let stats = simulation.playout().stats();
    assert_eq!((stats.underruns, stats.lost, stats.late), (0, 0, 0));
    let drift = f64::from(stats.drift_ppm);
    assert!(
        (drift - ppm).abs() < 40.0,
        "{ppm} ppm were taken for {drift}"
    );
    (least, most, last)
}

// An hour of it: the controller's own test, and `tightrope-bench sound`.
#[test]
fn cards_that_differ_by_300_millionths_keep_the_depth_within_5_ms() {
    for ppm in [-300.0, 300.0] {
        let (least, most, _) = depths(false, ppm, 1);
        assert!(most - least < 3.0, "{ppm} ppm: {least} to {most} ms");
        assert!(most < 20.0, "a frame and 10 ms, not {most}");
    }
}

#[test]
fn a_tone_stays_a_tone_while_drift_is_made_up_for() {
    for ppm in [-300.0, 300.0] {
        let (.., heard) = depths(true, ppm, 1);
        let noise = noise_db(&heard[..47_000], 1_000.0);
        assert!(noise < -65.0, "{ppm} ppm: {noise} dB");
    }
}

#[test]
fn cards_may_ask_for_blocks_of_any_length() {
    for block in [24, 441, 1_500] {
        let mut simulation = simulation(|config| {
            config.is_pcm = true;
            config.block = block;
            config.play_ppm = 50.0;
        });
        let mut signal = |at| tone(1_000.0, 0.5, at);
        run(&mut simulation, Duration::from_secs(30), &mut signal);
        let heard = run(&mut simulation, Duration::from_secs(1), &mut signal);
        let noise = noise_db(&heard[..47_000], 1_000.0);
        assert!(noise < -60.0, "{block}: {noise} dB");
        assert_eq!(simulation.playout().stats().underruns, 0, "{block}");
    }
}
