//! Bodies made by hand, as any server may send them.

use flate2::{Compress, Compression, FlushCompress};
use rfb::{Encoding, Framebuffer, PixelFormat, Size};
use tightrope_tight::TightDecoder;

use crate::support::{BIG_ENDIAN, DEEP, FORMATS, as_seen_in, decode, scene};

const BGRX: PixelFormat = PixelFormat::BGRX;

/// The pixels of one body on a fresh decoder, which must read all of it.
fn pixels(body: &[u8], format: &PixelFormat, size: Size) -> Vec<u8> {
    let (picture, read) = decode(&mut TightDecoder::default(), body, format, size).unwrap();
    assert_eq!(read, body.len());
    picture.bytes().to_vec()
}

fn refusal(body: &[u8], format: &PixelFormat, size: Size) -> String {
    crate::support::refusal(Encoding::TIGHT, body, format, size)
}

/// The server's side of one zlib stream.
struct Stream(Compress);

impl Stream {
    fn new() -> Self {
        Self(Compress::new(Compression::new(6), true))
    }
    /// `data` compressed and flushed, its compact length before it.
    fn packet(&mut self, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(data.len() * 2 + 100);
        self.0
            .compress_vec(data, &mut bytes, FlushCompress::Sync)
            .unwrap();
        with_length(&bytes)
    }
}

fn with_length(bytes: &[u8]) -> Vec<u8> {
    let [low, high, ..] = bytes.len().to_le_bytes();
    assert!(bytes.len() < 1 << 14);
    // Two bytes, also where one would do.
    let mut packet = vec![low | 0x80, high << 1 | low >> 7];
    packet.extend(bytes);
    packet
}

#[test]
fn a_fill_is_one_pixel_for_all() {
    let size = Size::new(3, 2);
    let expected = [30, 20, 10, 0].repeat(6);
    assert_eq!(
        pixels(&[/* fill */ 0x80, 10, 20, 30], &BGRX, size),
        expected
    );
    assert_eq!(
        pixels(&[/* fill */ 0x80, 10, 20, 30], &BIG_ENDIAN, size),
        expected
    );
    let blue = [255, 0, 0, 0].repeat(6);
    assert_eq!(
        pixels(&[0x80, 0x1f, 0x00], &PixelFormat::RGB565, size),
        blue
    );
    assert_eq!(
        pixels(&[0x80, 0b1100_0000], &PixelFormat::BGR233, size),
        blue
    );
    assert_eq!(pixels(&[0x80, 0xff, 0x03, 0, 0], &DEEP, size), blue);
}

#[test]
fn a_fill_may_be_wider_than_the_limit_but_nothing_else() {
    let size = Size::new(2049, 1);
    assert_eq!(pixels(&[0x80, 1, 1, 1], &BGRX, size).len(), 2049 * 4);
    for control in [0x00, 0x40, 0x90, 0xa0] {
        assert_eq!(
            refusal(&[control], &BGRX, size),
            "tight.width: invalid value 2049"
        );
    }
}

#[test]
fn two_colours_are_bits_from_the_left() {
    #[rustfmt::skip]
    let body = [
        /* stream 0, filter id follows */ 0x40, /* palette */ 1, /* colours - 1 */ 1,
        /* red, green, blue */ 1, 2, 3, 4, 5, 6,
        /* two rows of nine bits, padded */ 0b1000_0001, 0b1000_0000, 0b0000_0000, 0b0111_1111,
    ];
    let (zero, one) = ([3, 2, 1, 0], [6, 5, 4, 0]);
    let mut expected = [zero; 18];
    for place in [0, 7, 8] {
        expected[place] = one;
    }
    assert_eq!(
        pixels(&body, &BGRX, Size::new(9, 2)),
        expected.as_flattened()
    );
}

