//! A recording as the bytes of an RFB server, for a client to show.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use tightrope::rfb::codec::{EncodeSettings, Encoder, RawEncoder, ZrleEncoder};
use tightrope::rfb::wire::{Encode, Reader};
use tightrope::rfb::{DecodeError, PixelFormat, RectWriter, ServerMessage};
use tightrope::{Region, Size};

use crate::fbs::{self, Start, start_bytes};
use crate::recorder::Kind;
use crate::vtz;
use crate::{Error, Result};

/// The most bytes the start of a stream can need: the limit on a name, and some.
const START_LIMIT: usize = 1 << 16;

/// How the pictures of a `.vtz` are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As they are: for a client in the same program.
    Raw,
    /// Compressed: to be kept.
    Zrle,
}

/// What a server says, with times. Starts with version 3.3, security type None and `ServerInit`, whatever was recorded;
/// what a client answers does not matter.
pub struct Playback {
    start: Start,
    is_started: bool,
    source: Source,
}

enum Source {
    Fbs {
        reader: fbs::Reader<File>,
        /// What came in one block with the end of the start.
        rest: Vec<u8>,
    },
    Vtz {
        reader: vtz::Reader<File>,
        encoder: Box<dyn Encoder>,
    },
}

impl Playback {
    /// Opens a `.vtz` or `.fbs` file.
    pub fn open(path: &Path, coding: Coding) -> Result<Self> {
        match Kind::of(path)? {
            Kind::Vtz => {
                let reader = vtz::Reader::open(path)?;
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let start = Start {
                    size: reader.size(),
                    name: name.into_owned(),
                    format: PixelFormat::BGRX,
                };
                let encoder: Box<dyn Encoder> = match coding {
                    Coding::Raw => Box::new(RawEncoder::default()),
                    Coding::Zrle => Box::new(ZrleEncoder::default()),
                };
                Ok(Self::new(start, Source::Vtz { reader, encoder }))
            }
            Kind::Fbs => {
                let mut reader = fbs::Reader::open(path)?;
                let (start, rest) = read_start(&mut reader)?;
                Ok(Self::new(start, Source::Fbs { reader, rest }))
            }
        }
    }

    fn new(start: Start, source: Source) -> Self {
        Self {
            start,
            is_started: false,
            source,
        }
    }

    /// What the server says of itself. A client must expect its pixel format, as the client of the recording did.
    #[must_use]
    pub fn start(&self) -> &Start {
        &self.start
    }
    /// The size of the desktop at the start.
    #[must_use]
    pub fn size(&self) -> Size {
        self.start.size
    }
    /// Whether the file was not ended as it should be. Known once [`Self::next_bytes`] has given `None`.
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        match &self.source {
            Source::Fbs { reader, .. } => reader.is_cut_short(),
            Source::Vtz { reader, .. } => reader.is_cut_short(),
        }
    }

    /// The next bytes, and when they came, since the start; `None` at the end.
    pub fn next_bytes(&mut self) -> Result<Option<(Duration, Vec<u8>)>> {
        if !std::mem::replace(&mut self.is_started, true) {
            return Ok(Some((Duration::ZERO, start_bytes(&self.start))));
        }
        match &mut self.source {
            Source::Fbs { rest, .. } if !rest.is_empty() => {
                Ok(Some((Duration::ZERO, std::mem::take(rest))))
            }
            Source::Fbs { reader, .. } => {
                let block = reader.next_block()?;
                Ok(block.map(|block| (block.time, block.data.to_vec())))
            }
            Source::Vtz { reader, encoder } => {
                let Some(frame) = reader.next_frame()? else {
                    return Ok(None);
                };
                Ok(Some((frame.time, update(&frame, encoder.as_mut()))))
            }
        }
    }
}

/// One update that brings the tiles of `frame`.
fn update(frame: &vtz::Frame<'_>, encoder: &mut dyn Encoder) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut damage: Region = frame.merged().into_iter().collect();
    while !damage.is_empty() {
        let mut rects = Vec::new();
        let mut writer = RectWriter::new(&mut rects, usize::MAX);
        let settings = EncodeSettings::default();
        damage = encoder.encode(frame.picture.view(), &damage, &settings, &mut writer);
        // A writer is full before there are more.
        let count = u16::try_from(writer.count()).unwrap_or(u16::MAX);
        ServerMessage::Update { rects: count }.encode(&mut bytes);
        bytes.append(&mut rects);
    }
    bytes
}

/// The start of the stream, and what follows it in the same block.
fn read_start(reader: &mut fbs::Reader<File>) -> Result<(Start, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let mut fields = Reader::new(&bytes);
        match Start::decode(&mut fields) {
            Ok(start) => {
                let rest = bytes.split_off(fields.position());
                return Ok((start, rest));
            }
            Err(DecodeError::Incomplete { .. }) if bytes.len() <= START_LIMIT => {}
            Err(error) => return Err(error.into()),
        }
        match reader.next_block()? {
            Some(block) => bytes.extend_from_slice(block.data),
            None => {
                return Err(Error::Io(std::io::Error::new(
                    std::io::ErrorKind::UnexpectedEof,
                    "the recording ends before its first message",
                )));
            }
        }
    }
}
