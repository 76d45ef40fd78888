//! `dist`: what a system without Rust needs to use the library and the programs, in a prefix.

pub(crate) mod archive;
mod manual;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::bindings::python;
use crate::process::run as run_program;
use crate::workspace::Workspace;

/// The first number is that of `SONAME` in bindings/c/build.rs.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What linking with the static library needs besides: the system's own libraries, and leave to drop what is not used
/// (sound devices, for instance, which would need others).
const PRIVATE_LIBRARIES: &str = "-Wl,--gc-sections -lutil -lrt -lpthread -lm -ldl -lc";

/// The programs.
const PROGRAMS: [&str; 3] = ["tightrope-agent", "tightrope-viewer", "tightrope-bench"];

const LIMIT: Duration = Duration::from_secs(120);

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where it is to be installed, as /usr/local: include/, lib/, bin/ and share/ are made there.
    #[arg(long, value_name = "DIR")]
    prefix: PathBuf,
}

/// Builds everything in release and installs it.
///
/// # Errors
/// It does not build, or the prefix cannot be written to.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let built = workspace.build_for_dist()?;
    install(workspace, &built, &options.prefix)?;
    python::wheel(workspace, &options.prefix.join("share/tightrope"))?;
    eprintln!("dist: installed in {}", options.prefix.display());
    Ok(())
}

/// Installs what was built in `built`, a directory of cargo's, into `prefix`.
///
/// # Errors
/// Something was not built, or the prefix cannot be written to.
pub(crate) fn install(workspace: &Workspace, built: &Path, prefix: &Path) -> Result<()> {
    let prefix = &std::path::absolute(prefix)?;
    let header = workspace.root().join("bindings/c/include/tightrope.h");
    put(&header, &prefix.join("include/tightrope.h"))?;
    libraries(&built.join("deps"), &prefix.join("lib"))?;
    pkg_config(prefix)?;
    for program in PROGRAMS {
        put(&built.join(program), &prefix.join("bin").join(program))?;
        strip(&["--strip-unneeded"], &prefix.join("bin").join(program))?;
    }
    manual::install(&header, &PROGRAMS, prefix)
}

/// The shared library with its names, and the static one.
fn libraries(built: &Path, lib: &Path) -> Result<()> {
    let shared = lib.join(format!("libtightrope.so.{VERSION}"));
    put(&built.join("libtightrope_c.so"), &shared)?;
    strip(&["--strip-unneeded"], &shared)?;
    let soname = format!("libtightrope.so.{}", major());
    link(&format!("libtightrope.so.{VERSION}"), &lib.join(&soname))?;
    link(&soname, &lib.join("libtightrope.so"))?;
    let archive = lib.join("libtightrope.a");
    put(&built.join("libtightrope_c.a"), &archive)?;
    strip(&["--strip-debug"], &archive)?;
    archive::make_private(&archive)
}

fn major() -> &'static str {
    VERSION.split('.').next().unwrap_or(VERSION)
}

/// `tightrope.pc`, and `tightrope-static.pc` for programs that are to carry the library in themselves.
fn pkg_config(prefix: &Path) -> Result<()> {
    let text = |name: &str, libraries: &str| {
        format!(
            "prefix={}\nincludedir=${{prefix}}/include\nlibdir=${{prefix}}/lib\n\nName: {name}\n\
             Description: Remote desktops over RFB: codecs, connections, complete servers and clients\n\
             Version: {VERSION}\nCflags: -I${{includedir}}\n{libraries}\n",
            prefix.display()
        )
    };
    let shared = format!("Libs: -L${{libdir}} -ltightrope\nLibs.private: {PRIVATE_LIBRARIES}");
    let carried = format!("Libs: ${{libdir}}/libtightrope.a {PRIVATE_LIBRARIES}");
    let directory = prefix.join("lib/pkgconfig");
    for (name, libraries) in [("tightrope", shared), ("tightrope-static", carried)] {
        write(
            &directory.join(format!("{name}.pc")),
            &text(name, &libraries),
        )?;
    }
    Ok(())
}

/// Takes out of a library or program what only a debugger reads.
fn strip(how: &[&str], file: &Path) -> Result<()> {
    run_program(Command::new("strip").args(how).arg(file), LIMIT).map(drop)
}

fn put(from: &Path, to: &Path) -> Result<()> {
    make_parent(to)?;
    // What runs may not be written to, but replaced.
    if to.symlink_metadata().is_ok() {
        fs::remove_file(to).with_context(|| format!("cannot replace {}", to.display()))?;
    }
    let copied = fs::copy(from, to);
    copied.with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

fn link(target: &str, link: &Path) -> Result<()> {
    if link.symlink_metadata().is_ok() {
        fs::remove_file(link).with_context(|| format!("cannot replace {}", link.display()))?;
    }
    symlink(target, link).with_context(|| format!("cannot make {}", link.display()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    make_parent(file)?;
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn make_parent(file: &Path) -> Result<()> {
    let parent = file.parent().context("a file without a directory")?;
    ensure!(parent.is_absolute(), "{} is not absolute", parent.display());
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))
}
