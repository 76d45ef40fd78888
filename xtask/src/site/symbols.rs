//! What has an entry in a reference: wherever it is named in code, that becomes a link.

use std::collections::BTreeMap;

use super::paths::relative;

/// Names, and where in the site they are described.
#[derive(Clone, Debug, Default)]
pub(super) struct Symbols(BTreeMap<String, String>);

impl Symbols {
    /// Notes that `name` is described at `target`: a page and, after `#`, a place in it.
    pub(super) fn add(&mut self, name: &str, target: String) {
        self.0.insert(name.to_owned(), target);
    }

    /// The link from the page `from` to where what `text` names is described: a name, or a call of it.
    pub(super) fn link(&self, text: &str, from: &str) -> Option<String> {
        let name = text.split_once('(').map_or(text, |(name, _)| name);
        let target = self.0.get(name)?;
        let (page, place) = target.split_once('#')?;
        match page == from {
            true => Some(format!("#{place}")),
            false => Some(format!("{}#{place}", relative(from, page))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_linked_as_its_name_is() {
        let mut symbols = Symbols::default();
        symbols.add("tr_now_us", "c/general.html#tr_now_us".to_owned());
        let link = symbols.link("tr_now_us()", "guide/a.html");
        assert_eq!(link.as_deref(), Some("../c/general.html#tr_now_us"));
        let link = symbols.link("tr_now_us", "c/general.html");
        assert_eq!(link.as_deref(), Some("#tr_now_us"));
        assert_eq!(symbols.link("tr_now", "index.html"), None);
    }
}
