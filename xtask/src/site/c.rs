//! The C reference: a page for each kind of handle, of what the header declares.

use std::collections::BTreeMap;

use super::markdown::{self, escape};
use super::paths::relative;
use super::symbols::Symbols;
use super::{Page, Section};
use crate::bindings::header::{Header, Item};

/// What it is made of.
pub(super) const HEADER: &str = "bindings/c/include/tightrope.h";

/// The page of what is no handle's.
const GENERAL: &str = "general";
/// How handles are declared.
const HANDLE: &str = "typedef uint64_t tr_";

/// Notes where everything is described.
pub(super) fn name(header: &Header, symbols: &mut Symbols) {
    for (noun, items) in nouns(header) {
        for item in items {
            let place = |name: &str| format!("c/{noun}.html#{name}");
            symbols.add(&item.name, place(&item.name));
            // Fields have names that much else has.
            let values = item
                .members
                .iter()
                .filter(|own| own.name.starts_with("TR_"));
            for value in values {
                symbols.add(&value.name, place(&value.name));
            }
        }
    }
}

/// Its pages.
pub(super) fn pages(header: &Header, symbols: &Symbols) -> Vec<Page> {
    let nouns = nouns(header);
    let page = |path: String, title: &str, body: String| Page {
        path,
        source: HEADER.to_owned(),
        title: title.to_owned(),
        body,
        section: Section::C,
    };
    let start = "c/index.html";
    let mut pages = vec![page(
        start.to_owned(),
        "tightrope.h",
        index(header, &nouns, symbols, start),
    )];
    for (noun, items) in &nouns {
        let path = format!("c/{noun}.html");
        let title = title(noun);
        let entries: String = items
            .iter()
            .map(|item| entry(item, symbols, &path))
            .collect();
        let body = format!("<h1>{title}</h1>\n{entries}");
        pages.push(page(path, &title, body));
    }
    pages
}

/// What is declared, by the handle it is of, which comes first.
fn nouns(header: &Header) -> Vec<(&str, Vec<&Item>)> {
    let is_handle = |item: &&Item| item.code.starts_with(HANDLE);
    let handles = header.items.iter().filter(is_handle);
    let handles: Vec<_> = handles.map(|item| without_prefix(&item.name)).collect();
    let mut nouns: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in &header.items {
        nouns
            .entry(noun(&item.name, &handles))
            .or_default()
            .push(item);
    }
    let mut nouns: Vec<_> = nouns.into_iter().collect();
    nouns.sort_by_key(|(noun, _)| *noun != GENERAL);
    for (_, items) in &mut nouns {
        items.sort_by_key(|item| !is_handle(item));
    }
    nouns
}

/// The handle that a name begins with, the longest if there are several.
fn noun<'a>(name: &str, handles: &[&'a str]) -> &'a str {
    let rest = without_prefix(name);
    let is_of = |handle: &&&str| {
        let behind = rest.strip_prefix(**handle);
        behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('_'))
    };
    let own = handles.iter().filter(is_of).max_by_key(|own| own.len());
    own.copied().unwrap_or(GENERAL)
}

fn title(noun: &str) -> String {
    match noun {
        GENERAL => "What all share".to_owned(),
        noun => format!("tr_{noun}"),
    }
}

fn without_prefix(name: &str) -> &str {
    name.strip_prefix("tr_").unwrap_or(name)
}

fn index(header: &Header, nouns: &[(&str, Vec<&Item>)], symbols: &Symbols, path: &str) -> String {
    let mut body = format!(
        "<h1>tightrope.h</h1>\n{}",
        rendered(&header.intro, symbols, path)
    );
    for (noun, items) in nouns {
        let page = relative(path, &format!("c/{noun}.html"));
        let title = title(noun);
        body += &format!("<h2><a href=\"{page}\">{title}</a></h2>\n<ul class=\"index\">\n");
        for item in items {
            let name = &item.name;
            body += &format!("<li><a href=\"{page}#{name}\"><code>{name}</code></a></li>\n");
        }
        body += "</ul>\n";
    }
    body
}

fn entry(item: &Item, symbols: &Symbols, path: &str) -> String {
    let members: String = item
        .members
        .iter()
        .map(|member| {
            // Values are named everywhere by their own name, fields only together with their struct.
            let place = match member.name.starts_with("TR_") {
                true => member.name.clone(),
                false => format!("{}.{}", item.name, member.name),
            };
            format!(
                "<dt id=\"{place}\"><code>{}</code></dt>\n<dd>{}</dd>\n",
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
        "<section class=\"entry\" id=\"{}\">\n<pre><code>{}</code></pre>\n{}{members}</section>\n",
        item.name,
        escape(&item.code),
        rendered(&item.text, symbols, path)
    )
}

/// A comment: names become code, so that they are linked, and nothing but lists and code is markup.
fn rendered(text: &str, symbols: &Symbols, path: &str) -> String {
    let text: Vec<String> = text
        .split('`')
        .enumerate()
        .map(|(at, part)| match at % 2 {
            0 => part
                .split_inclusive([' ', '\n', '(', ','])
                .map(word)
                .collect(),
            _ => format!("`{part}`"),
        })
        .collect();
    markdown::render(&text.concat(), path, symbols, &mut |link| {
        Some(link.to_owned())
    })
    .html
}

/// A word with what follows it, as Markdown.
fn word(word: &str) -> String {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let is_name = |text: &str| text.starts_with("tr_") || text.starts_with("TR_");
    let end = word
        .find(|letter| !is_of_name(letter))
        .unwrap_or(word.len());
    let (name, rest) = word.split_at(end);
    let rest = rest.replace('*', "\\*").replace('<', "&lt;");
    match is_name(name) && !rest.starts_with("\\*") {
        true => format!("`{name}`{rest}"),
        false => format!("{name}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_comments_lead_to_what_they_name() {
        let mut symbols = Symbols::default();
        symbols.add("tr_now_us", "c/general.html#tr_now_us".to_owned());
        symbols.add("TR_OK", "c/general.html#TR_OK".to_owned());
        let html = rendered(
            "As tr_now_us() tells (TR_OK, TR_POWER_*), `a*b` <x>, TR_RIGHT_* too.",
            &symbols,
            "c/server.html",
        );
        assert!(
            html.contains("<a href=\"general.html#tr_now_us\"><code>tr_now_us</code></a>()"),
            "{html}"
        );
        assert!(
            html.contains("(<a href=\"general.html#TR_OK\"><code>TR_OK</code></a>, TR_POWER_*)"),
            "{html}"
        );
        assert!(
            html.contains("<code>a*b</code> &lt;x&gt;, TR_RIGHT_* too."),
            "{html}"
        );
    }

    #[test]
    fn names_belong_to_the_longest_handle_that_they_begin_with() {
        let handles = ["client", "client_config", "clock"];
        assert_eq!(noun("tr_client_config_create", &handles), "client_config");
        assert_eq!(noun("tr_client", &handles), "client");
        assert_eq!(noun("tr_clock_sample", &handles), "clock");
        assert_eq!(noun("tr_clockwork", &handles), GENERAL);
        assert_eq!(noun("TR_EVENT_KEY", &handles), GENERAL);
    }
}
