//! One recording through everybody, by turns, so that a busy moment of the machine harms all alike.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use bytes::Bytes;

use super::foreign::Foreign;
use crate::codec::{self, Encoded};
use crate::decode;
use crate::figures::{Cost, Decoded, Figures, seconds};
use crate::recording;
use crate::server::Settings;

/// PSNR that two decoders may differ by, in dB: their JPEG libraries round as they like.
const SAME_DB: f64 = 0.05;

/// What is asked of the encoders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) quality: crate::quality::Quality,
    pub(super) compression: u8,
}

/// What one encoder made of a recording.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) figures: Figures,
    /// What LibVNCClient took to decode it, in seconds.
    pub(super) their_decode_cpu_s: f64,
}

/// A recording at one level.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) session: String,
    /// LibVNCServer.
    pub(super) theirs: Made,
    pub(super) ours: Made,
    /// Ours for a client that takes no CopyRect.
    pub(super) without_copies: Made,
}

/// Bytes for a changed pixel and PSNR in dB, of LibVNCServer's stream and of ours.
pub(super) struct Closeness {
    pub(super) theirs: (f64, f64),
    pub(super) ours: (f64, f64),
}

/// What is compared, and how.
pub(super) struct Comparison<'a> {
    pub(super) foreign: &'a Foreign,
    pub(super) level: Level,
    pub(super) threads: NonZeroUsize,
    pub(super) repeat: NonZeroU32,
    /// Where streams are kept.
    pub(super) streams: Option<&'a PathBuf>,
}

impl Comparison<'_> {
    pub(super) fn run(&self, path: &Path) -> Result<Row> {
        let [theirs, ours, without_copies] = self.encode(path)?;
        if let Some(directory) = self.streams {
            for (encoder, made) in [("libvncserver", &theirs), ("tightrope", &ours)] {
                let Level {
                    quality,
                    compression,
                } = self.level;
                let name = recording::name(path);
                let name = format!("{name}-{}-{compression}-{encoder}.rfbs", quality.number());
                codec::keep(path, &directory.join(name), made)?;
            }
        }
        let [theirs, ours, without_copies] = self.decode(path, [theirs, ours, without_copies])?;
        let session = recording::name(path);
        let exact = |made: &Made| made.figures.lossless || !self.level.quality.is_lossless();
        ensure!(
            exact(&ours) && exact(&without_copies),
            "{session}: the client does not show what was recorded, though nothing was to be lost"
        );
        Ok(Row {
            session,
            theirs,
            ours,
            without_copies,
        })
    }

    /// How close LibVNCServer's pictures and ours are for how many bytes; once, and without times.
    pub(super) fn closeness(&self, path: &Path) -> Result<Closeness> {
        let settings = self.settings(true);
        let point = |encoded: &Encoded| -> Result<(f64, f64)> {
            let decoded = decode::decode(path, self.threads, &encoded.updates)?;
            let figures = Figures::new(recording::name(path), &decoded, self.threads.get());
            Ok((figures.bytes_per_pixel(), figures.psnr_db))
        };
        Ok(Closeness {
            theirs: point(&self.foreign.encode(path, &settings)?)?,
            ours: point(&codec::encode(path, &settings)?)?,
        })
    }

    fn settings(&self, copies: bool) -> Settings {
        Settings {
            quality: self.level.quality,
            compression: self.level.compression,
            threads: self.threads,
            copies,
        }
    }

    /// By LibVNCServer, by us, and by us without CopyRect.
    fn encode(&self, path: &Path) -> Result<[Encoded; 3]> {
        let pass = || -> Result<[Encoded; 3]> {
            Ok([
                self.foreign.encode(path, &self.settings(true))?,
                codec::encode(path, &self.settings(true))?,
                codec::encode(path, &self.settings(false))?,
            ])
        };
        let mut best = pass()?;
        for _ in 1..self.repeat.get() {
            for (best, again) in best.iter_mut().zip(pass()?) {
                best.cost = best.cost.best(again.cost);
            }
        }
        Ok(best)
    }

    /// By us and by LibVNCClient.
    fn decode(&self, path: &Path, streams: [Encoded; 3]) -> Result<[Made; 3]> {
        let pass = |updates: &[Bytes]| -> Result<(Decoded, Decoded)> {
            let ours = decode::decode(path, self.threads, updates)?;
            Ok((ours, self.foreign.decode(path, updates)?))
        };
        let [first, second, third] = &streams;
        let mut best = [
            pass(&first.updates)?,
            pass(&second.updates)?,
            pass(&third.updates)?,
        ];
        for _ in 1..self.repeat.get() {
            for ((ours, theirs), stream) in best.iter_mut().zip(&streams) {
                let again = pass(&stream.updates)?;
                ours.cost = ours.cost.best(again.0.cost);
                theirs.cost = theirs.cost.best(again.1.cost);
            }
        }
        let [first, second, third] = streams;
        let [a, b, c] = best;
        Ok([
            self.made(path, &first, a)?,
            self.made(path, &second, b)?,
            self.made(path, &third, c)?,
        ])
    }

    fn made(
        &self,
        path: &Path,
        encoded: &Encoded,
        (mut ours, theirs): (Decoded, Decoded),
    ) -> Result<Made> {
        let (a, b) = (ours.quality.psnr_db(), theirs.quality.psnr_db());
        let name = recording::name(path);
        ensure!(
            (a - b).abs() < SAME_DB,
            "{name}: LibVNCClient shows {b:.2} dB of a stream of which we show {a:.2} dB"
        );
        ours.kinds = decode::kinds(&encoded.updates)?;
        let Cost { cpu, wall } = encoded.cost;
        let figures = Figures {
            encode_cpu_s: Some(seconds(cpu)),
            quality: Some(self.level.quality.number()),
            compress: Some(self.level.compression),
            wall_s: seconds(wall),
            ..Figures::new(name, &ours, self.threads.get())
        };
        let their_decode_cpu_s = seconds(theirs.cost.cpu);
        Ok(Made {
            figures,
            their_decode_cpu_s,
        })
    }
}
