use std::path::Path;

use lab::fbs::{Reader, Start, start_bytes};
use lab::recorder::{Recorder, StreamRecorder, advice};
use testkit::scenes;
use tightrope::rfb::PixelFormat;
use tightrope::{Point, Rect, Size};

use crate::support::{SIZE, fill, read};

#[test]
fn the_last_picture_that_was_shown_is_the_last_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    let recorder = Recorder::start(&path, 1000).unwrap();
    let mut picture = scenes::desktop(SIZE);
    recorder.show(picture.view(), &SIZE.into());
    for step in 0..50 {
        let rect = Rect::new(step, step, 3, 3);
        fill(&mut picture, rect, [step as u8, 7, 0, 0]);
        recorder.show(picture.view(), &rect.into());
    }
    let files = recorder.finish().unwrap();
    assert_eq!(files.len(), 1);
    let (shown, whole) = read(&path);
    assert!(whole);
    assert_eq!(shown.len(), files[0].1.frames as usize);
    assert!(shown.last().unwrap().1 == picture);
    assert!(shown.windows(2).all(|pair| pair[0].0 <= pair[1].0));
}

#[test]
fn parts_of_one_moment_are_one_picture() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    let recorder = Recorder::start(&path, 1000).unwrap();
    let (half, colour) = (Size::new(75, 100), scenes::noise(Size::new(75, 100)));
    let mut picture = recorder.picture(SIZE);
    picture.put(Point::new(0, 0), colour.view());
    picture.put(Point::new(75, 0), colour.view());
    // Beyond the edge: only what is on the desktop.
    picture.put(Point::new(140, 0), colour.view());
    drop(picture);
    recorder.finish().unwrap();
    let (shown, _) = read(&path);
    assert_eq!(shown.len(), 1);
    let rows = |left| {
        let rect = Rect::new(left, 0, 65, half.height);
        shown[0]
            .1
            .view()
            .rows(rect)
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>()
    };
    assert!(rows(0) == rows(75));
}

fn holds_a_picture(path: &Path) -> bool {
    let reader = lab::vtz::Reader::open(path);
    reader.is_ok_and(|mut reader| reader.next_frame().is_ok_and(|frame| frame.is_some()))
}

#[test]
fn another_size_goes_to_another_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    let recorder = Recorder::start(&path, 1000).unwrap();
    let sizes = [SIZE, Size::new(30, 40), Size::new(64, 64)];
    for (number, size) in (1_u32..).zip(sizes) {
        let picture = scenes::icons(size);
        recorder.show(picture.view(), &size.into());
        // Until it is in the file, which is flushed when nothing happens: an older size would be left out.
        let name = match number {
            1 => path.clone(),
            _ => directory.path().join(format!("a-{number}.vtz")),
        };
        while !holds_a_picture(&name) {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
    let files = recorder.finish().unwrap();
    assert_eq!(files.len(), 3);
    for ((file, _), size) in files.iter().zip(sizes) {
        let (shown, whole) = read(file);
        assert!(whole && shown[0].1 == scenes::icons(size), "{size}");
    }
    assert_eq!(files[1].0, directory.path().join("a-2.vtz"));
}

#[test]
fn a_recording_of_nothing_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.vtz");
    let recorder = Recorder::start(&path, 30).unwrap();
    assert!(path.exists());
    assert_eq!(recorder.finish().unwrap(), []);
    assert!(!path.exists());
}

#[test]
fn a_path_that_cannot_be_written_is_told_at_once_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("none/a.vtz");
    let error = Recorder::start(&path, 30).unwrap_err();
    let text = advice(&path, &error);
    assert!(text.contains("none/a.vtz cannot be recorded to"), "{text}");
    assert!(text.ends_with("the directory must be there"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_recording_and_nothing_else() {
    // Always full. It cannot be read back or sought, but it fails before that matters.
    let recorder = Recorder::start(Path::new("/dev/full"), 1000).unwrap();
    let picture = scenes::noise(SIZE);
    recorder.show(picture.view(), &SIZE.into());
    recorder.show(picture.view(), &SIZE.into());
    let error = recorder.finish().unwrap_err();
    let text = advice(Path::new("/dev/full"), &error);
    assert!(text.contains("No space left"), "{text}");
    assert!(
        text.ends_with("make room there, or record to another disk"),
        "{text}"
    );
}

#[test]
fn a_servers_bytes_are_recorded_as_they_came() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.fbs");
    let start = Start {
        size: SIZE,
        name: "pod".into(),
        format: PixelFormat::BGRX,
    };
    let file = std::fs::File::create(&path).unwrap();
    let recorder = StreamRecorder::start(file, &path, &start).unwrap();
    let mut tap = recorder.tap();
    tap(&[2]);
    tap(&[3, 0, 0, 0, 0, 0, 0, 0]);
    recorder.finish().unwrap();
    // Nobody takes it any more.
    tap(&[2]);
    let mut reader = Reader::open(&path).unwrap();
    let mut blocks = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        blocks.push(block.data.to_vec());
    }
    assert_eq!(
        blocks,
        [start_bytes(&start), vec![2], vec![3, 0, 0, 0, 0, 0, 0, 0]]
    );
}
