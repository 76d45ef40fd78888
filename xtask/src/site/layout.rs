//! The frame around each page: its head, and the navigation.

use super::markdown::escape;
use super::paths::relative;
use super::{CRATES, Page, Section};

/// The style sheet's place in the site.
pub(super) const STYLE: &str = "style.css";

/// The whole page, in the frame that all pages have.
pub(super) fn page(page: &Page, all: &[Page]) -> String {
    let title = match page.section {
        Section::Start => "Tightrope".to_owned(),
        _ => format!("{} · Tightrope", page.title),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
        <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
        <link rel=\"stylesheet\" href=\"{style}\">\n</head>\n<body>\n<nav>\n\
        <p class=\"name\"><a href=\"{start}\">Tightrope</a></p>\n{navigation}</nav>\n\
        <main>\n{body}</main>\n</body>\n</html>\n",
        title = escape(&title),
        style = relative(&page.path, STYLE),
        start = relative(&page.path, "index.html"),
        navigation = navigation(page, all),
        body = page.body,
    )
}

fn navigation(page: &Page, all: &[Page]) -> String {
    let mut text = String::new();
    for (section, name) in [
        (Section::Guide, "Guides"),
        (Section::Document, "Documents"),
        (Section::C, "C reference"),
        (Section::Python, "Python reference"),
    ] {
        let own = all.iter().filter(|own| own.section == section);
        let is_reference = matches!(section, Section::C | Section::Python);
        // Of a reference one reads something else than its first page, the others need not be seen.
        let shown = own.filter(|own| {
            !is_reference || page.section == section || own.path.ends_with("/index.html")
        });
        let items: String = shown
            .map(|own| item(page, &own.path, &own.title, own.path == page.path))
            .collect();
        text += &format!("<p>{name}</p>\n<ul>\n{items}</ul>\n");
    }
    let crates: String = CRATES
        .iter()
        .map(|(_, library)| item(page, &format!("rust/{library}/index.html"), library, false))
        .collect();
    text + &format!("<p>Rust reference</p>\n<ul>\n{crates}</ul>\n")
}

fn item(page: &Page, path: &str, title: &str, is_here: bool) -> String {
    let here = if is_here {
        " aria-current=\"page\""
    } else {
        ""
    };
    let link = relative(&page.path, path);
    format!("<li><a href=\"{link}\"{here}>{}</a></li>\n", escape(title))
}
