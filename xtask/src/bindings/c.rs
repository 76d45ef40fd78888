//! The C library as others get it: installed into a prefix, found by pkg-config, linked by a C compiler alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::dist::{self, archive};
use crate::process::{SHORT, Service, run};
use crate::workspace::Workspace;

/// The most that the stripped shared library may take, in bytes.
const LARGEST: u64 = 12 << 20;

const LIMIT: Duration = Duration::from_secs(120);

/// Installs the library that the tests have built, and runs README's server against it: linked with the shared library, and with
/// the static one.
///
/// # Errors
/// What failed, with its own messages.
pub(crate) fn step(workspace: &Workspace) -> Result<()> {
    let scratch = workspace.scratch("c")?;
    let prefix = scratch.path().join("prefix");
    dist::install(workspace, &workspace.build_for_dist_tests()?, &prefix)?;
    check_library(&prefix)?;
    let source = scratch.path().join("server.c");
    fs::write(&source, readme(workspace)?)?;
    for package in ["tightrope", "tightrope-static"] {
        let program = compile(&source, &prefix, package)?;
        serve(&program, &prefix, scratch.path())
            .with_context(|| format!("README's server, linked with {package}"))?;
    }
    Ok(())
}

/// The program in README's section "From C".
fn readme(workspace: &Workspace) -> Result<String> {
    let text = fs::read_to_string(workspace.root().join("README.md"))?;
    let program = text
        .split_once("## From C\n")
        .and_then(|(_, section)| section.split_once("```c\n"))
        .and_then(|(_, program)| program.split_once("```"));
    let (program, _) = program.context("README.md has no program in its section \"From C\"")?;
    Ok(program.to_owned())
}

fn check_library(prefix: &Path) -> Result<()> {
    let library = prefix.join("lib/libtightrope.so");
    let length = fs::metadata(&library)?.len();
    ensure!(
        length <= LARGEST,
        "the stripped library takes {length} bytes, more than {LARGEST}"
    );
    let names = run(
        Command::new("nm")
            .args(["--dynamic", "--defined-only", "--format=just-symbols"])
            .arg(&library),
        SHORT,
    )?;
    let foreign = names.lines().find(|name| !name.starts_with("tr_"));
    ensure!(
        foreign.is_none(),
        "the library gives programs a name that is not its own: {foreign:?}"
    );
    let foreign = archive::foreign(&prefix.join("lib/libtightrope.a"))?;
    ensure!(
        foreign.is_empty(),
        "the static library has names that another may have: {foreign:?}"
    );
    Ok(())
}

/// Compiles with nothing but what the prefix and the system have.
fn compile(source: &Path, prefix: &Path, package: &str) -> Result<PathBuf> {
    let flags = run(
        Command::new("pkg-config")
            .args(["--cflags", "--libs", package])
            .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")),
        SHORT,
    )?;
    let program = source.with_file_name(package);
    let mut compiler = Command::new("gcc");
    compiler.args(["-Wall", "-Wextra", "-Werror"]).arg(source);
    compiler
        .arg("-o")
        .arg(&program)
        .args(flags.split_whitespace());
    run(compiler.env_clear().env("PATH", "/usr/bin:/bin"), LIMIT)?;
    Ok(program)
}

/// Runs it until it says where it serves.
fn serve(program: &Path, prefix: &Path, logs: &Path) -> Result<()> {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", prefix.join("lib"));
    let (_server, talk) = Service::start_talking("server", &mut command, logs)?;
    let line = talk.hear(SHORT)?.context("it ended")?;
    ensure!(line.starts_with("vncs://"), "it said {line:?}");
    Ok(())
}
