//! Writing one tile in the fewest bytes before zlib.

use super::cpixel::CPixel;
use super::palette::Palette;
use super::{index_bits, subencoding};

/// Appends the tile whose rows are `width` of `values` (not empty), in the sub-encoding that takes the fewest bytes.
pub(super) fn write_tile(
    values: &[u32],
    width: usize,
    cpixel: CPixel,
    palette: &mut Palette,
    out: &mut Vec<u8>,
) {
    palette.clear();
    match choose(values, width, cpixel, palette) {
        Choice::Raw => {
            out.push(subencoding::RAW);
            values.iter().for_each(|&value| cpixel.put(value, out));
        }
        Choice::Packed => {
            put_palette(0, palette, cpixel, out);
            if palette.values().len() > 1 {
                pack(values, width, palette, out);
            }
        }
        Choice::PaletteRle => {
            put_palette(subencoding::PLAIN_RLE, palette, cpixel, out);
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
        Choice::PlainRle => {
            out.push(subencoding::PLAIN_RLE);
            for run in runs(values) {
                cpixel.put(run_value(run), out);
                put_length(run.len(), out);
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Choice {
    Raw,
    /// Solid too: a palette of one, and indices of no bits.
    Packed,
    PaletteRle,
    PlainRle,
}

/// The choice of the fewest bytes. Fills `palette` if it is one that needs it.
fn choose(values: &[u32], width: usize, cpixel: CPixel, palette: &mut Palette) -> Choice {
    let raw = values.len() * cpixel.bytes;
    let (mut plain_rle, mut palette_rle) = (0, 0);
    let mut fits = true;
    for run in runs(values) {
        let length = length_bytes(run.len());
        plain_rle += cpixel.bytes + length;
        palette_rle += if run.len() == 1 { 1 } else { 1 + length };
        fits = fits && palette.insert(run_value(run));
        if !fits && raw <= plain_rle {
            return Choice::Raw;
        }
    }
    let (best, choice) = if plain_rle < raw {
        (plain_rle, Choice::PlainRle)
    } else {
        (raw, Choice::Raw)
    };
    if !fits {
        return choice;
    }
    let colours = palette.values().len();
    let palette_bytes = colours * cpixel.bytes;
    let packed = match colours {
        ..=1 => Some(0),
        2..=16 => {
            let rows = values.len() / width.max(1);
            Some(rows * width.div_ceil(8 / index_bits(colours)))
        }
        _ => None,
    };
    match packed {
        Some(packed) if packed <= palette_rle && palette_bytes + packed < best => Choice::Packed,
        _ if palette_bytes + palette_rle < best => Choice::PaletteRle,
        _ => choice,
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

/// Appends the sub-encoding, which is `base` and the number of colours, and the colours.
fn put_palette(base: u8, palette: &Palette, cpixel: CPixel, out: &mut Vec<u8>) {
    let colours = u8::try_from(palette.values().len()).unwrap_or(subencoding::PALETTE_RLE_LIMIT);
    out.push(base + colours);
    for &value in palette.values() {
        cpixel.put(value, out);
    }
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
