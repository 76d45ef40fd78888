//! Manual pages: of the programs from their `--help`, of the C library from its header.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::write;
use crate::bindings::header::{Header, Item, Kind};
use crate::process::{SHORT, run};

/// Writes a page in section 1 for each of `programs`, which are installed, and in section 3 `tightrope.3` and one for
/// each function and type of the header.
///
/// # Errors
/// A program does not run, the header cannot be read, or a page cannot be written.
pub(super) fn install(header: &Path, programs: &[&str], prefix: &Path) -> Result<()> {
    for program in programs {
        let help = run(
            Command::new(prefix.join("bin").join(program)).arg("--help"),
            SHORT,
        )?;
        let page = prefix.join(format!("share/man/man1/{program}.1"));
        write(&page, &program_page(program, &help))?;
    }
    let header = Header::read(header)?;
    let section = prefix.join("share/man/man3");
    write(&section.join("tightrope.3"), &library_page(&header))?;
    for item in header.items.iter().filter(|own| has_page(own)) {
        write(&section.join(format!("{}.3", item.name)), &item_page(item))?;
    }
    Ok(())
}

fn has_page(item: &Item) -> bool {
    item.kind != Kind::Constant
}

fn program_page(program: &str, help: &str) -> String {
    let about = help.lines().next().unwrap_or_default();
    let title = program.to_uppercase();
    format!(
        ".TH {title} 1\n.SH NAME\n{program} \\- {}\n.SH DESCRIPTION\n.nf\n{}\n.fi\n",
        escaped(about),
        escaped(help)
    )
}

/// What holds everywhere, and what there is.
fn library_page(header: &Header) -> String {
    let mut page = format!(
        ".TH TIGHTROPE 3\n.SH NAME\ntightrope \\- remote desktops over RFB\n.SH SYNOPSIS\n.nf\n#include <tightrope.h>\n\n\
         cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs tightrope)\n.fi\n.SH DESCRIPTION\n{}",
        text(&header.intro)
    );
    for (title, kind) in [
        ("FUNCTIONS", Kind::Function),
        ("TYPES", Kind::Type),
        ("CONSTANTS", Kind::Constant),
    ] {
        let _ = writeln!(page, ".SH {title}");
        for item in header.items.iter().filter(|item| item.kind == kind) {
            let name = match has_page(item) {
                true => format!(".BR {} (3)", escaped(&item.name)),
                false => format!(".B {}", escaped(&item.code)),
            };
            let _ = write!(page, ".TP\n{name}\n{}\n", escaped(&first_sentence(item)));
        }
    }
    page
}

/// A function or a type.
fn item_page(item: &Item) -> String {
    let mut page = format!(
        ".TH {} 3\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n.nf\n#include <tightrope.h>\n\n{}\n.fi\n.SH DESCRIPTION\n{}",
        item.name.to_uppercase(),
        item.name,
        escaped(&first_sentence(item)),
        escaped(&item.code),
        text(&item.text)
    );
    if !item.members.is_empty() {
        page.push_str(".SH MEMBERS\n");
    }
    for member in &item.members {
        let _ = write!(
            page,
            ".TP\n.B {}\n{}",
            escaped(&member.code),
            text(&member.text)
        );
    }
    page.push_str(".SH SEE ALSO\n.BR tightrope (3)\n");
    page
}

/// In one line, without its full stop.
fn first_sentence(item: &Item) -> String {
    let paragraph = item.text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = paragraph.split_whitespace().collect();
    let line = words.join(" ");
    let sentence = line.split(". ").next().unwrap_or_default();
    sentence.trim_end_matches('.').to_owned()
}

/// Paragraphs and lists of a comment.
fn text(comment: &str) -> String {
    let mut page = String::new();
    for line in comment.lines() {
        match (line.strip_prefix("- "), line.trim()) {
            (Some(point), _) => {
                let _ = write!(page, ".IP \\(bu 2\n{}\n", escaped(point));
            }
            (None, "") => page.push_str(".PP\n"),
            (None, line) => {
                let _ = writeln!(page, "{}", escaped(line));
            }
        }
    }
    page
}

/// Text that means itself: a backslash, and a point or an apostrophe at the beginning of a line, would be commands.
fn escaped(text: &str) -> String {
    let line = |line: &str| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        match line.starts_with(['.', '\'']) {
            true => format!("\\&{line}"),
            false => line,
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, text: &str, code: &str) -> Item {
        Item {
            kind: Kind::Function,
            name: name.to_owned(),
            text: text.to_owned(),
            code: code.to_owned(),
            members: Vec::new(),
        }
    }

    #[test]
    fn a_function_has_a_page_with_its_declaration_and_all_that_is_said_of_it() {
        let bell = item(
            "tr_bell",
            "Rings\ntwice. Then:\n\n- it is still\n",
            "int tr_bell(void);",
        );
        let page = item_page(&bell);
        assert!(page.contains("tr_bell \\- Rings twice\n.SH"), "{page}");
        assert!(page.contains("int tr_bell(void);\n.fi"), "{page}");
        assert!(
            page.contains("twice. Then:\n.PP\n.IP \\(bu 2\nit is still\n"),
            "{page}"
        );
    }

    #[test]
    fn what_roff_would_take_for_a_command_is_text() {
        assert_eq!(escaped("a\\b\n.so x\n'tis"), "a\\eb\n\\&.so x\n\\&'tis");
    }
}
