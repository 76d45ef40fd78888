//! A device that records.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, InputCallbackInfo, StreamConfig};

use super::find::{ANSWER_LIMIT, Wish};
use super::keeper::{Failures, Keeper, Opened, Opener};
use super::smooth::Smoother;
use super::{DEFAULT_FRAMES, DeviceError, Kind, Moment, Notice, RATE, convert, host};

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
    fn open(&mut self, failures: Failures) -> Result<Opened, DeviceError> {
        let (device, id) = host::ask(|host| self.wish.find(host))?;
        let own = device
            .default_input_config()
            .map_or(2, |own| own.channels());
        let mut refused = String::new();
        // Sound servers take anything; a card may want it as it is.
        for channels in [2, own] {
            match self.build(&device, channels, failures.clone()) {
                Ok(stream) => {
                    return Ok(Opened {
                        _stream: stream,
                        id,
                    });
                }
                Err(error) => refused = error.to_string(),
            }
        }
        Err(DeviceError::Refused {
            device: id,
            reason: refused,
        })
    }

    fn has_moved(&self, id: &str) -> bool {
        host::ask(|host| self.wish.find(host)).is_ok_and(|(_, now)| now != id)
    }

    fn follows_default(&self) -> bool {
        self.wish.name.is_none()
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
        let mut smoother = Smoother::new();
        let mut stereo = Vec::new();
        let record = move |samples: &[f32], info: &InputCallbackInfo| {
            let called = Instant::now();
            let times = info.timestamp();
            let age = times.callback.duration_since(times.capture);
            let captured = called.checked_sub(age).unwrap_or(called);
            let at = smoother.next(captured, samples.len() / channels.max(1));
            let moment = Moment { called, at };
            let mut take = take.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(take) = take.as_mut() else {
                return;
            };
            if channels == 2 {
                return take(samples, moment);
            }
            stereo.clear();
            convert::to_stereo(samples, channels, &mut stereo);
            take(&stereo, moment);
        };
        let failed = move |error: cpal::Error| failures.tell(&error);
        let stream = device.build_input_stream(config, record, failed, Some(ANSWER_LIMIT))?;
        stream.play()?;
        Ok(stream)
    }
}
