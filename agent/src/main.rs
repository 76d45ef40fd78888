//! `tightrope-agent`: see `tightrope-agent --help`.
fn main() {}
