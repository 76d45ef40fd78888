//! The gradient filter undone. rfbproto "Tight Encoding", GradientFilter.
//!
//! Each pixel waits for the one before it, so that a row is one long chain. Where levels are bytes, four rows are worked on
//! at a time, each a pixel behind the one above: the chain is as long, but every step gives four pixels.

use rfb::pixel::Unpacker;
use rfb::{BYTES_PER_PIXEL, PixelFormat};

use super::unfilter::{Pair, Unfilter};
use crate::gradient::{Levels, join, predict, split};

/// Rows worked on at a time.
const ROWS: usize = 4;
/// Bytes of a pixel of each of them.
const STEP: usize = ROWS * BYTES_PER_PIXEL;

type Pixel = [u8; BYTES_PER_PIXEL];
/// A pixel of each row, each one further left than that of the row above.
type Step = [u8; STEP];

/// Memory of the filter, to be used again.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    steps: Vec<Step>,
    /// The row above; black above the first.
    above: Vec<Pixel>,
    /// The same as levels of a format.
    levels: Vec<Levels>,
}

/// Undoes the filter where red, green and blue are bytes.
pub(crate) struct Bytes<'a> {
    memory: &'a mut Memory,
}

impl<'a> Bytes<'a> {
    /// Starts a rectangle `width` pixels wide.
    pub(crate) fn new(width: u16, memory: &'a mut Memory) -> Self {
        let width = usize::from(width);
        memory.above.clear();
        memory.above.resize(width, Pixel::default());
        // Before its first pixel a row is black, and stays so; what comes behind its last reaches no other pixel.
        memory.steps.clear();
        memory.steps.resize(width + ROWS, [0; STEP]);
        Self { memory }
    }
}

impl Unfilter for Bytes<'_> {
    const ROWS: usize = ROWS;

    fn rows<'w, 'r>(&mut self, mut pairs: impl Iterator<Item = Pair<'w, 'r>>) {
        let Memory { steps, above, .. } = &mut *self.memory;
        loop {
            let mut rows: [&mut [u8]; ROWS] = Default::default();
            let mut count = 0;
            for (slot, (wire, row)) in rows.iter_mut().zip(pairs.by_ref()) {
                for (step, &[r, g, b]) in of_row_mut(steps, count).zip(wire.as_chunks().0) {
                    *step = [b, g, r, 0];
                }
                *slot = row;
                count += 1;
            }
            let Some(last) = count.checked_sub(1) else {
                return;
            };
            undo(steps, above);
            for (row, index) in rows.into_iter().zip(0..count) {
                let pixels = row.as_chunks_mut::<BYTES_PER_PIXEL>().0;
                for (pixel, step) in pixels.iter_mut().zip(of_row(steps, index)) {
                    *pixel = step;
                }
            }
            for (above, step) in above.iter_mut().zip(of_row(steps, last)) {
                *above = step;
            }
        }
    }
}

/// Bytes from the start of the steps to the first pixel of a row.
fn start(row: usize) -> usize {
    row * (STEP + BYTES_PER_PIXEL)
}

/// The pixels of a row among `steps`.
fn of_row(steps: &[Step], row: usize) -> impl Iterator<Item = Pixel> {
    let bytes = steps.as_flattened().get(start(row)..).unwrap_or_default();
    let steps = bytes.as_chunks::<STEP>().0.iter();
    steps.map(|&[b, g, r, x, ..]| [b, g, r, x])
}

fn of_row_mut(steps: &mut [Step], row: usize) -> impl Iterator<Item = &mut Pixel> {
    let bytes = steps.as_flattened_mut();
    let bytes = bytes.get_mut(start(row)..).unwrap_or_default();
    let steps = bytes.as_chunks_mut::<STEP>().0.iter_mut();
    steps.filter_map(|step| step.first_chunk_mut())
}

/// Makes pixels of differences, step by step. `above` is the row above the first.
fn undo(steps: &mut [Step], above: &[Pixel]) {
    let (mut left, mut corner) = ([0; STEP], [0; STEP]);
    let above = above.iter().copied().chain([Pixel::default(); ROWS]);
    for (step, first) in steps.iter_mut().zip(above) {
        let mut above = [0; STEP];
        if let Some((top, others)) = above.split_first_chunk_mut() {
            *top = first;
            others.copy_from_slice(
                left.split_last_chunk::<BYTES_PER_PIXEL>()
                    .map_or(&[], |(rows, _)| rows),
            );
        }
        *step = level(left, above, corner, *step);
        (left, corner) = (*step, above);
    }
}

/// What lies `difference` above left + above - corner, held between 0 and 255: of two steps up and down one is none.
#[inline(always)]
fn level(left: Step, above: Step, corner: Step, difference: Step) -> Step {
    let mut levels = [0; STEP];
    for ((((level, left), above), corner), difference) in levels
        .iter_mut()
        .zip(left)
        .zip(above)
        .zip(corner)
        .zip(difference)
    {
        let (up, down) = (above.saturating_sub(corner), corner.saturating_sub(above));
        *level = left
            .saturating_add(up)
            .saturating_sub(down)
            .wrapping_add(difference);
    }
    levels
}

/// Undoes the filter in any other format.
pub(crate) struct Packed<'a> {
    format: &'a PixelFormat,
    unpacker: &'a Unpacker,
    /// The row above.
    above: &'a mut [Levels],
}

impl<'a> Packed<'a> {
    /// Starts a rectangle `width` pixels wide.
    pub(crate) fn new(width: u16, unpacker: &'a Unpacker, memory: &'a mut Memory) -> Self {
        memory.levels.clear();
        memory.levels.resize(width.into(), [0; 3]);
        Self {
            format: unpacker.format(),
            unpacker,
            above: &mut memory.levels,
        }
    }

    fn row(&mut self, wire: &[u8], row: &mut [u8]) {
        let PixelFormat { max, shift, .. } = *self.format;
        let pixels = row.as_chunks_mut::<BYTES_PER_PIXEL>().0;
        let wire = wire.chunks_exact(self.format.bytes_per_pixel().max(1));
        let (mut left, mut corner) = ([0; 3], [0; 3]);
        for ((pixel, bytes), above) in pixels.iter_mut().zip(wire).zip(self.above.iter_mut()) {
            let differences = split(self.unpacker.wire_value(bytes), max, shift);
            let mut levels = predict(left, *above, corner, max);
            // Maxima are powers of two less one, so they are masks.
            for ((level, difference), max) in levels.iter_mut().zip(differences).zip(max) {
                *level = level.wrapping_add(difference) & max;
            }
            *pixel = self.unpacker.pixel(join(levels, shift));
            corner = *above;
            (left, *above) = (levels, levels);
        }
    }
}

impl Unfilter for Packed<'_> {
    fn rows<'w, 'r>(&mut self, pairs: impl Iterator<Item = Pair<'w, 'r>>) {
        for (wire, row) in pairs {
            self.row(wire, row);
        }
    }
}
