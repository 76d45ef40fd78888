use std::f64::consts::TAU;

use rfb::sound::{PcmFormat, PcmSample};
use tightrope_audio::pcm::{self, Converter};
use tightrope_audio::simulated::{noise_db, tone};

use crate::support::{at, fill, playout};

const SAMPLES: [PcmSample; 6] = [
    PcmSample::U8,
    PcmSample::S8,
    PcmSample::U16,
    PcmSample::S16,
    PcmSample::U32,
    PcmSample::S32,
];

fn format(sample: PcmSample) -> PcmFormat {
    PcmFormat {
        sample,
        ..PcmFormat::default()
    }
}

#[test]
fn samples_are_written_as_the_protocol_has_them() {
    let written = |sample| {
        let mut bytes = vec![];
        pcm::encode(&[0.0, 0.5, -1.0, 1.0, 7.0], &format(sample), &mut bytes);
        bytes
    };
    assert_eq!(written(PcmSample::U8), [0x80, 0xC0, 0, 0xFF, 0xFF]);
    assert_eq!(written(PcmSample::S8), [0, 0x40, 0x80, 0x7F, 0x7F]);
    let sixteen = [0, 0, 0, 0x40, 0, 0x80, 0xFF, 0x7F, 0xFF, 0x7F];
    assert_eq!(written(PcmSample::S16), sixteen);
    let unsigned = [0, 0x80, 0, 0xC0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    assert_eq!(written(PcmSample::U16), unsigned);
    assert_eq!(
        written(PcmSample::S32)[4..12],
        [0, 0, 0, 0x40, 0, 0, 0, 0x80]
    );
    assert_eq!(written(PcmSample::U32)[4..12], [0, 0, 0, 0xC0, 0, 0, 0, 0]);
}

#[test]
fn all_six_sample_formats_go_there_and_back() {
    let samples = [0.0, 0.25, -0.25, 0.99, -1.0, 0.123];
    for sample in SAMPLES {
        let format = format(sample);
        let mut bytes = vec![];
        pcm::encode(&samples, &format, &mut bytes);
        assert_eq!(bytes.len(), 6 * pcm::sample_bytes(&format));
        bytes.push(1); // cut short
        let back = pcm::decode(&bytes, &format);
        let step = if pcm::sample_bytes(&format) == 1 {
            1.0 / 128.0
        } else {
            1.0 / 32_768.0
        };
        for (sample, back) in samples.iter().zip(back) {
            assert!((sample - back).abs() <= step, "{format:?}: {sample} {back}");
        }
    }
}

#[test]
fn rates_and_channels_are_converted_both_ways() {
    for frequency in [8_000, 22_050, 44_100, 48_000] {
        for channels in [1, 2] {
            let format = PcmFormat {
                sample: PcmSample::S16,
                channels,
                frequency,
            };
            let mut there = Converter::to_format(&format).unwrap();
            let mut back = Converter::from_format(&format).unwrap();
            let (mut converted, mut heard) = (vec![], vec![]);
            for chunk in 0..200_u64 {
                let samples: Vec<f32> = (chunk * 333..chunk * 333 + 333)
                    .flat_map(|at| tone(1_000.0, 0.5, at))
                    .collect();
                there.convert(&samples, &mut converted);
            }
            let seconds = converted.len() as f64 / f64::from(channels) / f64::from(frequency);
            assert!((1.36..1.39).contains(&seconds), "{format:?}: {seconds} s");
            back.convert(&converted, &mut heard);
            let left: Vec<f32> = heard.iter().step_by(2).copied().collect();
            let noise = noise_db(&left[10_000..60_000], 1_000.0);
            assert!(noise < -60.0, "{format:?}: {noise} dB");
        }
    }
}

#[test]
fn formats_that_nobody_can_have_are_refused() {
    let refused = |channels, frequency| {
        let format = PcmFormat {
            sample: PcmSample::S16,
            channels,
            frequency,
        };
        Converter::to_format(&format)
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(refused(0, 48_000), "pcm-format.channels: invalid value 0");
    assert_eq!(refused(3, 48_000), "pcm-format.channels: invalid value 3");
    assert_eq!(refused(2, 0), "pcm-format.frequency: invalid value 0");
    assert_eq!(
        refused(2, 48_001),
        "pcm-format.frequency: invalid value 48001"
    );
    for frequency in [1, 2, 99, 100, 101] {
        let format = PcmFormat {
            sample: PcmSample::S16,
            channels: 1,
            frequency,
        };
        let mut out = vec![];
        Converter::to_format(&format)
            .unwrap()
            .convert(&[0.1; 96_000], &mut out);
        Converter::from_format(&format)
            .unwrap()
            .convert(&[0.1; 3], &mut out);
        assert!(out.iter().all(|sample| sample.is_finite()));
    }
}

#[test]
fn samples_without_times_play_and_end_without_an_underrun() {
    let mut playout = playout();
    let wave = |at: usize| (TAU * 440.0 * at as f64 / 48_000.0).sin() as f32 * 0.5;
    let mut heard: Vec<f32> = vec![];
    for step in 0..400_usize {
        let now = 1_000 + step as u64 * 10;
        // Pieces of 15 ms, as they come; two seconds of them.
        if step < 200 && step % 3 != 2 {
            let start = (step / 3 * 2 + step % 3) * 720;
            let samples: Vec<f32> = (start..start + 720).flat_map(|at| [wave(at); 2]).collect();
            playout.handle_pcm(at(now), &samples);
        } else if step == 200 {
            playout.end_pcm();
        }
        heard.extend(fill(&mut playout, now).iter().step_by(2));
    }
    let stats = playout.stats();
    assert_eq!((stats.underruns, stats.concealed), (0, 0), "{stats:?}");
    assert!(stats.is_silent);
    let loud = heard.iter().filter(|sample| 0.001 < sample.abs()).count();
    assert!((95_000..97_500).contains(&loud), "{loud}");
    assert_eq!(
        playout.clock().captured(at(2_000)),
        None,
        "nothing is known of times"
    );
}

#[test]
fn samples_that_stop_fade_and_begin_again_when_they_come() {
    let mut playout = playout();
    for step in 0..300 {
        let now = 1_000 + step * 10;
        if !(100..200).contains(&step) {
            playout.handle_pcm(at(now), &[0.25; 960]);
        }
        let block = fill(&mut playout, now);
        assert!(block.iter().all(|sample| sample.abs() < 0.3));
        if (150..200).contains(&step) {
            assert!(block.iter().all(|sample| *sample == 0.0));
        }
    }
    assert_eq!(playout.stats().underruns, 1);
    assert!(!playout.stats().is_silent);
}
