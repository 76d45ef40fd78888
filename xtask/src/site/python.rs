//! The Python reference: a page a module, of its sources and stubs.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::markdown::{self, escape};
use super::paths::relative;
use super::symbols::Symbols;
use super::{Page, Section};
use crate::process::run;

/// What it is made of.
pub(super) const PACKAGE: &str = "bindings/python/tightrope";

/// Reads the sources: Python's own parser does, which needs nothing of the package built.
const READER: &str = include_str!("python.py");
/// The module that is the package itself.
const ITSELF: &str = "";

/// What the package's modules offer.
pub(super) struct Package(Vec<Module>);

#[derive(Deserialize)]
struct Module {
    name: String,
    text: String,
    items: Vec<Item>,
    /// What the package offers under its own name, and of which module it is.
    reexports: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Item {
    name: String,
    code: String,
    text: String,
    bases: Vec<String>,
    members: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    name: String,
    code: String,
    text: String,
}

impl Package {
    /// # Errors
    /// The package is not there, or is no Python.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let told = || format!("the Python reference is made of {}", path.display());
        ensure!(
            path.join("__init__.py").exists(),
            "{}, which is not there",
            told()
        );
        let mut reader = Command::new("python3");
        reader.args(["-c", READER]).arg(path);
        let text = run(&mut reader, Duration::from_secs(60)).with_context(told)?;
        let modules: Vec<Module> = serde_json::from_str(&text).with_context(told)?;
        Ok(Self(modules))
    }

    fn itself(&self) -> Option<&Module> {
        self.0.iter().find(|own| own.name == ITSELF)
    }

    /// What a class has, of its bases too: module, class and name.
    fn members<'a>(
        &'a self,
        module: &'a Module,
        item: &'a Item,
    ) -> Vec<(&'a str, &'a str, &'a str)> {
        let mut members = Vec::new();
        for base in item.bases.iter().filter(|base| **base != item.name) {
            let items = self
                .0
                .iter()
                .flat_map(|own| own.items.iter().map(move |item| (own, item)));
            let found = items.filter(|(_, other)| other.name == *base);
            members.extend(found.flat_map(|(own, other)| self.members(own, other)));
        }
        let own = item.members.iter();
        members
            .extend(own.map(|own| (module.name.as_str(), item.name.as_str(), own.name.as_str())));
        members
    }

    /// Whether there is a module of that name.
    #[cfg(test)]
    pub(super) fn has_module(&self, name: &str) -> bool {
        self.0.iter().any(|own| own.name == name)
    }

    /// The modules that have something to show.
    fn shown(&self) -> impl Iterator<Item = &Module> {
        self.0
            .iter()
            .filter(|own| own.name != ITSELF && !(own.items.is_empty() && own.reexports.is_empty()))
    }
}

fn path(module: &str) -> String {
    match module {
        ITSELF => "python/index.html".to_owned(),
        module => format!("python/{module}.html"),
    }
}

/// Notes where everything is described: by its whole name, and by the one it is offered under.
pub(super) fn name(package: &Package, symbols: &mut Symbols) {
    for module in &package.0 {
        for item in &module.items {
            let is_offered = |(_, own): &(&Module, &String)| **own == module.name;
            let offers = package.0.iter();
            let offers = offers.filter_map(|own| Some((own, own.reexports.get(&item.name)?)));
            let whole = offers.filter(is_offered).map(|(own, _)| own.name.as_str());
            for module_name in whole.chain([module.name.as_str()]) {
                let name = match module_name {
                    ITSELF => format!("tightrope.{}", item.name),
                    other => format!("tightrope.{other}.{}", item.name),
                };
                symbols.add(&name, format!("{}#{}", path(&module.name), item.name));
                // What it has of its bases first: its own of the same name counts.
                for (owner, whose, member) in package.members(module, item) {
                    let place = format!("{}#{whose}.{member}", path(owner));
                    symbols.add(&format!("{name}.{member}"), place);
                }
            }
        }
    }
}

/// Within the reference, names without the package's are enough.
fn shortened(package: &Package, symbols: &Symbols) -> Symbols {
    let mut symbols = symbols.clone();
    for module in &package.0 {
        for item in &module.items {
            symbols.add(&item.name, format!("{}#{}", path(&module.name), item.name));
        }
    }
    symbols
}

/// Its pages.
pub(super) fn pages(package: &Package, symbols: &Symbols) -> Vec<Page> {
    let symbols = shortened(package, symbols);
    let page = |path: String, title: &str, body: String, source: &str| Page {
        path,
        source: match source {
            ITSELF => format!("{PACKAGE}/__init__.py"),
            source => format!("{PACKAGE}/{}.py", source.replace('.', "/")),
        },
        title: title.to_owned(),
        body,
        section: Section::Python,
    };
    let start = path(ITSELF);
    let mut pages = vec![page(
        start.clone(),
        "tightrope",
        index(package, &symbols, &start),
        ITSELF,
    )];
    for module in package.shown() {
        let own = path(&module.name);
        let title = format!("tightrope.{}", module.name);
        let text = rendered(&module.text, &symbols, &own);
        let entries: String = module
            .items
            .iter()
            .map(|item| entry(item, &symbols, &own))
            .collect();
        let body = format!("<h1>{title}</h1>\n{text}{entries}");
        pages.push(page(own, &title, body, &module.name));
    }
    pages
}

