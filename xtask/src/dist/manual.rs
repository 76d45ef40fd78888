//! Manual pages: of the programs from their `--help`, of the C library from its header.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::write;
use crate::process::{SHORT, run};

/// Writes a page in section 1 for each of `programs`, which are installed, and `tightrope.3` for `header`.
///
/// # Errors
/// A program does not run, or a page cannot be written.
pub(super) fn install(header: &Path, programs: &[&str], prefix: &Path) -> Result<()> {
    for program in programs {
        let help = run(
            Command::new(prefix.join("bin").join(program)).arg("--help"),
            SHORT,
        )?;
        let page = prefix.join(format!("share/man/man1/{program}.1"));
        write(&page, &program_page(program, &help))?;
    }
    let text = std::fs::read_to_string(header)
        .with_context(|| format!("cannot read {}", header.display()))?;
    let functions = functions(&text);
    ensure!(!functions.is_empty(), "the header has no function");
    let page = library_page(&overview(&text), &functions);
    write(&prefix.join("share/man/man3/tightrope.3"), &page)?;
    for function in &functions {
        let pointer = prefix.join(format!("share/man/man3/{}.3", function.name));
        write(&pointer, ".so man3/tightrope.3\n")?;
    }
    Ok(())
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

/// A function of the header.
struct Function {
    name: String,
    declaration: String,
    about: String,
}

/// The comment that the header begins with, without its stars.
fn overview(header: &str) -> String {
    let comment = header.split("*/").next().unwrap_or_default();
    let lines = comment.lines().skip(1);
    let lines = lines.map(|line| line.trim_start().trim_start_matches('*').trim_end());
    lines
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every function with the comment before it.
fn functions(header: &str) -> Vec<Function> {
    let read = |part: &str| {
        let (comment, rest) = part.split_once("*/\n")?;
        let (declaration, _) = rest.split_once(';')?;
        let (head, _) = declaration.split_once('(')?;
        let name = head.rsplit([' ', '*']).next()?;
        // Types, constants and the blocks around them have other beginnings.
        if !name.starts_with("tr_") || head.contains(['#', '{', '\n']) {
            return None;
        }
        let about: Vec<_> = comment
            .lines()
            .map(|line| line.trim_start().trim_start_matches('*').trim())
            .filter(|line| !line.is_empty())
            .collect();
        Some(Function {
            name: name.to_owned(),
            declaration: declaration.split_whitespace().collect::<Vec<_>>().join(" "),
            about: about.join(" "),
        })
    };
    header.split("/**").skip(1).filter_map(read).collect()
}

fn library_page(overview: &str, functions: &[Function]) -> String {
    let mut page = format!(
        ".TH TIGHTROPE 3\n.SH NAME\ntightrope \\- remote desktops over RFB\n.SH SYNOPSIS\n.nf\n#include <tightrope.h>\n\n\
         cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs tightrope)\n.fi\n.SH DESCRIPTION\n.nf\n{}\n.fi\n.SH FUNCTIONS\n",
        escaped(overview)
    );
    for function in functions {
        page.push_str(&format!(
            ".TP\n.B {};\n{}\n",
            escaped(&function.declaration),
            escaped(&function.about)
        ));
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

    const HEADER: &str = "/*\n * About it all:\n *\n * - one\n */\n#ifndef X_H\n\n/**\n * A limit.\n */\n#define TR_X 1\n\n\
        /**\n * What became of it.\n */\nenum tr_result {\n    /**\n     * Done.\n     */\n    TR_OK = 0,\n};\n\n\
        /**\n * Rings. Twice,\n * if need be.\n */\ntr_result tr_server_bell(tr_server server,\n                         bool twice);\n\n\
        /**\n * Its name.\n */\nconst char *tr_version(void);\n";

    #[test]
    fn functions_are_found_with_what_is_said_of_them() {
        let found = functions(HEADER);
        let names: Vec<_> = found.iter().map(|own| own.name.as_str()).collect();
        assert_eq!(names, ["tr_server_bell", "tr_version"]);
        assert_eq!(
            found[0].declaration,
            "tr_result tr_server_bell(tr_server server, bool twice)"
        );
        assert_eq!(found[0].about, "Rings. Twice, if need be.");
    }

    #[test]
    fn what_roff_would_take_for_a_command_is_text() {
        assert_eq!(escaped("a\\b\n.so x\n'tis"), "a\\eb\n\\&.so x\n\\&'tis");
        assert_eq!(overview(HEADER), "About it all:\n\n- one\n");
        let page = library_page("", &functions(HEADER));
        assert!(page.contains(".B const char *tr_version(void);\nIts name.\n"));
    }
}
