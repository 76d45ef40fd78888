//! HTML as it is on the wire: Microsoft's "HTML Clipboard Format", which names the part that was copied by byte offsets.

use std::ops::Range;

const START: &str = "<!--StartFragment-->";
const END: &str = "<!--EndFragment-->";
/// Around a part of a document that came without one.
const BEFORE: &str = "<html>\r\n<body>\r\n";
const AFTER: &str = "\r\n</body>\r\n</html>";

/// The header for a document of `length` bytes with this fragment; the same length for all.
fn header(length: usize, fragment: Range<usize>) -> String {
    let write = |shift: usize| {
        format!(
            "Version:0.9\r\nStartHTML:{:010}\r\nEndHTML:{:010}\r\nStartFragment:{:010}\r\nEndFragment:{:010}\r\n",
            shift,
            shift + length,
            shift + fragment.start,
            shift + fragment.end,
        )
    };
    write(write(0).len())
}

/// Bytes of `html` on the wire.
pub(super) fn wire_length(html: &str) -> usize {
    let (before, fragment, after) = cut(html);
    let document = before.len() + START.len() + fragment.len() + END.len() + after.len();
    header(0, 0..0).len() + document
}

/// `html` as it is on the wire.
pub(super) fn to_wire(html: &str) -> String {
    let (before, fragment, after) = cut(html);
    let start = before.len() + START.len();
    let end = start + fragment.len();
    let length = end + END.len() + after.len();
    let header = header(length, start..end);
    format!("{header}{before}{START}{fragment}{END}{after}")
}

/// The document before the fragment, the fragment, and what follows it.
fn cut(html: &str) -> (&str, &str, &str) {
    let Some(body) = body(html) else {
        return (BEFORE, html, AFTER);
    };
    let (before, rest) = html.split_at(body.start);
    let (fragment, after) = rest.split_at(body.len());
    (before, fragment, after)
}

/// What lies between the tags of the body, if this is a whole document.
fn body(html: &str) -> Option<Range<usize>> {
    let lower = html.to_ascii_lowercase();
    let tag = lower.find("<html").and_then(|_| lower.find("<body"))?;
    let start = tag + lower.get(tag..)?.find('>')? + 1;
    let end = lower.rfind("</body").filter(|&end| end >= start)?;
    Some(start..end)
}

/// The HTML of `wire`; as it is if it has no header, as some peers leave it out.
///
/// A part comes without the bare document around it; a document with styles or the like of its own comes whole.
pub(super) fn from_wire(wire: &str) -> String {
    if !wire.starts_with("Version:") {
        return wire.to_owned();
    }
    let offset = |name: &str| -> Option<usize> {
        let value = wire.lines().find_map(|line| line.strip_prefix(name))?;
        value.trim().parse().ok()
    };
    let part = |start, end| wire.get(offset(start)?..offset(end)?);
    let fragment = part("StartFragment:", "EndFragment:");
    let around = || {
        let document = offset("StartHTML:")?..offset("EndHTML:")?;
        let before = wire.get(document.start..offset("StartFragment:")?)?;
        let after = wire.get(offset("EndFragment:")?..document.end)?;
        Some((
            before.strip_suffix(START).unwrap_or(before),
            after.strip_prefix(END).unwrap_or(after),
        ))
    };
    match (fragment, around()) {
        (Some(fragment), None | Some((BEFORE, AFTER))) => fragment.to_owned(),
        (Some(fragment), Some((before, after))) => format!("{before}{fragment}{after}"),
        (None, _) => part("StartHTML:", "EndHTML:")
            .or_else(|| wire.get(wire.find('<')?..))
            .unwrap_or_default()
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_part_is_wrapped_and_its_offsets_are_bytes() {
        let wire = to_wire("<b>é</b>");
        let offset = |name: &str| -> usize {
            let line = wire.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().parse().unwrap()
        };
        let part = |start, end| &wire[offset(start)..offset(end)];
        assert_eq!(part("StartFragment:", "EndFragment:"), "<b>é</b>");
        let document = part("StartHTML:", "EndHTML:");
        assert!(document.starts_with("<html>") && document.ends_with("</html>"));
        assert_eq!(offset("EndHTML:"), wire.len());
    }

    #[test]
    fn a_document_keeps_its_head_and_marks_its_body() {
        let html = "<HTML><head><style>p{}</style></head><BODY class='a'><p>x</p></BODY></HTML>";
        let wire = to_wire(html);
        assert!(wire.contains("<BODY class='a'><!--StartFragment--><p>x</p><!--EndFragment-->"));
        assert_eq!(from_wire(&wire), html);
    }

    #[test]
    fn what_others_write_is_read() {
        let bare = "Version:1.0\r\nStartHTML:-1\r\nEndHTML:-1\r\nStartFragment:81\r\nEndFragment:89\r\n<i>hi</i>";
        let start = bare.find('<').unwrap();
        let bare = bare.replace("81", &format!("{start}"));
        let bare = bare.replace("89", &format!("{}", start + 9));
        assert_eq!(from_wire(&bare), "<i>hi</i>");
        assert_eq!(from_wire("<p>no header</p>"), "<p>no header</p>");
    }

    #[test]
    fn offsets_outside_the_data_or_inside_a_character_are_passed_over() {
        for lie in ["99999999999999999999", "900", "-3", "x"] {
            let wire = format!("Version:0.9\r\nStartHTML:{lie}\r\nEndHTML:{lie}\r\n<p>é</p>");
            assert_eq!(from_wire(&wire), "<p>é</p>", "{lie}");
        }
        let inside = "Version:0.9\r\nStartHTML:43\r\nEndHTML:44\r\n<p>é</p>";
        assert_eq!(from_wire(inside), "<p>é</p>");
        assert_eq!(from_wire("Version:0.9"), "");
    }

    proptest! {
        #[test]
        fn any_html_comes_back(html in "(<html><head>é</head><body>)?(<!--(Start|End)Fragment-->|[a-zé<>/ ]){0,60}(</body></html>)?") {
            let wire = to_wire(&html);
            prop_assert_eq!(wire.len(), wire_length(&html));
            prop_assert_eq!(from_wire(&wire), html);
        }

        #[test]
        fn no_wire_text_panics(wire in "(Version:0.9\r\n)?((Start|End)(HTML|Fragment):[0-9]{1,3}\r\n){0,4}[<é!-StartFragment>]{0,40}") {
            from_wire(&wire);
        }
    }
}
