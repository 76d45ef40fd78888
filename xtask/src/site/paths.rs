//! Paths with `/` between their parts, of files in the workspace and of pages in the site.

/// Where `link`, which stands in `from`, leads; `None` if it leads out of the root.
pub(super) fn resolve(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The link from the file `from` to the file `to`.
pub(super) fn relative(from: &str, to: &str) -> String {
    let (mut here, mut there): (Vec<&str>, Vec<&str>) =
        (from.split('/').collect(), to.split('/').collect());
    here.pop();
    let same = here
        .iter()
        .zip(&there)
        .take_while(|(own, other)| own == other);
    // The last part of `to` is a file: it is named even if everything before is the same.
    let same = same.count().min(there.len().saturating_sub(1));
    let up = "../".repeat(here.len() - same);
    there.drain(..same);
    up + &there.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_between_two_files_leads_from_one_to_the_other() {
        let files = ["a.md", "docs/b.md", "docs/guide/c.md", "docs/guide/d/e.md"];
        for from in files {
            for to in files {
                let link = relative(from, to);
                assert_eq!(resolve(from, &link).as_deref(), Some(to), "{from} {link}");
            }
        }
        assert_eq!(relative("docs/b.md", "docs/guide/c.md"), "guide/c.md");
        assert_eq!(resolve("docs/b.md", "../../etc"), None);
    }
}
