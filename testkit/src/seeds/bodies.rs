//! Seeds that are the bodies of rectangles, made by our encoders or written by hand.

use std::io::Read;

use flate2::read::ZlibDecoder;
use rfb::wire::Encode;
use rfb::{Cursor, Encoding, Framebuffer, LocalTime, PixelFormat, Point, ServerConnection, Size};

use super::short;
use crate::oracles::{self, ENCODINGS, formats};
use crate::pair::open_server;
use crate::scenes;

const SIZE: Size = Size::new(20, 18);
/// Whole tiles of ZRLE, and a little more.
const LARGE: Size = Size::new(80, 72);

/// What our server sends of `desktop` in `encoding`: whole rectangles, the first of which is of that encoding. `None`
/// if it does not write it.
fn rectangles(
    encoding: Encoding,
    format: &PixelFormat,
    quality: Option<u8>,
    desktop: &Framebuffer,
) -> Option<Vec<u8>> {
    let mut server = ServerConnection::new(open_server(desktop.size()), tight::encoders());
    let now = LocalTime::default();
    let mut bytes = oracles::login();
    bytes.extend([0, 0, 0, 0]);
    format.encode(&mut bytes);
    let wanted: Vec<Encoding> = [Some(encoding), quality.map(Encoding::quality)]
        .into_iter()
        .flatten()
        .collect();
    bytes.extend([2, 0, 0, wanted.len() as u8]);
    wanted
        .iter()
        .for_each(|wanted| bytes.extend(wanted.0.to_be_bytes()));
    bytes.extend([3, 0, 0, 0, 0, 0]);
    bytes.extend(desktop.size().width.to_be_bytes());
    bytes.extend(desktop.size().height.to_be_bytes());
    server.handle_bytes(now, &bytes);
    while server.poll_event().unwrap().is_some() {}
    while server.poll_output().is_some() {}
    let update = server.begin_update(now, usize::MAX)?.run(desktop.view());
    server.finish_update(now, update);
    let update = server.poll_output()?;
    (update.get(12..16)? == encoding.0.to_be_bytes()).then(|| update[4..].to_vec())
}

/// What may be inflated of the zlib data in a body: its length in front, then a stream that is not ended.
fn inflated(body: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut stream = ZlibDecoder::new(body.get(4..).unwrap_or_default());
    let mut byte = [0];
    while matches!(stream.read(&mut byte), Ok(1)) {
        content.extend(byte);
    }
    content
}

/// Every encoding in several formats, as our encoders write it; zlib's content too; Tight's filters by hand.
pub fn decoders() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (index, encoding) in ENCODINGS.iter().enumerate() {
        for (number, format) in formats().iter().enumerate() {
            let quality = (number == 0).then_some(7);
            for desktop in desktops(number) {
                let Some(rects) = rectangles(*encoding, format, quality, &desktop) else {
                    continue;
                };
                let (width, height) = (rects[5], rects[7]);
                let head = |flags| vec![index as u8, number as u8, flags, width, height];
                let body = &rects[12..];
                seeds.push([head(0), body.to_vec()].concat());
                if matches!(encoding.0, 6 | 16) {
                    seeds.push([head(1), inflated(body)].concat());
                }
                if encoding.0 == 16 {
                    let zywrle = [vec![9, number as u8, 1, width, height], inflated(body)];
                    seeds.push(zywrle.concat());
                }
            }
        }
    }
    seeds.extend(tight_by_hand());
    short(seeds)
}

fn desktops(number: usize) -> Vec<Framebuffer> {
    let mut desktops = vec![scenes::icons(SIZE), scenes::gradient(SIZE)];
    if number < 3 {
        desktops.extend([scenes::flat(LARGE), scenes::text(LARGE), scenes::text(SIZE)]);
    }
    desktops
}

/// Filters and palettes whose zlib data the oracle makes, for a rectangle of 8x4.
fn tight_by_hand() -> Vec<Vec<u8>> {
    let head = [6, 0, 1, 8, 4];
    let pixels: Vec<u8> = (0..96).collect();
    let bodies: [&[&[u8]]; 8] = [
        &[&[0x00], &pixels],
        &[&[0x51, 0], &pixels],
        &[&[0x60, 1, 1], &[1; 6], &[0xaa; 4]],
        &[&[0x60, 1, 2], &[1; 9], &[0, 1, 2, 1].repeat(8)],
        &[&[0x7f, 2], &pixels],
        &[&[0x80], &[1, 2, 3]],
        &[&[0xa0, 96], &pixels],
        &[&[0xe0, 1, 1], &[1; 6], &[4, 0xaa, 0xaa, 0xaa, 0xaa]],
    ];
    bodies
        .iter()
        .map(|body| [&head[..], &body.concat()].concat())
        .collect()
}

/// Pictures of a few rectangles for every encoding.
pub fn round_trip() -> Vec<Vec<u8>> {
    let paint: &[&[u8]] = &[
        &[0, 0, 0, 255, 255, 200, 100, 50],
        &[0, 5, 6, 20, 9, 1, 2, 3],
        &[
            140, 30, 10, 40, 40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
        ],
        &[255, 3, 40, 60, 30, 9, 0, 250, 17, 3, 81],
        &[0, 50, 50, 12, 3, 255, 255, 255],
        &[129, 0, 0, 30, 30, 0, 255],
    ];
    let mut seeds = Vec::new();
    for encoding in 0..ENCODINGS.len() as u8 {
        for (format, size) in [(0, 80), (1, 33), (2, 16), (6, 64), (10, 3), (0, 17)] {
            let (compression, quality) = (encoding % 10, if size == 17 { 7 } else { 25 });
            let head = [encoding, format, compression, quality, size, size - 1];
            seeds.push([&head[..], &paint.concat(), &paint[1..].concat()].concat());
        }
    }
    seeds
}

/// A shape of every kind, in several formats.
pub fn cursors() -> Vec<Vec<u8>> {
    let pixels: Vec<u8> = (0..9 * 5 * 4).collect();
    let cursor = Cursor::new(Size::new(9, 5), Point::new(2, 1), pixels.clone()).unwrap();
    let mut seeds = Vec::new();
    for (number, format) in formats().iter().enumerate() {
        let mut seed = vec![0, number as u8, 9, 5, 2, 1];
        cursor.encode_body(rfb::CursorForm::Rich, format, &mut seed);
        seeds.push(seed);
    }
    let bodies: [(u8, &[&[u8]]); 8] = [
        (1, &[&[9, 8, 7, 1, 2, 3], &[0xaa; 10], &[0xff; 10]]),
        (2, &[&[0, 0, 0, 0], &pixels]),
        (3, &[&[0, 0], &pixels, &pixels]),
        (3, &[&[1, 0], &pixels]),
        (3, &[&[2, 0]]),
        (3, &[&[0, 0], &pixels]),
        (4, &[]),
        (5, &[]),
    ];
    for (kind, body) in bodies {
        seeds.push([&[kind, 0, 9, 5, 2, 1], &body.concat()[..]].concat());
    }
    seeds
}
