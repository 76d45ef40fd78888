//! A device that plays.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, OutputCallbackInfo, StreamConfig};

use super::find::{ANSWER_LIMIT, Wish};
use super::keeper::{Failures, Keeper, Opened, Opener};
use super::smooth::Smoother;
use super::{DEFAULT_FRAMES, DeviceError, Kind, Moment, Notice, RATE, convert, host};

/// What to play on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputConfig {
    /// The id or name of a device, or a part of it that fits no other. None: the default one, also when that changes.
    pub device: Option<String>,
    /// Frames of a buffer, of which there are two. Fewer: less delay, and earlier gaps on a machine with much to do.
    pub frames: u32,
}

impl Default for OutputConfig {
    fn default() -> Self {
        Self {
            device: None,
            frames: DEFAULT_FRAMES,
        }
    }
}

/// A device that plays, until it is dropped.
#[derive(Debug)]
pub struct Output {
    render: Render,
    _keeper: Keeper,
}

/// What gives the samples. None: no more are wanted.
#[derive(Clone)]
struct Render(Arc<Mutex<Option<Rendering>>>);

type Rendering = Box<dyn FnMut(&mut [f32], Moment) + Send>;

impl std::fmt::Debug for Render {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Render")
    }
}

impl Output {
    /// Plays what `render` writes into its buffer: stereo, interleaved, 48 kHz, any number of frames, silence before it is
    /// called. It runs on a thread of its own and must not wait for anything. `notice` is told when the device goes and
    /// comes back; `render` is not called in between.
    ///
    /// # Errors
    /// There is no such device, or it cannot be opened now. Waits for the sound server, 5 s at most.
    pub fn open(
        config: OutputConfig,
        render: impl FnMut(&mut [f32], Moment) + Send + 'static,
        notice: impl Fn(Notice) + Send + 'static,
    ) -> Result<Self, DeviceError> {
        let render = Render(Arc::new(Mutex::new(Some(Box::new(render)))));
        let opener = OutputOpener {
            wish: Wish {
                name: config.device,
                kind: Kind::Output,
            },
            frames: config.frames,
            render: render.clone(),
        };
        Ok(Self {
            render,
            _keeper: Keeper::start(opener, notice)?,
        })
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // From here on it is not called, even if the device takes its time to close.
        let mut render = self.render.0.lock().unwrap_or_else(PoisonError::into_inner);
        *render = None;
    }
}

struct OutputOpener {
    wish: Wish,
    frames: u32,
    render: Render,
}

impl Opener for OutputOpener {
    fn open(&mut self, failures: Failures) -> Result<Opened, DeviceError> {
        let (device, id) = host::ask(|host| self.wish.find(host))?;
        let own = device
            .default_output_config()
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

impl OutputOpener {
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
        let render = self.render.clone();
        let mut smoother = Smoother::new();
        let mut stereo = Vec::new();
        let play = move |out: &mut [f32], info: &OutputCallbackInfo| {
            let called = Instant::now();
            let times = info.timestamp();
            let delay = times.playback.duration_since(times.callback);
            let frames = out.len() / channels.max(1);
            let at = smoother.next(called + delay, frames);
            let moment = Moment { called, at };
            let mut render = render.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(render) = render.as_mut() else {
                return;
            };
            if channels == 2 {
                return render(out, moment);
            }
            stereo.clear();
            stereo.resize(2 * frames, 0.0);
            render(&mut stereo, moment);
            convert::from_stereo(&stereo, out, channels);
        };
        let failed = move |error: cpal::Error| failures.tell(&error);
        let stream = device.build_output_stream(config, play, failed, Some(ANSWER_LIMIT))?;
        stream.play()?;
        Ok(stream)
    }
}
