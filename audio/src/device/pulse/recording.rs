//! A stream that records.

use std::convert::Infallible;
use std::ffi::CString;
use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{
    Command, CreateRecordStreamReply, LatencyParams, RecordLatency, RecordStreamParams,
};

use super::link::{Link, Message};
use super::stream::Stream;
use super::{ASK_INTERVAL, ASK_WEIGHT, FRAME_BYTES, removed, sample_spec};
use crate::device::smooth::Smoother;
use crate::device::{Moment, RATE};

/// The server keeps so much while we do not read, in parts of a second.
const KEPT_PARTS: u32 = 2;

/// Where another program makes a source hand out less than this part of a buffer at a time, it is gathered for as long.
const SMALL_PART: u32 = 4;

/// Records from the source of that name, so many frames at a time at most, until the stream is dropped.
pub(in crate::device) fn record(
    source: &str,
    frames: u32,
    take: impl FnMut(&[f32], Moment) + Send + 'static,
    failed: impl FnOnce(String) + Send + 'static,
) -> io::Result<Stream> {
    let mut link = Link::connect()?;
    let (sample_spec, channel_map) = sample_spec();
    let created: CreateRecordStreamReply =
        link.ask(&Command::CreateRecordStream(RecordStreamParams {
            sample_spec,
            channel_map,
            source_name: Some(CString::new(source).map_err(io::Error::other)?),
            buffer_attr: BufferAttr {
                max_length: RATE / KEPT_PARTS * FRAME_BYTES,
                fragment_size: frames.saturating_mul(FRAME_BYTES),
                ..BufferAttr::default()
            },
            flags: StreamFlags {
                adjust_latency: true,
                ..StreamFlags::default()
            },
            ..RecordStreamParams::default()
        }))?;
    let small = (frames / SMALL_PART).max(1);
    let mut recording = Recording {
        link,
        channel: created.channel,
        recorded: 0,
        clock: Smoother::new(ASK_WEIGHT),
        asked: None,
        next: Instant::now(),
        small: usize::try_from(small).unwrap_or(usize::MAX),
        pause: Duration::from_secs(1) * small / RATE,
        samples: Vec::new(),
        take,
    };
    let socket = recording.link.socket()?;
    let run = move || match recording.run() {
        Ok(never) => match never {},
        Err(error) => error,
    };
    Stream::start("sound input", socket, run, failed)
}

struct Recording<T> {
    link: Link,
    channel: u32,
    /// Frames that were taken.
    recorded: u64,
    clock: Smoother,
    /// The number of the question for the delay, and when it was asked.
    asked: Option<(u32, Instant)>,
    /// When to ask again.
    next: Instant,
    /// Fewer frames at a time are gathered for `pause`.
    small: usize,
    pause: Duration,
    samples: Vec<f32>,
    take: T,
}

impl<T: FnMut(&[f32], Moment)> Recording<T> {
    fn run(&mut self) -> io::Result<Infallible> {
        self.ask()?;
        loop {
            match self.link.read()? {
                Message::Samples(bytes) => {
                    let (samples, _) = bytes.as_chunks::<4>();
                    let samples = samples.iter().map(|bytes| f32::from_le_bytes(*bytes));
                    self.samples.clear();
                    self.samples.extend(samples);
                    self.hand_over();
                }
                Message::Reply(number, reply) => {
                    let asked = self.asked.take_if(|(own, _)| *own == number);
                    if let Some((_, asked)) = asked {
                        let told = reply.read()?;
                        self.observe(asked, &told);
                    }
                }
                Message::Refused(_, error) => return Err(io::Error::other(error.to_string())),
                Message::Removed => return Err(removed()),
                Message::Wanted(_) | Message::Other => {}
            }
            self.ask()?;
        }
    }

    fn hand_over(&mut self) {
        let called = Instant::now();
        let frames = self.samples.len() / 2;
        let at = self.clock.at(self.recorded).unwrap_or(called);
        self.recorded += u64::try_from(frames).unwrap_or(0);
        (self.take)(&self.samples, Moment { called, at });
        if frames < self.small && self.link.is_drained() {
            sleep(self.pause);
        }
    }

    fn ask(&mut self) -> io::Result<()> {
        let now = Instant::now();
        if self.asked.is_none() && now >= self.next {
            let question = Command::GetRecordLatency(LatencyParams {
                channel: self.channel,
                now: SystemTime::now(),
            });
            self.asked = Some((self.link.send(&question)?, now));
            self.next = now + ASK_INTERVAL;
        }
        Ok(())
    }

    /// The last frame the server has was recorded before what the source holds. Of a monitor it is heard after what the
    /// output holds: that is its moment, as whoever plays reckons with it.
    fn observe(&mut self, asked: Instant, told: &RecordLatency) {
        let waiting = u64::try_from(told.write_offset - told.read_offset).unwrap_or(0);
        let last = self.recorded + waiting / u64::from(FRAME_BYTES);
        let then = asked + asked.elapsed() / 2 + Duration::from_micros(told.sink_usec);
        let moment = then.checked_sub(Duration::from_micros(told.source_usec));
        self.clock.observe(last, moment.unwrap_or(then));
    }
}
