//! Reads pictures, from anybody's file.

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::Path;
use std::time::Duration;

use tightrope::{Framebuffer, Limits, Rect, Size};
use zstd::stream::read::Decoder;

use super::{COUNT_OFFSET, FILTER_MED, FILTER_RAW, Grid, HEADER_BYTES, MAGIC, WINDOW_LOG_LIMIT};
use super::{med, merged};
use crate::error::{invalid, too_large};
use crate::{Error, Result};

/// The largest side of a tile.
const TILE_LIMIT: u32 = 1024;

/// A recording that is being read, picture by picture.
///
/// Memory: the picture twice, and the window of the compression (at most 128 MiB).
pub struct Reader<R: Read> {
    content: Decoder<'static, BufReader<Chain<Cursor<Vec<u8>>, R>>>,
    grid: Grid,
    announced: u32,
    read: u32,
    time: u64,
    picture: Framebuffer,
    tiles: Vec<Rect>,
    body: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reading,
    Whole,
    CutShort,
}

/// One picture.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Its number, from 0.
    pub index: u32,
    /// When, since the first.
    pub time: Duration,
    /// The tiles that changed, in order.
    pub tiles: &'a [Rect],
    /// All of it.
    pub picture: &'a Framebuffer,
}

impl Frame<'_> {
    /// The tiles joined to larger rectangles (see [`merged`]).
    #[must_use]
    pub fn merged(&self) -> Vec<Rect> {
        merged(self.tiles)
    }
}

impl Reader<File> {
    /// Opens the recording at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        Self::new(File::open(path)?)
    }
}

impl<R: Read> Reader<R> {
    /// Reads the head of the recording.
    ///
    /// # Errors
    /// It is none, or a field of its head is out of range: no side may be 0, no picture larger than the limits of a
    /// session.
    pub fn new(mut source: R) -> Result<Self> {
        let mut start = Vec::new();
        source
            .by_ref()
            .take(MAGIC.len() as u64)
            .read_to_end(&mut start)?;
        if !start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            return Err(not_a_recording(&start));
        }
        let source = BufReader::new(Cursor::new(start).chain(source));
        let mut content = Decoder::with_buffer(source)?.single_frame();
        content.window_log_max(WINDOW_LOG_LIMIT)?;
        let mut head = [0; HEADER_BYTES];
        content.read_exact(&mut head)?;
        if !head.starts_with(MAGIC) {
            return Err(not_a_recording(&head));
        }
        let field = |at: usize| {
            let bytes = head.get(at..).and_then(<[u8]>::first_chunk);
            bytes.copied().map_or(0, u32::from_le_bytes)
        };
        let size = Size::new(side("width", field(8))?, side("height", field(12))?);
        let limit = Limits::default().framebuffer_pixels;
        if size.area() > limit {
            let pixels = size.area() as u64;
            return Err(too_large("width x height", pixels, limit as u64));
        }
        let tile = field(16);
        if tile == 0 || tile > TILE_LIMIT {
            return Err(invalid("tile", tile));
        }
        Ok(Self {
            content,
            grid: Grid::new(size, side("tile", tile)?),
            announced: field(COUNT_OFFSET),
            read: 0,
            time: 0,
            picture: Framebuffer::new(size),
            tiles: Vec::new(),
            body: Vec::new(),
            state: State::Reading,
        })
    }

    /// The size of its pictures.
    #[must_use]
    pub fn size(&self) -> Size {
        self.grid.size()
    }
    /// Pictures in it, as its head says.
    #[must_use]
    pub fn frame_count(&self) -> u32 {
        self.announced
    }
    /// The picture as last read; black before the first.
    #[must_use]
    pub fn picture(&self) -> &Framebuffer {
        &self.picture
    }
    /// Whether it was not ended as it should be. Known once [`Self::next_frame`] has given `None`; what it gave
    /// before is right.
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        self.state == State::CutShort
    }

    /// The next picture; `None` at the end, and where the file was cut.
    ///
    /// # Errors
    /// A field is out of range, the file cannot be read, or its checksum is wrong.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>> {
        if self.state != State::Reading {
            return Ok(None);
        }
        let step = if self.read < self.announced {
            self.read_frame().map(|()| State::Reading)
        } else {
            self.read_end()
        };
        // Whatever went wrong, nothing that follows can be read.
        self.state = *step.as_ref().unwrap_or(&State::CutShort);
        match step {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            step => _ = step?,
        }
        if self.state != State::Reading {
            return Ok(None);
        }
        let index = self.read;
        self.read += 1;
        Ok(Some(Frame {
            index,
            time: Duration::from_micros(self.time),
            tiles: &self.tiles,
            picture: &self.picture,
        }))
    }

    /// Nothing may follow the last picture; the checksum is looked at here.
    fn read_end(&mut self) -> Result<State> {
        Ok(match self.content.read(&mut [0])? {
            0 => State::Whole,
            // Written after the pictures were last counted.
            _ => State::CutShort,
        })
    }

    /// Reads a frame whole before it draws anything of it.
    fn read_frame(&mut self) -> Result<()> {
        let mut time = [0; 8];
        self.content.read_exact(&mut time)?;
        let time = u64::from_le_bytes(time);
        if time < self.time {
            return Err(invalid(
                "timestamp",
                i64::try_from(time).unwrap_or(i64::MAX),
            ));
        }
        let count = self.number()?;
        if count > self.grid.count() {
            let limit = self.grid.count().into();
            return Err(too_large("tile-count", count.into(), limit));
        }
        if self.read == 0 && count < self.grid.count() {
            return Err(invalid("tile-count of the first picture", count));
        }
        self.tiles.clear();
        let mut next = 0;
        let mut length = 0;
        for _ in 0..count {
            let index = self.number()?;
            if index < next || index >= self.grid.count() {
                return Err(invalid("tile-index", index));
            }
            next = index + 1;
            let tile = self.grid.rect(index);
            length += 1 + tile.area() * 3;
            self.tiles.push(tile);
        }
        self.body.clear();
        let content = self.content.by_ref();
        content.take(length as u64).read_to_end(&mut self.body)?;
        if self.body.len() < length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        self.time = time;
        self.draw()
    }

    fn number(&mut self) -> Result<u32> {
        let mut bytes = [0; 4];
        self.content.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn draw(&mut self) -> Result<()> {
        let mut body = self.body.as_mut_slice();
        for &tile in &self.tiles {
            let Some((&mut [filter], rest)) = body.split_first_chunk_mut() else {
                break;
            };
            let Some((values, rest)) = rest.split_at_mut_checked(tile.area() * 3) else {
                break;
            };
            match filter {
                FILTER_RAW => draw_raw(&mut self.picture, tile, values),
                FILTER_MED => draw_predicted(&mut self.picture, tile, values),
                _ => return Err(invalid("filter", filter)),
            }
            body = rest;
        }
        Ok(())
    }
}

