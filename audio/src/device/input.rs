//! A device that records.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, InputCallbackInfo, StreamConfig};

use super::find::{ANSWER_LIMIT, Wish};
use super::keeper::{Failures, Keeper, Opener, Running, boxed};
use super::smooth::{Smoother, WEIGHT};
use super::{DEFAULT_FRAMES, DeviceError, Kind, Moment, Notice, RATE, convert, pulse};

/// What to record from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputConfig {
    /// The id or name of a device, or a part of it that fits no other; the name of an output stands for what it plays.
    /// None: the default one, also when that changes.
    pub device: Option<String>,
    /// The default one is what the default output plays, not the default microphone.
    pub monitor: bool,
    /// Frames of a buffer, at most.
    pub frames: u32,
}

impl Default for InputConfig {
    fn default() -> Self {
        Self {
            device: None,
            monitor: false,
            frames: DEFAULT_FRAMES,
        }
    }
}

/// A device that records, until it is dropped.
#[derive(Debug)]
pub struct Input {
    take: Take,
    _keeper: Keeper,
}

/// What takes the samples. None: no more are wanted.
#[derive(Clone)]
struct Take(Arc<Mutex<Option<Taking>>>);

type Taking = Box<dyn FnMut(&[f32], Moment) + Send>;

impl std::fmt::Debug for Take {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Take")
    }
}

impl Take {
    fn call(&self, samples: &[f32], moment: Moment) {
        let mut take = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(take) = take.as_mut() {
            take(samples, moment);
        }
    }
}

impl Input {
    /// Hands `take` what is recorded: stereo, interleaved, 48 kHz, any number of frames. It runs on a thread of its own and
    /// must not wait for anything. `notice` is told when the device goes and comes back; `take` is not called in between.
    ///
    /// # Errors
    /// There is no such device, or it cannot be opened now. Waits for the sound server, 5 s at most.
    pub fn open(
        config: InputConfig,
        take: impl FnMut(&[f32], Moment) + Send + 'static,
        notice: impl Fn(Notice) + Send + 'static,
    ) -> Result<Self, DeviceError> {
        let take = Take(Arc::new(Mutex::new(Some(Box::new(take)))));
        let opener = InputOpener {
            wish: Wish {
                name: config.device,
                kind: match config.monitor {
                    true => Kind::Monitor,
                    false => Kind::Input,
                },
            },
            frames: config.frames,
            take: take.clone(),
        };
        Ok(Self {
            take,
            _keeper: Keeper::start(opener, notice)?,
        })
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        // From here on it is not called, even if the device takes its time to close.
        let mut take = self.take.0.lock().unwrap_or_else(PoisonError::into_inner);
        *take = None;
    }
}

struct InputOpener {
    wish: Wish,
    frames: u32,
    take: Take,
}

impl Opener for InputOpener {
    fn wish(&self) -> &Wish {
        &self.wish
    }

    fn open_by_server(&self, source: &str, failures: Failures) -> Result<Running, String> {
        let take = self.take.clone();
        let record = move |samples: &[f32], moment| take.call(samples, moment);
        let stream = pulse::record(source, self.frames, record, move |why| failures.tell(why));
        stream.map(boxed).map_err(|error| error.to_string())
    }

    fn open_by_cpal(&self, device: &cpal::Device, failures: &Failures) -> Result<Running, String> {
        let own = device
            .default_input_config()
            .map_or(2, |own| own.channels());
        // Most give anything; a card may have it only as it is.
        let stream = self.build(device, 2, failures.clone());
        let stream = stream.or_else(|_| self.build(device, own, failures.clone()));
        stream.map(boxed).map_err(|error| error.to_string())
    }
}

impl InputOpener {
    fn build(
        &self,
        device: &cpal::Device,
        channels: u16,
        failures: Failures,
    ) -> Result<cpal::Stream, cpal::Error> {
        let config = StreamConfig {
            channels,
            sample_rate: RATE,
            buffer_size: BufferSize::Fixed(self.frames),
        };
        let channels = usize::from(channels);
        let take = self.take.clone();
        let mut smoother = Smoother::new(WEIGHT);
        let mut recorded = 0;
        let mut stereo = Vec::new();
        let record = move |samples: &[f32], info: &InputCallbackInfo| {
            let called = Instant::now();
            let times = info.timestamp();
            let age = times.callback.duration_since(times.capture);
            let captured = called.checked_sub(age).unwrap_or(called);
            smoother.observe(recorded, captured);
            let at = smoother.at(recorded).unwrap_or(captured);
            stereo.clear();
            convert::to_stereo(samples, channels, &mut stereo);
            recorded += u64::try_from(stereo.len() / 2).unwrap_or(0);
            take.call(&stereo, Moment { called, at });
        };
        let failed = move |error: cpal::Error| failures.tell_error(&error);
        let stream = device.build_input_stream(config, record, failed, Some(ANSWER_LIMIT))?;
        stream.play()?;
        Ok(stream)
    }
}
