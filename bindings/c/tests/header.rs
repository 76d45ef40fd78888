//! The committed header is what the sources say, and C and C++ compilers take it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod harness;

use std::fs;
use std::path::Path;

use harness::{Language, Program};

fn generated() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new()
        .with_crate(folder)
        .with_config(config)
        .generate()
        .unwrap();
    let mut text = Vec::new();
    bindings.write(&mut text);
    String::from_utf8(text).unwrap()
}

#[test]
fn the_committed_header_is_current() {
    let file = harness::header();
    let text = generated();
    if std::env::var_os("TR_HEADER").is_some_and(|wish| wish == "write") {
        fs::write(&file, &text).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let differs = committed
        .lines()
        .zip(text.lines())
        .position(|(a, b)| a != b);
    assert!(
        committed == text,
        "{} is not what the sources say (line {:?}): run `TR_HEADER=write cargo test -p tightrope-c --test header`",
        file.display(),
        differs.map(|line| line + 1),
    );
}

#[test]
fn every_function_of_the_header_is_documented() {
    let header = fs::read_to_string(harness::header()).unwrap();
    let mut functions = 0;
    for (before, line) in header.lines().zip(header.lines().skip(1)) {
        let is_function = line.contains(" tr_") || line.contains("*tr_");
        if is_function && line.contains('(') && !line.starts_with([' ', '*', '/']) {
            assert_eq!(before.trim(), "*/", "{line}");
            functions += 1;
        }
    }
    assert!(functions > 20, "{functions} functions found");
}

#[test]
fn c_and_cpp_compilers_take_the_header_without_a_warning() {
    for (language, zero) in [(Language::C11, "{0}"), (Language::Cpp17, "{}")] {
        let source = format!(
            "#include <tightrope.h>\n#include <tightrope.h>\nint main(void) {{ tr_event event = {zero}; \
             return tr_abi_version() != TR_ABI_VERSION || event.kind != TR_EVENT_NONE; }}\n"
        );
        Program::of_text("header", &source, language).run(&[]);
    }
}
