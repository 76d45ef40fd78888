//! Saved fuzz inputs go through their oracles on the stable toolchain: seeds, the corpus, and what once failed.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use tightrope_testkit::oracles::{TARGETS, Target};

/// Bytes of one file, and of all files together, that may be kept.
const FILE_LIMIT: u64 = 16 << 10;
const ALL_LIMIT: u64 = 2 << 20;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// The paths in `directory`; none if there is no such directory.
fn paths(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn saved(target: &Target) -> Vec<PathBuf> {
    ["corpus", "regressions"]
        .iter()
        .flat_map(|kind| paths(&fuzz().join(kind).join(target.name)))
        .collect()
}

/// Runs each input; names it if it fails.
fn replay(target: &Target, inputs: impl IntoIterator<Item = (String, Vec<u8>)>) {
    for (name, input) in inputs {
        let outcome = catch_unwind(|| (target.oracle)(&input));
        assert!(outcome.is_ok(), "{}: {name} fails", target.name);
    }
}

fn in_parallel(run: impl Fn(&Target) + Sync) {
    std::thread::scope(|scope| {
        for target in TARGETS {
            scope.spawn(|| run(target));
        }
    });
}

#[test]
fn every_saved_input_passes_its_oracle() {
    in_parallel(|target| {
        let read = |path: PathBuf| (path.display().to_string(), std::fs::read(&path).unwrap());
        replay(target, saved(target).into_iter().map(read));
    });
}

#[test]
fn every_seed_passes_its_oracle() {
    in_parallel(|target| {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        let named = |(index, seed)| (format!("seed {index}"), seed);
        replay(target, seeds.into_iter().enumerate().map(named));
    });
}

#[test]
fn the_empty_input_passes_every_oracle() {
    for target in TARGETS {
        (target.oracle)(&[]);
    }
}

#[test]
fn every_target_has_its_fuzz_program_and_no_input_lacks_its_target() {
    let names: BTreeSet<String> = TARGETS
        .iter()
        .map(|target| target.name.to_owned())
        .collect();
    let stems = |directory: &str| -> BTreeSet<String> {
        let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
        paths(&fuzz().join(directory))
            .into_iter()
            .map(stem)
            .collect()
    };
    assert_eq!(stems("fuzz_targets"), names);
    assert!(stems("corpus").is_subset(&names));
    assert!(stems("regressions").is_subset(&names));
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in &names {
        let program = format!("path = \"fuzz_targets/{name}.rs\"");
        assert!(manifest.contains(&program), "Cargo.toml lacks {name}");
    }
}

#[test]
fn what_is_kept_is_small() {
    let sizes: Vec<u64> = TARGETS
        .iter()
        .flat_map(saved)
        .map(|path| path.metadata().unwrap().len())
        .collect();
    assert!(sizes.iter().all(|&size| size <= FILE_LIMIT));
    assert!(sizes.iter().sum::<u64>() <= ALL_LIMIT);
}
