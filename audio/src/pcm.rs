//! Sound that is not coded: the sample formats, channels and rates of QEMU's audio extension.

use std::fmt;

use rfb::sound::{PcmFormat, PcmSample, SAMPLE_RATE};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Async, FixedAsync, Resampler, SincInterpolationParameters, WindowFunction};

use crate::numbers::{from_integer, to_integer};

/// Bytes of one sample of one channel.
#[must_use]
pub const fn sample_bytes(format: &PcmFormat) -> usize {
    match format.sample {
        PcmSample::U8 | PcmSample::S8 => 1,
        PcmSample::U16 | PcmSample::S16 => 2,
        PcmSample::U32 | PcmSample::S32 => 4,
    }
}

/// Appends `samples` to `out` in the sample format of `format`, little-endian; their channels and rate are as they are.
pub fn encode(samples: &[f32], format: &PcmFormat, out: &mut Vec<u8>) {
    out.reserve(samples.len() * sample_bytes(format));
    // An unsigned sample is a signed one whose highest bit is the other way round.
    match format.sample {
        PcmSample::S8 => out.extend(samples.iter().map(|sample| high_byte(*sample))),
        PcmSample::U8 => out.extend(samples.iter().map(|sample| high_byte(*sample) ^ 0x80)),
        PcmSample::S16 => out.extend(samples.iter().flat_map(|sample| high_bytes(*sample))),
        PcmSample::U16 => out.extend(samples.iter().flat_map(|sample| {
            let [low, high] = high_bytes(*sample);
            [low, high ^ 0x80]
        })),
        PcmSample::S32 => out.extend(
            samples
                .iter()
                .flat_map(|sample| to_integer(*sample, 32).to_le_bytes()),
        ),
        PcmSample::U32 => out.extend(samples.iter().flat_map(|sample| {
            let [a, b, c, high] = to_integer(*sample, 32).to_le_bytes();
            [a, b, c, high ^ 0x80]
        })),
    }
}

/// The samples in `bytes`, little-endian; their channels and rate are as they are. What is left of a sample that is cut
/// short is no sample.
#[must_use]
pub fn decode(bytes: &[u8], format: &PcmFormat) -> Vec<f32> {
    let eight = |flip: u8| {
        let sample = move |byte: &u8| from_integer(i32::from_le_bytes([0, 0, 0, byte ^ flip]));
        bytes.iter().map(sample).collect()
    };
    let sixteen = |flip: u8| {
        let (pairs, _) = bytes.as_chunks::<2>();
        let sample = move |&[low, high]: &[u8; 2]| {
            from_integer(i32::from_le_bytes([0, 0, low, high ^ flip]))
        };
        pairs.iter().map(sample).collect()
    };
    let thirty_two = |flip: u8| {
        let (fours, _) = bytes.as_chunks::<4>();
        let sample = move |&[a, b, c, high]: &[u8; 4]| {
            from_integer(i32::from_le_bytes([a, b, c, high ^ flip]))
        };
        fours.iter().map(sample).collect()
    };
    match format.sample {
        PcmSample::S8 => eight(0),
        PcmSample::U8 => eight(0x80),
        PcmSample::S16 => sixteen(0),
        PcmSample::U16 => sixteen(0x80),
        PcmSample::S32 => thirty_two(0),
        PcmSample::U32 => thirty_two(0x80),
    }
}

fn high_byte(sample: f32) -> u8 {
    let [byte, ..] = to_integer(sample, 8).to_le_bytes();
    byte
}

fn high_bytes(sample: f32) -> [u8; 2] {
    let [low, high, ..] = to_integer(sample, 16).to_le_bytes();
    [low, high]
}

/// A format that sound cannot be converted to or from: the field, and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatError {
    /// Which.
    pub field: &'static str,
    /// Its value.
    pub value: u32,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: invalid value {}", self.field, self.value)
    }
}

impl std::error::Error for FormatError {}

/// Converts the channels and the rate of a stream of samples.
pub struct Converter {
    channels_in: u8,
    channels_out: u8,
    /// None if the rates are the same.
    resampler: Option<Async<f32>>,
    /// What is not resampled yet: less than the resampler takes at once. In the channels that come out.
    waiting: Vec<f32>,
    resampled: Vec<f32>,
}

