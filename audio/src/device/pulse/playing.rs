//! A stream that plays.

use std::convert::Infallible;
use std::ffi::CString;
use std::io;
use std::time::{Duration, Instant, SystemTime};

use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{
    Command, CreatePlaybackStreamReply, LatencyParams, PlaybackLatency, PlaybackStreamParams,
};

use super::link::{Link, Message};
use super::stream::Stream;
use super::{ASK_INTERVAL, ASK_WEIGHT, FRAME_BYTES, removed, sample_spec};
use crate::device::Moment;
use crate::device::smooth::Smoother;

/// Frames that are rendered at once, at most: after a standstill a server wants much.
const PIECE: u32 = 960;

/// Parts of a buffer that are asked for at a time: smaller ones leave more of the delay to the device, which wakes up less
/// often then.
const PARTS: u32 = 4;

/// Plays on the sink of that name, which holds two buffers of so many frames, until the stream is dropped.
pub(in crate::device) fn play(
    sink: &str,
    frames: u32,
    render: impl FnMut(&mut [f32], Moment) + Send + 'static,
    failed: impl FnOnce(String) + Send + 'static,
) -> io::Result<Stream> {
    let mut link = Link::connect()?;
    let (sample_spec, channel_map) = sample_spec();
    let buffer = frames.saturating_mul(FRAME_BYTES);
    let part = (frames / PARTS).max(1) * FRAME_BYTES;
    let created: CreatePlaybackStreamReply =
        link.ask(&Command::CreatePlaybackStream(PlaybackStreamParams {
            sample_spec,
            channel_map,
            sink_name: Some(CString::new(sink).map_err(io::Error::other)?),
            buffer_attr: BufferAttr {
                target_length: buffer.saturating_mul(2),
                minimum_request_length: part,
                // It plays at once, and goes on after a gap: what comes late is not played later.
                pre_buffering: 0,
                ..BufferAttr::default()
            },
            flags: StreamFlags {
                adjust_latency: true,
                ..StreamFlags::default()
            },
            ..PlaybackStreamParams::default()
        }))?;
    let mut playing = Playing {
        link,
        channel: created.channel,
        played: 0,
        clock: Smoother::new(ASK_WEIGHT),
        usual_delay: Duration::from_micros(created.stream_latency),
        asked: None,
        next: Instant::now(),
        samples: Vec::new(),
        render,
    };
    let socket = playing.link.socket()?;
    let run = move || match playing.run(created.requested_bytes) {
        Ok(never) => match never {},
        Err(error) => error,
    };
    Stream::start("sound output", socket, run, failed)
}

struct Playing<R> {
    link: Link,
    channel: u32,
    /// Frames that were rendered.
    played: u64,
    clock: Smoother,
    /// Until the server was asked.
    usual_delay: Duration,
    /// The number of the question for the delay, and when it was asked.
    asked: Option<(u32, Instant)>,
    /// When to ask again.
    next: Instant,
    samples: Vec<f32>,
    render: R,
}

impl<R: FnMut(&mut [f32], Moment)> Playing<R> {
    fn run(&mut self, first: u32) -> io::Result<Infallible> {
        self.write(first)?;
        loop {
            match self.link.read()? {
                Message::Wanted(bytes) => self.write(bytes)?,
                Message::Reply(number, reply) => {
                    let asked = self.asked.take_if(|(own, _)| *own == number);
                    if let Some((_, asked)) = asked {
                        let told = reply.read()?;
                        self.observe(asked, &told);
                    }
                }
                Message::Refused(_, error) => return Err(io::Error::other(error.to_string())),
                Message::Removed => return Err(removed()),
                Message::Samples(_) | Message::Other => {}
            }
            self.ask()?;
        }
    }

    /// Renders and sends so many bytes.
    fn write(&mut self, bytes: u32) -> io::Result<()> {
        let mut left = bytes / FRAME_BYTES;
        while left > 0 {
            let frames = left.min(PIECE);
            left -= frames;
            let length = usize::try_from(frames).map_err(io::Error::other)?;
            self.samples.clear();
            self.samples.resize(2 * length, 0.0);
            let called = Instant::now();
            let at = self.clock.at(self.played);
            let at = at.unwrap_or(called + self.usual_delay);
            (self.render)(&mut self.samples, Moment { called, at });
            self.link.send_samples(self.channel, &self.samples)?;
            self.played += u64::from(frames);
        }
        Ok(())
    }

    fn ask(&mut self) -> io::Result<()> {
        let now = Instant::now();
        if self.asked.is_none() && now >= self.next {
            let question = Command::GetPlaybackLatency(LatencyParams {
                channel: self.channel,
                now: SystemTime::now(),
            });
            self.asked = Some((self.link.send(&question)?, now));
            self.next = now + ASK_INTERVAL;
        }
        Ok(())
    }

    /// The frame that the sink takes next is heard after what the sink itself holds.
    fn observe(&mut self, asked: Instant, told: &PlaybackLatency) {
        let Ok(taken) = u64::try_from(told.read_offset) else {
            return;
        };
        if told.playing {
            let then = asked + asked.elapsed() / 2;
            let heard = then + Duration::from_micros(told.sink_usec);
            self.clock.observe(taken / u64::from(FRAME_BYTES), heard);
        }
    }
}
