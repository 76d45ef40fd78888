//! A device that plays.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, OutputCallbackInfo, StreamConfig};

use super::find::{ANSWER_LIMIT, Wish};
use super::keeper::{Failures, Keeper, Opener, Running, boxed};
use super::smooth::{Smoother, WEIGHT};
use super::{DEFAULT_FRAMES, DeviceError, Kind, Moment, Notice, RATE, convert, pulse};

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

impl Render {
    /// Leaves the buffer as it is, which is silent, if no more is wanted.
    fn call(&self, out: &mut [f32], moment: Moment) {
        let mut render = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(render) = render.as_mut() {
            render(out, moment);
        }
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
    fn wish(&self) -> &Wish {
        &self.wish
    }

    fn open_by_server(&self, sink: &str, failures: Failures) -> Result<Running, String> {
        let render = self.render.clone();
        let play = move |out: &mut [f32], moment| render.call(out, moment);
        let stream = pulse::play(sink, self.frames, play, move |why| failures.tell(why));
        stream.map(boxed).map_err(|error| error.to_string())
    }

    fn open_by_cpal(&self, device: &cpal::Device, failures: &Failures) -> Result<Running, String> {
        let own = device
            .default_output_config()
            .map_or(2, |own| own.channels());
        // Most take anything; a card may want it as it is.
        let stream = self.build(device, 2, failures.clone());
        let stream = stream.or_else(|_| self.build(device, own, failures.clone()));
        stream.map(boxed).map_err(|error| error.to_string())
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
        let mut smoother = Smoother::new(WEIGHT);
        let mut played = 0;
        let mut stereo = Vec::new();
        let play = move |out: &mut [f32], info: &OutputCallbackInfo| {
            let called = Instant::now();
            let times = info.timestamp();
            let heard = called + times.playback.duration_since(times.callback);
            smoother.observe(played, heard);
            let at = smoother.at(played).unwrap_or(heard);
            let frames = out.len() / channels.max(1);
            played += u64::try_from(frames).unwrap_or(0);
            stereo.clear();
            stereo.resize(2 * frames, 0.0);
            render.call(&mut stereo, Moment { called, at });
            convert::from_stereo(&stereo, out, channels);
        };
        let failed = move |error: cpal::Error| failures.tell_error(&error);
        let stream = device.build_output_stream(config, play, failed, Some(ANSWER_LIMIT))?;
        stream.play()?;
        Ok(stream)
    }
}
