//! Sound: any packets, in any order, into a playout that somebody listens to.

use std::sync::OnceLock;
use std::time::Duration;

use audio::codec::{Decoder, datagram_format};
use audio::simulated::tone;
use audio::{EncoderConfig, Playout, PlayoutConfig, Sender, SenderConfig};
use bytes::Bytes;
use rfb::client::ClockSample;
use rfb::sound::{SoundPacket, SoundStream};
use rfb::{LocalTime, MediaTime};

use super::choices::Choices;
use crate::memory;

/// Bytes a playout may hold, whatever comes: its ring of frames, and the tables of its resampler.
const BYTES: usize = 3 << 20;
/// What a step itself needs.
const BYTES_PER_BYTE: usize = 64;
/// When the packets of [`packets`] were captured, in microseconds.
const CAPTURED: u64 = 100_000_000;

/// Steps, each chosen by a byte: packets of a good stream, good ones with something wrong, any bytes, samples, and fills
/// between. What is heard is finite and within ±1, memory is bounded, and the decoder by itself takes the bytes too.
pub fn sound(data: &[u8]) {
    let packets = packets();
    let limit = BYTES + BYTES_PER_BYTE * data.len();
    let ((), held) = memory::peak(|| listen(data, packets));
    assert!(held <= limit, "held {held} bytes, {limit} are allowed");
}

fn listen(data: &[u8], packets: &[SoundPacket]) {
    let mut playout = Playout::new(PlayoutConfig::new(datagram_format())).unwrap();
    let mut decoder = Decoder::new(datagram_format()).unwrap();
    let mut now = LocalTime::from_micros(1_000_000);
    let mut choices = Choices::new(data);
    while !choices.is_empty() {
        match choices.byte() % 16 {
            0..=3 => {
                let packet = packets[usize::from(choices.byte()) % packets.len()].clone();
                playout.handle_packet(now, packet);
            }
            4 => {
                let packet = packets[usize::from(choices.byte()) % packets.len()].clone();
                playout.handle_packet(now, spoilt(packet, &mut choices));
            }
            5 => {
                let packet = invented(&mut choices);
                if let Ok(samples) = decoder.decode(&packet.frame) {
                    assert!(samples.iter().all(|sample| sample.is_finite()));
                }
                playout.handle_packet(now, packet);
            }
            6 => {
                let length = 8 * usize::from(choices.byte());
                let sample = f32::from_bits(u32::from(choices.byte()) << 24);
                playout.handle_pcm(now, &vec![sample; length]);
            }
            7 => playout.end_pcm(),
            8 => playout.reset(),
            9 => playout.handle_clock(&ClockSample {
                asked: now,
                received: MediaTime::from_micros(far(&mut choices)),
                answered: MediaTime::from_micros(far(&mut choices)),
                returned: now,
            }),
            10 => playout.set_volume(f32::from_bits(u32::from(choices.byte()) << 24)),
            11 => now = now + Duration::from_micros(far(&mut choices)),
            12 => now = now + Duration::from_millis(u64::from(choices.byte())),
            _ => {
                let lead = Duration::from_millis(u64::from(choices.byte() % 64));
                let mut out = vec![f32::NAN; 16 * usize::from(choices.byte())];
                playout.fill(now, now + lead, &mut out);
                assert!(out.iter().all(|sample| sample.abs() <= 1.0));
                now = now + Duration::from_micros(out.len() as u64 * 125 / 12);
            }
        }
        let stats = playout.stats();
        assert!(stats.drift_ppm.abs() <= 1_000.0 && stats.target <= Duration::from_secs(1));
        if let Some(due) = playout.clock().due(MediaTime::from_micros(CAPTURED)) {
            let latest = now + audio::MAX_HOLD;
            assert!(due <= latest, "{due:?} is after {latest:?}");
        }
    }
}

/// Numbers of all sizes from two bytes.
fn far(choices: &mut Choices<'_>) -> u64 {
    u64::from(choices.byte()) << (choices.byte() % 57)
}

fn spoilt(mut packet: SoundPacket, choices: &mut Choices<'_>) -> SoundPacket {
    let change = choices.byte();
    if change & 1 != 0 {
        packet.sequence = packet.sequence.wrapping_add(far(choices) as u32);
    }
    if change & 2 != 0 {
        let micros = packet.captured.as_micros().wrapping_sub(far(choices));
        packet.captured = MediaTime::from_micros(micros);
    }
    packet.is_last ^= change & 4 != 0;
    if change & 8 != 0 {
        packet.frame = packet
            .frame
            .slice(usize::from(choices.byte() % 2)..packet.frame.len() / 2);
    }
    if change & 16 != 0 {
        let length = usize::from(choices.byte());
        packet.repair = Some(Bytes::copy_from_slice(choices.take(length)));
    }
    packet
}

fn invented(choices: &mut Choices<'_>) -> SoundPacket {
    let sequence = far(choices) as u32;
    let captured = MediaTime::from_micros(far(choices));
    let length = usize::from(choices.byte());
    SoundPacket {
        stream: SoundStream::Desktop,
        sequence,
        captured,
        is_last: length.is_multiple_of(7),
        frame: Bytes::copy_from_slice(choices.take(length)),
        repair: None,
    }
}

/// A second of a tone with repairs, and with a pause.
fn packets() -> &'static [SoundPacket] {
    static PACKETS: OnceLock<Vec<SoundPacket>> = OnceLock::new();
    PACKETS.get_or_init(|| {
        let encoder = EncoderConfig::new(datagram_format());
        let stream = SoundStream::Desktop;
        let mut sender = Sender::new(SenderConfig { stream, encoder }).unwrap();
        sender.set_repair(true);
        let mut packets = vec![];
        for number in 0..120_u64 {
            let level = if (50..90).contains(&number) { 0.0 } else { 0.5 };
            let at = number * 480..number * 480 + 480;
            let samples: Vec<f32> = at.flat_map(|at| tone(440.0, level, at)).collect();
            let captured = MediaTime::from_micros(CAPTURED + number * 10_000);
            sender.push(&samples, captured);
            packets.extend(std::iter::from_fn(|| sender.poll()));
        }
        packets
    })
}
