use super::*;
use proptest::prelude::*;

const LIMIT: usize = 1 << 20;

/// A header of `length` bytes, of which the first 40 are given.
fn header(length: u32, width: i32, height: i32, bits: u16, compression: u32, used: u32) -> Vec<u8> {
    let mut header = length.to_le_bytes().to_vec();
    header.extend(width.to_le_bytes());
    header.extend(height.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(bits.to_le_bytes());
    header.extend(compression.to_le_bytes());
    header.extend([0; 12]);
    header.extend(used.to_le_bytes());
    header.extend([0; 4]);
    header
}

fn with_masks(mut dib: Vec<u8>, masks: &[u32]) -> Vec<u8> {
    let length = u32::from_le_bytes(*dib.first_chunk().unwrap());
    dib.extend(masks.iter().flat_map(|mask| mask.to_le_bytes()));
    let length = usize::try_from(length).unwrap().max(dib.len());
    dib.resize(length, 0);
    dib
}

fn pixels(dib: &[u8]) -> Vec<[u8; 4]> {
    let bitmap = Bitmap::decode(dib, LIMIT).unwrap();
    bitmap.pixels().as_chunks().0.to_vec()
}

fn refused(dib: &[u8]) -> (&'static str, i64) {
    match Bitmap::decode(dib, LIMIT) {
        Err(DecodeError::Invalid { field, value }) => (field, value),
        other => panic!("{other:?}"),
    }
}

const RED: [u8; 4] = [0, 0, 255, 255];
const GREEN: [u8; 4] = [0, 255, 0, 255];
const BLUE: [u8; 4] = [255, 0, 0, 255];
const WHITE: [u8; 4] = [255; 4];

#[test]
fn what_we_write_is_a_v5_header_and_rows_bottom_to_top() {
    let pixels = [[1, 2, 3, 4], [5, 6, 7, 8]].concat();
    let bitmap = Bitmap::new(Size::new(1, 2), pixels).unwrap();
    let dib = bitmap.encode();
    #[rustfmt::skip]
    assert_eq!(dib[..56], [
        /* header */ 124, 0, 0, 0, /* width */ 1, 0, 0, 0, /* height */ 2, 0, 0, 0,
        /* planes */ 1, 0, /* bits */ 32, 0, /* BI_BITFIELDS */ 3, 0, 0, 0, /* size */ 8, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        /* red */ 0, 0, 255, 0, /* green */ 0, 255, 0, 0, /* blue */ 255, 0, 0, 0, /* alpha */ 0, 0, 0, 255,
    ]);
    assert_eq!(dib[56..60], *b"BGRs", "sRGB, little-endian");
    assert_eq!(dib[124..], [5, 6, 7, 8, 1, 2, 3, 4]);
    assert_eq!(Bitmap::decode(&dib, LIMIT), Ok(bitmap));
}

#[test]
fn rows_of_24_bits_are_padded_and_may_begin_at_the_top() {
    let rows = [[0, 0, 255, 9], [0, 255, 0, 9]].concat();
    let mut bottom_up = header(40, 1, 2, 24, RGB, 0);
    bottom_up.extend(&rows);
    assert_eq!(pixels(&bottom_up), [GREEN, RED]);
    let mut top_down = header(40, 1, -2, 24, RGB, 0);
    top_down.extend(&rows);
    assert_eq!(pixels(&top_down), [RED, GREEN]);
}

#[test]
fn the_fourth_byte_of_plain_32_bits_is_not_alpha() {
    let mut dib = header(40, 2, 1, 32, RGB, 0);
    dib.extend([0, 0, 255, 0, 255, 0, 0, 7]);
    assert_eq!(pixels(&dib), [RED, BLUE]);
}

#[test]
fn palettes_of_1_4_and_8_bits_are_looked_up() {
    let palette = [RED, GREEN, BLUE, WHITE].map(|[blue, green, red, _]| [blue, green, red, 0]);
    for (bits, used, row, expected) in [
        (1, 0, [0b0110_0000, 0, 0, 0], [RED, GREEN, GREEN]),
        (4, 4, [0x02, 0x30, 0, 0], [RED, BLUE, WHITE]),
        (8, 4, [3, 0, 1, 0], [WHITE, RED, GREEN]),
    ] {
        let mut dib = header(40, 3, 1, bits, RGB, used);
        let colours = if used == 0 { 2 } else { 4 };
        dib.extend(palette[..colours].concat());
        dib.extend(row);
        assert_eq!(pixels(&dib), expected, "{bits} bits");
    }
}

#[test]
fn masks_say_where_the_colours_are() {
    // 5, 6, 5 bits after a plain header; the highest value is 255.
    let mut dib = with_masks(
        header(40, 2, 1, 16, BITFIELDS, 0),
        &[0xf800, 0x07e0, 0x001f],
    );
    dib.extend([0x00, 0xf8, 0xe0, 0x07]);
    assert_eq!(pixels(&dib), [RED, GREEN]);
    // Without masks it is 5, 5, 5.
    let mut dib = header(40, 2, 1, 16, RGB, 0);
    dib.extend([0x00, 0x7c, 0x10, 0x00]);
    assert_eq!(pixels(&dib), [RED, [132, 0, 0, 255]]);
    // RGBA in a V4 header, 10 bits in one with three masks, alpha after a plain one.
    let rgba = [0xff, 0xff00, 0x00ff_0000, 0xff00_0000];
    let mut dib = with_masks(header(108, 1, 1, 32, BITFIELDS, 0), &rgba);
    dib.extend([1, 2, 3, 4]);
    assert_eq!(pixels(&dib), [[3, 2, 1, 4]]);
    let ten = [0x3ff0_0000, 0x000f_fc00, 0x0000_03ff];
    let mut dib = with_masks(header(52, 1, 1, 32, BITFIELDS, 0), &ten);
    dib.extend(0x3ff0_0000_u32.to_le_bytes());
    assert_eq!(pixels(&dib), [RED]);
    let mut dib = with_masks(header(40, 1, 1, 32, ALPHA_BITFIELDS, 0), &rgba);
    dib.extend([1, 2, 3, 4]);
    assert_eq!(pixels(&dib), [[3, 2, 1, 4]]);
}

#[test]
fn masks_repeated_after_a_v5_header_are_passed_over() {
    let mut dib = with_masks(header(124, 1, 1, 32, BITFIELDS, 0), &BGRA_MASKS);
    dib.extend(BGRA_MASKS[..3].iter().flat_map(|mask| mask.to_le_bytes()));
    dib.extend([1, 2, 3, 4]);
    assert_eq!(pixels(&dib), [[1, 2, 3, 4]]);
}

#[test]
fn colours_for_poor_screens_before_the_pixels_are_passed_over() {
    let mut dib = header(40, 1, 1, 24, RGB, 2);
    dib.extend([9; 8]);
    dib.extend([0, 0, 255, 0]);
    assert_eq!(pixels(&dib), [RED]);
}

#[test]
fn each_field_out_of_range_is_named() {
    let plain = |width, height| header(40, width, height, 24, RGB, 0);
    let of = |bits, compression, used| header(40, 1, 1, bits, compression, used);
    for (dib, field, value) in [
        (header(12, 1, 1, 24, RGB, 0), "header-size", 12),
        (plain(0, 1), "width", 0),
        (plain(-1, 1), "width", 0),
        (plain(65_536, 1), "width", 65_536),
        (plain(1, 0), "height", 0),
        (plain(1, i32::MIN), "height", i32::MIN.into()),
        (plain(1, 1), "pixels", 0),
        (of(2, RGB, 0), "bits", 2),
        (of(24, BITFIELDS, 0), "bits", 24),
        (of(8, /* RLE8 */ 1, 0), "compression", 1),
        (of(0, /* PNG */ 5, 0), "compression", 5),
        (of(4, RGB, 17), "colours-used", 17),
        (of(24, RGB, u32::MAX), "colours-used", u32::MAX.into()),
        (of(8, RGB, 0), "palette", 40),
        (of(16, BITFIELDS, 0), "masks", 40),
        (with_masks(of(16, BITFIELDS, 0), &[0x5, 0, 0]), "masks", 5),
        (with_masks(of(16, BITFIELDS, 0), &[0x3, 0x2, 0]), "masks", 2),
        (
            with_masks(of(16, BITFIELDS, 0), &[1 << 16, 0, 0]),
            "masks",
            1 << 16,
        ),
        (vec![40, 0], "header-size", 2),
    ] {
        let (named, found) = refused(&dib);
        assert_eq!((named, found), (&*format!("clipboard.dib.{field}"), value));
    }
    let mut dib = header(40, 1, 1, 4, RGB, 1);
    dib.extend([0, 0, 0, 0, /* colour 1 of 1 */ 0x10, 0, 0, 0]);
    assert_eq!(refused(&dib), ("clipboard.dib.pixel", 1));
}

#[test]
fn a_size_over_the_limit_is_refused_before_anything_is_allocated() {
    let dib = header(40, 65_535, -65_535, 1, RGB, 0);
    let palette = [dib, vec![0; 8]].concat();
    assert_eq!(
        Bitmap::decode(&palette, LIMIT),
        Err(DecodeError::TooLarge {
            field: "clipboard.dib.pixels",
            value: 65_535 * 65_535 * 4,
            limit: LIMIT as u64,
        })
    );
}

#[test]
fn a_file_says_where_its_pixels_are() {
    let bitmap = Bitmap::new(Size::new(2, 1), vec![1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
    let mut file = bitmap.to_file();
    assert_eq!(Bitmap::from_file(&file, LIMIT), Ok(bitmap.clone()));
    file.splice(138..138, [9; 20]);
    file[10] += 20;
    assert_eq!(Bitmap::from_file(&file, LIMIT), Ok(bitmap));
    for (at, value, field) in [
        (0, b'X', "clipboard.bmp.type"),
        (10, 13, "clipboard.bmp.offset"),
        (13, 1, "clipboard.dib.pixels"),
    ] {
        let mut file = file.clone();
        file[at] = value;
        let Err(DecodeError::Invalid { field: named, .. }) = Bitmap::from_file(&file, LIMIT) else {
            panic!("accepted");
        };
        assert_eq!(named, field);
    }
}

fn bitmaps() -> impl Strategy<Value = Bitmap> {
    (1..20_u16, 1..20_u16).prop_flat_map(|(width, height)| {
        let size = Size::new(width, height);
        prop::collection::vec(any::<u8>(), size.area() * 4)
            .prop_map(move |pixels| Bitmap::new(size, pixels).unwrap())
    })
}

proptest! {
    #[test]
    fn any_picture_comes_back(bitmap in bitmaps()) {
        prop_assert_eq!(Bitmap::decode(&bitmap.encode(), LIMIT), Ok(bitmap.clone()));
        prop_assert_eq!(Bitmap::from_file(&bitmap.to_file(), LIMIT), Ok(bitmap));
    }

    #[test]
    fn a_dib_cut_short_is_refused_and_never_waited_for(bitmap in bitmaps(), cut in any::<prop::sample::Index>()) {
        let dib = bitmap.encode();
        let result = Bitmap::decode(&dib[..cut.index(dib.len())], LIMIT);
        let is_refused = matches!(result, Err(DecodeError::Invalid { .. }));
        prop_assert!(is_refused);
    }

    #[test]
    fn no_header_panics(
        length in prop::sample::select(&[40_u32, 52, 56, 108, 124]),
        (width, height) in (-3..9_i32, -9..9_i32),
        bits in prop::sample::select(&[1_u16, 4, 8, 16, 24, 32]),
        compression in prop::sample::select(&[0_u32, 3, 6]),
        used in 0..20_u32,
        rest in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let mut dib = header(length, width, height, bits, compression, used);
        dib.extend(rest);
        if let Ok(bitmap) = Bitmap::decode(&dib, LIMIT) {
            prop_assert_eq!(bitmap.pixels().len(), bitmap.size().area() * 4);
        }
    }
}
