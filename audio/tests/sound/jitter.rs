use std::time::Duration;

use tightrope_audio::simulated::{LinkConfig, Simulation, tone};

use crate::support::{largest_step, run, simulation};

fn over(link: LinkConfig) -> Simulation {
    simulation(|config| config.link = link)
}

fn listen(simulation: &mut Simulation, seconds: u64) {
    let time = Duration::from_secs(seconds);
    run(simulation, time, &mut |at| tone(440.0, 0.5, at));
}

fn depth(simulation: &Simulation) -> f64 {
    simulation.playout().stats().depth.as_secs_f64() * 1e3
}

#[test]
fn on_a_clean_link_the_delay_begins_small_and_becomes_smaller() {
    let mut simulation = over(LinkConfig::CLEAN);
    listen(&mut simulation, 1);
    let beginning = depth(&simulation);
    assert!((25.0..45.0).contains(&beginning), "{beginning}");
    listen(&mut simulation, 15);
    let settled = depth(&simulation);
    assert!(settled < 20.0, "a frame and less than 10 ms: {settled}");
    assert_eq!(simulation.playout().stats().underruns, 0);
}

#[test]
fn jitter_is_waited_for_as_far_as_it_goes() {
    for (jitter, most) in [(5, 25.0), (30, 55.0)] {
        let mut simulation = over(LinkConfig {
            jitter: Duration::from_millis(jitter),
            ..LinkConfig::CLEAN
        });
        listen(&mut simulation, 5);
        let before = simulation.playout().stats();
        listen(&mut simulation, 40);
        let after = simulation.playout().stats();
        assert_eq!(after.underruns, before.underruns, "{jitter} ms");
        assert_eq!(after.lost, before.lost, "{jitter} ms");
        assert!(
            depth(&simulation) < most,
            "{jitter} ms: {}",
            depth(&simulation)
        );
    }
}

#[test]
fn after_two_spikes_the_buffer_is_deep_enough_and_later_it_shrinks_again() {
    let spiky = LinkConfig {
        spikes: 0.5,
        spike: Duration::from_millis(120),
        is_ordered: true,
        ..LinkConfig::CLEAN
    };
    let mut simulation = over(spiky);
    listen(&mut simulation, 30);
    let before = simulation.playout().stats();
    assert!(before.underruns <= 5, "{before:?}");
    listen(&mut simulation, 30);
    assert_eq!(simulation.playout().stats().underruns, before.underruns);
    simulation.link_mut().set_config(LinkConfig::CLEAN);
    let deep = depth(&simulation);
    assert!((90.0..180.0).contains(&deep), "{deep}");
    // Unheard: the tone goes on.
    let time = Duration::from_secs(100);
    let heard = run(&mut simulation, time, &mut |at| tone(440.0, 0.5, at));
    assert!(depth(&simulation) < 20.0, "{}", depth(&simulation));
    assert!(largest_step(&heard) < 0.036);
    let pause = heard
        .split(|sample| 0.1 < sample.abs())
        .map(<[f32]>::len)
        .max();
    assert!(pause.is_some_and(|pause| pause < 40), "{pause:?}");
}

#[test]
fn a_link_that_stands_still_for_a_second_adds_nothing_to_the_delay() {
    let mut simulation = over(LinkConfig {
        is_ordered: true,
        ..LinkConfig::CLEAN
    });
    listen(&mut simulation, 20);
    simulation.link_mut().set_config(LinkConfig {
        spikes: 1e9,
        spike: Duration::from_secs(1),
        is_ordered: true,
        ..LinkConfig::CLEAN
    });
    run(&mut simulation, Duration::from_millis(15), &mut |at| {
        tone(440.0, 0.5, at)
    });
    simulation.link_mut().set_config(LinkConfig {
        is_ordered: true,
        ..LinkConfig::CLEAN
    });
    listen(&mut simulation, 3);
    let stats = simulation.playout().stats();
    assert_eq!(stats.underruns, 1);
    let delay = simulation.delay().unwrap();
    assert!(delay < Duration::from_millis(130), "{delay:?}");
}
