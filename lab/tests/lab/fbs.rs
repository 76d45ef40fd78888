use std::time::Duration;

use lab::Error;
use lab::fbs::{Reader, Start, Writer, start_bytes};
use tightrope::Size;
use tightrope::rfb::wire::Reader as Fields;
use tightrope::rfb::{DecodeError, PixelFormat};

fn start() -> Start {
    Start {
        size: Size::new(3, 2),
        name: "pod".into(),
        format: PixelFormat::BGRX,
    }
}

/// One pixel format: BGRX.
const FORMAT: [u8; 16] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];

fn init() -> Vec<u8> {
    let mut init = [0, 3, /* height */ 0, 2].to_vec();
    init.extend(FORMAT);
    init.extend([0, 0, 0, 3]);
    init.extend(b"pod");
    init
}

#[test]
fn a_stream_starts_as_players_expect_it() {
    let mut expect = b"RFB 003.003\n\0\0\0\x01".to_vec();
    expect.extend(init());
    assert_eq!(start_bytes(&start()), expect);
}

#[test]
fn blocks_are_padded_and_carry_their_time() {
    let mut file = Vec::new();
    let mut writer = Writer::new(&mut file, &start()).unwrap();
    writer.add(Duration::from_micros(258_999), &[2]).unwrap();
    writer.add(Duration::from_secs(1), &[1, 2, 3, 4]).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let mut expect = b"FBS 001.000\n".to_vec();
    expect.extend([0, 0, 0, 43]);
    expect.extend(start_bytes(&start()));
    expect.extend([/* padding */ 0, /* time */ 0, 0, 0, 0]);
    expect.extend([
        0, 0, 0, 1, /* data */ 2, /* padding */ 0, 0, 0, /* time */ 0, 0, 1, 2,
    ]);
    expect.extend([0, 0, 0, 4, 1, 2, 3, 4, /* time */ 0, 0, 3, 232]);
    assert_eq!(file, expect);
}

#[test]
fn what_is_written_is_read() {
    let mut file = Vec::new();
    let mut writer = Writer::new(&mut file, &start()).unwrap();
    let big = vec![7; (1 << 20) + 1];
    writer.add(Duration::from_millis(4), &big).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let mut reader = Reader::new(file.as_slice()).unwrap();
    let mut data = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        data.extend_from_slice(block.data);
    }
    assert!(!reader.is_cut_short());
    assert!(data.ends_with(&big));
    assert_eq!(data.len(), start_bytes(&start()).len() + big.len());
}

#[test]
fn any_version_of_the_handshake_is_understood() {
    let challenge = [5; 16];
    let cases: [&[&[u8]]; 6] = [
        &[b"RFB 003.003\n", &[0, 0, 0, 1]],
        &[b"RFB 003.003\n", &[0, 0, 0, 2], &challenge, &[0; 4]],
        &[b"RFB 003.007\n", &[1, 1]],
        &[b"RFB 003.008\n", &[2, 16, 1], &[0; 4]],
        &[b"RFB 003.008\n", &[1, 2], &challenge, &[0; 4]],
        // As rfbproxy records it.
        &[b"RFB 003.008\n", &[1, 1]],
    ];
    for case in cases {
        let mut bytes = case.concat();
        bytes.extend(init());
        let read = |bytes| Start::decode(&mut Fields::new(bytes));
        assert_eq!(read(&bytes), Ok(start()), "{case:?}");
        for cut in 0..bytes.len() {
            let short = read(&bytes[..cut]);
            assert!(matches!(short, Err(DecodeError::Incomplete { .. })));
        }
    }
}

#[test]
fn a_start_with_a_field_out_of_range_is_refused_by_name() {
    let read = |parts: &[&[u8]]| Start::decode(&mut Fields::new(&parts.concat())).unwrap_err();
    let invalid = |field, value| DecodeError::Invalid { field, value };
    let old = b"RFB 003.003\n";
    assert_eq!(read(&[old, &[0, 0, 0, 19]]), invalid("security-type", 19));
    assert_eq!(read(&[old, &[0, 0, 1, 1]]), invalid("security-type", 257));
    let refused = [&b"RFB 003.008\n"[..], &[1, 1], &[0, 0, 0, 1]];
    assert_eq!(read(&refused), invalid("security-result", 1));
    let mut huge = [255; 4].to_vec();
    huge.extend(FORMAT);
    huge.extend([0; 4]);
    let error = read(&[old, &[0, 0, 0, 1], &huge]);
    let field = "framebuffer pixels";
    assert!(matches!(error, DecodeError::TooLarge { field: f, .. } if f == field));
}

#[test]
fn what_is_no_recording_is_told_by_how_it_begins() {
    for bytes in [
        &b""[..],
        b"FBS 001.000",
        b"FBS 002.000\n",
        b"FBS 001.0a0\n",
        b"RFB 003.008\n",
    ] {
        let error = Reader::new(bytes).map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::Magic { .. }), "{error}");
    }
    assert!(Reader::new(&b"FBS 001.002\n"[..]).is_ok());
}

#[test]
fn a_block_over_the_limit_is_refused_before_memory_is_taken_for_it() {
    let file = [&b"FBS 001.000\n"[..], &[0xff; 4]].concat();
    let mut reader = Reader::new(file.as_slice()).unwrap();
    let error = reader.next_block();
    let Err(Error::Field(DecodeError::TooLarge { field, value, .. })) = error else {
        panic!("{error:?}")
    };
    assert_eq!((field, value), ("block-length", u32::MAX.into()));
}

#[test]
fn a_file_cut_inside_a_block_is_read_up_to_there() {
    let mut file = Vec::new();
    let mut writer = Writer::new(&mut file, &start()).unwrap();
    let whole = |writer: &mut Writer<&mut Vec<u8>>| writer.flush().unwrap();
    whole(&mut writer);
    writer.add(Duration::ZERO, &[1, 2, 3]).unwrap();
    whole(&mut writer);
    drop(writer);
    let first = file.len() - 12;
    for cut in 12..file.len() {
        let mut reader = Reader::new(&file[..cut]).unwrap();
        let mut blocks = 0;
        while reader.next_block().unwrap().is_some() {
            blocks += 1;
        }
        assert_eq!(blocks, usize::from(cut >= first), "{cut}");
        assert_eq!(reader.is_cut_short(), cut != 12 && cut != first, "{cut}");
    }
}