#[test]
fn more_colours_are_bytes() {
    #[rustfmt::skip]
    let body = [
        /* stream 3, filter id follows */ 0x70, /* palette */ 1, /* colours - 1 */ 2,
        /* RGB565 */ 0x00, 0xf8, 0xe0, 0x07, 0x1f, 0x00,
        /* indices */ 2, 1, 0,
    ];
    let expected = [255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0];
    assert_eq!(
        pixels(&body, &PixelFormat::RGB565, Size::new(3, 1)),
        expected
    );
}

#[test]
fn a_palette_has_two_colours_or_more_and_no_index_is_beyond_it() {
    let size = Size::new(3, 1);
    let one = [
        0x40, /* palette */ 1, /* colours - 1 */ 0, 1, 1, 1,
    ];
    assert_eq!(
        refusal(&one, &BGRX, size),
        "tight.palette-size: invalid value 0"
    );
    let beyond = [
        0x40, 1, /* colours - 1 */ 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, /* indices */ 0, 3, 1,
    ];
    assert_eq!(
        refusal(&beyond, &BGRX, size),
        "tight.palette-index: invalid value 3"
    );
}

#[test]
fn unknown_filters_and_methods_are_refused() {
    let size = Size::new(1, 1);
    assert_eq!(
        refusal(&[0x40, 3], &BGRX, size),
        "tight.filter-id: invalid value 3"
    );
    assert_eq!(
        refusal(&[0x40, /* gradient */ 2], &PixelFormat::BGR233, size),
        "tight.filter-id: invalid value 2"
    );
    assert_eq!(
        refusal(&[0xf0], &BGRX, size),
        "tight.compression-control: invalid value 240"
    );
}

#[test]
fn any_kind_comes_on_any_stream_and_streams_are_reset_one_by_one() {
    let mut decoder = TightDecoder::default();
    let mut streams = [(); 4].map(|()| Stream::new());
    let size = Size::new(6, 2);
    let rgb: Vec<u8> = (0..36).collect();
    let indices = [0, 1, 2].repeat(4);
    let mut draw = |body: &[u8]| decode(&mut decoder, body, &BGRX, size).unwrap().0;
    let first_copy = draw(&[&[0x00][..], &streams[0].packet(&rgb)].concat());
    for number in [1, 2, 3, 0] {
        let control = u8::try_from(number).unwrap() << 4;
        let copy = draw(&[&[control][..], &streams[number].packet(&rgb)].concat());
        assert_eq!(copy, first_copy);
        let header = [control | 0x40, 1, 2, 9, 9, 9, 8, 8, 8, 7, 7, 7];
        let indexed = draw(&[&header[..], &streams[number].packet(&indices)].concat());
        assert_eq!(indexed.bytes()[..12], [9, 9, 9, 0, 8, 8, 8, 0, 7, 7, 7, 0]);
    }
    // Streams 1 and 3 start afresh, with a rectangle that uses neither.
    draw(&[/* fill, resets */ 0x8a, 1, 2, 3]);
    streams[1] = Stream::new();
    streams[3] = Stream::new();
    for number in [3, 0, 1, 2] {
        let control = u8::try_from(number).unwrap() << 4;
        let body = [&[control][..], &streams[number].packet(&rgb)].concat();
        assert_eq!(draw(&body), first_copy);
    }
    // A reset takes effect before the rectangle that carries it.
    streams[2] = Stream::new();
    let body = [&[0x24][..], &streams[2].packet(&rgb)].concat();
    assert_eq!(draw(&body), first_copy);
}

#[test]
fn the_copy_filter_may_be_named() {
    let body = [
        /* filter id follows */ 0x40, /* copy */ 0, 1, 2, 3,
    ];
    assert_eq!(pixels(&body, &BGRX, Size::new(1, 1)), [3, 2, 1, 0]);
}

