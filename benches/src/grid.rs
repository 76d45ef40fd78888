//! Tables that read as well in a terminal as in Markdown.

use std::fmt::{self, Write};

/// Rows of cells under a heading; the first column is words, the others are numbers.
pub(crate) struct Grid {
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// An empty table with these columns.
    pub(crate) fn new<const N: usize>(heading: [&str; N]) -> Self {
        let heading = heading.iter().map(|&cell| cell.to_owned()).collect();
        Self {
            rows: vec![heading],
        }
    }
    /// Adds a row; missing cells are empty.
    pub(crate) fn add(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(3)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            let cells = row.iter().map(String::as_str).chain(std::iter::repeat(""));
            for (column, (cell, width)) in cells.zip(&widths).enumerate() {
                match column {
                    0 => write!(f, "| {cell:<width$} ")?,
                    _ => write!(f, "| {cell:>width$} ")?,
                }
            }
            writeln!(f, "|")?;
            if index == 0 {
                f.write_str(&rule(&widths))?;
            }
        }
        Ok(())
    }
}

/// The line below the heading.
fn rule(widths: &[usize]) -> String {
    let mut rule = String::new();
    for (column, width) in widths.iter().enumerate() {
        let end = if column == 0 { '-' } else { ':' };
        let _infallible = write!(rule, "| {}{end} ", "-".repeat(width - 1));
    }
    rule + "|\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut grid = Grid::new(["recording", "MB", "×"]);
        grid.add(["office".to_owned(), "12.345".to_owned(), "0.50".to_owned()]);
        grid.add(["all".to_owned()]);
        let expected = "\
| recording |     MB |    × |
| --------- | -----: | ---: |
| office    | 12.345 | 0.50 |
| all       |        |      |
";
        assert_eq!(grid.to_string(), expected);
    }
}
