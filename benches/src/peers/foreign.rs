//! The peers' programs at work: pictures and updates go in, what the library made of them comes out.

use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use tightrope::{Framebuffer, Rect, Size};

use super::compile::{CLIENT, SERVER};
use crate::codec::Encoded;
use crate::figures::{Cost, Decoded};
use crate::recording;
use crate::server::Settings;

/// LibVNCServer and LibVNCClient, ready to work.
pub(super) struct Foreign {
    server: PathBuf,
    client: PathBuf,
    /// What was compiled.
    _directory: tempfile::TempDir,
}

impl Foreign {
    pub(super) fn compile() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        Ok(Self {
            server: SERVER.compile(directory.path())?,
            client: CLIENT.compile(directory.path())?,
            _directory: directory,
        })
    }

    /// Encodes the recording at `path`.
    pub(super) fn encode(&self, path: &Path, settings: &Settings) -> Result<Encoded> {
        let mut reader = recording::open(path)?;
        let mut command = Command::new(&self.server);
        command.arg(settings.quality.number().to_string());
        command.arg(settings.compression.to_string());
        let mut peer = Peer::start(&mut command, reader.size())?;
        let (mut updates, mut cpu) = (Vec::new(), Duration::ZERO);
        while let Some(frame) = reader.next_frame()? {
            let rects = frame.merged();
            peer.tell_rects(&rects)?;
            for rect in rects {
                peer.tell_pixels(frame.picture, rect)?;
            }
            let (taken, update) = peer.hear_update()?;
            cpu += taken;
            updates.push(update);
        }
        peer.end()?;
        let cost = Cost { cpu, wall: cpu };
        Ok(Encoded { updates, cost })
    }

    /// Decodes `updates` and compares each picture with that of the recording at `path`.
    pub(super) fn decode(&self, path: &Path, updates: &[Bytes]) -> Result<Decoded> {
        let mut reader = recording::open(path)?;
        let mut peer = Peer::start(&mut Command::new(&self.client), reader.size())?;
        let mut shown = Framebuffer::new(reader.size());
        let mut decoded = Decoded::default();
        let mut updates = updates.iter();
        while let Some(frame) = reader.next_frame()? {
            let update = updates.next().context("the stream has fewer pictures")?;
            peer.tell_bytes(update)?;
            peer.tell_rects(frame.tiles)?;
            decoded.cost.cpu += peer.hear_pixels(&mut shown, frame.tiles)?;
            decoded.add(&frame, update, &shown);
        }
        peer.end()?;
        decoded.cost.wall = decoded.cost.cpu;
        Ok(decoded)
    }
}

/// A program that runs; see pipe.h for what is said.
struct Peer {
    process: Child,
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Peer {
    fn start(command: &mut Command, size: Size) -> Result<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("cannot start the peer's program")?;
        let to = process.stdin.take().context("no standard input")?;
        let from = process.stdout.take().context("no standard output")?;
        let mut peer = Self {
            process,
            to: BufWriter::new(to),
            from: BufReader::new(from),
        };
        peer.tell(size.width.into())?;
        peer.tell(size.height.into())?;
        Ok(peer)
    }

    fn tell(&mut self, number: u32) -> Result<()> {
        Ok(self.to.write_all(&number.to_ne_bytes())?)
    }
    fn tell_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.tell(u32::try_from(bytes.len())?)?;
        Ok(self.to.write_all(bytes)?)
    }
    fn tell_rects(&mut self, rects: &[Rect]) -> Result<()> {
        self.tell(u32::try_from(rects.len())?)?;
        for rect in rects {
            for number in [rect.left, rect.top, rect.width, rect.height] {
                self.tell(number.into())?;
            }
        }
        Ok(())
    }
    fn tell_pixels(&mut self, picture: &Framebuffer, rect: Rect) -> Result<()> {
        for row in picture.view().rows(rect) {
            self.to.write_all(row)?;
        }
        Ok(())
    }

    fn hear<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        let heard = self.from.read_exact(&mut bytes);
        heard.context("the peer's program ended too early")?;
        Ok(bytes)
    }
    /// What the library took for what was told.
    fn hear_time(&mut self) -> Result<Duration> {
        self.to.flush()?;
        Ok(Duration::from_nanos(u64::from_ne_bytes(self.hear()?)))
    }
    fn hear_update(&mut self) -> Result<(Duration, Bytes)> {
        let taken = self.hear_time()?;
        let length = u32::from_ne_bytes(self.hear()?);
        let mut update = vec![0; usize::try_from(length)?];
        self.from.read_exact(&mut update)?;
        Ok((taken, update.into()))
    }
    fn hear_pixels(&mut self, picture: &mut Framebuffer, rects: &[Rect]) -> Result<Duration> {
        let taken = self.hear_time()?;
        for rect in rects {
            let mut target = picture.view_mut(*rect).context("a tile outside")?;
            for row in target.rows_mut() {
                self.from.read_exact(row)?;
            }
        }
        Ok(taken)
    }

    /// There are no more pictures.
    fn end(mut self) -> Result<()> {
        self.to.flush()?;
        drop(self.to);
        let status = self.process.wait()?;
        ensure!(status.success(), "the peer's program failed: {status}");
        Ok(())
    }
}
