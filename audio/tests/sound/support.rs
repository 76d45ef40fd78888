use std::time::Duration;

use rfb::sound::{FrameLength, SoundFormat, SoundPacket, SoundStream};
use rfb::{LocalTime, MediaTime};
use tightrope_audio::codec;
use tightrope_audio::simulated::{Simulation, SimulationConfig, tone};
use tightrope_audio::{EncoderConfig, Playout, PlayoutConfig, Sender, SenderConfig};

pub(crate) fn format() -> SoundFormat {
    codec::datagram_format()
}

pub(crate) fn simulation(change: impl FnOnce(&mut SimulationConfig)) -> Simulation {
    let mut config = SimulationConfig::new(EncoderConfig::new(format()));
    change(&mut config);
    Simulation::new(config).unwrap()
}

pub(crate) fn sender(frame: FrameLength) -> Sender {
    let format = SoundFormat { frame, ..format() };
    Sender::new(SenderConfig {
        stream: SoundStream::Desktop,
        encoder: EncoderConfig::new(format),
    })
    .unwrap()
}

pub(crate) fn playout() -> Playout {
    Playout::new(PlayoutConfig::new(format())).unwrap()
}

/// Packets of a tone, one after another, from second 100 on.
pub(crate) fn packets(count: usize) -> Vec<SoundPacket> {
    let mut sender = sender(FrameLength::Ms10);
    let samples: Vec<f32> = (0..count as u64 * 480)
        .flat_map(|at| tone(440.0, 0.5, at))
        .collect();
    let mut packets = vec![];
    for (number, chunk) in samples.chunks(960).enumerate() {
        let captured = MediaTime::from_micros(100_000_000 + number as u64 * 10_000);
        sender.push(chunk, captured);
        packets.extend(std::iter::from_fn(|| sender.poll()));
    }
    packets
}

/// Runs for so long: the left side of what is heard.
pub(crate) fn run(
    simulation: &mut Simulation,
    time: Duration,
    signal: &mut dyn FnMut(u64) -> [f32; 2],
) -> Vec<f32> {
    let until = simulation.elapsed() + time;
    let mut heard = vec![];
    while simulation.elapsed() < until {
        heard.extend(simulation.step(signal).iter().step_by(2));
    }
    heard
}

/// The largest step from one sample to the next.
pub(crate) fn largest_step(samples: &[f32]) -> f32 {
    samples
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max)
}

/// Fills 10 ms at `millisecond`, which leave the card 10 ms later.
pub(crate) fn fill(playout: &mut Playout, millisecond: u64) -> Vec<f32> {
    let mut block = vec![0.0; 960];
    let now = LocalTime::from_micros(millisecond * 1_000);
    playout.fill(now, now + Duration::from_millis(10), &mut block);
    block
}

pub(crate) fn at(millisecond: u64) -> LocalTime {
    LocalTime::from_micros(millisecond * 1_000)
}
