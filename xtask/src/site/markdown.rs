//! Markdown as HTML: links rewritten, headings with anchors, names of code linked to where they are described.

use std::collections::BTreeMap;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::symbols::Symbols;

/// A text that was rendered.
pub(super) struct Rendered {
    pub(super) html: String,
    /// Its first heading of the first level, as plain text.
    pub(super) title: Option<String>,
}

/// Renders `text` for the page `path`; `resolve` gives for each link where it leads from there, `None` for what is no link
/// there.
pub(super) fn render(
    text: &str,
    path: &str,
    symbols: &Symbols,
    resolve: &mut dyn FnMut(&str) -> Option<String>,
) -> Rendered {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut anchors = Anchors::default();
    let (mut title, mut heading, mut in_link) = (None, None, None);
    for event in Parser::new_ext(text, options) {
        let event = match event {
            Event::Start(Tag::Heading { .. }) => {
                heading = Some((events.len(), String::new()));
                event
            }
            Event::End(TagEnd::Heading(level)) => {
                if let Some((start, text)) = heading.take() {
                    if level == pulldown_cmark::HeadingLevel::H1 {
                        title.get_or_insert_with(|| text.clone());
                    }
                    set_anchor(&mut events, start, anchors.of(&text));
                }
                event
            }
            Event::Start(Tag::Link { ref dest_url, .. } | Tag::Image { ref dest_url, .. }) => {
                in_link = resolve(dest_url);
                match &in_link {
                    Some(link) => led(event, link),
                    None => continue,
                }
            }
            Event::End(TagEnd::Link | TagEnd::Image) => match in_link.take() {
                Some(_) => event,
                None => continue,
            },
            Event::Code(ref code) => {
                note(&mut heading, code);
                match symbols.link(code, path).filter(|_| in_link.is_none()) {
                    Some(link) => Event::InlineHtml(linked(code, &link).into()),
                    None => event,
                }
            }
            Event::Text(ref text) => {
                note(&mut heading, text);
                event
            }
            event => event,
        };
        events.push(event);
    }
    let mut html = String::new();
    html::push_html(&mut html, events.into_iter());
    Rendered { html, title }
}

/// Text with what HTML would take for its own replaced.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Code that leads to where it is described.
fn linked(code: &str, link: &str) -> String {
    format!(
        "<a href=\"{}\"><code>{}</code></a>",
        escape(link),
        escape(code)
    )
}

fn note(heading: &mut Option<(usize, String)>, text: &str) {
    if let Some((_, own)) = heading {
        own.push_str(text);
    }
}

fn set_anchor<'a>(events: &mut [Event<'a>], at: usize, anchor: String) {
    if let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(at) {
        *id = Some(CowStr::from(anchor));
    }
}

/// The beginning of a link or an image, with where it leads as it is in the site.
fn led<'a>(mut event: Event<'a>, link: &str) -> Event<'a> {
    if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = &mut event {
        *dest_url = link.to_owned().into();
    }
    event
}

/// The anchors of a page's headings, as the forges that show Markdown make them.
#[derive(Default)]
struct Anchors(BTreeMap<String, u32>);

impl Anchors {
    fn of(&mut self, heading: &str) -> String {
        let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
        let anchor: String = heading.to_lowercase().chars().filter(kept).collect();
        let anchor = anchor.trim().replace(' ', "-");
        let times = self.0.entry(anchor.clone()).or_default();
        *times += 1;
        match *times {
            1 => anchor,
            times => format!("{anchor}-{}", times - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> Rendered {
        let mut symbols = Symbols::default();
        symbols.add("tr_now_us", "c/general.html#tr_now_us".to_owned());
        render(text, "index.html", &symbols, &mut |link| {
            (link != "a/folder").then(|| link.replace(".md", ".html"))
        })
    }

    #[test]
    fn headings_get_the_anchors_that_links_to_them_name() {
        let page = rendered("# The `way` of a pixel\n\n## One\n\n## One\n");
        assert_eq!(page.title.as_deref(), Some("The way of a pixel"));
        assert!(
            page.html.contains("<h1 id=\"the-way-of-a-pixel\">"),
            "{}",
            page.html
        );
        assert!(page.html.contains("id=\"one\"") && page.html.contains("id=\"one-1\""));
    }

    #[test]
    fn links_lead_to_pages_and_names_of_code_to_their_reference() {
        let page = rendered("[a](b.md#c) and `tr_now_us()`, not `x<y`; [no `x`](a/folder)");
        assert!(
            page.html.contains("; no <code>x</code></p>"),
            "{}",
            page.html
        );
        assert!(
            page.html.contains("<a href=\"b.html#c\">a</a>"),
            "{}",
            page.html
        );
        let name = "<a href=\"c/general.html#tr_now_us\"><code>tr_now_us()</code></a>";
        assert!(page.html.contains(name), "{}", page.html);
        assert!(page.html.contains("<code>x&lt;y</code>"), "{}", page.html);
    }
}
