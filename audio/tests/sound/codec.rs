use rfb::sound::{FrameLength, SoundCodec, SoundFormat};
use tightrope_audio::codec::{CodecError, Decoder, Encoder, EncoderConfig, Profile};
use tightrope_audio::simulated::{music, tone};

use crate::support::format;

const LENGTHS: [FrameLength; 3] = [FrameLength::Ms5, FrameLength::Ms10, FrameLength::Ms20];
const PROFILES: [Profile; 3] = [Profile::LowDelay, Profile::Music, Profile::Voice];

fn samples(format: &SoundFormat, frames: usize) -> Vec<f32> {
    let count = (format.frame.samples() * frames) as u64;
    (0..count)
        .flat_map(|at| music(at).into_iter().take(usize::from(format.channels)))
        .collect()
}

#[test]
fn every_profile_length_and_channel_goes_there_and_back() {
    for profile in PROFILES {
        for frame in LENGTHS {
            for channels in [1, 2] {
                let format = SoundFormat {
                    channels,
                    frame,
                    ..format()
                };
                let mut config = EncoderConfig::new(format);
                config.profile = profile;
                let mut encoder = Encoder::new(config).unwrap();
                let mut decoder = Decoder::new(format).unwrap();
                let sound = samples(&format, 30);
                let length = frame.samples() * usize::from(channels);
                let mut back = vec![];
                for samples in sound.chunks(length) {
                    let coded = encoder.encode(samples).unwrap();
                    back.extend_from_slice(decoder.decode(&coded).unwrap());
                }
                let power = |samples: &[f32]| samples.iter().map(|s| s * s).sum::<f32>();
                let ratio = power(&back) / power(&sound);
                assert!(
                    (0.6..1.3).contains(&ratio),
                    "{profile:?} {format:?}: {ratio}"
                );
            }
        }
    }
}

#[test]
fn the_decoder_is_as_late_as_the_encoder_says() {
    for profile in PROFILES {
        let mut config = EncoderConfig::new(format());
        config.profile = profile;
        let mut encoder = Encoder::new(config).unwrap();
        let mut decoder = Decoder::new(format()).unwrap();
        let mut back = vec![];
        for number in 0..20_u64 {
            let at = number * 480..number * 480 + 480;
            let click = |at: u64| {
                if (4_800..4_824).contains(&at) {
                    [0.8; 2]
                } else {
                    [0.0; 2]
                }
            };
            let samples: Vec<f32> = at.flat_map(click).collect();
            let coded = encoder.encode(&samples).unwrap();
            back.extend(decoder.decode(&coded).unwrap().iter().step_by(2).copied());
        }
        let peak = (0..back.len())
            .max_by(|a, b| back[*a].total_cmp(&back[*b]))
            .unwrap();
        let expected = 4_812 + encoder.lookahead() as usize;
        assert!(
            peak.abs_diff(expected) < 30,
            "{profile:?}: {peak}, not {expected}"
        );
    }
}

#[test]
fn frames_can_carry_the_frame_before_them_where_the_mode_allows() {
    let format = SoundFormat {
        frame: FrameLength::Ms20,
        bit_rate: 32_000,
        ..format()
    };
    let mut config = EncoderConfig::new(format);
    config.profile = Profile::Voice;
    config.in_band_repair = true;
    let mut encoder = Encoder::new(config).unwrap();
    let sound: Vec<f32> = (0..960 * 40).flat_map(|at| tone(200.0, 0.4, at)).collect();
    let frames: Vec<_> = sound
        .chunks(1920)
        .map(|frame| encoder.encode(frame).unwrap())
        .collect();
    let error = |recover: bool| {
        let mut whole = Decoder::new(format).unwrap();
        let mut lossy = Decoder::new(format).unwrap();
        let mut error = 0.0;
        for (number, frame) in frames.iter().enumerate() {
            let right = whole.decode(frame).unwrap().to_vec();
            let got = match frames.get(number + 1) {
                Some(next) if number % 10 == 5 && recover => lossy.recover(next).unwrap(),
                Some(_) if number % 10 == 5 => lossy.conceal().unwrap(),
                _ => lossy.decode(frame).unwrap(),
            };
            error += right
                .iter()
                .zip(got)
                .map(|(a, b)| (a - b).powi(2))
                .sum::<f32>();
        }
        error
    };
    assert!(
        error(true) < error(false),
        "{} {}",
        error(true),
        error(false)
    );
}

#[test]
fn what_cannot_be_coded_is_refused_by_the_name_of_its_field() {
    let refused = |change: fn(&mut EncoderConfig)| {
        let mut config = EncoderConfig::new(format());
        change(&mut config);
        Encoder::new(config).unwrap_err().to_string()
    };
    let codec = refused(|config| config.format.codec = SoundCodec(9));
    assert_eq!(codec, "sound-format.codec: invalid value 9");
    let channels = refused(|config| config.format.channels = 3);
    assert_eq!(channels, "sound-format.channels: invalid value 3");
    let bit_rate = refused(|config| config.format.bit_rate = 1);
    assert_eq!(bit_rate, "sound-format.bit-rate: invalid value 1");
    let complexity = refused(|config| config.complexity = 11);
    assert_eq!(complexity, "encoder.complexity: invalid value 11");
    let other = SoundFormat {
        codec: SoundCodec(0),
        ..format()
    };
    assert!(Decoder::new(other).is_err());
}

#[test]
fn what_is_no_frame_is_an_error_and_the_next_one_is_decoded() {
    let mut encoder = Encoder::new(EncoderConfig::new(format())).unwrap();
    let mut decoder = Decoder::new(format()).unwrap();
    let good = encoder.encode(&samples(&format(), 1)).unwrap();
    let refused =
        |error: &CodecError| matches!(error, CodecError::Frame(_) | CodecError::Library(..));
    for bad in [&[][..], &[0xFF; 9], &[0; 4_000], &[1]] {
        let error = decoder.decode(bad).unwrap_err();
        assert!(refused(&error), "{error}");
        assert_eq!(decoder.decode(&good).unwrap().len(), 960);
    }
    assert!(encoder.encode(&[0.0; 100]).is_err());
}
