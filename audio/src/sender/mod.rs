//! The sending end: captured samples become packets.

mod pace;

use std::collections::VecDeque;

use rfb::MediaTime;
use rfb::sound::{SoundPacket, SoundStream};

use crate::codec::{CodecError, Encoder, EncoderConfig};
use crate::numbers::{Micros, frames_of, media, media_time, samples_of, time_of};
use crate::repair::Repairs;
use pace::Pace;

/// A sample is silent if it is no louder than this: one step of 16 bits.
const SILENT: f32 = 1.0 / 32_768.0;
/// After so much silence nothing is sent any more.
const SILENCE: Micros = 200_000.0;
/// The end of sound is said so many times if packets are lost: nothing after it can repair it.
const LAST_COPIES: usize = 3;
/// At most so many packets wait; the oldest go first.
const WAITING: usize = 64;

/// How a [`Sender`] is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderConfig {
    /// Which stream its packets are of.
    pub stream: SoundStream,
    /// How they are coded.
    pub encoder: EncoderConfig,
}

/// Cuts captured sound into frames, codes them, and numbers and times the packets.
///
/// Times of capture may be noisy: the count of samples is the truth, and slowly follows them. Where they jump by more
/// than a tenth of a second, so do the times of the packets, and their numbers by as many frames.
///
/// After 200 ms of digital silence a packet says `is_last`, and nothing is sent until there is sound again.
///
/// Any call order is legal: [`Self::push`] what was captured, [`Self::poll`] until `None`.
#[derive(Debug)]
pub struct Sender {
    stream: SoundStream,
    encoder: Encoder,
    pace: Pace,
    /// The beginning of the next frame, interleaved.
    frame: Vec<f32>,
    /// When its first sample was captured.
    begun: Micros,
    sequence: u32,
    /// Silent frames in a row.
    silent: usize,
    /// Nothing is sent: all is silent.
    is_paused: bool,
    repairs: Repairs,
    is_repairing: bool,
    /// The packet that said `is_last`, and how many times it is still to be said.
    last: Option<(SoundPacket, usize)>,
    packets: VecDeque<SoundPacket>,
}

impl Sender {
    /// A sender that has sent nothing.
    ///
    /// # Errors
    /// As [`Encoder::new`].
    pub fn new(config: SenderConfig) -> Result<Self, CodecError> {
        let encoder = Encoder::new(config.encoder)?;
        Ok(Self {
            stream: config.stream,
            pace: Pace::default(),
            frame: Vec::with_capacity(2 * 960),
            begun: 0.0,
            sequence: 0,
            silent: 0,
            is_paused: true,
            repairs: Repairs::default(),
            is_repairing: false,
            last: None,
            packets: VecDeque::new(),
            encoder,
        })
    }

    /// How it codes.
    #[must_use]
    pub const fn encoder(&self) -> &EncoderConfig {
        self.encoder.config()
    }

    /// Takes any number of samples, interleaved stereo at 48 kHz, the first of which was captured at `captured`. A format of
    /// one channel gets the mean of both.
    pub fn push(&mut self, samples: &[f32], captured: MediaTime) {
        let (pairs, _) = samples.as_chunks::<2>();
        let paced = self.pace.count(media(captured), pairs.len());
        if let Some(by) = paced.jump {
            self.jump(by);
        }
        let mut time = paced.first;
        let channels = usize::from(self.encoder().format.channels);
        let whole = self.encoder().format.frame.samples() * channels;
        for &[left, right] in pairs {
            let [left, right] = [sane(left), sane(right)];
            if self.frame.is_empty() {
                self.begun = time;
            }
            time += paced.step;
            if channels == 1 {
                self.frame.push((left + right) / 2.0);
            } else {
                self.frame.extend([left, right]);
            }
            if whole <= self.frame.len() {
                self.finish_frame();
            }
        }
    }

    /// The next packet that is to be sent.
    pub fn poll(&mut self) -> Option<SoundPacket> {
        self.packets.pop_front()
    }

    /// From now on each packet carries what the frames one and three before it can be had from, or no longer does. Only
    /// where packets can be lost, and only while they are: it doubles the bit rate.
    pub fn set_repair(&mut self, repair: bool) {
        self.is_repairing = repair;
    }

    /// From the next frame on, so many bits a second.
    ///
    /// # Errors
    /// A bit rate outside of 6,000 to 510,000.
    pub fn set_bit_rate(&mut self, bit_rate: u32) -> Result<(), CodecError> {
        self.encoder.set_bit_rate(bit_rate)
    }

    /// The times of capture have jumped: what was begun ends in silence, and frames of the gap count as sent.
    fn jump(&mut self, by: Micros) {
        let format = self.encoder().format;
        let whole = format.frame.samples() * usize::from(format.channels);
        let mut skipped = by;
        if !self.frame.is_empty() {
            let missing = (whole - self.frame.len()) / usize::from(format.channels);
            self.frame.resize(whole, 0.0);
            self.finish_frame();
            skipped -= time_of(missing);
        }
        let frames = frames_of(skipped, time_of(format.frame.samples()));
        self.sequence = self.sequence.wrapping_add(frames);
        self.repairs = Repairs::default();
    }

    fn finish_frame(&mut self) {
        let is_silent = self.frame.iter().all(|sample| sample.abs() <= SILENT);
        self.silent = if is_silent { self.silent + 1 } else { 0 };
        let length = self.encoder().format.frame.samples();
        if !(self.is_paused && is_silent) {
            let enough = samples_of(SILENCE) / length;
            self.is_paused = enough <= self.silent;
            self.send();
        } else {
            self.repairs.skip();
            self.say_last_again();
        }
        self.sequence = self.sequence.wrapping_add(1);
        self.frame.clear();
    }

    fn send(&mut self) {
        let frame = match self.encoder.encode(&self.frame) {
            Ok(frame) => frame,
            Err(error) => {
                tracing::warn!(%error, "a frame of sound is left out");
                self.repairs.skip();
                return;
            }
        };
        // What the decoder gives out first went in before the frame began.
        let ahead = usize::try_from(self.encoder.lookahead()).unwrap_or_default();
        let packet = SoundPacket {
            stream: self.stream,
            sequence: self.sequence,
            captured: media_time(self.begun - time_of(ahead)),
            is_last: self.is_paused,
            repair: self.is_repairing.then(|| self.repairs.repair()).flatten(),
            frame,
        };
        self.repairs.push(&packet.frame, packet.is_last);
        self.last =
            (packet.is_last && self.is_repairing).then(|| (packet.clone(), LAST_COPIES - 1));
        self.queue(packet);
    }

    fn say_last_again(&mut self) {
        if let Some((packet, times)) = &mut self.last
            && 0 < *times
        {
            *times -= 1;
            let packet = packet.clone();
            self.queue(packet);
        }
    }

    fn queue(&mut self, packet: SoundPacket) {
        if WAITING <= self.packets.len() {
            self.packets.pop_front();
        }
        self.packets.push_back(packet);
    }
}

/// What is no number is silent, and what is far too loud is no louder than that.
fn sane(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-4.0, 4.0)
    } else {
        0.0
    }
}
