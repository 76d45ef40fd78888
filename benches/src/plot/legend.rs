//! Names beside the signs of what they name, in as many rows as they need.

use super::count;
use super::svg::{Anchor, Canvas, Style};

/// About the width of a letter, as a share of its height.
const LETTER: f64 = 0.53;
/// Of the letters.
const SIZE: f64 = 11.0;
/// From row to row.
const ROW: f64 = 16.0;
/// A sign, and the room after a name.
const SIGN: f64 = 22.0;
const GAP: f64 = 16.0;

/// How a name is drawn in a legend.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    /// The line of it; none if it has only dots.
    pub(super) line: Option<Style>,
    pub(super) dot: Option<Style>,
    /// A mark across the row.
    pub(super) tick: Option<Style>,
}

/// About how wide `text` is.
pub(super) fn width_of(text: &str, size: f64) -> f64 {
    count(text.chars().count()) * size * LETTER
}

/// `text`, cut if it is wider than `width`.
pub(super) fn shortened(text: &str, size: f64, width: f64) -> String {
    if width_of(text, size) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for letter in text.chars() {
        if width_of(&short, size) + 2.0 * size * LETTER > width {
            break;
        }
        short.push(letter);
    }
    short + "…"
}

/// Where each entry goes in `width`: across, and in which row from 0.
fn places(entries: &[Entry<'_>], width: f64) -> Vec<(f64, usize)> {
    let (mut left, mut row) = (0.0, 0);
    let mut places = Vec::with_capacity(entries.len());
    for entry in entries {
        let own = SIGN + width_of(entry.name, SIZE);
        if left > 0.0 && left + own > width {
            left = 0.0;
            row += 1;
        }
        places.push((left, row));
        left += own + GAP;
    }
    places
}

/// How high the legend is.
pub(super) fn height(entries: &[Entry<'_>], width: f64) -> f64 {
    let rows = places(entries, width).last().map_or(0, |(_, row)| row + 1);
    ROW * count(rows)
}

/// Draws it from the upper left corner `at`.
pub(super) fn draw(canvas: &mut Canvas, entries: &[Entry<'_>], at: (f64, f64), width: f64) {
    for (entry, (across, row)) in entries.iter().zip(places(entries, width)) {
        let left = at.0 + across;
        let middle = at.1 + ROW * count(row) + ROW / 2.0;
        if let Some(line) = entry.line {
            canvas.line((left, middle), (left + 17.0, middle), line);
        }
        if let Some(dot) = entry.dot {
            canvas.circle((left + 8.5, middle), dot);
        }
        if let Some(tick) = entry.tick {
            let x = left + 8.5;
            canvas.line((x, middle - 6.0), (x, middle + 6.0), tick);
        }
        let name = shortened(entry.name, SIZE, width - SIGN);
        canvas.text((left + SIGN, middle + 4.0), &name, SIZE, Anchor::Start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str) -> Entry<'_> {
        Entry {
            name,
            line: None,
            dot: None,
            tick: None,
        }
    }

    #[test]
    fn names_that_have_no_room_beside_each_other_have_rows() {
        let entries = [
            entry("one"),
            entry("two"),
            entry("a name that is very long"),
        ];
        let rows: Vec<usize> = places(&entries, 150.0)
            .iter()
            .map(|(_, row)| *row)
            .collect();
        assert_eq!(rows, [0, 0, 1]);
        assert_eq!(height(&entries, 150.0), 2.0 * ROW);
        assert_eq!(height(&[], 150.0), 0.0);
    }

    #[test]
    fn a_name_too_long_for_its_place_is_cut() {
        let name = "n".repeat(200);
        let short = shortened(&name, 11.0, 100.0);
        assert!(short.ends_with('…') && width_of(&short, 11.0) <= 100.0);
        assert_eq!(shortened("short", 11.0, 100.0), "short");
    }
}
