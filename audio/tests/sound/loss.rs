use std::f32::consts::TAU;
use std::time::Duration;

use rfb::sound::FrameLength;
use tightrope_audio::simulated::tone;

use crate::support::{at, fill, largest_step, packets, playout, run, sender, simulation};

/// The largest step of a tone of 440 Hz at half of full level.
const STEP: f32 = TAU * 440.0 / 48_000.0 * 0.5;

#[test]
fn of_two_packets_lost_in_a_hundred_nearly_all_come_back_exactly() {
    let mut simulation = simulation(|config| {
        config.repair = true;
        config.link.loss = 0.02;
    });
    let mut signal = |at| tone(440.0, 0.5, at);
    let heard = run(&mut simulation, Duration::from_secs(60), &mut signal);
    let stats = simulation.playout().stats();
    assert!(80 < stats.lost, "{stats:?}");
    assert!(stats.recovered * 100 >= stats.lost * 99, "{stats:?}");
    assert_eq!(stats.underruns, 0);
    assert!(
        largest_step(&heard) < STEP * 1.25,
        "{}",
        largest_step(&heard)
    );
}

#[test]
fn without_repairs_what_is_lost_is_made_up_without_a_step() {
    let mut simulation = simulation(|config| config.link.loss = 0.05);
    let mut signal = |at| tone(440.0, 0.5, at);
    let heard = run(&mut simulation, Duration::from_secs(20), &mut signal);
    let stats = simulation.playout().stats();
    assert!(60 < stats.concealed, "{stats:?}");
    assert_eq!((stats.underruns, stats.recovered), (0, 0));
    assert!(
        largest_step(&heard) < STEP * 1.25,
        "{}",
        largest_step(&heard)
    );
}

/// What is heard of twenty packets with repairs if those of the numbers `lost` do not come.
fn heard(lost: &[u32]) -> (Vec<f32>, u64) {
    let mut sender = sender(FrameLength::Ms10);
    sender.set_repair(true);
    let mut playout = playout();
    let mut heard = vec![];
    for number in 0..30_u64 {
        let samples: Vec<f32> = (number * 480..number * 480 + 480)
            .flat_map(|at| tone(440.0, 0.5, at))
            .collect();
        sender.push(&samples, rfb::MediaTime::from_micros(number * 10_000));
        while let Some(packet) = sender.poll() {
            if !lost.contains(&packet.sequence) {
                playout.handle_packet(at(1_000 + number * 10), packet);
            }
        }
        heard.extend(fill(&mut playout, 1_000 + number * 10));
    }
    (heard, playout.stats().recovered)
}

#[test]
fn any_one_and_any_two_in_a_row_come_back_bit_for_bit() {
    let (whole, _) = heard(&[]);
    for first in 4..16 {
        let (one, recovered) = heard(&[first]);
        assert_eq!((one == whole, recovered), (true, 1), "{first}");
        let (two, recovered) = heard(&[first, first + 1]);
        assert_eq!((two == whole, recovered), (true, 2), "{first} and the next");
    }
}

#[test]
fn reordered_and_repeated_packets_are_put_in_order() {
    let mut orderly = playout();
    let mut mixed = playout();
    let packets = packets(40);
    let mut heard = [vec![], vec![]];
    for (number, pair) in packets.chunks(2).enumerate() {
        let now = 1_000 + number as u64 * 20;
        for packet in pair {
            orderly.handle_packet(at(now), packet.clone());
        }
        for packet in pair.iter().rev().chain(pair) {
            mixed.handle_packet(at(now), packet.clone());
        }
        for at in [now, now + 10] {
            heard[0].extend(fill(&mut orderly, at));
            heard[1].extend(fill(&mut mixed, at));
        }
    }
    assert_eq!(mixed.stats().concealed, 0);
    assert_eq!(mixed.stats().late, 0);
    assert!(heard[0] == heard[1]);
}

#[test]
fn a_packet_that_comes_after_its_time_is_dropped_and_counted() {
    let mut playout = playout();
    let packets = packets(60);
    for (number, packet) in packets.iter().enumerate() {
        let now = 1_000 + number as u64 * 10;
        if number != 20 {
            playout.handle_packet(at(now), packet.clone());
        }
        if number == 40 {
            playout.handle_packet(at(now), packets[20].clone());
        }
        fill(&mut playout, now);
    }
    let stats = playout.stats();
    assert_eq!((stats.lost, stats.concealed, stats.late), (1, 1, 1));
}
