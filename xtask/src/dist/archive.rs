//! The static library: what is in it of others' C libraries is its own, whatever else a program links.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::{SHORT, run};

/// What their names begin with from then on.
const PREFIX: &str = "tightrope_private_";

/// Gives every name that C may know (libjpeg's, Opus') a prefix, so that a program may use another version of the same
/// library.
///
/// # Errors
/// The archive cannot be read or written.
pub(super) fn make_private(archive: &Path) -> Result<()> {
    let names = foreign(archive)?;
    ensure!(
        !names.is_empty(),
        "{} has none of the libraries in it that it is made of",
        archive.display()
    );
    let list: String = names
        .iter()
        .map(|name| format!("{name} {PREFIX}{name}\n"))
        .collect();
    let directory = tempfile::tempdir()?;
    let renamed = directory.path().join("names");
    fs::write(&renamed, list).context("cannot write the list of names")?;
    let mut objcopy = Command::new("objcopy");
    objcopy.arg("--redefine-syms").arg(&renamed).arg(archive);
    run(&mut objcopy, super::LIMIT)?;
    Ok(())
}

/// The names that an archive defines and that could be somebody else's: not `tr_*`, nor what Rust or the compiler make
/// up. Weak ones give way to others by themselves.
///
/// # Errors
/// The archive cannot be read.
pub(crate) fn foreign(archive: &Path) -> Result<BTreeSet<String>> {
    let mut nm = Command::new("nm");
    nm.args(["--extern-only", "--defined-only", "--format=posix"]);
    let listed = run(nm.arg(archive), SHORT)?;
    let names = listed.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (name, kind) = (words.next()?, words.next()?);
        // What it says of its plugins stands between them.
        if kind.len() != 1 {
            return None;
        }
        let is_ours = ["tr_", "_R", "_ZN", "__", PREFIX]
            .iter()
            .any(|start| name.starts_with(start));
        (!is_ours && !["W", "V"].contains(&kind)).then(|| name.to_owned())
    });
    Ok(names.collect())
}