fn index(package: &Package, symbols: &Symbols, start: &str) -> String {
    let text = package.itself().map_or("", |own| &own.text);
    let mut body = format!("<h1>tightrope</h1>\n{}", rendered(text, symbols, start));
    for module in package.shown() {
        let page = relative(start, &path(&module.name));
        let first = module.text.split("\n\n").next().unwrap_or_default();
        body += &format!(
            "<h2><a href=\"{page}\">tightrope.{}</a></h2>\n",
            module.name
        );
        body += &rendered(first, symbols, start);
        body += "<ul class=\"index\">\n";
        for Item { name, .. } in &module.items {
            body += &format!("<li><a href=\"{page}#{name}\"><code>{name}</code></a></li>\n");
        }
        body += "</ul>\n";
    }
    // What belongs to no module that is shown.
    let own = package.itself().map_or(&[][..], |own| &own.items);
    body + &own
        .iter()
        .map(|item| entry(item, symbols, start))
        .collect::<String>()
}

fn entry(item: &Item, symbols: &Symbols, path: &str) -> String {
    let bases: Vec<String> = item.bases.iter().map(|base| format!("`{base}`")).collect();
    let bases = match bases.is_empty() {
        true => String::new(),
        false => format!("Also everything of {}.", bases.join(", ")),
    };
    let members: String = item
        .members
        .iter()
        .map(|member| {
            format!(
                "<dt id=\"{}.{}\"><code>{}</code></dt>\n<dd>{}</dd>\n",
                item.name,
                member.name,
                escape(&member.code),
                rendered(&member.text, symbols, path)
            )
        })
        .collect();
    let members = match members.is_empty() {
        true => members,
        false => format!("<dl class=\"members\">\n{members}</dl>\n"),
    };
    format!(
        "<section class=\"entry\" id=\"{}\">\n<pre><code>{}</code></pre>\n{}{}{members}</section>\n",
        item.name,
        escape(&item.code),
        rendered(&item.text, symbols, path),
        rendered(&bases, symbols, path)
    )
}

fn rendered(text: &str, symbols: &Symbols, path: &str) -> String {
    markdown::render(text, path, symbols, &mut |link| Some(link.to_owned())).html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_read_without_being_imported() {
        let folder = tempfile::tempdir().unwrap();
        let init = "\"\"\"A package.\"\"\"\nfrom .thing import Thing\nfrom ._native import Shown\nimport not_there\n";
        let thing = "\"\"\"Things.\"\"\"\nclass Thing(Base):\n    \"\"\"One.\"\"\"\n    size: int\n    \"\"\"How large.\"\"\"\n    \
            def __init__(self, size: int = 3) -> None:\n        \"\"\"Makes `Thing`.\"\"\"\n    \
            @property\n    def half(self) -> float: ...\n    def grow(self, *, by: int) -> None:\n        \"\"\"Grows.\"\"\"\n    \
            def _hidden(self): ...\n";
        std::fs::write(folder.path().join("__init__.py"), init).unwrap();
        std::fs::write(folder.path().join("thing.py"), thing).unwrap();
        let native = "class Hidden: ...\nclass Shown: ...";
        std::fs::write(folder.path().join("_native.pyi"), native).unwrap();
        std::fs::create_dir(folder.path().join("more")).unwrap();
        let more = "\"\"\"More.\"\"\"\nfrom ._work import work\n";
        std::fs::write(folder.path().join("more/__init__.py"), more).unwrap();
        let work = "def work() -> None:\n    \"\"\"Works.\"\"\"\n";
        std::fs::write(folder.path().join("more/_work.py"), work).unwrap();
        let package = Package::read(folder.path()).unwrap();
        let mut symbols = Symbols::default();
        name(&package, &mut symbols);
        let grow = symbols.link("tightrope.Thing.grow()", "index.html");
        assert_eq!(grow.as_deref(), Some("python/thing.html#Thing.grow"));
        let pages = pages(&package, &symbols);
        let paths: Vec<_> = pages.iter().map(|page| page.path.as_str()).collect();
        let expected = ["python/index.html", "python/more.html", "python/thing.html"];
        assert_eq!(paths, expected);
        let work = symbols.link("tightrope.more.work", "index.html");
        assert_eq!(work.as_deref(), Some("python/more.html#work"));
        let shown = symbols.link("tightrope.Shown", "index.html");
        assert_eq!(shown.as_deref(), Some("python/index.html#Shown"));
        assert!(pages[1].body.contains("Works."));
        let body = &pages[2].body;
        for shown in [
            "class Thing(size: int=3)",
            "<a href=\"#Thing\"><code>Thing</code></a>",
            "size: int",
            "How large.",
            "half: float",
            "def grow(*, by: int) -&gt; None",
            "Also everything of <code>Base</code>",
        ] {
            assert!(body.contains(shown), "{shown}: {body}");
        }
        assert!(!body.contains("hidden"));
    }

    #[test]
    fn a_package_that_is_not_there_is_named() {
        let error = Package::read(Path::new("/nowhere/at/all")).err().unwrap();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }
}
