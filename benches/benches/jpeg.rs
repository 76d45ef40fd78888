//! JPEG by quality level, that is by subsampling: 4 has 4:2:2, 8 has 4:4:4.
#![allow(missing_docs)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use testkit::scenes;
use tightrope::tight::JpegEncoder;

fn jpeg(criterion: &mut Criterion) {
    let pictures = support::pictures(&[("gradient", scenes::gradient), ("noise", scenes::noise)]);
    for level in [1, 4, 8] {
        let name = format!("jpeg/quality {level}");
        let settings = support::settings(Some(level), 2);
        support::bench_encoder(criterion, &name, &pictures, &settings, JpegEncoder::default);
    }
}

criterion_group!(benches, jpeg);
criterion_main!(benches);
