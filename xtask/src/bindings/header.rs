//! Reading tightrope.h, as cbindgen writes it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// What a header says.
#[derive(Debug)]
pub(crate) struct Header {
    /// What it says before everything else.
    pub(crate) intro: String,
    pub(crate) items: Vec<Item>,
}

/// Something that the header declares.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// Its comment.
    pub(crate) text: String,
    /// As it is declared; of an enum or a struct without what is in it.
    pub(crate) code: String,
    /// The values of an enum, or the fields of a struct.
    pub(crate) members: Vec<Member>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Constant,
    Type,
    Function,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) code: String,
}

impl Header {
    /// # Errors
    /// There is no such file, or something in it has no comment.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("reading {}", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let mut lines = Lines(text.lines().peekable());
        let intro = lines.comment().context("it begins with no comment")?;
        let mut items = Vec::new();
        while let Some(line) = lines.0.peek() {
            let line = line.trim();
            if line.starts_with("/**") {
                let text = lines.comment().context("a comment does not end")?;
                items.extend(lines.item(text)?);
            } else {
                let is_function = line.contains("tr_") && line.contains('(');
                ensure!(
                    !is_function || line.starts_with('#'),
                    "this has no comment: {line}"
                );
                lines.0.next();
            }
        }
        let has_functions = items.iter().any(|item| item.kind == Kind::Function);
        ensure!(has_functions, "it declares no function");
        Ok(Self { intro, items })
    }
}

/// The lines that are left.
struct Lines<'a>(std::iter::Peekable<std::str::Lines<'a>>);

impl Lines<'_> {
    /// The text of a comment that begins here.
    fn comment(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let line = self.0.next()?.trim();
            let (line, is_last) = match line.strip_suffix("*/") {
                Some(line) => (line, true),
                None => (line, false),
            };
            let line = line
                .strip_prefix("/**")
                .or(line.strip_prefix("/*"))
                .unwrap_or(line);
            let line = line.strip_prefix('*').unwrap_or(line);
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
            if is_last {
                return Some(text.trim().to_owned());
            }
        }
    }

    /// What the comment before it is about.
    fn item(&mut self, text: String) -> Result<Option<Item>> {
        let first = self.0.next().context("nothing follows a comment")?.trim();
        if let Some(define) = first.strip_prefix("#define ") {
            let name = define.split(' ').next().unwrap_or(define).to_owned();
            return Ok(Some(Item {
                kind: Kind::Constant,
                name,
                text,
                code: first.to_owned(),
                members: Vec::new(),
            }));
        }
        let (is_enum, is_struct) = (
            first.starts_with("enum "),
            first.starts_with("typedef struct "),
        );
        if is_enum || is_struct && first.ends_with('{') {
            let name = first
                .trim_start_matches("typedef ")
                .trim_end_matches('{')
                .trim();
            let name = name.split(' ').nth(1).unwrap_or(name).to_owned();
            return Ok(Some(Item {
                kind: Kind::Type,
                code: first.trim_end_matches('{').trim().replace("typedef ", ""),
                text,
                members: self.members().with_context(|| format!("in {name}"))?,
                name,
            }));
        }
        let mut code = first.to_owned();
        while !code.ends_with(';') {
            code.push('\n');
            code.push_str(self.0.next().context("a declaration does not end")?);
        }
        let before = match code.starts_with("typedef") {
            true => code.trim_end_matches(';'),
            false => code.split('(').next().unwrap_or(&code),
        };
        let name = before
            .rsplit([' ', '*'])
            .next()
            .unwrap_or(before)
            .to_owned();
        let kind = if code.starts_with("typedef") {
            Kind::Type
        } else {
            Kind::Function
        };
        Ok(Some(Item {
            kind,
            name,
            text,
            code,
            members: Vec::new(),
        }))
    }

    /// Up to the brace that ends them.
    fn members(&mut self) -> Result<Vec<Member>> {
        let mut members = Vec::new();
        loop {
            let line = self.0.peek().context("it does not end")?.trim();
            if line.starts_with("/**") {
                let text = self.comment().context("a comment does not end")?;
                let line = self.0.next().context("it does not end")?.trim();
                let code = line.trim_end_matches([',', ';']).to_owned();
                let name = code.split(" = ").next().unwrap_or(&code);
                let name = name.split('[').next().unwrap_or(name);
                let name = name.rsplit([' ', '*']).next().unwrap_or(name).to_owned();
                members.push(Member { name, text, code });
            } else {
                let is_end = line.starts_with('}');
                let is_frame = line.is_empty()
                    || line.starts_with('#')
                    || line == "{"
                    || line.starts_with(": ");
                ensure!(is_end || is_frame, "this has no comment: {line}");
                self.0.next();
                if is_end {
                    return Ok(members);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "/*\n * About it.\n *\n * - One.\n */\n\n#ifndef X_H\n\n/**\n * Red.\n */\n#define TR_RED 1\n\n\
        /**\n * What became of it.\n */\nenum tr_result\n#if 1\n  : int32_t\n#endif\n {\n    /**\n     * Done.\n     */\n    \
        TR_OK = 0,\n};\ntypedef enum tr_result tr_result;\n\n/**\n * A place.\n */\ntypedef struct tr_rect {\n    /**\n     \
        * Where.\n     */\n    uint32_t *left[4];\n} tr_rect;\n\n/**\n * A handle.\n */\ntypedef uint64_t tr_thing;\n\n\
        /**\n * Asks\n * twice.\n */\nconst char *tr_thing_ask(tr_thing thing,\n                         bool twice);\n";

    #[test]
    fn what_cbindgen_writes_is_read_with_its_comments() {
        let header = Header::parse(TEXT).unwrap();
        assert_eq!(header.intro, "About it.\n\n- One.");
        let told: Vec<_> = header
            .items
            .iter()
            .map(|own| (own.kind, own.name.as_str(), own.text.as_str()))
            .collect();
        let expected = [
            (Kind::Constant, "TR_RED", "Red."),
            (Kind::Type, "tr_result", "What became of it."),
            (Kind::Type, "tr_rect", "A place."),
            (Kind::Type, "tr_thing", "A handle."),
            (Kind::Function, "tr_thing_ask", "Asks\ntwice."),
        ];
        assert_eq!(told, expected);
        let members: Vec<_> = header.items.iter().flat_map(|own| &own.members).collect();
        assert_eq!(members[0].name, "TR_OK");
        assert_eq!(members[0].code, "TR_OK = 0");
        assert_eq!(
            (members[1].name.as_str(), members[1].text.as_str()),
            ("left", "Where.")
        );
        assert!(header.items[4].code.ends_with("bool twice);"));
    }

    #[test]
    fn what_has_no_comment_is_named() {
        for without in ["tr_result tr_go(void);", "const char *tr_go(void);"] {
            let error = Header::parse(&format!("{TEXT}\n{without}\n")).unwrap_err();
            assert!(error.to_string().contains(without), "{error}");
        }
        let field = TEXT.replace("    /**\n     * Where.\n     */\n", "");
        let error = format!("{:#}", Header::parse(&field).unwrap_err());
        assert!(
            error.contains("tr_rect") && error.contains("left"),
            "{error}"
        );
    }
}