#[test]
fn data_without_zlib_has_a_length_unless_it_is_short() {
    #[rustfmt::skip]
    let short = [/* without zlib */ 0xa0, 1, 2, 3, 4, 5, 6];
    assert_eq!(
        pixels(&short, &BGRX, Size::new(2, 1)),
        [3, 2, 1, 0, 6, 5, 4, 0]
    );
    #[rustfmt::skip]
    let long = [
        /* without zlib */ 0xa0, /* length */ 12,
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ];
    assert_eq!(pixels(&long, &BGRX, Size::new(4, 1))[12..], [12, 11, 10, 0]);
    #[rustfmt::skip]
    let filtered = [
        /* without zlib, filter id follows */ 0xe0, /* palette */ 1, /* colours - 1 */ 1,
        1, 2, 3, 4, 5, 6, /* length */ 12,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80,
    ];
    assert_eq!(
        pixels(&filtered, &BGRX, Size::new(1, 12))[40..],
        [3, 2, 1, 0, 6, 5, 4, 0]
    );
    let wrong = [
        0xa0, /* length */ 13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    assert_eq!(
        refusal(&wrong, &BGRX, Size::new(4, 1)),
        "tight.data-length: invalid value 13"
    );
}

#[test]
fn data_that_inflates_to_another_length_is_refused() {
    let size = Size::new(4, 2);
    let body = |length: usize| {
        let data: Vec<u8> = (0..u8::try_from(length).unwrap()).collect();
        [&[0x00][..], &Stream::new().packet(&data)].concat()
    };
    assert!(decode(&mut TightDecoder::default(), &body(24), &BGRX, size).is_ok());
    assert_eq!(
        refusal(&body(23), &BGRX, size),
        "tight.inflated-length: invalid value 23"
    );
    assert_eq!(
        refusal(&body(25), &BGRX, size),
        "tight.inflated-length: 25 is over the limit 24"
    );
    let nothing = [0x00, /* length */ 0];
    assert_eq!(
        refusal(&nothing, &BGRX, size),
        "tight.inflated-length: invalid value 0"
    );
    let nonsense = [0x00, /* length */ 4, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(
        refusal(&nonsense, &BGRX, size),
        "tight.data: invalid value 4"
    );
}

#[test]
fn data_far_longer_than_their_pixels_are_refused_unread() {
    let size = Size::new(4, 2);
    let refusal = |body: &[u8]| refusal(body, &BGRX, size);
    let longest = [0xff, 0xff, 0xff];
    assert_eq!(
        refusal(&[&[0x00][..], &longest].concat()),
        "tight.data-length: 4194303 is over the limit 1072"
    );
    assert_eq!(
        refusal(&[&[/* jpeg */ 0x90][..], &longest].concat()),
        "tight.jpeg-length: 4194303 is over the limit 1048640"
    );
}

#[test]
fn bytes_after_the_end_of_a_stream_are_refused() {
    let mut ended = Vec::with_capacity(200);
    let mut stream = Compress::new(Compression::new(6), true);
    stream
        .compress_vec(&[7; 24], &mut ended, FlushCompress::Finish)
        .unwrap();
    ended.extend([1, 2, 3]);
    let body = [&[0x00][..], &with_length(&ended)].concat();
    assert_eq!(
        refusal(&body, &BGRX, Size::new(4, 2)),
        "tight.data.rest: invalid value 3"
    );
}

#[test]
fn a_stream_may_end_where_a_rectangle_does() {
    let mut ended = Vec::with_capacity(200);
    let data: Vec<u8> = (0..24).collect();
    let mut stream = Compress::new(Compression::new(6), true);
    stream
        .compress_vec(&data, &mut ended, FlushCompress::Finish)
        .unwrap();
    let size = Size::new(4, 2);
    let mut decoder = TightDecoder::default();
    let body = |control: u8| [&[control][..], &with_length(&ended)].concat();
    for control in [0x00, 0x01, 0x01] {
        let (picture, _) = decode(&mut decoder, &body(control), &BGRX, size).unwrap();
        assert_eq!(picture.bytes()[..4], [2, 1, 0, 0]);
    }
    // But it does not go on without a reset.
    assert!(decode(&mut decoder, &body(0x00), &BGRX, size).is_err());
}

/// The filter as the specification's pseudo-code has it, on the channel values of `picture` in `format`.
fn gradient_filter(picture: &Framebuffer, format: &PixelFormat) -> Vec<u8> {
    let (width, height) = (
        usize::from(picture.size().width),
        usize::from(picture.size().height),
    );
    let mut wire = Vec::new();
    rfb::pixel::Packer::new(format).row(picture.bytes(), &mut wire);
    let unpacker = rfb::pixel::Unpacker::new(format);
    let bytes = format.bytes_per_pixel();
    let level = |x: usize, y: usize, channel: usize| {
        // Pixels outside the rectangle are 0; x and y are one more than the column and row.
        let Some(place) = x.checked_sub(1).zip(y.checked_sub(1)) else {
            return 0;
        };
        let start = (place.1 * width + place.0) * bytes;
        let value = unpacker.wire_value(&wire[start..start + bytes]) >> format.shift[channel];
        i64::from(value) & i64::from(format.max[channel])
    };
    let mut filtered = Vec::new();
    for (x, y) in (1..=height).flat_map(|y| (1..=width).map(move |x| (x, y))) {
        let difference = |channel: usize| {
            let max = i64::from(format.max[channel]);
            let predicted =
                level(x - 1, y, channel) + level(x, y - 1, channel) - level(x - 1, y - 1, channel);
            let difference = level(x, y, channel) - predicted.clamp(0, max);
            u32::try_from(difference & max).unwrap()
        };
        let differences = [difference(0), difference(1), difference(2)];
        if format.is_tight_rgb() {
            filtered.extend(differences.map(|difference| difference.to_le_bytes()[0]));
            continue;
        }
        let value = (0..3).fold(0, |value, channel| {
            value | differences[channel] << format.shift[channel]
        });
        let (little, big) = (value.to_le_bytes(), value.to_be_bytes());
        filtered.extend(if format.big_endian {
            &big[4 - bytes..]
        } else {
            &little[..bytes]
        });
    }
    filtered
}

#[test]
fn gradients_are_undone_in_every_format_that_may_have_them() {
    let size = Size::new(37, 29);
    // Differences are masked with the maxima.
    let masks = |format: &PixelFormat| format.max.iter().all(|max| (max + 1).is_power_of_two());
    for format in FORMATS
        .into_iter()
        .filter(|format| format.bits_per_pixel > 8 && masks(format))
    {
        for name in ["gradient", "noise", "desktop"] {
            let picture = scene(name, size);
            let data = Stream::new().packet(&gradient_filter(&picture, &format));
            let body = [&[/* filter id follows */ 0x40, /* gradient */ 2][..], &data].concat();
            let expected = as_seen_in(&format, &picture);
            assert!(
                pixels(&body, &format, size) == expected.bytes(),
                "{name} {format:?}"
            );
        }
    }
}

#[test]
fn a_gradient_by_hand() {
    #[rustfmt::skip]
    let row = [
        /* filter id follows */ 0x40, /* gradient */ 2,
        /* 10 */ 10, 10, 10, /* 30 from 10 */ 20, 20, 20,
    ];
    let expected = [10, 10, 10, 0, 30, 30, 30, 0];
    assert_eq!(pixels(&row, &BGRX, Size::new(2, 1)), expected);
    #[rustfmt::skip]
    let column = [
        /* filter id follows */ 0x40, /* gradient */ 2,
        /* 10 */ 10, 10, 10, /* 16, 0 and 0 from 10: differences wrap */ 6, 246, 246,
    ];
    let expected = [10, 10, 10, 0, 0, 0, 16, 0];
    assert_eq!(pixels(&column, &BGRX, Size::new(1, 2)), expected);
}

#[test]
fn an_empty_rectangle_has_an_empty_body() {
    let (_, read) = decode(
        &mut TightDecoder::default(),
        &[0x00, 0xff],
        &BGRX,
        Size::new(0, 5),
    )
    .unwrap();
    assert_eq!(read, 1);
}
