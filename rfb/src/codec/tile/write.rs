//! Writing one tile in the fewest bytes.

use super::palette::Palette;
use super::{index_bits, subencoding};
use crate::codec::pixels::WirePixel;

/// Writes tiles one after the other.
#[derive(Debug, Default)]
pub(in crate::codec) struct TileWriter {
    /// Whether a tile may use the palette of the one before.
    keeps_palette: bool,
    /// Of the tile before; of no colours if that had none.
    before: Palette,
    palette: Palette,
}

/// How a tile is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Raw,
    /// Solid too: a palette of one, and indices of no bits.
    Packed,
    PackedAgain,
    PlainRle,
    PaletteRle,
    PaletteRleAgain,
}

impl TileWriter {
    /// Writes ZRLE's tiles: each has its own palette.
    pub(in crate::codec) fn zrle() -> Self {
        Self::default()
    }

    /// Writes TRLE's tiles: one may use the palette of the one before.
    pub(in crate::codec) fn trle() -> Self {
        Self {
            keeps_palette: true,
            ..Self::default()
        }
    }

    /// Forgets the palette: the next tile is the first of a rectangle.
    pub(in crate::codec) fn start(&mut self) {
        self.before.clear();
    }

    /// Appends the tile whose rows are `width` of `values` (not empty), in the sub-encoding that takes the fewest
    /// bytes.
    pub(in crate::codec) fn write(
        &mut self,
        values: &[u32],
        width: usize,
        wire: WirePixel,
        out: &mut Vec<u8>,
    ) {
        let choice = self.choose(values, width, wire);
        match choice {
            Choice::Raw => {
                out.push(subencoding::RAW);
                wire.put_all(values, out);
            }
            Choice::Packed => {
                put_palette(0, &self.palette, wire, out);
                if self.palette.values().len() > 1 {
                    pack(values, width, &self.palette, out);
                }
            }
            Choice::PackedAgain => {
                out.push(subencoding::PACKED_AGAIN);
                pack(values, width, &self.before, out);
            }
            Choice::PlainRle => {
                out.push(subencoding::PLAIN_RLE);
                for run in runs(values) {
                    wire.put(run_value(run), out);
                    put_length(run.len(), out);
                }
            }
            Choice::PaletteRle => {
                put_palette(subencoding::PLAIN_RLE, &self.palette, wire, out);
                put_runs(values, &self.palette, out);
            }
            Choice::PaletteRleAgain => {
                out.push(subencoding::PALETTE_RLE_AGAIN);
                put_runs(values, &self.before, out);
            }
        }
        match choice {
            _ if !self.keeps_palette => {}
            Choice::PackedAgain | Choice::PaletteRleAgain => {}
            Choice::Packed | Choice::PaletteRle if self.palette.values().len() > 1 => {
                std::mem::swap(&mut self.palette, &mut self.before);
            }
            // Whether the palette lives on beyond a tile without one is for each client to say.
            _ => self.before.clear(),
        }
    }

    /// The choice of the fewest bytes. Fills `palette` if it is one that needs it.
    fn choose(&mut self, values: &[u32], width: usize, wire: WirePixel) -> Choice {
        let palette = &mut self.palette;
        palette.clear();
        let raw = values.len() * wire.bytes;
        let (mut plain_rle, mut palette_rle) = (0, 0);
        let mut fits = true;
        for run in runs(values) {
            let length = length_bytes(run.len());
            plain_rle += wire.bytes + length;
            palette_rle += if run.len() == 1 { 1 } else { 1 + length };
            fits = fits && palette.insert(run_value(run));
            if !fits && raw <= plain_rle {
                return Choice::Raw;
            }
        }
        let (mut least, mut choice) = (raw, Choice::Raw);
        let mut consider = |bytes: usize, other: Choice| {
            if bytes < least {
                (least, choice) = (bytes, other);
            }
        };
        consider(plain_rle, Choice::PlainRle);
        if fits {
            let colours = palette.values();
            let rows = values.len() / width.max(1);
            if let Some(packed) = packed_bytes(colours.len(), width, rows) {
                consider(colours.len() * wire.bytes + packed, Choice::Packed);
            }
            consider(colours.len() * wire.bytes + palette_rle, Choice::PaletteRle);
            let known = self.before.values().len();
            if known > 1 && colours.iter().all(|&value| self.before.has(value)) {
                if let Some(packed) = packed_bytes(known, width, rows) {
                    consider(packed, Choice::PackedAgain);
                }
                consider(palette_rle, Choice::PaletteRleAgain);
            }
        }
        choice
    }
}

/// Bytes of packed indices into a palette of `colours`; `None` if indices of so many are not packed.
fn packed_bytes(colours: usize, width: usize, rows: usize) -> Option<usize> {
    match colours {
        ..=1 => Some(0),
        2..=16 => Some(rows * width.div_ceil(8 / index_bits(colours))),
        _ => None,
    }
}

/// `values` cut where they change.
fn runs(values: &[u32]) -> impl Iterator<Item = &[u32]> {
    values.chunk_by(|a, b| a == b)
}

fn run_value(run: &[u32]) -> u32 {
    run.first().copied().unwrap_or(0)
}

/// Bytes that a run's length takes.
fn length_bytes(length: usize) -> usize {
    length.saturating_sub(1) / 255 + 1
}

/// Appends a run's length: one less, in bytes that add up to it; only the last is less than 255.
fn put_length(length: usize, out: &mut Vec<u8>) {
    let mut rest = length.saturating_sub(1);
    while rest >= 255 {
        out.push(255);
        rest -= 255;
    }
    out.push(u8::try_from(rest).unwrap_or(0));
}

/// Appends runs of numbers of colours.
fn put_runs(values: &[u32], palette: &Palette, out: &mut Vec<u8>) {
    for run in runs(values) {
        let number = palette.number(run_value(run));
        if let [_] = run {
            out.push(number);
        } else {
            out.push(number | 0x80);
            put_length(run.len(), out);
        }
    }
}

/// Appends the sub-encoding, which is `base` and the number of colours, and the colours.
fn put_palette(base: u8, palette: &Palette, wire: WirePixel, out: &mut Vec<u8>) {
    let colours = u8::try_from(palette.values().len()).unwrap_or(subencoding::PALETTE_RLE_LIMIT);
    out.push(base + colours);
    wire.put_all(palette.values(), out);
}

/// Appends the numbers of the colours, the leftmost highest, rows padded to whole bytes.
fn pack(values: &[u32], width: usize, palette: &Palette, out: &mut Vec<u8>) {
    let bits = index_bits(palette.values().len());
    for row in values.chunks(width.max(1)) {
        for group in row.chunks(8 / bits) {
            let byte = group
                .iter()
                .fold(0, |byte, &value| byte << bits | palette.number(value));
            out.push(byte << (8 - bits * group.len()));
        }
    }
}
