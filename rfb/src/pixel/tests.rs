//! Both directions against each other and against the arithmetic.

use proptest::prelude::*;

use super::*;

#[test]
fn a_pixel_format_is_sixteen_bytes() {
    let mut bytes = Vec::new();
    PixelFormat::BGRX.encode(&mut bytes);
    #[rustfmt::skip]
    assert_eq!(bytes, [
        32, /* depth */ 24, /* big-endian */ 0, /* true-colour */ 1,
        /* maxima */ 0, 255, 0, 255, 0, 255, /* shifts */ 16, 8, 0, /* padding */ 0, 0, 0,
    ]);
    assert_eq!(
        PixelFormat::decode(&mut Reader::new(&bytes)),
        Ok(PixelFormat::BGRX)
    );
}

/// `format` as its own bytes are read.
fn read_back(format: &PixelFormat) -> Result<PixelFormat, DecodeError> {
    let mut bytes = Vec::new();
    format.encode(&mut bytes);
    PixelFormat::decode(&mut Reader::new(&bytes))
}

#[test]
fn what_no_pixel_can_have_is_refused_by_name() {
    let bgrx = PixelFormat::BGRX;
    let mapped = PixelFormat::COLOUR_MAPPED;
    #[rustfmt::skip]
    let cases = [
        (PixelFormat { bits_per_pixel: 24, ..bgrx }, "pixel-format.bits-per-pixel: invalid value 24"),
        (PixelFormat { depth: 0, ..bgrx }, "pixel-format.depth: invalid value 0"),
        (PixelFormat { depth: 33, ..bgrx }, "pixel-format.depth: invalid value 33"),
        (PixelFormat { shift: [25, 8, 0], ..bgrx }, "pixel-format.red-shift: invalid value 25"),
        (PixelFormat { shift: [0, 255, 16], ..bgrx }, "pixel-format.green-shift: invalid value 255"),
        (PixelFormat { shift: [16, 8, 7], ..bgrx }, "pixel-format.blue-shift: invalid value 7"),
        (PixelFormat { max: [0, 255, 255], ..bgrx }, "pixel-format.red-max: invalid value 0"),
        (PixelFormat { max: [255, 0, 255], ..bgrx }, "pixel-format.green-max: invalid value 0"),
        (PixelFormat { max: [255, 255, 0], ..bgrx }, "pixel-format.blue-max: invalid value 0"),
        (PixelFormat { max: [65_535; 3], ..bgrx }, "pixel-format.green-shift: invalid value 8"),
        (PixelFormat { bits_per_pixel: 16, depth: 16, ..mapped },
         "colour-mapped pixel-format.bits-per-pixel: invalid value 16"),
        (PixelFormat { depth: 9, ..mapped }, "pixel-format.depth: invalid value 9"),
    ];
    for (format, message) in cases {
        assert_eq!(read_back(&format).unwrap_err().to_string(), message);
    }
}

#[test]
fn what_a_colour_mapped_format_says_of_channels_means_nothing() {
    let format = PixelFormat {
        max: [9, 0, 65_535],
        shift: [255, 0, 3],
        ..PixelFormat::COLOUR_MAPPED
    };
    assert_eq!(read_back(&format), Ok(PixelFormat::COLOUR_MAPPED));
}

#[test]
fn a_colour_mapped_pixel_is_the_nearest_colour_of_the_fixed_map_or_the_one_the_server_set() {
    let format = PixelFormat::COLOUR_MAPPED;
    let mut wire = Vec::new();
    Packer::new(&format).row(&[0, 0, 255, 9, 80, 150, 20, 9], &mut wire);
    assert_eq!(wire, [0b1110_0000, 0b0011_0001]);
    let mut pixels = [1; 8];
    Unpacker::new(&format).row(&wire, &mut pixels);
    assert_eq!(pixels, [0, 0, 255, 0, 85, 146, 36, 0]);
    let mut map = ColourMap::rgb332();
    map.set(0b1110_0000, &[[0x1100, 0x22ff, 0xffff]]).unwrap();
    let unpacker = Unpacker::with_map(&format, &map);
    unpacker.row(&wire, &mut pixels);
    assert_eq!(pixels, [255, 0x22, 0x11, 0, 85, 146, 36, 0]);
    assert_eq!(unpacker.pixel(0b1110_0000), [255, 0x22, 0x11, 0]);
}