fn not_a_recording(start: &[u8]) -> Error {
    Error::Magic {
        format: "VTZ",
        found: start.iter().copied().take(MAGIC.len()).collect(),
    }
}

fn side(field: &'static str, value: u32) -> Result<u16> {
    match u16::try_from(value) {
        Ok(side @ 1..) => Ok(side),
        _ => Err(invalid(field, value)),
    }
}

fn draw_raw(picture: &mut Framebuffer, tile: Rect, values: &[u8]) {
    let Some(mut target) = picture.view_mut(tile) else {
        return;
    };
    let mut pixels = values.as_chunks::<3>().0.iter();
    for row in target.rows_mut() {
        for (to, &[b, g, r]) in row.as_chunks_mut().0.iter_mut().zip(&mut pixels) {
            *to = [b, g, r, 0];
        }
    }
}

fn draw_predicted(picture: &mut Framebuffer, tile: Rect, values: &mut [u8]) {
    let (area, width) = (tile.area(), usize::from(tile.width));
    let (green, rest) = values.split_at_mut(area.min(values.len()));
    let (blue, red) = rest.split_at_mut(area.min(rest.len()));
    for plane in [&mut *green, blue, red] {
        med::restore(plane, width);
    }
    let Some(mut target) = picture.view_mut(tile) else {
        return;
    };
    let mut pixels = green.iter().zip(blue.iter()).zip(red.iter());
    for row in target.rows_mut() {
        for (to, ((&g, &b), &r)) in row.as_chunks_mut().0.iter_mut().zip(&mut pixels) {
            *to = [b.wrapping_add(g), g, r.wrapping_add(g), 0];
        }
    }
}
