//! What our deflate writer writes is what other inflaters read.

use flate2::{Decompress, FlushDecompress, Status};
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use tight::deflate::{Deflater, Layout, STREAM_START};

use super::choices::Choices;

/// Bytes of a piece: more than a block.
const LIMIT: usize = 70_000;

/// A final block without data, which our pieces do not have.
const END: [u8; 2] = [0b011, 0];

/// Pieces that the bytes describe, each with its layout and effort, on one stream: zlib-rs gives each of them back as
/// soon as it has it, miniz gives it back alone, it hardly grew, and a fresh writer writes the same.
pub fn deflate(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut deflater = Deflater::default();
    let mut stream = Decompress::new(true);
    assert!(inflate(&mut stream, &STREAM_START, 0).is_empty());
    for _ in 0..3 {
        let effort = choices.byte() % 11;
        let layout = layout(&mut choices);
        let data = piece(&mut choices);
        let what = || format!("{} bytes, {layout:?}, effort {effort}", data.len());
        let mut written = Vec::new();
        deflater.deflate(&data, layout, effort, &mut written);
        assert!(
            written.len() <= data.len() + 5 * data.len().div_ceil(65_000) + 5,
            "{}: became {}",
            what(),
            written.len()
        );
        let mut again = Vec::new();
        Deflater::default().deflate(&data, layout, effort, &mut again);
        assert!(again == written, "{}: other bytes", what());
        let inflated = inflate(&mut stream, &written, data.len());
        assert!(inflated == data, "{}: zlib-rs", what());
        written.extend(END);
        let inflated = decompress_to_vec_with_limit(&written, data.len());
        assert!(inflated.is_ok_and(|own| own == data), "{}: miniz", what());
        if choices.is_empty() {
            return;
        }
    }
}

fn layout(choices: &mut Choices<'_>) -> Layout {
    let kind = choices.byte();
    if kind & 1 == 0 {
        return Layout::Residues;
    }
    let unit = usize::from(kind >> 1 & 7);
    let wide = usize::from(choices.byte()) << (kind >> 4);
    Layout::Rows { row: wide, unit }
}

/// Bytes as they are, repeated, counted up, mixed, or taken from before.
fn piece(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut data = Vec::new();
    for _ in 0..choices.byte() {
        let kind = choices.byte();
        let short = usize::from(kind >> 3);
        let length = short << choices.below(14);
        let length = length.min(LIMIT - data.len());
        match kind & 7 {
            0 | 1 => data.extend_from_slice(choices.take(short)),
            2 => data.extend(std::iter::repeat_n(choices.byte(), length)),
            3 => {
                let (mut state, mask) = (u32::from(choices.byte()), choices.byte());
                data.extend((0..length).map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state.to_be_bytes()[0] & mask
                }));
            }
            4 => data.extend((0..length).map(|at| (at >> (short & 7)) as u8)),
            _ => {
                let back = usize::from(choices.byte()) << choices.below(10);
                let from = data.len().saturating_sub(back + 1);
                let one_turn = data[from..].to_vec();
                data.extend(one_turn.iter().cycle().take(length));
            }
        }
        data.truncate(LIMIT);
    }
    data
}

/// What a piece adds to a stream; it is all taken.
fn inflate(stream: &mut Decompress, piece: &[u8], length: usize) -> Vec<u8> {
    let mut data = Vec::with_capacity(length + 16);
    let before = stream.total_in();
    let status = stream
        .decompress_vec(piece, &mut data, FlushDecompress::Sync)
        .expect("zlib-rs reads it");
    assert_eq!(status, Status::Ok);
    assert_eq!(stream.total_in() - before, piece.len() as u64);
    data
}
