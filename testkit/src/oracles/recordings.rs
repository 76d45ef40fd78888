//! Files of recorded sessions, as anybody may have written them.

use std::io::{self, Read};
use std::time::Duration;

use lab::{fbs, vtz};
use rfb::wire::Reader;

use super::choices::Choices;
use crate::memory;

/// Bytes a reader may hold for each pixel: the picture, and a frame's tiles before they are drawn.
const BYTES_PER_PIXEL: usize = 4 + 3 * 2;
/// Bytes it may hold besides, and for each byte of the file.
const BYTES: usize = 1 << 20;
const BYTES_PER_BYTE: usize = 32;

/// A file that is read a byte at a time.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

/// A VTZ file, or its content, as the first byte says: it is read in bounded memory, and a byte at a time as whole.
pub fn vtz(data: &[u8]) {
    let mut choices = Choices::new(data);
    let file = match choices.byte() % 2 {
        0 => choices.rest().to_vec(),
        _ => zstd::encode_all(choices.rest(), 1).unwrap(),
    };
    let ((whole, pixels), held) = memory::peak(|| read_vtz(&file[..]));
    let limit = BYTES + BYTES_PER_PIXEL * pixels + BYTES_PER_BYTE * file.len();
    assert!(held <= limit, "held {held} bytes, {limit} are allowed");
    let (trickled, _) = read_vtz(Trickle(&file));
    match (&whole, &trickled) {
        // libzstd finds broken data sooner or later, as it is given more or less of it at once.
        (Err((_, lab::Error::Io(_))), Err(_)) | (Err(_), Err((_, lab::Error::Io(_)))) => {}
        (Err((log, error)), Err((other_log, other_error))) => {
            assert_eq!(other_log, log);
            assert_eq!(other_error.to_string(), error.to_string());
        }
        (Ok(log), Ok(other_log)) => assert_eq!(other_log, log),
        (whole, trickled) => panic!("whole {whole:?}, a byte at a time {trickled:?}"),
    }
}

/// What is in a file, or was until an error; and how many pixels its pictures have.
fn read_vtz(source: impl Read) -> (Result<String, (String, lab::Error)>, usize) {
    let mut reader = match vtz::Reader::new(source) {
        Ok(reader) => reader,
        Err(error) => return (Err((String::new(), error)), 0),
    };
    let pixels = reader.size().area();
    let mut log = String::new();
    loop {
        match reader.next_frame() {
            Ok(Some(frame)) => {
                let sum = checksum(frame.picture.bytes());
                log += &format!("{:?} {:?} {sum:x}\n", frame.time, frame.merged());
            }
            Ok(None) => {
                log += &format!("cut short: {}", reader.is_cut_short());
                return (Ok(log), pixels);
            }
            Err(error) => return (Err((log, error)), pixels),
        }
    }
}

/// Of the first pixels: enough to tell pictures of fuzzing apart.
fn checksum(bytes: &[u8]) -> u64 {
    let start = &bytes[..bytes.len().min(1 << 14)];
    start.iter().fold(7, |sum: u64, &byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    })
}

/// An FBS file: it is read in bounded memory, and a byte at a time as whole; what was read is written and read again
/// as the same.
pub fn fbs(data: &[u8]) {
    let limit = BYTES + BYTES_PER_BYTE * data.len();
    let (read, held) = memory::peak(|| read_fbs(data));
    assert!(held <= limit, "held {held} bytes, {limit} are allowed");
    assert_eq!(read_fbs(Trickle(data)), read);
    let (blocks, _) = read;
    let stream: Vec<u8> = blocks.iter().flat_map(|(_, data)| data.clone()).collect();
    let Ok(start) = fbs::Start::decode(&mut Reader::new(&stream)) else {
        return;
    };
    let mut file = Vec::new();
    let mut writer = fbs::Writer::new(&mut file, &start).unwrap();
    for (time, data) in &blocks {
        writer.add(*time, data).unwrap();
    }
    writer.flush().unwrap();
    drop(writer);
    let (written, end) = read_fbs(&file[..]);
    let bytes: Vec<u8> = written.iter().flat_map(|(_, data)| data.clone()).collect();
    assert_eq!(bytes, [fbs::start_bytes(&start), stream].concat());
    assert_eq!(end, "cut short: false");
}

type Blocks = Vec<(Duration, Vec<u8>)>;

/// What is in a file, and how it ended.
fn read_fbs(source: impl Read) -> (Blocks, String) {
    let mut blocks = Vec::new();
    let mut reader = match fbs::Reader::new(source) {
        Ok(reader) => reader,
        Err(error) => return (blocks, error.to_string()),
    };
    loop {
        match reader.next_block() {
            Ok(Some(block)) => blocks.push((block.time, block.data.to_vec())),
            Ok(None) => return (blocks, format!("cut short: {}", reader.is_cut_short())),
            Err(error) => return (blocks, error.to_string()),
        }
    }
}
