//! The colours of plots: named while a page may be light or dark, written out where a drawing stands alone.

/// The sheet, what is written on it, what is less important, and the grid.
pub(super) const PAPER: &str = "var(--paper)";
pub(super) const INK: &str = "var(--ink)";
pub(super) const SOFT: &str = "var(--soft)";
pub(super) const GRID: &str = "var(--grid)";
/// What things are measured against: the rate of a link.
pub(super) const LIMIT: &str = "var(--limit)";
/// Lines by turns; told apart by those who see few colours, too (after Okabe and Ito).
pub(super) const SERIES: [&str; 8] = [
    "var(--s0)",
    "var(--s1)",
    "var(--s2)",
    "var(--s3)",
    "var(--s4)",
    "var(--s5)",
    "var(--s6)",
    "var(--s7)",
];

/// Each name, and what it stands for on light and on dark paper.
const COLOURS: [(&str, &str, &str); 13] = [
    ("--paper", "#ffffff", "#15181c"),
    ("--ink", "#23272e", "#e4e7eb"),
    ("--soft", "#5b616a", "#a4abb5"),
    ("--grid", "#e3e6ea", "#2c323a"),
    ("--limit", "#9a5b00", "#d9a441"),
    ("--s0", "#0072b2", "#4da6e0"),
    ("--s1", "#d55e00", "#ff8f45"),
    ("--s2", "#009e73", "#2fc598"),
    ("--s3", "#b5468f", "#e892c5"),
    ("--s4", "#c28800", "#f0c04a"),
    ("--s5", "#3a9bd0", "#9ad7f5"),
    ("--s6", "#7a5195", "#b997d3"),
    ("--s7", "#4d4d4d", "#c3c8cf"),
];

/// The style sheet that gives the names their colours, on light and on dark paper.
pub(crate) fn style_sheet() -> String {
    let all =
        |pick: fn(&(&str, &str, &str)) -> String| -> String { COLOURS.iter().map(pick).collect() };
    let light = all(|(name, light, _)| format!("{name}:{light};"));
    let dark = all(|(name, _, dark)| format!("{name}:{dark};"));
    format!(
        ":root{{color-scheme:light dark;{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )
}

/// `drawing` with colours for light paper instead of names.
pub(crate) fn alone(drawing: &str) -> String {
    let mut text = drawing.to_owned();
    for (name, light, _) in COLOURS {
        text = text.replace(&format!("var({name})"), light);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_drawn_with_has_a_colour() {
        let drawn = [PAPER, INK, SOFT, GRID, LIMIT]
            .into_iter()
            .chain(SERIES)
            .collect::<Vec<_>>()
            .join(" ");
        let alone = alone(&drawn);
        assert!(!alone.contains("var"), "{alone}");
        let sheet = style_sheet();
        assert!(
            sheet.contains("--s7:#4d4d4d") && sheet.contains("--s7:#c3c8cf"),
            "{sheet}"
        );
    }
}
