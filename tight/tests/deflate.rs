//! Our deflate writer against two inflaters that are not ours.
#![cfg(test)]

use flate2::{Decompress, FlushDecompress};
use miniz_oxide::inflate::decompress_to_vec;
use proptest::prelude::*;
use tightrope_tight::deflate::{Deflater, Layout, STREAM_START};

const LAYOUTS: [Layout; 5] = [
    Layout::Residues,
    Layout::Rows { row: 100, unit: 1 },
    Layout::Rows { row: 1536, unit: 3 },
    Layout::Rows { row: 0, unit: 0 },
    Layout::Rows {
        row: usize::MAX,
        unit: 40_000,
    },
];

/// A final block without data, which the pieces do not have.
const END: [u8; 2] = [0b011, 0];

/// Numbers that repeat nothing.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Letters of few kinds on an even ground, in rows of 100.
fn text(length: usize) -> Vec<u8> {
    let ink = noise(length / 100 + 12);
    let byte = |at: usize| match (at / 100 % 12, at % 9) {
        (0..3, _) | (_, 0..3) => 0,
        (_, column) => ink[at / 100 / 12 * 11 + at % 100 / 9] >> (column % 7) & 3,
    };
    (0..length).map(byte).collect()
}

/// What there may be to deflate, so much of it.
fn contents(length: usize) -> Vec<(&'static str, Vec<u8>)> {
    let of =
        |byte: &dyn Fn(usize) -> usize| (0..length).map(|at| byte(at).to_le_bytes()[0]).collect();
    vec![
        ("zeros", of(&|_| 0)),
        ("one symbol", of(&|_| 200)),
        ("two symbols", of(&|at| 7 * (at * at / 3 % 2))),
        ("all symbols", of(&|at| at)),
        ("gradient", of(&|at| at / 5 + at / 300)),
        (
            "residues",
            noise(length).iter().map(|byte| byte >> 5).collect(),
        ),
        ("noise", noise(length)),
        ("text", text(length)),
    ]
}

fn deflated(deflater: &mut Deflater, data: &[u8], layout: Layout, effort: u8) -> Vec<u8> {
    let mut out = Vec::new();
    deflater.deflate(data, layout, effort, &mut out);
    out
}

/// What comes out of one stream, piece by piece.
struct Stream(Decompress);

impl Stream {
    fn new() -> Self {
        let mut stream = Self(Decompress::new(true));
        assert_eq!(stream.inflate(&STREAM_START, 0), []);
        stream
    }

    /// The data of a piece, all of which is taken.
    fn inflate(&mut self, piece: &[u8], length: usize) -> Vec<u8> {
        let mut data = Vec::with_capacity(length + 16);
        let before = self.0.total_in();
        self.0
            .decompress_vec(piece, &mut data, FlushDecompress::Sync)
            .unwrap();
        assert_eq!(self.0.total_in() - before, piece.len() as u64);
        data
    }
}

/// The most that a piece may take.
fn bound(length: usize) -> usize {
    length + 5 * length.div_ceil(65_000) + 5
}

fn check(length: usize, efforts: impl Iterator<Item = u8>, layouts: &[Layout]) {
    let contents = contents(length);
    for effort in efforts {
        let mut deflater = Deflater::default();
        let mut stream = Stream::new();
        let (mut all, mut all_deflated) = (Vec::new(), Vec::new());
        for layout in layouts {
            for (name, data) in &contents {
                let piece = deflated(&mut deflater, data, *layout, effort);
                let what = format!("{length} bytes of {name}, {layout:?}, effort {effort}");
                assert!(stream.inflate(&piece, length) == *data, "{what}");
                assert!(piece.len() <= bound(length), "{what}: {}", piece.len());
                all.extend(data);
                all_deflated.extend(piece);
            }
        }
        all_deflated.extend(END);
        let inflated = decompress_to_vec(&all_deflated).unwrap();
        assert!(inflated == all, "{length} bytes, effort {effort}");
    }
}

#[test]
fn two_inflaters_give_back_what_was_deflated() {
    for length in [0, 1, 2, 7, 8, 9, 11, 12, 63, 64, 65, 259, 1000] {
        check(length, 0..=9, &LAYOUTS);
    }
}

