//! Seeds that are files of recorded sessions, written by hand.

use std::time::Duration;

use rfb::{PixelFormat, Size};

/// Small desktops in tiles of 4 pixels: content for the oracle to compress, and a whole file.
pub fn vtz() -> Vec<Vec<u8>> {
    let mut content = b"VTILES01".to_vec();
    for number in [6_u32, 4, 4, 2] {
        content.extend(number.to_le_bytes());
    }
    content.extend(0_u64.to_le_bytes());
    for number in [2_u32, 0, 1] {
        content.extend(number.to_le_bytes());
    }
    content.push(0);
    content.extend(0..48);
    content.push(1);
    content.extend(0..24);
    content.extend(20_000_u64.to_le_bytes());
    for number in [1_u32, 1] {
        content.extend(number.to_le_bytes());
    }
    content.push(0);
    content.extend(100..124);
    let file = zstd::encode_all(&content[..], 1).unwrap();
    vec![[&[1], &content[..]].concat(), [&[0], &file[..]].concat()]
}

/// What real servers said, from the first byte, as far as a seed may be long.
pub(super) fn goldens() -> Vec<Vec<u8>> {
    let streams = golden_files().into_iter().map(|file| {
        let mut reader = lab::fbs::Reader::new(&file[..]).unwrap();
        let mut stream = Vec::new();
        while let Some(block) = reader.next_block().unwrap() {
            stream.extend(block.data);
        }
        stream.truncate(super::LONGEST);
        stream
    });
    streams.collect()
}

fn golden_files() -> Vec<Vec<u8>> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/goldens");
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "fbs"));
    paths.sort();
    let read = |path| std::fs::read(path).unwrap();
    paths.into_iter().map(read).collect()
}

/// A few blocks, a file that is cut, and what real servers said, cut.
pub fn fbs() -> Vec<Vec<u8>> {
    let start = lab::fbs::Start {
        size: Size::new(4, 4),
        name: "desk".into(),
        format: PixelFormat::BGRX,
    };
    let mut file = Vec::new();
    let mut writer = lab::fbs::Writer::new(&mut file, &start).unwrap();
    writer.add(Duration::from_millis(5), &[2]).unwrap();
    writer
        .add(Duration::from_millis(9), &[2, 2, 2, 2, 2])
        .unwrap();
    writer.flush().unwrap();
    drop(writer);
    let cut = file[..file.len() - 6].to_vec();
    let mut seeds = vec![file, cut];
    seeds.extend(golden_files().into_iter().map(|mut file| {
        file.truncate(super::LONGEST);
        file
    }));
    seeds
}
