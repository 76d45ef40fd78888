//! What a peer that lies, or is broken, can do: nothing but its own sound.

use bytes::Bytes;
use rfb::MediaTime;
use rfb::sound::SoundPacket;
use tightrope_audio::Playout;

use crate::support::{at, fill, packets, playout};

/// Plays `packets`, one every 10 ms from `start` on, and then nothing for half a second; what was heard.
fn play(playout: &mut Playout, packets: &[SoundPacket], start: u64) -> Vec<f32> {
    let mut heard = vec![];
    for step in 0..packets.len() as u64 + 50 {
        if let Some(packet) = packets.get(step as usize) {
            playout.handle_packet(at(start + step * 10), packet.clone());
        }
        heard.extend(fill(playout, start + step * 10));
    }
    assert!(heard.iter().all(|sample| sample.abs() <= 1.0));
    heard
}

fn loud(heard: &[f32]) -> usize {
    heard.iter().filter(|sample| 0.1 < sample.abs()).count()
}

#[test]
fn malformed_frames_are_made_up_for_and_counted() {
    let good = packets(100);
    let mut bad = good.clone();
    bad[30].frame = Bytes::from_static(&[0xFF; 40]);
    bad[40].frame = Bytes::from_static(&[3]);
    bad[50].frame = Bytes::new();
    bad[60].frame = Bytes::from(vec![0xE0; 70_000]);
    bad[70].repair = Some(Bytes::from(vec![0xFF; 70_000]));
    bad[80].repair = Some(Bytes::from_static(&[15, 0xFF]));
    bad[90].repair = Some(Bytes::from_static(&[15, 0xFF, 0xFF, 1]));
    let mut playout = playout();
    let heard = play(&mut playout, &bad, 1_000);
    let stats = playout.stats();
    assert_eq!(stats.malformed, 4, "{stats:?}");
    assert!(4 <= stats.concealed, "{stats:?}");
    let undisturbed = play(&mut crate::support::playout(), &good, 1_000);
    assert!(loud(&undisturbed) * 9 < loud(&heard) * 10);
}

#[test]
fn a_frame_of_another_length_is_malformed() {
    let mut sender = crate::support::sender(rfb::sound::FrameLength::Ms20);
    let mut packets = packets(60);
    sender.push(&[0.5; 1920], MediaTime::from_micros(0));
    packets[30].frame = sender.poll().unwrap().frame;
    let mut playout = playout();
    play(&mut playout, &packets, 1_000);
    assert_eq!(playout.stats().malformed, 1);
}

#[test]
fn single_times_from_nowhere_are_refused_and_the_sound_goes_on() {
    for jump in [3_600_000_000_i64, -3_600_000_000, i64::MAX / 2] {
        let good = packets(100);
        let mut bad = good.clone();
        for number in [30, 31, 60] {
            let micros = bad[number].captured.as_micros();
            bad[number].captured = MediaTime::from_micros(micros.saturating_add_signed(jump));
        }
        let mut playout = playout();
        let heard = play(&mut playout, &bad, 1_000);
        let stats = playout.stats();
        assert_eq!(stats.late + stats.malformed, 3, "{stats:?}");
        assert_eq!(stats.lost, 3, "{stats:?}");
        let whole = play(&mut crate::support::playout(), &good, 1_000);
        assert!(loud(&whole) * 9 < loud(&heard) * 10);
    }
}

#[test]
fn a_stream_that_has_become_another_is_followed_after_a_few_packets() {
    for (jump, sequence) in [(3_600_000_000_i64, 7), (-90_000_000, 900_000), (0, 1 << 31)] {
        let first = packets(100);
        let second: Vec<SoundPacket> = packets(100)
            .into_iter()
            .map(|packet| SoundPacket {
                sequence: packet.sequence.wrapping_add(sequence),
                captured: MediaTime::from_micros(
                    (packet.captured.as_micros() + 1_000_000).saturating_add_signed(jump),
                ),
                ..packet
            })
            .collect();
        let mut playout = playout();
        let heard = play(&mut playout, &[first, second].concat(), 1_000);
        let (first, second) = heard.split_at(100 * 960 + 10 * 960);
        assert!(80 * 480 < loud(first), "{jump} {sequence}");
        assert!(
            60 * 480 < loud(second),
            "{jump} {sequence}: {}",
            loud(second)
        );
    }
}

#[test]
fn numbers_wrap_without_a_gap() {
    let mut packets = packets(100);
    for packet in &mut packets {
        packet.sequence = packet.sequence.wrapping_sub(50);
    }
    let mut playout = playout();
    play(&mut playout, &packets, 1_000);
    let stats = playout.stats();
    assert_eq!(
        (stats.lost, stats.late, stats.underruns),
        (0, 0, 1),
        "{stats:?}"
    );
}

#[test]
fn a_flood_leaves_the_delay_small_and_the_newest_sound_playing() {
    let mut playout = playout();
    for packet in packets(3_000) {
        playout.handle_packet(at(1_000), packet);
    }
    let mut heard = vec![];
    for step in 0..300 {
        heard.extend(fill(&mut playout, 1_000 + step * 10));
    }
    assert!(
        loud(&heard) <= 2 * 480 * 128,
        "more than a ring of frames was kept"
    );
    assert!(playout.stats().is_silent);
}

#[test]
fn a_stream_that_is_reset_fades_and_the_next_one_begins_clean() {
    let mut playout = playout();
    let packets = packets(100);
    let mut heard = vec![];
    for (step, packet) in packets.iter().enumerate() {
        if step == 50 {
            playout.reset();
        }
        playout.handle_packet(at(1_000 + step as u64 * 10), packet.clone());
        heard.extend(
            fill(&mut playout, 1_000 + step as u64 * 10)
                .iter()
                .step_by(2),
        );
    }
    assert!(crate::support::largest_step(&heard) < 0.05);
    assert!(60 * 240 < loud(&heard));
    assert_eq!(playout.stats().underruns, 0);
}
