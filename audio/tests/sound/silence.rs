use std::time::Duration;

use rfb::sound::FrameLength;
use tightrope_audio::simulated::tone;

use crate::support::{at, fill, packets, playout, run, sender, simulation};

/// Two seconds of sound, three of silence, and so on.
fn beeps(at: u64) -> [f32; 2] {
    if at / 48_000 % 5 < 2 {
        tone(440.0, 0.5, at)
    } else {
        [0.0; 2]
    }
}

#[test]
fn silence_is_not_sent_and_is_no_underrun() {
    let mut simulation = simulation(|config| config.link.jitter = Duration::from_millis(3));
    let heard = run(&mut simulation, Duration::from_secs(20), &mut beeps);
    let stats = simulation.playout().stats();
    assert_eq!((stats.underruns, stats.lost, stats.concealed), (0, 0, 0));
    let sent = simulation.sent().packets;
    assert!(
        (4 * 220..4 * 224).contains(&sent),
        "{sent} packets of 2.2 s"
    );
    let loud = heard.iter().filter(|sample| 0.02 < sample.abs()).count();
    let seconds = loud as f64 / 48_000.0;
    assert!((7.7..8.1).contains(&seconds), "{seconds} s are heard");
}

#[test]
fn a_stream_that_is_silent_from_the_beginning_sends_nothing() {
    let mut simulation = simulation(|_| ());
    let heard = run(&mut simulation, Duration::from_secs(3), &mut |_| [0.0; 2]);
    assert_eq!(simulation.sent().packets, 0);
    assert!(heard.iter().all(|sample| *sample == 0.0));
    assert!(simulation.playout().stats().is_silent);
}

#[test]
fn the_last_packet_says_so_and_numbers_and_times_go_on_through_silence() {
    let mut sender = sender(FrameLength::Ms10);
    let mut packets = vec![];
    for number in 0..200_u64 {
        let is_loud = !(10..100).contains(&number);
        let sample = if is_loud { 0.25 } else { 1.0 / 65_536.0 };
        let captured = rfb::MediaTime::from_micros(1_000_000 + number * 10_000);
        sender.push(&[sample; 960], captured);
        packets.extend(std::iter::from_fn(|| sender.poll()));
    }
    let last = packets.iter().position(|packet| packet.is_last).unwrap();
    assert_eq!(packets[last].sequence, 10 + 20 - 1, "200 ms of silence");
    let next = &packets[last + 1];
    assert_eq!(next.sequence, 100);
    let between = next.captured.since(packets[last].captured);
    assert_eq!(between, Duration::from_millis(710));
    assert_eq!(packets.iter().filter(|packet| packet.is_last).count(), 1);
}

#[test]
fn where_packets_are_lost_the_end_of_sound_is_said_three_times() {
    let mut sender = sender(FrameLength::Ms10);
    sender.set_repair(true);
    let mut packets = vec![];
    for number in 0..60_u64 {
        let sample = if number < 10 { 0.25 } else { 0.0 };
        sender.push(&[sample; 960], rfb::MediaTime::from_micros(number * 10_000));
        packets.extend(std::iter::from_fn(|| sender.poll()));
    }
    let last: Vec<_> = packets.iter().filter(|packet| packet.is_last).collect();
    assert_eq!(last.len(), 3);
    assert!(last.iter().all(|packet| packet.sequence == 29));
}

#[test]
fn a_sender_that_stops_without_saying_so_fades_to_silence() {
    let mut playout = playout();
    let packets = packets(50);
    let mut heard = vec![];
    for now in 0..100 {
        if let Some(packet) = packets.get(now as usize) {
            playout.handle_packet(at(1_000 + now * 10), packet.clone());
        }
        heard.extend(fill(&mut playout, 1_000 + now * 10).iter().step_by(2));
    }
    let stats = playout.stats();
    assert_eq!(stats.underruns, 1);
    assert!(stats.is_silent);
    let (sound, silence) = heard.split_at(heard.len() - 48_000 / 3);
    assert!(silence.iter().all(|sample| *sample == 0.0));
    assert!(crate::support::largest_step(sound) < 0.036, "no click");
}
