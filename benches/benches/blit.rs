//! Drawing what needs no inflating: JPEG, and pixels as they are.
#![allow(missing_docs)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use testkit::scenes;
use tightrope::rfb::codec::RawEncoder;
use tightrope::tight::{JpegEncoder, TightEncoder};

fn blit(criterion: &mut Criterion) {
    let pictures = support::pictures(&[("gradient", scenes::gradient), ("noise", scenes::noise)]);
    let raw = support::settings(None, 2);
    support::bench_client(criterion, "blit/raw", &pictures, &raw, RawEncoder::default);
    for level in [4, 8] {
        let settings = support::settings(Some(level), 2);
        let name = format!("blit/tight, quality {level}");
        support::bench_client(
            criterion,
            &name,
            &pictures,
            &settings,
            TightEncoder::default,
        );
        let name = format!("blit/jpeg, quality {level}");
        support::bench_client(criterion, &name, &pictures, &settings, JpegEncoder::default);
    }
}

criterion_group!(benches, blit);
criterion_main!(benches);