impl fmt::Debug for Converter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Converter")
            .field("channels_in", &self.channels_in)
            .field("channels_out", &self.channels_out)
            .finish_non_exhaustive()
    }
}

impl Converter {
    /// From stereo at 48 kHz to the channels and rate of `format`.
    ///
    /// # Errors
    /// Other channels than 1 or 2, a frequency outside of 1 to 48,000.
    pub fn to_format(format: &PcmFormat) -> Result<Self, FormatError> {
        Self::new(
            (2, SAMPLE_RATE),
            (format.channels, format.frequency),
            format,
        )
    }

    /// From the channels and rate of `format` to stereo at 48 kHz.
    ///
    /// # Errors
    /// Other channels than 1 or 2, a frequency outside of 1 to 48,000.
    pub fn from_format(format: &PcmFormat) -> Result<Self, FormatError> {
        Self::new(
            (format.channels, format.frequency),
            (2, SAMPLE_RATE),
            format,
        )
    }

    fn new(from: (u8, u32), to: (u8, u32), format: &PcmFormat) -> Result<Self, FormatError> {
        let invalid = |field, value| FormatError { field, value };
        if !(1..=2).contains(&format.channels) {
            return Err(invalid("pcm-format.channels", u32::from(format.channels)));
        }
        let frequency = invalid("pcm-format.frequency", format.frequency);
        if !(1..=SAMPLE_RATE).contains(&format.frequency) {
            return Err(frequency);
        }
        let resampler = if from.1 == to.1 {
            None
        } else {
            let ratio = f64::from(to.1) / f64::from(from.1);
            // 10 ms at once, so that no chunk becomes a long one.
            let chunk = usize::try_from(from.1 / 100).unwrap_or_default().max(1);
            let parameters = SincInterpolationParameters::new(128, WindowFunction::BlackmanHarris2);
            let channels = usize::from(to.0);
            let resampler =
                Async::new_sinc(ratio, 1.0, &parameters, chunk, channels, FixedAsync::Input);
            Some(resampler.map_err(|_| frequency)?)
        };
        Ok(Self {
            channels_in: from.0,
            channels_out: to.0,
            resampled: vec![],
            resampler,
            waiting: vec![],
        })
    }

    /// Appends what comes out for `samples` to `out`; up to 10 ms of it comes with the samples after.
    pub fn convert(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        let Some(resampler) = &mut self.resampler else {
            mix(samples, self.channels_in, self.channels_out, out);
            return;
        };
        mix(
            samples,
            self.channels_in,
            self.channels_out,
            &mut self.waiting,
        );
        let channels = usize::from(self.channels_out);
        let mut taken = 0;
        while let Some(chunk) = self
            .waiting
            .get(taken..taken + resampler.input_frames_next() * channels)
        {
            let frames = resampler.output_frames_next();
            self.resampled.resize(frames.max(1) * channels, 0.0);
            let input = InterleavedSlice::new(chunk, channels, chunk.len() / channels);
            let output = InterleavedSlice::new_mut(&mut self.resampled, channels, frames.max(1));
            taken += chunk.len();
            let (Ok(input), Ok(mut output)) = (input, output) else {
                continue; // the lengths are right
            };
            if let Ok((_, count)) = resampler.process_into_buffer(&input, &mut output, None) {
                out.extend(self.resampled.iter().take(count * channels));
            }
        }
        self.waiting.drain(..taken.min(self.waiting.len()));
    }
}

/// Appends `samples` with other channels: mono goes to both, stereo becomes its mean.
fn mix(samples: &[f32], from: u8, to: u8, out: &mut Vec<f32>) {
    match (from, to) {
        (1, 2) => out.extend(samples.iter().flat_map(|sample| [*sample, *sample])),
        (2, 1) => {
            let (pairs, _) = samples.as_chunks::<2>();
            out.extend(pairs.iter().map(|[left, right]| (left + right) / 2.0));
        }
        _ => out.extend_from_slice(samples),
    }
}
