use std::time::Duration;

use lab::vtz::{Grid, Reader, Writer};
use testkit::scenes;
use tightrope::{Framebuffer, Rect, Region, Size};

use crate::support::{SIZE, differing, fill, from_start, read, session, write};

#[test]
fn what_is_written_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    write(&path, &session());
    assert!(read(&path) == (from_start(&session()), true));
}

#[test]
fn pictures_of_any_size_and_content_are_read_as_they_were() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    for (width, height) in [(1, 1), (64, 64), (65, 1), (1, 130), (200, 70)] {
        let size = Size::new(width, height);
        for picture in [
            scenes::flat(size),
            scenes::text(size),
            scenes::gradient(size),
            scenes::noise(size),
        ] {
            let session = [(Duration::ZERO, picture)];
            write(&path, &session);
            assert!(read(&path) == (session.to_vec(), true), "{size}");
        }
    }
}

#[test]
fn only_tiles_that_changed_are_listed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    write(&path, &session());
    let mut reader = Reader::open(&path).unwrap();
    let grid = Grid::new(SIZE, 64);
    let all: Vec<Rect> = (0..grid.count()).map(|index| grid.rect(index)).collect();
    let mut before = Framebuffer::new(SIZE);
    let expect = [
        all.clone(),
        vec![all[0], all[1], all[3], all[4]],
        vec![all[5]],
    ];
    for tiles in expect {
        let frame = reader.next_frame().unwrap().unwrap();
        assert_eq!(frame.tiles, tiles);
        let merged: Region = frame.merged().into_iter().collect();
        assert!(
            differing(&before, frame.picture)
                .difference(&merged)
                .is_empty()
        );
        before = frame.picture.clone();
    }
    assert_eq!(reader.frame_count(), 4);
}

#[test]
fn a_picture_without_a_change_is_not_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    let mut writer = Writer::create(&path, SIZE, 3).unwrap();
    let picture = scenes::text(SIZE);
    let all = Region::from(SIZE);
    writer.take(picture.view(), &all);
    assert!(writer.write(Duration::ZERO).unwrap());
    writer.take(picture.view(), &all);
    assert!(!writer.write(Duration::from_secs(1)).unwrap());
    let summary = writer.finish().unwrap();
    assert_eq!((summary.frames, summary.duration), (1, Duration::ZERO));
    assert_eq!(summary.bytes, std::fs::metadata(&path).unwrap().len());
}

#[test]
fn only_what_lies_in_the_damage_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    let mut writer = Writer::create(&path, SIZE, 3).unwrap();
    let corner = Rect::new(140, 90, 10, 10);
    writer.take(scenes::noise(SIZE).view(), &corner.into());
    writer.write(Duration::ZERO).unwrap();
    writer.finish().unwrap();
    let (shown, _) = read(&path);
    assert_eq!(
        differing(&Framebuffer::new(SIZE), &shown[0].1).bounds(),
        corner
    );
}

#[test]
fn any_zstd_program_can_unpack_it_and_its_checksum_is_right() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    write(&path, &session());
    let mut packed = std::fs::read(&path).unwrap();
    let content = zstd::decode_all(packed.as_slice()).unwrap();
    assert_eq!(content[..8], *b"VTILES01");
    assert_eq!(content[20..24], 4_u32.to_le_bytes());
    let last = packed.len() - 1;
    packed[last] ^= 1;
    assert!(zstd::decode_all(packed.as_slice()).is_err());
}

#[test]
fn a_wrong_checksum_is_an_error_after_the_last_picture() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    write(&path, &session());
    let mut packed = std::fs::read(&path).unwrap();
    let last = packed.len() - 1;
    packed[last] ^= 1;
    let mut reader = Reader::new(packed.as_slice()).unwrap();
    for _ in 0..4 {
        assert!(reader.next_frame().unwrap().is_some());
    }
    assert!(reader.next_frame().is_err());
}

#[test]
fn what_was_flushed_can_be_read_though_the_recording_was_never_ended() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    let session = session();
    let mut writer = Writer::create(&path, SIZE, 3).unwrap();
    for (time, picture) in &session[..2] {
        writer.take(picture.view(), &SIZE.into());
        writer.write(*time).unwrap();
    }
    writer.flush().unwrap();
    writer.take(session[2].1.view(), &SIZE.into());
    writer.write(session[2].0).unwrap();
    drop(writer);
    assert!(read(&path) == (from_start(&session[..2]), false));
}

#[test]
fn a_recording_cut_anywhere_is_read_up_to_the_cut() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    let mut session = session();
    for count in 0..20 {
        let mut picture = session.last().unwrap().1.clone();
        fill(
            &mut picture,
            Rect::new(count * 7, count, 3, 3),
            [77, 78, 79, 0],
        );
        session.push((Duration::from_millis(100 + u64::from(count)), picture));
    }
    write(&path, &session);
    let expect = from_start(&session);
    let packed = std::fs::read(&path).unwrap();
    let mut most = 0;
    for cut in 33..packed.len() {
        let mut reader = Reader::new(&packed[..cut]).unwrap();
        let mut count = 0;
        while let Some(frame) = reader.next_frame().unwrap() {
            assert!(*frame.picture == expect[count].1, "picture cut at {cut}");
            count += 1;
        }
        assert!(reader.is_cut_short(), "cut at {cut} of {}", packed.len());
        assert!(most <= count);
        most = count;
    }
    assert_eq!(most, expect.len());
}
