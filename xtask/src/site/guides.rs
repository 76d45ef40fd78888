//! What stands in the guides is what the bindings take: C compiles, and what Python names is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::python;
use super::symbols::Symbols;
use crate::process::run_with_input;

const LIMIT: Duration = Duration::from_secs(60);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The blocks of code in this language: where each is from, and its text.
fn blocks(language: &str) -> Vec<(PathBuf, String)> {
    let mut blocks = Vec::new();
    for entry in fs::read_dir(root().join("docs/guide")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let begin = format!("```{language}\n");
        for block in text.split(&begin).skip(1) {
            let (block, _) = block.split_once("```").unwrap();
            blocks.push((path.clone(), block.to_owned()));
        }
    }
    assert!(blocks.len() >= 2, "{language}: {}", blocks.len());
    blocks
}

#[test]
fn the_c_of_the_guides_compiles_without_a_warning() {
    let blocks = blocks("c");
    let programs = blocks.iter().filter(|(_, own)| own.contains("int main"));
    assert!(programs.clone().count() > 0);
    for (path, block) in programs {
        let mut compiler = Command::new("cc");
        let options = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"];
        compiler.args(options).args(["-x", "c", "-"]);
        compiler.arg("-I").arg(root().join("bindings/c/include"));
        let compiled = run_with_input(&mut compiler, block.as_bytes(), LIMIT);
        assert!(
            compiled.is_ok(),
            "{}: {:#}",
            path.display(),
            compiled.unwrap_err()
        );
    }
}

#[test]
fn the_python_of_the_guides_names_only_what_there_is() {
    let package = python::Package::read(&root().join(python::PACKAGE)).unwrap();
    let mut symbols = Symbols::default();
    python::name(&package, &mut symbols);
    for (path, block) in blocks("python") {
        let mut python = Command::new("python3");
        python.args(["-c", "import ast, sys; ast.parse(sys.stdin.read())"]);
        let parsed = run_with_input(&mut python, block.as_bytes(), LIMIT);
        assert!(
            parsed.is_ok(),
            "{}: {:#}",
            path.display(),
            parsed.unwrap_err()
        );
        let is_of_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
        let words = block.split(|letter| !is_of_name(letter));
        for word in words.filter(|word| word.starts_with("tightrope.")) {
            let is_module = package.has_module(word.trim_start_matches("tightrope."));
            let is_there = is_module || symbols.link(word, "index.html").is_some();
            assert!(is_there, "{}: {word}", path.display());
        }
    }
}
