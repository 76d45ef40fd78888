//! Compression without loss, level by level.
#![allow(missing_docs)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use testkit::scenes;
use tightrope::tight::TightEncoder;

fn deflate(criterion: &mut Criterion) {
    let pictures = support::pictures(&[
        ("text", scenes::text),
        ("icons", scenes::icons),
        ("gradient", scenes::gradient),
        ("noise", scenes::noise),
    ]);
    for level in [1, 2, 6, 9] {
        let name = format!("deflate/level {level}");
        let settings = support::settings(None, level);
        support::bench_encoder(
            criterion,
            &name,
            &pictures,
            &settings,
            TightEncoder::default,
        );
    }
}

criterion_group!(benches, deflate);
criterion_main!(benches);
