//! The pages that are written as Markdown: docs/, and what stands in the root.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::links::is_outside;
use super::paths::{relative, resolve};
use super::symbols::Symbols;
use super::{Page, Section, markdown};

/// What is written in the root, and belongs in the site.
const OF_ROOT: [&str; 2] = ["README.md", "CHANGELOG.md"];

/// The pages, and the files that they show or lead to: where in the site each belongs, and where it is.
pub(super) fn pages(
    root: &Path,
    symbols: &Symbols,
) -> Result<(Vec<Page>, BTreeMap<String, PathBuf>)> {
    let mut sources: Vec<String> = OF_ROOT.map(str::to_owned).to_vec();
    find(root, "docs", &mut sources)?;
    let places: BTreeMap<String, String> = sources
        .iter()
        .map(|own| (own.clone(), place(own)))
        .collect();
    let files = RefCell::new(BTreeMap::new());
    let mut pages = Vec::new();
    for (source, path) in &places {
        let text = fs::read_to_string(root.join(source));
        let text = text.with_context(|| format!("reading {source}"))?;
        let mut lead = |link: &str| {
            let (file, anchor) = match link.find('#') {
                Some(at) => link.split_at(at),
                None => (link, ""),
            };
            let target = resolve(source, file).filter(|_| !file.is_empty() && !is_outside(link));
            let Some(target) = target else {
                return Some(link.to_owned());
            };
            // What a folder holds can be seen only where the sources are.
            if root.join(&target).is_dir() {
                return None;
            }
            Some(match places.get(&target) {
                Some(page) => relative(path, page) + anchor,
                None if root.join(&target).is_file() => {
                    let place = place(&target);
                    let link = relative(path, &place) + anchor;
                    files.borrow_mut().insert(place, root.join(&target));
                    link
                }
                // Of a page that is made of something else, or nowhere: it is looked at later.
                None => link.to_owned(),
            })
        };
        let rendered = markdown::render(&text, path, symbols, &mut lead);
        pages.push(Page {
            title: match (source.as_str(), rendered.title) {
                // The entrance has the same heading.
                ("README.md", _) => "README".to_owned(),
                (_, title) => title.with_context(|| format!("{source} has no heading"))?,
            },
            body: rendered.html,
            section: section(path),
            path: path.clone(),
            source: source.clone(),
        });
    }
    Ok((pages, files.into_inner()))
}

/// Where in the site a file of the workspace belongs.
fn place(source: &str) -> String {
    let page = source
        .strip_suffix(".md")
        .map(|stem| format!("{stem}.html"));
    let place = page.as_deref().unwrap_or(source);
    match place.strip_prefix("docs/") {
        Some(place) => place.to_owned(),
        None if OF_ROOT.contains(&source) => place.to_owned(),
        None => format!("source/{source}"),
    }
}

fn section(path: &str) -> Section {
    match path {
        "index.html" => Section::Start,
        path if path.starts_with("guide/") => Section::Guide,
        _ => Section::Document,
    }
}

/// All Markdown below a folder.
fn find(root: &Path, folder: &str, found: &mut Vec<String>) -> Result<()> {
    let entries = fs::read_dir(root.join(folder)).with_context(|| format!("reading {folder}"))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{folder}/{name}");
        if entry.file_type()?.is_dir() {
            find(root, &path, found)?;
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
    Ok(())
}
