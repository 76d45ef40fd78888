//! Compression without loss, level by level: our writer alone, on pixels, on one byte a pixel, and on differences.
#![allow(missing_docs)]

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use testkit::scenes;
use tightrope::Framebuffer;
use tightrope::tight::deflate::{Deflater, Layout};

/// About as wide as the encoder cuts its rectangles, and as large.
const WIDTH: usize = 256;
const ROWS: usize = 256;

fn deflate(criterion: &mut Criterion) {
    let pictures = support::pictures(&[
        ("text", scenes::text),
        ("icons", scenes::icons),
        ("gradient", scenes::gradient),
        ("noise", scenes::noise),
    ]);
    for level in [1, 2, 6, 9] {
        let mut group = support::group(criterion, &format!("deflate/level {level}"));
        for (name, picture) in &pictures {
            let pixels = pixels(picture);
            for (kind, layout, data) in [
                ("pixels", rows(3), pixels.as_flattened().to_vec()),
                (
                    "greens",
                    rows(1),
                    pixels.iter().map(|pixel| pixel[1]).collect(),
                ),
                ("differences", Layout::Residues, differences(&pixels)),
            ] {
                let (mut deflater, mut out) = (Deflater::default(), Vec::new());
                group.throughput(Throughput::Bytes(data.len() as u64));
                group.bench_function(format!("{name}, {kind}"), |bencher| {
                    bencher.iter(|| {
                        out.clear();
                        deflater.deflate(&data, layout, level, &mut out);
                    });
                });
            }
        }
        group.finish();
    }
}

fn rows(unit: usize) -> Layout {
    let row = WIDTH * unit;
    Layout::Rows { row, unit }
}

/// The first rows of the picture, without the unused byte.
fn pixels(picture: &Framebuffer) -> Vec<[u8; 3]> {
    let rows = picture.view().rows(picture.size().into());
    let taken = rows
        .take(ROWS)
        .flat_map(|row| row.as_chunks::<4>().0.iter().take(WIDTH));
    taken.map(|&[b, g, r, _]| [b, g, r]).collect()
}

/// What each pixel differs by from the one before it.
fn differences(pixels: &[[u8; 3]]) -> Vec<u8> {
    let mut last = [0; 3];
    let mut differences = Vec::with_capacity(pixels.len() * 3);
    for pixel in pixels {
        differences.extend(
            pixel
                .iter()
                .zip(last)
                .map(|(now, last)| now.wrapping_sub(last)),
        );
        last = *pixel;
    }
    differences
}

criterion_group!(benches, deflate);
criterion_main!(benches);
