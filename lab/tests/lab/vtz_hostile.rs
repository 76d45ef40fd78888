//! Files that nobody's writer makes: an error that names the field and its value.

use lab::Error;
use lab::vtz::Reader;
use tightrope::rfb::DecodeError;

struct Made(Vec<u8>);

impl Made {
    /// A recording with sides and tiles of these many pixels that announces `frames` pictures.
    fn new(width: u32, height: u32, tile: u32, frames: u32) -> Self {
        let mut content = b"VTILES01".to_vec();
        for field in [width, height, tile, frames] {
            content.extend(field.to_le_bytes());
        }
        Self(content)
    }
    fn frame(mut self, time: u64, tiles: &[u32]) -> Self {
        self.0.extend(time.to_le_bytes());
        self.0.extend((tiles.len() as u32).to_le_bytes());
        for tile in tiles {
            self.0.extend(tile.to_le_bytes());
        }
        self
    }
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
    /// Of reading all of it.
    fn error(self) -> Error {
        let packed = zstd::encode_all(self.0.as_slice(), 1).unwrap();
        let mut reader = match Reader::new(packed.as_slice()) {
            Ok(reader) => reader,
            Err(error) => return error,
        };
        loop {
            match reader.next_frame() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("no error"),
                Err(error) => {
                    assert!(matches!(reader.next_frame(), Ok(None)), "nothing after it");
                    return error;
                }
            }
        }
    }
    fn expect(self, field: &str, value: i64) {
        match self.error() {
            Error::Field(DecodeError::Invalid { field: f, value: v }) => {
                assert_eq!((f, v), (field, value));
            }
            Error::Field(DecodeError::TooLarge {
                field: f, value: v, ..
            }) => {
                assert_eq!((f, v), (field, value as u64));
            }
            other => panic!("{other}"),
        }
    }
}

/// One pixel, unfiltered.
const PIXEL: [u8; 4] = [0, 1, 2, 3];

#[test]
fn a_side_of_nothing_or_of_too_much_is_refused() {
    Made::new(0, 1, 64, 1).expect("width", 0);
    Made::new(1, 0, 64, 1).expect("height", 0);
    Made::new(65_536, 1, 64, 1).expect("width", 65_536);
    Made::new(1, u32::MAX, 64, 1).expect("height", u32::MAX.into());
    let pixels = 65_535 * 65_535;
    Made::new(65_535, 65_535, 64, 1).expect("width x height", pixels);
}

#[test]
fn a_tile_of_no_or_too_many_pixels_is_refused() {
    Made::new(1, 1, 0, 1).expect("tile", 0);
    Made::new(1, 1, 1025, 1).expect("tile", 1025);
}

#[test]
fn more_tiles_than_there_are_are_refused() {
    let made = Made::new(1, 1, 64, 1).frame(0, &[0, 0]);
    made.expect("tile-count", 2);
}

#[test]
fn a_first_picture_that_is_not_whole_is_refused() {
    let made = Made::new(65, 1, 64, 1).frame(0, &[1]).bytes(&PIXEL);
    made.expect("tile-count of the first picture", 1);
}

#[test]
fn a_tile_that_is_not_there_or_not_in_order_is_refused() {
    let made = Made::new(65, 1, 64, 1).frame(0, &[0, 2]);
    made.expect("tile-index", 2);
    let made = Made::new(65, 1, 64, 1).frame(0, &[1, 0]);
    made.expect("tile-index", 0);
    let made = Made::new(65, 1, 64, 1).frame(0, &[0, 0]);
    made.expect("tile-index", 0);
}

#[test]
fn an_unknown_filter_is_refused() {
    let made = Made::new(1, 1, 64, 1).frame(0, &[0]);
    made.bytes(&[2, 0, 0, 0]).expect("filter", 2);
}

#[test]
fn time_that_runs_backwards_is_refused() {
    let made = Made::new(1, 1, 64, 2).frame(9, &[0]).bytes(&PIXEL);
    made.frame(8, &[]).expect("timestamp", 8);
}

#[test]
fn what_is_no_recording_is_told_by_how_it_begins() {
    for bytes in [&b""[..], b"RIFF....WAVE", b"\x28\xb5\x2f\xfd"] {
        assert!(Reader::new(bytes).is_err());
    }
    let Err(error) = Reader::new(&b"GIF89a"[..]) else {
        panic!("no error")
    };
    assert_eq!(
        error.to_string(),
        "this is no VTZ recording: it begins with \"GIF89a\""
    );
    let packed = zstd::encode_all(&b"VTILES02 and so on, and so on"[..], 1).unwrap();
    let error = Reader::new(packed.as_slice()).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Magic { .. }), "{error}");
}

#[test]
fn a_window_larger_than_decoders_take_is_refused_before_memory_is_taken_for_it() {
    // Magic number; no checksum, no size; a window of 2^31 bytes; then an empty last block.
    let packed = [0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0];
    let error = Reader::new(&packed[..]).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Io(_)), "{error}");
}

#[test]
fn damaged_bytes_are_an_error_or_a_cut_and_never_a_panic() {
    let mut made = Made::new(65, 3, 64, 1).frame(0, &[0, 1]);
    made = made.bytes(&[1]).bytes(&[7; 64 * 3 * 3]);
    made = made.bytes(&[0]).bytes(&[9; 9]);
    let packed = zstd::encode_all(made.0.as_slice(), 1).unwrap();
    for at in 0..packed.len() {
        for bit in 0..8 {
            let mut damaged = packed.clone();
            damaged[at] ^= 1 << bit;
            if let Ok(mut reader) = Reader::new(damaged.as_slice()) {
                while let Ok(Some(_)) = reader.next_frame() {}
            }
        }
    }
}
