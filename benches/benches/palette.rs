//! Content of few colours: counted, indexed, packed.
#![allow(missing_docs)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use testkit::scenes;
use tightrope::tight::TightEncoder;

fn palette(criterion: &mut Criterion) {
    let few = support::pictures(&[("two colours", scenes::text), ("40 colours", scenes::icons)]);
    // Level 0 stores: what is left is the palette.
    let settings = support::settings(None, 0);
    support::bench_encoder(criterion, "palette", &few, &settings, TightEncoder::default);
}

criterion_group!(benches, palette);
criterion_main!(benches);