#[test]
fn two_inflaters_give_back_what_fills_a_block() {
    for length in [65534, 65535, 65536, 65537] {
        check(length, 0..=9, &LAYOUTS[..3]);
    }
}

#[test]
fn two_inflaters_give_back_what_fills_many_blocks() {
    check(1 << 20, 0..=9, &[LAYOUTS[0], LAYOUTS[2]]);
}

#[test]
fn an_effort_above_nine_is_nine() {
    let data = text(5000);
    let mut deflater = Deflater::default();
    for layout in LAYOUTS {
        let most = deflated(&mut deflater, &data, layout, 9);
        assert_eq!(deflated(&mut deflater, &data, layout, 255), most);
    }
}

#[test]
fn what_was_deflated_before_does_not_matter() {
    let pieces = [
        text(70_000),
        noise(3000),
        vec![0; 100_000],
        text(70_000),
        text(500),
    ];
    for effort in 0..=9 {
        for layout in LAYOUTS {
            let mut used = Deflater::default();
            for data in &pieces {
                let fresh = deflated(&mut Deflater::default(), data, layout, effort);
                assert!(deflated(&mut used, data, layout, effort) == fresh);
            }
        }
    }
}

#[test]
fn what_repeats_becomes_small() {
    let mut deflater = Deflater::default();
    let rows = noise(300).repeat(100);
    let layout = Layout::Rows { row: 300, unit: 1 };
    for effort in 1..=9 {
        let zeros = deflated(&mut deflater, &[0; 65_536], Layout::Residues, effort);
        assert!(zeros.len() < 100, "effort {effort}: {}", zeros.len());
        let rows = deflated(&mut deflater, &rows, layout, effort);
        assert!(rows.len() < 600, "effort {effort}: {}", rows.len());
    }
}

#[test]
fn more_effort_takes_fewer_bytes() {
    let data = text(200_000);
    let mut deflater = Deflater::default();
    let layout = Layout::Rows { row: 100, unit: 1 };
    let sizes = [0, 2, 4, 6].map(|effort| deflated(&mut deflater, &data, layout, effort).len());
    assert!(sizes.is_sorted_by(|more, fewer| more >= fewer), "{sizes:?}");
}

#[test]
fn what_is_small_gets_the_fixed_codes() {
    // Dynamic codes would have to be said first.
    let data = [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let piece = deflated(&mut Deflater::default(), &data, LAYOUTS[1], 2);
    assert_eq!(piece[0] & 0b110, 0b010);
    assert!(piece.len() < data.len(), "{}", piece.len());
}

/// Bytes as a desktop has them: runs, repeats of what was before, noise.
fn desktop() -> impl Strategy<Value = Vec<u8>> {
    let step = (0_u8..4, any::<u8>(), 1_usize..700, 1_usize..5000);
    prop::collection::vec(step, 0..60).prop_map(|steps| {
        let mut data = Vec::new();
        for (kind, byte, length, back) in steps {
            match kind {
                0 => data.extend(std::iter::repeat_n(byte, length)),
                1 => data.extend(
                    noise(length + back)
                        .iter()
                        .skip(back)
                        .map(|noise| noise & byte),
                ),
                _ => {
                    let from = data.len().saturating_sub(back);
                    let to = data.len().min(from + length);
                    data.extend_from_within(from..to);
                }
            }
        }
        data
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_pieces_of_any_layout_come_back(
        pieces in prop::collection::vec((desktop(), any::<bool>(), 0_usize..2000, 0_usize..5, 0_u8..10), 1..5),
    ) {
        let (mut deflater, mut stream) = (Deflater::default(), Stream::new());
        for (data, is_rows, row, unit, effort) in pieces {
            let layout = if is_rows { Layout::Rows { row, unit } } else { Layout::Residues };
            let mut piece = deflated(&mut deflater, &data, layout, effort);
            prop_assert!(piece.len() <= bound(data.len()));
            prop_assert!(stream.inflate(&piece, data.len()) == data);
            piece.extend(END);
            prop_assert!(decompress_to_vec(&piece).unwrap() == data);
        }
    }
}
