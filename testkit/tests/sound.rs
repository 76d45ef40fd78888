//! What a sound card's callback may not do.
#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::time::Duration;

use audio::codec::datagram_format;
use audio::simulated::music;
use audio::{EncoderConfig, Playout, PlayoutConfig, Sender, SenderConfig};
use rfb::sound::SoundStream;
use rfb::{LocalTime, MediaTime};
use tightrope_testkit::memory;

#[test]
fn filling_allocates_nothing_not_even_for_losses_and_silence() {
    let mut sender = Sender::new(SenderConfig {
        stream: SoundStream::Desktop,
        encoder: EncoderConfig::new(datagram_format()),
    })
    .unwrap();
    sender.set_repair(true);
    let mut playout = Playout::new(PlayoutConfig::new(datagram_format())).unwrap();
    let mut block = [0.0; 960];
    let mut most = 0;
    for number in 0..600_u64 {
        let is_loud = number % 200 < 120;
        let samples: Vec<f32> = (number * 480..number * 480 + 480)
            .flat_map(|at| if is_loud { music(at) } else { [0.0; 2] })
            .collect();
        let captured = MediaTime::from_micros(5_000_000 + number * 10_000);
        sender.push(&samples, captured);
        let now = LocalTime::from_micros(1_000_000 + number * 10_000);
        while let Some(packet) = sender.poll() {
            // Some come back by repairs, some do not.
            if packet.sequence % 50 != 7 && !(40..44).contains(&(packet.sequence % 100)) {
                playout.handle_packet(now, packet);
            }
        }
        let plays = now + Duration::from_millis(10);
        let ((), held) = memory::peak(|| playout.fill(now, plays, &mut block));
        most = most.max(held);
    }
    let stats = playout.stats();
    assert!(0 < stats.recovered && 0 < stats.concealed, "{stats:?}");
    assert_eq!(most, 0, "bytes");
}
