use std::time::Duration;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::{prop_assert, proptest};
use rfb::sound::{SoundPacket, SoundStream};
use rfb::{LocalTime, MediaTime};

use crate::support::{packets, playout};

#[derive(Clone, Debug)]
enum Step {
    Good(usize),
    Packet(SoundPacket),
    Pcm(Vec<f32>),
    EndPcm,
    Fill { lead: u32, samples: usize },
    Pass(u32),
    Volume(f32),
    Reset,
}

fn packet() -> impl Strategy<Value = SoundPacket> {
    let time = prop_oneof![any::<u64>(), 0..3_000_000_u64];
    let sequence = prop_oneof![any::<u32>(), 0..200_u32];
    let bytes = vec(any::<u8>(), 0..60);
    let repair = prop_oneof![Just(None), vec(any::<u8>(), 0..60).prop_map(Some)];
    (sequence, time, any::<bool>(), bytes, repair).prop_map(
        |(sequence, captured, is_last, frame, repair)| SoundPacket {
            stream: SoundStream::Desktop,
            sequence,
            captured: MediaTime::from_micros(captured),
            is_last,
            frame: Bytes::from(frame),
            repair: repair.map(Bytes::from),
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..100_usize).prop_map(Step::Good),
        3 => packet().prop_map(Step::Packet),
        1 => vec(any::<f32>(), 0..3000).prop_map(Step::Pcm),
        1 => Just(Step::EndPcm),
        8 => (prop_oneof![0..50_000_u32, any::<u32>()], 0..1500_usize)
            .prop_map(|(lead, samples)| Step::Fill { lead, samples }),
        8 => prop_oneof![0..20_000_u32, any::<u32>()].prop_map(Step::Pass),
        1 => any::<f32>().prop_map(Step::Volume),
        1 => Just(Step::Reset),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_in_whatever_order_what_is_heard_is_sound(steps in vec(step(), 1..150)) {
        let good = packets(100);
        let mut playout = playout();
        let mut now = LocalTime::from_micros(1_000_000);
        for step in steps {
            match step {
                Step::Good(number) => playout.handle_packet(now, good[number].clone()),
                Step::Packet(packet) => playout.handle_packet(now, packet),
                Step::Pcm(samples) => playout.handle_pcm(now, &samples),
                Step::EndPcm => playout.end_pcm(),
                Step::Fill { lead, samples } => {
                    let mut out = vec![f32::NAN; samples];
                    playout.fill(now, now + Duration::from_micros(u64::from(lead)), &mut out);
                    prop_assert!(out.iter().all(|sample| sample.abs() <= 1.0));
                }
                Step::Pass(micros) => now = now + Duration::from_micros(u64::from(micros)),
                Step::Volume(volume) => playout.set_volume(volume),
                Step::Reset => playout.reset(),
            }
            let stats = playout.stats();
            prop_assert!(stats.drift_ppm.is_finite());
            prop_assert!(stats.target < Duration::from_secs(1));
        }
    }
}
