//! Plays a little faster or slower: `rubato`, in blocks of any length.

use std::fmt;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Adjustable, Async, FixedAsync, Resampler as _, ResamplerConstructionError, Resizable,
    SincInterpolationParameters, SincInterpolationType, WindowFunction,
};

use crate::codec::CodecError;
use crate::numbers::float;

/// Samples of one channel that are made at once, at most: 10 ms.
pub(super) const BLOCK: usize = 480;
/// Samples of one channel that each one is made from.
const LENGTH: usize = 64;
/// Filters between two samples, between which lines are drawn: what that adds to a tone of 1 kHz is below −130 dB.
const FILTERS: usize = 512;
/// What is above this share of 24 kHz is left out: 22 kHz, more than Opus has.
const CUTOFF: f32 = 0.92;
/// How much faster or slower, at most.
const RANGE: f64 = 1.02;

/// Makes stereo of another speed.
pub(super) struct Resampler {
    inner: Async<f32>,
    /// What goes in next.
    pub(super) input: Vec<f32>,
    /// By how many samples of one channel what comes out next is behind what goes in next.
    lag: f64,
    /// Samples in for each that comes out.
    step: f64,
    aim: f64,
}

impl fmt::Debug for Resampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resampler")
            .field("lag", &self.lag)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

impl Resampler {
    pub(super) fn new() -> Result<Self, CodecError> {
        let parameters = SincInterpolationParameters::new(LENGTH, WindowFunction::BlackmanHarris2)
            .oversampling_factor(FILTERS)
            .interpolation(SincInterpolationType::Linear)
            .f_cutoff(CUTOFF);
        let inner = Async::new_sinc(1.0, RANGE, &parameters, BLOCK, 2, FixedAsync::Output)
            .map_err(|_: ResamplerConstructionError| CodecError::Library("rubato", "not built"))?;
        let most = inner.input_frames_max();
        let mut resampler = Self {
            inner,
            input: Vec::with_capacity(2 * most),
            lag: 0.0,
            step: 1.0,
            aim: 1.0,
        };
        resampler.reset();
        Ok(resampler)
    }

    /// Silence was before what goes in next. The speed stays.
    pub(super) fn reset(&mut self) {
        self.inner.reset();
        self.lag = float(self.inner.output_delay());
        self.step = self.aim;
        self.turn(false);
    }

    /// By how many samples of one channel what comes out next is behind what goes in next.
    pub(super) const fn lag(&self) -> f64 {
        self.lag
    }

    /// By the end of the next block, by this share faster.
    pub(super) fn set_speed(&mut self, faster: f64) {
        self.aim = 1.0 + faster;
        self.turn(true);
    }

    fn turn(&mut self, ramp: bool) {
        if self.inner.set_resample_ratio(1.0 / self.aim, ramp).is_err() {
            self.aim = self.step; // out of its range: it stays as it is
        }
    }

    /// So many samples of one channel are to be in `input` for `count` (at most [`BLOCK`]) to come out.
    pub(super) fn needs(&mut self, count: usize) -> usize {
        if self.inner.set_chunk_size(count).is_err() {
            return 0;
        }
        self.inner.input_frames_next()
    }

    /// Fills `out` from `input`, which has as much as [`Self::needs`] said, and is empty then.
    pub(super) fn run(&mut self, out: &mut [f32]) {
        let frames = out.len() / 2;
        let given = self.input.len() / 2;
        let input = InterleavedSlice::new(&self.input, 2, given);
        let output = InterleavedSlice::new_mut(out, 2, frames);
        if let (Ok(input), Ok(mut output)) = (input, output)
            && let Ok((taken, made)) = self.inner.process_into_buffer(&input, &mut output, None)
        {
            let mean = (self.step + self.aim) / 2.0;
            let used = float(made) * mean + (self.aim - self.step) / 2.0;
            self.lag += float(taken) - used;
        }
        self.step = self.aim;
        self.input.clear();
    }
}
