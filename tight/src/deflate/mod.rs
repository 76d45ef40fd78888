//! A deflate writer (RFC 1951) for what Tight sends: rows of palette indices, of pixels, of differences.
//!
//! zlib keeps a window of what it sent before, so that whoever writes a stream must write all of it, in order. What
//! repeats on a desktop repeats close by (beside, in the row above), and what repeats further away was copied by
//! CopyRect before it came here; so this writer refers to nothing before the data it is given. Any thread can deflate
//! any rectangle, and the pieces of one stream can be joined in any order.
//!
//! ```text
//!   data ─► runs (Residues, efforts 1 to 3) ─┐
//!        ─► rows (Rows, efforts 1 to 3) ─────┼─► block: literals, lengths, distances ─► huffman ─► bits
//!        ─► chains (efforts 4 to 9) ─────────┘          stored, fixed or dynamic codes, whichever is smallest
//! ```

mod bits;
mod block;
mod chains;
mod costs;
mod header;
mod huffman;
mod map;
mod matching;
mod rows;
mod runs;
mod sequence;
mod symbols;
mod table;

use bits::BitWriter;
use block::{Block, Encoder};
use costs::Costs;

/// The zlib header that a stream begins with (RFC 1950 2.2: a window of 32 KiB, no dictionary, made in a hurry). What
/// [`Deflater::deflate`] writes follows it.
pub const STREAM_START: [u8; 2] = [0x78, 0x01];

/// How the bytes are laid out, which tells where repeats are likely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Differences between a picture and a guess of it (the gradient filter): small numbers that repeat nothing but
    /// themselves.
    Residues,
    /// Rows of `row` bytes, made of units of `unit` bytes: 1 for palette indices and for bits, 2 to 4 for pixels. Both
    /// may be wrong: what is written is then larger, never other data.
    Rows {
        /// Bytes from one row to the next.
        row: usize,
        /// Bytes from one pixel to the next.
        unit: usize,
    },
}

/// Compresses pieces of data. It keeps its memory between calls and nothing else: the same piece gives the same bytes.
#[derive(Debug, Default)]
pub struct Deflater {
    block: Block,
    encoder: Encoder,
    runs: runs::Finder,
    rows: rows::Finder,
    chains: chains::Finder,
}

impl Deflater {
    /// Appends `data` to `out` as deflate blocks that refer to nothing before `data`, and an empty stored block, after
    /// which zlib has given all of `data` and a byte begins (what zlib calls a sync flush). `effort` is a compression
    /// level from 0, stored, over 1, fastest, to 9, smallest.
    ///
    /// Data that cannot be compressed grows by 5 bytes for each 65000 or less, and 5 bytes.
    pub fn deflate(&mut self, data: &[u8], layout: Layout, effort: u8, out: &mut Vec<u8>) {
        let mut writer = BitWriter::new(out);
        let input = Input::new(data, layout);
        let mut done = 0;
        match (effort, layout) {
            (0, _) => {
                writer.stored(data);
                done = data.len();
            }
            (..=3, Layout::Residues) => {}
            (..=3, Layout::Rows { .. }) => self.rows.begin(data.len()),
            (_, Layout::Residues) => self.chains.begin(data, 6, Costs::of(data)),
            (_, Layout::Rows { .. }) => self.chains.begin(data, 4, Costs::even()),
        }
        while done < data.len() {
            let block = &mut self.block;
            let end = match (effort, layout) {
                (..=3, Layout::Residues) => self.runs.parse(data, done, block),
                (..=3, Layout::Rows { .. }) => self.rows.parse(&input, effort, done, block),
                _ => self.chains.parse(&input, effort, done, block),
            };
            let part = data.get(done..end).unwrap_or_default();
            self.encoder.write(block, part, &mut writer);
            done = end;
        }
        writer.sync();
    }
}

/// What is searched, and where to look first.
#[derive(Clone, Copy, Debug)]
struct Input<'a> {
    data: &'a [u8],
    row: usize,
    unit: usize,
}

impl<'a> Input<'a> {
    fn new(data: &'a [u8], layout: Layout) -> Self {
        let (row, unit) = match layout {
            Layout::Residues => (1, 1),
            Layout::Rows { row, unit } => (row, unit),
        };
        Self { data, row, unit }
    }
}
