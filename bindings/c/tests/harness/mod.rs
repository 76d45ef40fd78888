//! C programs compiled against the header and the library that this test run has built, and run.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

pub(crate) mod running;
pub(crate) mod screen;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// What has the compiler look after memory and arithmetic.
pub(crate) const CHECKS: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// What a program is written in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Language {
    C11,
    Cpp17,
}

impl Language {
    /// What tells the compiler so, whatever the file is called.
    fn of_sources(self) -> &'static [&'static str] {
        match self {
            Self::C11 => &["-x", "c"],
            // `= {0}`, as C has it, leaves out members.
            Self::Cpp17 => &["-x", "c++", "-Wno-missing-field-initializers"],
        }
    }
}

/// A program that was compiled.
pub(crate) struct Program {
    path: PathBuf,
}

/// The committed header.
pub(crate) fn header() -> PathBuf {
    folder().join("include/tightrope.h")
}

/// The crate's folder.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where the libraries of this build are, under the names that they have when they are installed.
pub(crate) fn libraries() -> &'static Path {
    static LIBRARIES: OnceLock<PathBuf> = OnceLock::new();
    LIBRARIES.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let built = test.parent().unwrap();
        let own = scratch("libraries");
        fs::create_dir_all(&own).unwrap();
        for (from, to) in [
            ("libtightrope_c.so", "libtightrope.so"),
            ("libtightrope_c.so", "libtightrope.so.0"),
            ("libtightrope_c.a", "libtightrope.a"),
        ] {
            let from = built.join(from);
            assert!(from.exists(), "{} was not built", from.display());
            std::os::unix::fs::symlink(from, own.join(to)).unwrap();
        }
        own
    })
}

/// A place of this run's own for a file or folder.
pub(crate) fn scratch(name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    folder.join(format!("{name}-{}-{next}", std::process::id()))
}

/// What a library that is installed wants the compiler to be told.
pub(crate) fn pkg_config(arguments: &[&str]) -> Vec<String> {
    let output = Command::new("pkg-config").args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

impl Program {
    /// Compiles a file of the crate.
    pub(crate) fn of_file(path: &str, flags: &[&str]) -> Self {
        Self::compile(&folder().join(path), Language::C11, flags)
    }

    /// Compiles a file of the crate as another language takes it.
    pub(crate) fn of_file_as(path: &str, language: Language, flags: &[&str]) -> Self {
        Self::compile(&folder().join(path), language, flags)
    }

    /// Compiles a text.
    pub(crate) fn of_text(name: &str, text: &str, language: Language) -> Self {
        let ending = match language {
            Language::C11 => "c",
            Language::Cpp17 => "cpp",
        };
        let source = scratch(name).with_extension(ending);
        fs::write(&source, text).unwrap();
        Self::compile(&source, language, &[])
    }

    /// Compiles, with every warning an error; `flags` come last, where libraries belong.
    fn compile(source: &Path, language: Language, flags: &[&str]) -> Self {
        let (compiler, standard) = match language {
            Language::C11 => ("gcc", "-std=c11"),
            Language::Cpp17 => ("g++", "-std=c++17"),
        };
        let path = scratch(&source.file_stem().unwrap().to_string_lossy());
        let mut command = Command::new(compiler);
        command
            .args([
                standard,
                "-O1",
                "-g",
                "-Wall",
                "-Wextra",
                "-Wpedantic",
                "-Werror",
                // What POSIX and libm have beside the language.
                "-D_DEFAULT_SOURCE",
            ])
            .arg("-I")
            .arg(folder().join("include"))
            .args(language.of_sources())
            .arg(source)
            .args(["-x", "none"])
            .arg("-o")
            .arg(&path)
            .arg("-L")
            .arg(libraries())
            .arg(format!("-Wl,-rpath,{}", libraries().display()))
            .args(["-ltightrope", "-lm"])
            .args(flags);
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("cannot start {compiler}: {error}"));
        assert!(
            output.status.success(),
            "{} does not compile:\n{}",
            source.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        Self { path }
    }

    /// The program, to be started.
    pub(crate) fn command(&self) -> Command {
        Command::new(&self.path)
    }

    /// Runs it to its end, which must be 0; gives what it wrote.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        succeeded(&self.command().args(arguments).output().unwrap())
    }

    /// The same under valgrind, which must find nothing wrong.
    pub(crate) fn run_checked(&self, arguments: &[&str]) -> String {
        let output = self.checked_command().args(arguments).output();
        succeeded(&output.unwrap_or_else(|error| panic!("cannot start valgrind: {error}")))
    }

    /// The program under valgrind, to be started; it ends with 99 if there was anything wrong.
    pub(crate) fn checked_command(&self) -> Command {
        let known = folder().join("tests/valgrind.supp");
        let mut valgrind = Command::new("valgrind");
        valgrind.args([
            "--quiet",
            "--error-exitcode=99",
            "--leak-check=full",
            "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite",
        ]);
        valgrind
            .arg(format!("--suppressions={}", known.display()))
            .arg(&self.path);
        valgrind
    }
}

fn succeeded(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{}:\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}
