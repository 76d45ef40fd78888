//! One-coloured rectangles on a background, as RRE, CoRRE and Hextile send them.

use std::ops::Range;

/// A rectangle of one colour, within a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subrect {
    pub(super) value: u32,
    pub(super) left: u8,
    pub(super) top: u8,
    pub(super) width: u8,
    pub(super) height: u8,
}

/// The value that most pixels have, or one of those that many have.
pub(super) fn most_common(values: &[u32]) -> u32 {
    /// Values counted at a time; more share a place, where the more frequent stays.
    const PLACES: usize = 64;
    let mut places = [(0_u32, 0_usize); PLACES];
    for run in values.chunk_by(|a, b| a == b) {
        let value = run.first().copied().unwrap_or(0);
        let [hash, ..] = value.wrapping_mul(0x9e37_79b1).to_be_bytes();
        let Some((own, count)) = places.get_mut(usize::from(hash) % PLACES) else {
            continue;
        };
        if *own == value {
            *count += run.len();
        } else if *count < run.len() {
            (*own, *count) = (value, run.len() - *count);
        } else {
            *count -= run.len();
        }
    }
    let most = places.iter().max_by_key(|(_, count)| *count);
    most.map_or(0, |(value, _)| *value)
}

/// Rectangles that [`cover`] cannot do without: pixels, neither background nor at the edge, that are like no neighbour.
pub(super) fn needed(values: &[u32], width: usize, background: u32) -> usize {
    let inner = |row: &[u32]| -> Range<usize> { 1..row.len().max(2) - 1 };
    let above = values.chunks_exact(width.max(1));
    let (rows, below) = (above.clone().skip(1), above.clone().skip(2));
    let lonely = |((above, row), below): ((&[u32], &[u32]), &[u32])| {
        let vertical = above.get(inner(above)).into_iter().flatten();
        let vertical = vertical.zip(below.get(inner(below)).into_iter().flatten());
        let horizontal = row.array_windows();
        let is_lonely = |(&[left, value, right], (&above, &below)): (&[u32; 3], (&u32, &u32))| {
            let others = [left, right, above, below, background];
            others.iter().all(|&other| other != value)
        };
        horizontal
            .zip(vertical)
            .filter(|pixel| is_lonely(*pixel))
            .count()
    };
    above.zip(rows).zip(below).map(lonely).sum()
}

/// Covers what is not `background` in a tile of rows of `width` (at most 255 by 255 pixels) with rectangles that do not
/// overlap. Gives up at more than `limit` of them: false. What was covered is background in `values` afterwards.
pub(super) fn cover(
    values: &mut [u32],
    width: usize,
    background: u32,
    limit: usize,
    subrects: &mut Vec<Subrect>,
) -> bool {
    subrects.clear();
    let width = width.max(1);
    let mut index = 0;
    while let Some(ahead) = values.get(index..)
        && let Some(skipped) = ahead.iter().position(|&value| value != background)
    {
        if subrects.len() == limit {
            return false;
        }
        index += skipped;
        let value = values.get(index).copied().unwrap_or(background);
        let (columns, rows) = grow(values, width, index);
        let mut start = index;
        for _ in 0..rows {
            if let Some(row) = values.get_mut(start..start + columns) {
                row.fill(background);
            }
            start += width;
        }
        let small = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
        subrects.push(Subrect {
            value,
            left: small(index % width),
            top: small(index / width),
            width: small(columns),
            height: small(rows),
        });
        index += columns;
    }
    true
}

/// Columns and rows of a large rectangle of one value whose first pixel is at `index`: the widest, or the highest.
fn grow(values: &[u32], width: usize, index: usize) -> (usize, usize) {
    let rows = || {
        let rows = values.get(index..).unwrap_or_default().chunks(width);
        let columns = width - index % width;
        rows.map(move |row| row.get(..columns).unwrap_or(row))
    };
    let Some((&value, first)) = rows().next().and_then(<[u32]>::split_first) else {
        return (1, 1);
    };
    let is_value = |other: &&u32| **other == value;
    let across = 1 + first.iter().take_while(is_value).count();
    let is_filled = |row: &&[u32], columns: usize| {
        row.get(..columns)
            .is_some_and(|row| row.iter().all(|other| *other == value))
    };
    let wide = rows().take_while(|row| is_filled(row, across)).count();
    if across == 1 {
        return (1, wide);
    }
    let down = rows().take_while(|row| is_filled(row, 1)).count();
    if down == wide {
        return (across, wide);
    }
    let narrow = (1..across)
        .take_while(|&column| rows().take(down).all(|row| row.get(column) == Some(&value)))
        .count();
    match (narrow + 1) * down > across * wide {
        true => (narrow + 1, down),
        false => (across, wide),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_larger_of_the_widest_and_the_highest_rectangle_is_taken() {
        #[rustfmt::skip]
        let mut values = [
            0, 0, 0, 0, 0,
            0, 7, 7, 7, 0,
            0, 7, 7, 0, 0,
            0, 7, 7, 0, 5,
        ];
        let mut subrects = Vec::new();
        assert!(cover(&mut values, 5, 0, 3, &mut subrects));
        let subrect = |value, left, top, width, height| Subrect {
            value,
            left,
            top,
            width,
            height,
        };
        assert_eq!(
            subrects,
            [
                subrect(7, 1, 1, 2, 3),
                subrect(7, 3, 1, 1, 1),
                subrect(5, 4, 3, 1, 1)
            ]
        );
        assert_eq!(values, [0; 20]);
    }

    #[test]
    fn a_pixel_like_no_neighbour_needs_a_rectangle_of_its_own() {
        #[rustfmt::skip]
        let values = [
            0, 3, 0, 0, 4,
            9, 7, 8, 0, 4,
            0, 5, 5, 6, 0,
            0, 1, 0, 0, 0,
        ];
        assert_eq!(needed(&values, 5, 0), 3, "7, 8 and 6");
        assert_eq!(needed(&values, 5, 7), 2);
        assert_eq!(needed(&values[..10], 5, 0), 0, "all at the edge");
        assert_eq!(needed(&values, 1, 0) + needed(&values, 0, 0), 0);
    }

    #[test]
    fn the_background_is_what_most_pixels_are() {
        assert_eq!(most_common(&[3]), 3);
        let text: Vec<u32> = (0..4096).map(|i| if i % 3 == 0 { i } else { 9 }).collect();
        assert_eq!(most_common(&text), 9);
    }

    proptest! {
        #[test]
        fn rectangles_drawn_on_the_background_are_the_tile(
            values in prop::collection::vec(0_u32..3, 1..250),
            width in 1_usize..40,
        ) {
            let values = &values[..(values.len() / width * width).max(1)];
            let width = width.min(values.len());
            let background = most_common(values);
            let mut subrects = Vec::new();
            prop_assert!(cover(&mut values.to_vec(), width, background, values.len(), &mut subrects));
            let mut drawn = vec![background; values.len()];
            for rect in &subrects {
                for y in usize::from(rect.top)..usize::from(rect.top + rect.height) {
                    for x in usize::from(rect.left)..usize::from(rect.left + rect.width) {
                        prop_assert_eq!(drawn[y * width + x], background, "drawn twice");
                        drawn[y * width + x] = rect.value;
                    }
                }
            }
            prop_assert_eq!(drawn, values);
            prop_assert!(needed(values, width, background) <= subrects.len());
            let count = subrects.len();
            for limit in [count, count.saturating_sub(1)] {
                let covered = cover(&mut values.to_vec(), width, background, limit, &mut subrects);
                prop_assert_eq!(covered, limit == count);
            }
        }
    }
}
