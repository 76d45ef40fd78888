//! Rectangles without a connection: what a reader draws of them, however they are cut.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use rfb::codec::{ReadRect, Written, ZlibEncoder};
use rfb::{
    Decoders, EncodeSettings, Encoder as _, Error, Framebuffer, PixelFormat, Rect, RectReader,
    RectWriter, Size, ViewMut,
};
use testkit::scenes;

const SIZE: Size = Size::new(160, 120);

/// Three rectangles through one zlib stream, and what was noted of them.
fn written(desktop: &Framebuffer) -> (Vec<u8>, Vec<Written>) {
    let mut bytes = Vec::new();
    let mut noted = Vec::new();
    let mut encoder = ZlibEncoder::default();
    for rect in [
        Rect::new(0, 0, 160, 50),
        Rect::new(0, 50, 70, 70),
        Rect::new(70, 50, 90, 70),
    ] {
        let mut out = RectWriter::new(&mut bytes, usize::MAX).traced(|| Duration::ZERO);
        let settings = EncodeSettings::default();
        let left = encoder.encode(desktop.view(), &rect.into(), &settings, &mut out);
        assert!(left.is_empty());
        noted.extend(out.into_written());
    }
    (bytes, noted)
}

/// What `reader` draws of `bytes`, which come `chunk` at a time.
fn read(
    reader: &mut RectReader,
    bytes: &[u8],
    chunk: usize,
    picture: &mut Framebuffer,
) -> Result<Vec<ReadRect>, Error> {
    let size = picture.size();
    let mut drawn = Vec::new();
    for part in bytes.chunks(chunk) {
        reader.handle_bytes(part);
        let mut view = picture.view_mut(size.into()).unwrap();
        while let Some(rect) = reader.poll_rect(&mut view)? {
            drawn.push(rect);
        }
    }
    Ok(drawn)
}

fn reader() -> RectReader {
    RectReader::new(Decoders::standard(), &PixelFormat::BGRX)
}

#[test]
fn what_is_written_is_read_however_it_is_cut() {
    let desktop = scenes::text(SIZE);
    let (bytes, noted) = written(&desktop);
    assert!(noted.iter().map(|own| own.rect.area()).sum::<usize>() == SIZE.area());
    for chunk in [1, 7, 1000, usize::MAX] {
        let mut picture = Framebuffer::new(SIZE);
        let drawn = read(&mut reader(), &bytes, chunk, &mut picture).unwrap();
        assert_eq!(picture, desktop);
        let told = |rect, encoding, bytes| (rect, encoding, bytes);
        let read = drawn
            .iter()
            .map(|own| told(own.rect, own.encoding, own.bytes));
        let written = noted
            .iter()
            .map(|own| told(own.rect, own.encoding, own.bytes));
        assert!(read.eq(written), "{drawn:?}");
    }
}

#[test]
fn a_copy_takes_from_the_picture_and_may_overlap() {
    let desktop = scenes::text(SIZE);
    let mut expected = desktop.clone();
    let to = Rect::new(10, 8, 100, 90);
    expected.copy_within(rfb::Point::new(3, 5), to).unwrap();
    #[rustfmt::skip]
    let copy = [
        0, 10, 0, 8, 0, 100, 0, 90, /* CopyRect */ 0, 0, 0, 1,
        /* src-x-position */ 0, 3, /* src-y-position */ 0, 5,
    ];
    let mut picture = desktop;
    let drawn = read(&mut reader(), &copy, 5, &mut picture).unwrap();
    assert_eq!(drawn.len(), 1);
    assert_eq!(picture, expected);
}

#[test]
fn a_picture_may_have_room_behind_its_rows() {
    let desktop = scenes::text(SIZE);
    let (bytes, _) = written(&desktop);
    let stride = 160 * 4 + 12;
    let mut memory = vec![7; 119 * stride + 160 * 4];
    let mut view = ViewMut::over(&mut memory, SIZE, stride).unwrap();
    let mut reader = reader();
    reader.handle_bytes(&bytes);
    while reader.poll_rect(&mut view).unwrap().is_some() {}
    for (row, own) in desktop.view().rows(SIZE.into()).zip(memory.chunks(stride)) {
        assert_eq!(row, &own[..640]);
        assert!(own[640..].iter().all(|byte| *byte == 7));
    }
    assert!(ViewMut::over(&mut memory[1..], SIZE, stride).is_err());
    assert!(ViewMut::over(&mut memory, SIZE, 639).is_err());
}

#[test]
fn a_rectangle_outside_the_picture_ends_the_reader() {
    let (bytes, _) = written(&scenes::text(SIZE));
    let mut small = Framebuffer::new(Size::new(160, 119));
    let mut reader = reader();
    let first = read(&mut reader, &bytes, usize::MAX, &mut small).unwrap_err();
    assert_eq!(
        first.to_string(),
        "unreadable message: rectangle: invalid value 120"
    );
    assert_eq!(
        read(&mut reader, &bytes, usize::MAX, &mut small).unwrap_err(),
        first
    );
}

#[test]
fn an_encoding_without_a_decoder_is_named() {
    let mut reader = RectReader::new(Decoders::raw(), &PixelFormat::BGRX);
    let (bytes, _) = written(&scenes::text(SIZE));
    let mut picture = Framebuffer::new(SIZE);
    let error = read(&mut reader, &bytes, usize::MAX, &mut picture).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unreadable message: encoding-type: invalid value 6"
    );
}
