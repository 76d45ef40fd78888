//! Links inside the site, and whether they lead anywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::resolve;
use super::{Site, is_of_rustdoc, layout};

/// Links that lead nowhere: the file each is in, and where it should lead.
pub(super) fn dead(site: &Site) -> Vec<String> {
    let frame = |page| layout::page(page, &site.pages);
    let texts: Vec<_> = site.pages.iter().map(|page| (page, frame(page))).collect();
    let anchors: BTreeMap<&str, BTreeSet<String>> = texts
        .iter()
        .map(|(page, text)| (page.path.as_str(), values(text, &["id"]).collect()))
        .collect();
    let leads = |path: &str, link: &str| {
        let (file, place) = link.split_once('#').unwrap_or((link, ""));
        let Some(target) = (match file {
            "" => Some(path.to_owned()),
            file => resolve(path, file),
        }) else {
            return false;
        };
        match anchors.get(target.as_str()) {
            Some(own) => place.is_empty() || own.contains(&decoded(place)),
            None => {
                let is_file = site.files.contains_key(&target) || target == layout::STYLE;
                place.is_empty() && (is_file || is_of_rustdoc(&target))
            }
        }
    };
    let mut dead = Vec::new();
    for (page, text) in &texts {
        let links = values(text, &["href", "src"]);
        let lost = links.filter(|link| !is_outside(link) && !leads(&page.path, link));
        dead.extend(lost.map(|link| format!("{}: {link}", page.source)));
    }
    dead
}

/// Whether a link leads out of the site.
pub(super) fn is_outside(link: &str) -> bool {
    let scheme = link.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|own| own.chars().all(|letter| letter.is_ascii_alphanumeric()))
}

/// The values of these attributes in all tags of `html`.
fn values<'a>(html: &'a str, names: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    // Quotes and brackets of text are escaped, or outside of tags: after `<` a tag goes to the next `>`.
    let tags = html
        .split('<')
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap_or(rest));
    tags.flat_map(move |tag| {
        names.iter().filter_map(move |name| {
            let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
            let (value, _) = rest.split_once('"')?;
            Some(value.replace("&amp;", "&"))
        })
    })
}

/// A link's place without `%`.
fn decoded(place: &str) -> String {
    let mut bytes = Vec::with_capacity(place.len());
    let mut rest = place.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.split_at_checked(2).filter(|_| byte == b'%');
        let code = code.and_then(|(code, after)| {
            let code = std::str::from_utf8(code).ok()?;
            Some((u8::from_str_radix(code, 16).ok()?, after))
        });
        let (byte, after) = code.unwrap_or((byte, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::{Page, Section};
    use super::*;

    fn page(path: &str, body: &str) -> Page {
        Page {
            path: path.to_owned(),
            source: path.replace(".html", ".md"),
            title: path.to_owned(),
            body: body.to_owned(),
            section: Section::Document,
        }
    }

    #[test]
    fn a_dead_link_is_named_with_its_file() {
        let other = "<h2 id=\"größe\">x</h2><p>a <code> href=\"text\"</code></p>";
        let here = "<a href=\"b/two.html\">1</a><a href=\"b/two.html#gr%C3%B6%C3%9Fe\">2</a> \
            <a href=\"https://example.org/x\">3</a><a href=\"#nowhere\">4</a> \
            <a href=\"b/two.html#size\">5</a><img src=\"none.png\" /><a href=\"../out.html\">6</a> \
            <a href=\"rust/rfb/index.html\">7</a><a href=\"picture.png\">8</a>";
        let site = Site {
            pages: vec![
                page("index.html", ""),
                page("one.html", here),
                page("b/two.html", other),
            ],
            files: BTreeMap::from([("picture.png".to_owned(), "picture.png".into())]),
        };
        let expected = ["#nowhere", "b/two.html#size", "none.png", "../out.html"];
        let lost = |link| format!("one.md: {link}");
        let mut found: Vec<_> = dead(&site)
            .into_iter()
            .filter(|own| own.starts_with("one.md"))
            .collect();
        found.retain(|own| !own.contains("c/index") && !own.contains("python/index"));
        assert_eq!(found, expected.map(lost));
    }
}
