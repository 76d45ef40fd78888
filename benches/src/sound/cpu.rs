//! The processor's time for one stream.

use std::time::Duration;

use anyhow::Result;
use lab::measure::cpu::timed;
use tightrope::audio::codec::Decoder;
use tightrope::audio::simulated::music;
use tightrope::audio::{EncoderConfig, Playout, PlayoutConfig, Sender, SenderConfig};
use tightrope::rfb::sound::{SoundPacket, SoundStream};
use tightrope::rfb::{LocalTime, MediaTime};

/// Seconds of music, which come again and again.
const LOOP: u64 = 12;
/// A card asks for so much at once, in milliseconds.
const BLOCK: u8 = 5;

/// Shares of one processor.
pub(super) struct Cpu {
    pub(super) encode: f64,
    pub(super) decode: f64,
    /// All of the playout but decoding.
    pub(super) rest: f64,
}

/// Codes and plays so many seconds of music.
pub(super) fn measure(config: EncoderConfig, seconds: u32) -> Result<Cpu> {
    let samples: Vec<f32> = (0..LOOP * 48_000).flat_map(music).collect();
    let chunk = 2 * config.format.frame.samples();
    let length = config.format.frame.duration();
    let frames = Duration::from_secs(u64::from(seconds)).as_nanos() / length.as_nanos();
    let chunks = samples.chunks_exact(chunk).cycle();
    let chunks = chunks.take(usize::try_from(frames)?);
    let mut sender = Sender::new(SenderConfig {
        stream: SoundStream::Desktop,
        encoder: config,
    })?;
    let (packets, encode) = timed(|| {
        let mut packets: Vec<SoundPacket> = vec![];
        let mut captured = MediaTime::from_micros(1_000_000);
        for chunk in chunks {
            sender.push(chunk, captured);
            captured = captured + length;
            packets.extend(std::iter::from_fn(|| sender.poll()));
        }
        packets
    });
    let mut decoder = Decoder::new(config.format)?;
    let (decoded, decode) = timed(|| -> Result<()> {
        for packet in &packets {
            decoder.decode(&packet.frame)?;
        }
        Ok(())
    });
    decoded?;
    let mut playout = Playout::new(PlayoutConfig::new(config.format))?;
    let ((), played) = timed(|| play(&mut playout, packets, length));
    let share = |time: Duration| time.as_secs_f64() / f64::from(seconds);
    Ok(Cpu {
        encode: share(encode),
        decode: share(decode),
        rest: share(played.saturating_sub(decode)),
    })
}

fn play(playout: &mut Playout, packets: Vec<SoundPacket>, length: Duration) {
    let block_time = Duration::from_millis(BLOCK.into());
    let mut block = [0.0; 2 * 48 * BLOCK as usize];
    let mut now = LocalTime::from_micros(1_000_000);
    let mut next = now;
    for packet in packets {
        playout.handle_packet(now, packet);
        now = now + length;
        while next < now {
            playout.fill(next, next + 2 * block_time, &mut block);
            next = next + block_time;
        }
    }
}