#[test]
fn three_bytes_are_sent_where_three_suffice() {
    let big = PixelFormat {
        big_endian: true,
        ..PixelFormat::BGRX
    };
    let high = PixelFormat {
        shift: [24, 16, 8],
        ..PixelFormat::BGRX
    };
    assert_eq!(PixelFormat::BGRX.compressed_bytes(), 0..3);
    assert_eq!(big.compressed_bytes(), 1..4);
    assert_eq!(high.compressed_bytes(), 1..4);
    assert_eq!(PixelFormat::RGB565.compressed_bytes(), 0..2);
    let depth_32 = PixelFormat {
        depth: 32,
        ..PixelFormat::BGRX
    };
    assert_eq!(depth_32.compressed_bytes(), 0..3);
}

/// Any format that is allowed: channels of any width in any order, with gaps, maxima that need not fill them.
fn format() -> impl Strategy<Value = PixelFormat> {
    let order = Just([0, 1, 2]).prop_shuffle();
    let bits = prop::sample::select(vec![8_u8, 16, 32]);
    (bits, order, any::<[u16; 9]>(), any::<bool>()).prop_map(
        |(bits, order, numbers, big_endian)| {
            let mut format = PixelFormat {
                bits_per_pixel: bits,
                depth: 1 + u8::try_from(numbers[8] % u16::from(bits)).unwrap(),
                big_endian,
                ..PixelFormat::BGRX
            };
            let mut next = 0;
            for (left, channel) in (0..3).rev().zip(order) {
                // At least one bit is left for each channel to come.
                let room = bits - next - left;
                let gap = u8::try_from(numbers[channel] % u16::from(room)).unwrap() / 3;
                let width = (1 + u8::try_from(numbers[channel + 3] % 16).unwrap()).min(room - gap);
                let full = u16::MAX >> (16 - width);
                let least = full / 2 + 1;
                format.max[channel] = match numbers[channel + 6] % 2 {
                    0 => full,
                    _ => least + numbers[channel + 6] % (full - least + 1),
                };
                format.shift[channel] = next + gap;
                next += gap + width;
            }
            format
        },
    )
}

/// What the definition says of one pixel, channel by channel.
fn defined(format: &PixelFormat, bgr: [u8; 3]) -> (u32, [u8; 4]) {
    let nearest = |value: u32, from: u32, to: u32| (2 * value * to + from) / (2 * from);
    let (mut value, mut pixel) = (0, [0; 4]);
    for (channel, level) in bgr.into_iter().rev().enumerate() {
        let max = u32::from(format.max[channel]);
        let wire = nearest(level.into(), 255, max);
        value |= wire << format.shift[channel];
        pixel[2 - channel] = nearest(wire, max, 255).try_into().unwrap();
    }
    (value, pixel)
}

proptest! {
    #[test]
    fn every_format_is_read_back_and_keeps_the_nearest_levels(
        format in format(),
        pixels in prop::collection::vec(any::<[u8; 4]>(), 1..40),
    ) {
        prop_assert_eq!(read_back(&format), Ok(format));
        let (packer, unpacker) = (Packer::new(&format), Unpacker::new(&format));
        let mut wire = Vec::new();
        packer.row(pixels.as_flattened(), &mut wire);
        let bytes = format.bytes_per_pixel();
        prop_assert_eq!(wire.len(), pixels.len() * bytes);
        let mut values = Vec::new();
        packer.values(pixels.as_flattened(), &mut values);
        let mut back = vec![[1; 4]; pixels.len()];
        unpacker.row(&wire, back.as_flattened_mut());
        for (index, &[b, g, r, _]) in pixels.iter().enumerate() {
            let (value, pixel) = defined(&format, [b, g, r]);
            prop_assert_eq!(values[index], value);
            prop_assert_eq!(packer.value([b, g, r]), value);
            prop_assert_eq!(unpacker.pixel(value), pixel);
            prop_assert_eq!(back[index], pixel);
            if format != PixelFormat::BGRX {
                prop_assert_eq!(unpacker.wire_value(&wire[index * bytes..(index + 1) * bytes]), value);
            }
        }
    }

    #[test]
    fn levels_above_the_largest_count_as_the_largest(format in format(), value in any::<u32>()) {
        let [blue, green, red, x] = Unpacker::new(&format).pixel(value);
        for (level, channel) in [(red, 0), (green, 1), (blue, 2)] {
            let max = u32::from(format.max[channel]);
            let mask = (max + 1).next_power_of_two() - 1;
            let sent = (value >> format.shift[channel]) & mask;
            prop_assert_eq!(u32::from(level), (sent.min(max) * 255 + max / 2) / max);
        }
        prop_assert_eq!(x, 0);
    }
}
