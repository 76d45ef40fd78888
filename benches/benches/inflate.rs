//! Decoding what was sent without loss.
#![allow(missing_docs)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use testkit::scenes;
use tightrope::tight::TightEncoder;

fn inflate(criterion: &mut Criterion) {
    let pictures = support::pictures(&[
        ("two colours", scenes::text),
        ("40 colours", scenes::icons),
        ("gradient", scenes::gradient),
        ("noise", scenes::noise),
    ]);
    let settings = support::settings(None, 2);
    support::bench_client(
        criterion,
        "inflate",
        &pictures,
        &settings,
        TightEncoder::default,
    );
}

criterion_group!(benches, inflate);
criterion_main!(benches);
