//! What the stages are fed: made scenes, and real pictures if the environment names recordings.
#![allow(dead_code, reason = "each benchmark takes what it needs")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails here is to end the benchmark"
)]

use std::path::Path;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use lab::fbs::{Start, start_bytes};
use lab::vtz::Reader;
use testkit::scenes;
use tightrope::rfb::codec::{EncodeSettings, Encoder};
use tightrope::rfb::{ClientConfig, ClientConnection, LocalTime, PixelFormat, RectWriter};
use tightrope::{Framebuffer, Region, Size};

/// A directory of recordings (.vtz), of which the middle picture is taken.
const CORPUS: &str = "TIGHTROPE_CORPUS";
const SIZE: Size = Size::new(1280, 720);

/// A picture and what it is called.
pub(crate) type Picture = (String, Framebuffer);
/// What a scene is called, and what paints it.
pub(crate) type Scene = (&'static str, fn(Size) -> Framebuffer);

/// These scenes, and the pictures of recordings.
pub(crate) fn pictures(scenes: &[Scene]) -> Vec<Picture> {
    let made = scenes
        .iter()
        .map(|(name, scene)| ((*name).to_owned(), scene(SIZE)));
    made.chain(recorded()).collect()
}

/// What looks like a desktop.
pub(crate) fn desktops() -> Vec<Picture> {
    pictures(&[("desktop", scenes::desktop)])
}

fn recorded() -> Vec<Picture> {
    let Some(directory) = std::env::var_os(CORPUS) else {
        return Vec::new();
    };
    let files = std::fs::read_dir(&directory).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|own| own == "vtz"))
        .collect();
    paths.sort();
    paths.iter().map(|path| middle_picture(path)).collect()
}

fn middle_picture(path: &Path) -> Picture {
    let mut reader = Reader::open(path).unwrap();
    for _ in 0..=reader.frame_count() / 2 {
        reader.next_frame().unwrap();
    }
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    (name, reader.picture().clone())
}

/// A group that tells pixels a second.
pub(crate) fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20);
    group.warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_secs(2));
    group
}

pub(crate) fn pixels(picture: &Framebuffer) -> Throughput {
    Throughput::Elements(picture.size().area() as u64)
}

/// Lossless settings, or those of a quality level.
pub(crate) fn settings(quality: Option<u8>, compression: u8) -> EncodeSettings {
    EncodeSettings {
        quality,
        compression,
        ..EncodeSettings::default()
    }
}

/// One update of all of `picture`.
pub(crate) fn encode(
    encoder: &mut dyn Encoder,
    picture: &Framebuffer,
    settings: &EncodeSettings,
) -> Vec<u8> {
    let mut update = vec![0; 4];
    let mut out = RectWriter::new(&mut update, usize::MAX);
    let region = Region::from(picture.size());
    let left = encoder.encode(picture.view(), &region, settings, &mut out);
    assert!(left.is_empty());
    let count = u16::try_from(out.count()).unwrap();
    update[2..4].copy_from_slice(&count.to_be_bytes());
    update
}

/// Adds a benchmark of encoding each of `pictures`.
pub(crate) fn bench_encoder<E: Encoder>(
    criterion: &mut Criterion,
    name: &str,
    pictures: &[Picture],
    settings: &EncodeSettings,
    mut make: impl FnMut() -> E,
) {
    let mut group = group(criterion, name);
    for (name, picture) in pictures {
        group.throughput(pixels(picture));
        let mut encoder = make();
        group.bench_function(name, |bencher| {
            bencher.iter(|| encode(&mut encoder, picture, settings));
        });
    }
    group.finish();
}

/// Adds a benchmark of drawing each of `pictures`, encoded by `make`, in a client. A stream can be decoded only once, so each
/// turn takes a client and an encoder's first update.
pub(crate) fn bench_client<E: Encoder>(
    criterion: &mut Criterion,
    name: &str,
    pictures: &[Picture],
    settings: &EncodeSettings,
    make: impl Fn() -> E,
) {
    let mut group = group(criterion, name);
    for (name, picture) in pictures {
        group.throughput(pixels(picture));
        let update = encode(&mut make(), picture, settings);
        group.bench_function(name, |bencher| {
            let client = || client(picture.size());
            bencher.iter_with_setup(client, |mut client| {
                client.handle_bytes(LocalTime::default(), &update);
                while client.poll_event().unwrap().is_some() {}
                client
            });
        });
    }
    group.finish();
}

/// A client that knows the desktop's size.
fn client(size: Size) -> ClientConnection {
    let config = ClientConfig {
        plain: true,
        ..ClientConfig::default()
    };
    let mut client = ClientConnection::new(config, tightrope::tight::decoders());
    let start = start_bytes(&Start {
        size,
        name: String::new(),
        format: PixelFormat::BGRX,
    });
    client.handle_bytes(LocalTime::default(), &start);
    while client.poll_event().unwrap().is_some() {}
    client
}
