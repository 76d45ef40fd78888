//! Streams of updates, one for each picture.

use lab::rfbs::{Reader, Writer};
use lab::{Error, Result};
use tightrope::Size;

const UPDATES: [&[u8]; 3] = [b"first", b"", b"\0\xff"];

fn written() -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = Writer::new(&mut file, Size::new(640, 480), 3).unwrap();
    for update in UPDATES {
        writer.add(update).unwrap();
    }
    writer.finish().unwrap();
    file
}

fn read(file: &[u8]) -> Result<(Size, Vec<Vec<u8>>)> {
    let mut reader = Reader::new(file)?;
    let mut updates = Vec::new();
    while let Some(update) = reader.next_update()? {
        updates.push(update.to_vec());
    }
    Ok((reader.size(), updates))
}

#[test]
fn what_was_written_is_read_again() {
    let (size, updates) = read(&written()).unwrap();
    assert_eq!(
        (size, updates.as_slice()),
        (Size::new(640, 480), &UPDATES.map(<[u8]>::to_vec)[..])
    );
}

#[test]
fn the_bytes_are_those_of_the_format() {
    #[rustfmt::skip]
    let start = [
        b'R', b'F', b'B', b'S', b'0', b'0', b'0', b'1',
        128, 2, 0, 0, /* height */ 224, 1, 0, 0, /* frames */ 3, 0, 0, 0,
        5, 0, 0, 0, b'f', b'i', b'r', b's', b't', /* nothing */ 0, 0, 0, 0, /* last */ 2, 0, 0, 0, 0, 255,
    ];
    assert_eq!(written(), start);
}

#[test]
fn a_stream_that_was_cut_is_an_error() {
    let file = written();
    for length in 8..file.len() {
        assert!(
            matches!(read(&file[..length]), Err(Error::Io(_))),
            "{length}"
        );
    }
    assert!(matches!(read(&file[..7]), Err(Error::Magic { .. })));
}

#[test]
fn fields_out_of_range_are_refused() {
    for (at, bytes, said) in [
        (8, [0; 4], "width: invalid value 0"),
        (12, [0, 0, 1, 0], "height: invalid value 65536"),
        (
            20,
            [255; 4],
            "update-length: 4294967295 is over the limit 268435456",
        ),
    ] {
        let mut file = written();
        file[at..at + 4].copy_from_slice(&bytes);
        assert_eq!(read(&file).unwrap_err().to_string(), said);
    }
}
