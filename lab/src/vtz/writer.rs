//! Writes pictures: only what changed, as they come.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

use tightrope::rfb::damage;
use tightrope::{Framebuffer, Rect, Region, Size, View};

use super::splice::{Header, PatchedFrame};
use super::{COUNT_OFFSET, FILTER_MED, FILTER_RAW, Grid, MAGIC, TILE, med};
use crate::Result;

/// A recording that is being written. Memory: one picture, and about 40 MiB for the compression.
pub struct Writer {
    frame: PatchedFrame,
    grid: Grid,
    /// The picture as it was written last, with what [`Self::take`] found since.
    known: Framebuffer,
    changed: Vec<bool>,
    frames: u32,
    start: Option<Duration>,
    last: Duration,
    tile: Tile,
}

/// What a finished recording holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Pictures.
    pub frames: u32,
    /// From the first to the last of them.
    pub duration: Duration,
    /// Bytes of the file.
    pub bytes: u64,
}

impl Writer {
    /// Creates `path`, or empties it. `level`: 1 (fast) to 19 (small).
    pub fn create(path: &Path, size: Size, level: i32) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(true);
        Self::new(options.open(path)?, size, level)
    }

    /// Writes to `file`, which is empty and open for reading too.
    pub fn new(file: File, size: Size, level: i32) -> io::Result<Self> {
        let grid = Grid::new(size, TILE);
        let frame = PatchedFrame::start(file, &header(grid, 0), level)?;
        let tiles = usize::try_from(grid.count()).unwrap_or(0);
        Ok(Self {
            frame,
            grid,
            known: Framebuffer::new(size),
            // The first picture has all tiles, whatever is in them.
            changed: vec![true; tiles],
            frames: 0,
            start: None,
            last: Duration::ZERO,
            tile: Tile::default(),
        })
    }

    /// The size of its pictures.
    #[must_use]
    pub fn size(&self) -> Size {
        self.grid.size()
    }

    /// Takes over what changed in `picture`, which may be nothing, inside `damage`. Quick: writes nothing.
    pub fn take(&mut self, picture: View<'_>, damage: &Region) {
        let common = Rect::from(picture.size()).intersection(self.grid.size().into());
        for rect in damage.rects() {
            let rect = rect.intersection(common);
            let bytes = picture.bytes_of(rect).unwrap_or_default();
            let Ok(part) = View::new(bytes, rect.size(), picture.stride()) else {
                continue;
            };
            for rect in damage::refine(&mut self.known, rect.origin(), part).rects() {
                for index in self.grid.touched(*rect) {
                    let index = usize::try_from(index).unwrap_or(usize::MAX);
                    if let Some(changed) = self.changed.get_mut(index) {
                        *changed = true;
                    }
                }
            }
        }
    }

    /// Writes what was taken as the picture of `time` (since any moment; not before the last). `false` if nothing has
    /// changed, and nothing was written.
    pub fn write(&mut self, time: Duration) -> Result<bool> {
        let tiles: Vec<u32> = (0..)
            .zip(&mut self.changed)
            .filter_map(|(index, changed)| std::mem::take(changed).then_some(index))
            .collect();
        if tiles.is_empty() {
            return Ok(false);
        }
        let start = *self.start.get_or_insert(time);
        self.last = self.last.max(time.saturating_sub(start));
        let time = u64::try_from(self.last.as_micros()).unwrap_or(u64::MAX);
        let count = u32::try_from(tiles.len()).unwrap_or(u32::MAX);
        self.frame.write(&time.to_le_bytes())?;
        self.frame.write(&count.to_le_bytes())?;
        for index in &tiles {
            self.frame.write(&index.to_le_bytes())?;
        }
        for index in tiles {
            let (filter, bytes) = self.tile.encode(self.known.view(), self.grid.rect(index));
            self.frame.write(&[filter])?;
            self.frame.write(bytes)?;
        }
        self.frames = self.frames.saturating_add(1);
        Ok(true)
    }

    /// Makes all that was written readable, even if nothing more is.
    pub fn flush(&mut self) -> Result<()> {
        Ok(self.frame.flush(&header(self.grid, self.frames))?)
    }

    /// Ends the recording. Reads it once, for the checksum.
    pub fn finish(self) -> Result<Summary> {
        let bytes = self.frame.finish(&header(self.grid, self.frames))?;
        Ok(Summary {
            frames: self.frames,
            duration: self.last,
            bytes,
        })
    }
}

fn header(grid: Grid, frames: u32) -> Header {
    let mut header = Header::default();
    let (head, count) = header.split_at_mut(COUNT_OFFSET);
    let sides = [grid.size().width, grid.size().height, grid.tile()];
    let fields = sides
        .into_iter()
        .flat_map(|side| u32::from(side).to_le_bytes());
    for (to, byte) in head.iter_mut().zip(MAGIC.iter().copied().chain(fields)) {
        *to = byte;
    }
    count.copy_from_slice(&frames.to_le_bytes());
    header
}

/// Buffers for one tile.
#[derive(Default)]
struct Tile {
    /// Green, blue minus green, red minus green.
    planes: [Vec<u8>; 3],
    bytes: Vec<u8>,
}

impl Tile {
    /// The filter that suits the pixels of `rect`, and what it makes of them.
    fn encode(&mut self, picture: View<'_>, rect: Rect) -> (u8, &[u8]) {
        let width = rect.width.into();
        let [green, blue, red] = &mut self.planes;
        self.bytes.clear();
        for plane in [&mut *green, blue, red] {
            plane.clear();
        }
        for row in picture.rows(rect) {
            for &[b, g, r, _] in row.as_chunks().0 {
                green.push(g);
                blue.push(b.wrapping_sub(g));
                red.push(r.wrapping_sub(g));
            }
        }
        med::filter(green, width, &mut self.bytes);
        if med::is_photographic(&self.bytes) {
            med::filter(blue, width, &mut self.bytes);
            med::filter(red, width, &mut self.bytes);
            return (FILTER_MED, &self.bytes);
        }
        self.bytes.clear();
        for row in picture.rows(rect) {
            for &[b, g, r, _] in row.as_chunks().0 {
                self.bytes.extend([b, g, r]);
            }
        }
        (FILTER_RAW, &self.bytes)
    }
}
