//! `docs`: the documentation as a static site: docs/, the references of C and Python made of their sources, rustdoc.
//!
//! A link inside it that leads nowhere is an error that names its file.

mod c;
#[cfg(test)]
mod guides;
mod layout;
mod links;
mod markdown;
mod paths;
mod python;
mod sources;
mod symbols;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::bindings::header::Header;
use crate::process::command_line;
use crate::workspace::Workspace;
use symbols::Symbols;

/// The crates that others build on: package, and the name of the library.
const CRATES: &[(&str, &str)] = &[
    ("tightrope", "tightrope"),
    ("tightrope-rfb", "rfb"),
    ("tightrope-tight", "tightrope_tight"),
    ("tightrope-audio", "tightrope_audio"),
    ("tightrope-transport", "transport"),
    ("tightrope-lab", "lab"),
    ("tightrope-blocking", "blocking"),
];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Leave out rustdoc, which takes longest: links to it lead nowhere then.
    #[arg(long)]
    without_rustdoc: bool,
}

/// One page, before it has its frame.
struct Page {
    /// Where it is in the site, with `/` between folders.
    path: String,
    /// What it was made of, from the root of the workspace.
    source: String,
    title: String,
    body: String,
    section: Section,
}

/// The parts of the navigation, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Start,
    Guide,
    Document,
    C,
    Python,
}

/// Everything but rustdoc.
struct Site {
    pages: Vec<Page>,
    /// What is copied as it is: where to, and from where.
    files: BTreeMap<String, PathBuf>,
}

/// Builds the site in target/site.
///
/// # Errors
/// A source is missing or cannot be read, a link leads nowhere, or rustdoc fails.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let site = Site::of(workspace.root())?;
    let to = workspace.target().join("site");
    if to.exists() {
        fs::remove_dir_all(&to).with_context(|| format!("emptying {}", to.display()))?;
    }
    site.write(&to)?;
    if !options.without_rustdoc {
        rustdoc(workspace, &to.join("rust"))?;
    }
    println!("{}", to.join("index.html").display());
    Ok(())
}

impl Site {
    /// Reads and renders everything, and checks its links.
    fn of(root: &Path) -> Result<Self> {
        let header = Header::read(&root.join(c::HEADER))?;
        let package = python::Package::read(&root.join(python::PACKAGE))?;
        let mut symbols = Symbols::default();
        c::name(&header, &mut symbols);
        python::name(&package, &mut symbols);
        let (mut pages, files) = sources::pages(root, &symbols)?;
        pages.extend(c::pages(&header, &symbols));
        pages.extend(python::pages(&package, &symbols));
        let site = Self { pages, files };
        let dead = links::dead(&site);
        ensure!(
            dead.is_empty(),
            "links that lead nowhere:\n  {}",
            dead.join("\n  ")
        );
        Ok(site)
    }

    fn write(&self, to: &Path) -> Result<()> {
        let write = |path: &str, bytes: &[u8]| {
            let file = to.join(path);
            let folder = file.parent().unwrap_or(to);
            fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
            fs::write(&file, bytes).with_context(|| format!("writing {}", file.display()))
        };
        for page in &self.pages {
            write(&page.path, layout::page(page, &self.pages).as_bytes())?;
        }
        for (path, from) in &self.files {
            let bytes = fs::read(from).with_context(|| format!("reading {}", from.display()))?;
            write(path, &bytes)?;
        }
        write(layout::STYLE, include_bytes!("style.css"))
    }
}

/// Whether the site has this of rustdoc's pages, which are made later.
fn is_of_rustdoc(path: &str) -> bool {
    CRATES
        .iter()
        .any(|(_, library)| path == format!("rust/{library}/index.html"))
}

fn rustdoc(workspace: &Workspace, to: &Path) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["doc", "--no-deps", "--lib"]);
    for (package, _) in CRATES {
        command.args(["--package", package]);
    }
    // A folder of its own, for in target/doc is what others have documented; but what is built is built once.
    let target = workspace.target().join("site-rustdoc");
    command.arg("--target-dir").arg(&target);
    let built = workspace.target().display();
    command.args(["--config", &format!("build.build-dir='{built}'")]);
    let status = command.status().context("cannot start cargo")?;
    let told = command_line(&command);
    ensure!(
        status.success(),
        "`{told}` failed; its own messages are above"
    );
    copy(&target.join("doc"), to)?;
    for (_, library) in CRATES {
        let page = to.join(library).join("index.html");
        ensure!(page.exists(), "rustdoc made no {}", page.display());
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    let entries = fs::read_dir(from).with_context(|| format!("reading {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to).with_context(|| format!("copying {}", from.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_built_without_a_dead_link() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let site = Site::of(root).unwrap();
        site.write(folder.path()).unwrap();
        for page in [
            "index.html",
            "ARCHITECTURE.html",
            "guide/embed-a-viewer.html",
            "guide/embed-a-server.html",
            "guide/run-an-experiment.html",
            "c/index.html",
            "c/server.html",
            "python/index.html",
            "python/client.html",
            "style.css",
        ] {
            assert!(folder.path().join(page).exists(), "{page}");
        }
    }
}
