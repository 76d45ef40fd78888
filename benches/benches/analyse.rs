//! What kind of content there is: where all is one colour, little else is done than looking.
#![allow(missing_docs)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use testkit::scenes;
use tightrope::tight::TightEncoder;

fn analyse(criterion: &mut Criterion) {
    let flat = support::pictures(&[("flat", scenes::flat)]);
    for (name, quality) in [("analyse/lossless", None), ("analyse/quality 8", Some(8))] {
        let settings = support::settings(quality, 2);
        support::bench_encoder(criterion, name, &flat, &settings, TightEncoder::default);
    }
}

criterion_group!(benches, analyse);
criterion_main!(benches);
