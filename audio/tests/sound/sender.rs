use std::time::Duration;

use rfb::MediaTime;
use rfb::sound::{FrameLength, SoundPacket};
use tightrope_audio::Sender;
use tightrope_audio::simulated::{Random, tone};

use crate::support::sender;

fn drain(sender: &mut Sender) -> Vec<SoundPacket> {
    std::iter::from_fn(|| sender.poll()).collect()
}

fn samples(from: u64, count: u64) -> Vec<f32> {
    (from..from + count)
        .flat_map(|at| tone(300.0, 0.3, at))
        .collect()
}

#[test]
fn chunks_of_any_size_with_noisy_times_become_frames_with_smooth_ones() {
    for frame in [FrameLength::Ms5, FrameLength::Ms10, FrameLength::Ms20] {
        let mut sender = sender(frame);
        let mut random = Random::new(3);
        let mut sent = vec![];
        let mut at = 0_u64;
        while at < 480_000 {
            let count = u64::from(random.next_number() % 2_000);
            let truth = 5_000_000.0 + at as f64 * 1e6 / 48_000.0;
            let told = truth + (random.next_share() - 0.5) * 6_000.0;
            sender.push(&samples(at, count), MediaTime::from_micros(told as u64));
            at += count;
            sent.extend(drain(&mut sender));
        }
        let length = frame.duration().as_secs_f64();
        let frames = at as usize / frame.samples();
        assert_eq!(sent.len(), frames);
        for pair in sent.windows(2) {
            assert_eq!(pair[1].sequence, pair[0].sequence + 1);
            let step = pair[1].captured.since(pair[0].captured).as_secs_f64();
            assert!((step - length).abs() < 300e-6, "{frame:?}: {step}");
        }
        let last = sent.last().unwrap();
        let truth = 5.0 + (sent.len() - 1) as f64 * length - 0.0025;
        let error = last.captured.as_micros() as f64 / 1e6 - truth;
        assert!(error.abs() < 0.0025, "{frame:?}: off by {error} s");
    }
}

#[test]
fn where_capture_had_a_gap_numbers_and_times_have_it_too() {
    let mut sender = sender(FrameLength::Ms10);
    sender.push(&samples(0, 4_800 + 100), MediaTime::from_micros(1_000_000));
    let before = drain(&mut sender);
    sender.push(&samples(0, 4_800), MediaTime::from_micros(3_000_000));
    let after = drain(&mut sender);
    let (last, padded, first) = (&before[before.len() - 1], &after[0], &after[1]);
    assert_eq!(padded.sequence, last.sequence + 1);
    let jumped = first.captured.since(last.captured);
    assert_eq!(jumped, Duration::from_micros(3_000_000 - 1_090_000));
    assert_eq!(first.sequence - last.sequence, 191, "as many frames as fit");
}

#[test]
fn a_clock_that_jumps_back_does_not_stop_the_sound() {
    let mut sender = sender(FrameLength::Ms10);
    sender.push(&samples(0, 4_800), MediaTime::from_micros(9_000_000));
    let before = drain(&mut sender);
    sender.push(&samples(0, 4_800), MediaTime::from_micros(1_000_000));
    let after = drain(&mut sender);
    assert_eq!(after[0].sequence, before[9].sequence + 1);
    assert_eq!(after[0].captured, MediaTime::from_micros(1_000_000 - 2_500));
    assert_eq!(after.len(), 10);
}

#[test]
fn what_nobody_fetches_does_not_pile_up_and_no_sample_is_too_much() {
    let mut sender = sender(FrameLength::Ms5);
    sender.push(
        &[f32::NAN, f32::INFINITY, 1e30, -1e30],
        MediaTime::from_micros(0),
    );
    sender.push(&samples(0, 96_000), MediaTime::from_micros(0));
    sender.push(&[0.5], MediaTime::from_micros(u64::MAX));
    let waiting = drain(&mut sender);
    assert!(waiting.len() <= 64);
    assert!(300 < waiting.last().unwrap().sequence);
}

#[test]
fn the_bit_rate_is_held_and_can_be_changed() {
    let mut sender = sender(FrameLength::Ms10);
    let rate = |sender: &mut Sender, from: u64| {
        let mut bytes = 0;
        for number in from..from + 300 {
            let sound: Vec<f32> = (number * 480..number * 480 + 480)
                .flat_map(tightrope_audio::simulated::music)
                .collect();
            sender.push(&sound, MediaTime::from_micros(number * 10_000));
            bytes += drain(sender)
                .iter()
                .map(|packet| packet.frame.len())
                .sum::<usize>();
        }
        bytes as f64 * 8.0 / 3.0
    };
    let usual = rate(&mut sender, 0);
    assert!((50_000.0..70_000.0).contains(&usual), "{usual}");
    sender.set_bit_rate(32_000).unwrap();
    let less = rate(&mut sender, 300);
    assert!((25_000.0..36_000.0).contains(&less), "{less}");
    assert!(sender.set_bit_rate(5).is_err());
}
