//! The wavelet transform, undone: a piecewise-linear Haar transform of a luma and two chroma channels.
//!
//! Senecal et al., "An Improved N-Bit to N-Bit Reversible Haar-Like Transform", Pacific Graphics 2004.

use crate::codec::pixels::Pixel;

/// Coefficients of one pixel: blue-green difference, luma, red-green difference.
type Coefficients = [i8; 3];

/// Memory used again for each tile.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What came, in the order it came.
    stream: Vec<Pixel>,
    plane: Vec<Coefficients>,
}

impl Memory {
    /// Makes pixels of the coefficients in a tile whose rows are `width` of `pixels`, transformed `depth` times.
    ///
    /// Only whole squares of `2^depth` pixels are transformed. What is right of them and below came last, as it is.
    pub(super) fn undo(&mut self, pixels: &mut [Pixel], width: usize, depth: u32) {
        let height = pixels.len().checked_div(width).unwrap_or(0);
        let whole = |length: usize| length >> depth << depth;
        let (columns, rows) = (whole(width), whole(height));
        if columns == 0 || rows == 0 {
            return;
        }
        self.stream.clear();
        self.stream.extend_from_slice(pixels);
        let mut stream = self.stream.iter().copied();
        self.plane.clear();
        self.plane.resize(columns * rows, Coefficients::default());
        for (x, y) in coefficient_places(columns, rows, depth) {
            if let (Some(place), Some([b, g, r, _])) =
                (self.plane.get_mut(y * columns + x), stream.next())
            {
                *place = [b, g, r].map(u8::cast_signed);
            }
        }
        for level in (0..depth).rev() {
            undo_level(&mut self.plane, columns, rows, level);
        }
        let plane = self.plane.chunks_exact(columns);
        for (row, coefficients) in pixels.chunks_exact_mut(width).zip(plane) {
            for (pixel, &coefficients) in row.iter_mut().zip(coefficients) {
                *pixel = colour(coefficients);
            }
        }
        let (right, below) = (columns..width, rows..height);
        for (columns, rows) in [
            (right.clone(), 0..rows),
            (0..columns, below.clone()),
            (right, below),
        ] {
            for row in pixels
                .chunks_exact_mut(width)
                .take(rows.end)
                .skip(rows.start)
            {
                for (pixel, plain) in row
                    .get_mut(columns.clone())
                    .unwrap_or_default()
                    .iter_mut()
                    .zip(&mut stream)
                {
                    *pixel = plain;
                }
            }
        }
    }
}

/// Where the coefficients belong, in the order they come: finest first, and of each level those of differences in both
/// directions, then down, then across; at last the averages.
fn coefficient_places(
    columns: usize,
    rows: usize,
    depth: u32,
) -> impl Iterator<Item = (usize, usize)> {
    let bands = (0..depth).flat_map(move |level| {
        let last = if level + 1 == depth { 0 } else { 1 };
        (last..=3_usize).rev().map(move |band| (level, band))
    });
    bands.flat_map(move |(level, band)| {
        let (half, step) = (1 << level, 2 << level);
        let (left, top) = ((band & 1) * half, (band >> 1) * half);
        (top..rows)
            .step_by(step)
            .flat_map(move |y| (left..columns).step_by(step).map(move |x| (x, y)))
    })
}

/// Undoes one level: its averages and differences become the averages of the next finer level.
fn undo_level(plane: &mut [Coefficients], columns: usize, rows: usize, level: u32) {
    let (half, step) = (1 << level, 2 << level);
    let mut undo_pair = |first: usize, second: usize| {
        if let Ok([first, second]) = plane.get_disjoint_mut([first, second]) {
            for (low, high) in first.iter_mut().zip(second) {
                (*low, *high) = haar(*low, *high);
            }
        }
    };
    for y in (0..rows).step_by(step) {
        for x in (0..columns).step_by(half) {
            undo_pair(y * columns + x, (y + half) * columns + x);
        }
    }
    for y in (0..rows).step_by(half) {
        for x in (0..columns).step_by(step) {
            undo_pair(y * columns + x, y * columns + x + half);
        }
    }
}

/// One step of the transform, which is its own inverse: none of its sums needs a ninth bit.
fn haar(a: i8, b: i8) -> (i8, i8) {
    if (a < 0) == (b < 0) {
        let difference = a.wrapping_sub(b);
        let larger = if (difference < 0) == (a < 0) { a } else { b };
        (larger, difference)
    } else {
        let sum = a.wrapping_add(b);
        let larger = if (sum < 0) == (b < 0) {
            b.wrapping_neg()
        } else {
            a
        };
        (sum, larger)
    }
}

/// The inverse of the reversible colour transform of JPEG 2000, with halved chroma.
fn colour([u, y, v]: Coefficients) -> Pixel {
    let [u, y, v] = [u, y, v].map(i32::from);
    let (u, v) = (u * 2, v * 2);
    let green = y + 128 - ((u + v) >> 2);
    let [blue, red] = [u + green, v + green];
    let [blue, green, red] =
        [blue, green, red].map(|level| u8::try_from(level.clamp(0, 255)).unwrap_or(0));
    [blue, green, red, 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_is_its_own_inverse_except_at_the_one_value_without_a_negative() {
        for a in -127..=127 {
            for b in -127..=127 {
                let (low, high) = haar(a, b);
                assert_eq!(haar(low, high), (a, b), "{a} {b}");
            }
        }
    }

    #[test]
    fn every_coefficient_has_one_place() {
        for (columns, rows, depth) in [(8, 8, 3), (64, 24, 3), (4, 2, 1), (12, 8, 2)] {
            let mut places: Vec<_> = coefficient_places(columns, rows, depth).collect();
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), columns * rows);
        }
        let order: Vec<_> = coefficient_places(2, 2, 1).collect();
        assert_eq!(order, [(1, 1), (0, 1), (1, 0), (0, 0)]);
    }

    #[test]
    fn only_averages_make_one_colour_and_the_edges_stay_as_they_came() {
        let mut stream = vec![[0, 0, 0, 0]; 15];
        // Luma 100 above the middle, less red than green.
        stream[3] = [0, 100, 236, 0];
        stream[7] = [0, 100, 236, 0];
        stream[8..]
            .iter_mut()
            .zip(1..)
            .for_each(|(pixel, n)| *pixel = [n, n, n, 0]);
        let mut pixels = stream.clone();
        Memory::default().undo(&mut pixels, 5, 1);
        // The coefficients: (1, 1), (3, 1), (0, 1), (2, 1), (1, 0), (3, 0), (0, 0), (2, 0).
        assert_eq!(pixels[4], [1, 1, 1, 0], "right");
        assert_eq!(pixels[9], [2, 2, 2, 0]);
        assert_eq!(
            pixels[10..14],
            [[3, 3, 3, 0], [4, 4, 4, 0], [5, 5, 5, 0], [6, 6, 6, 0]]
        );
        assert_eq!(pixels[14], [7, 7, 7, 0], "corner");
        let mut flat = vec![[0; 4]; 4];
        flat[3] = [0, 100, 236, 0];
        Memory::default().undo(&mut flat, 2, 1);
        assert_eq!(flat, [[238, 238, 198, 0]; 4]);
    }

    #[test]
    fn a_tile_too_small_to_transform_is_as_it_came() {
        let mut pixels = vec![[1, 2, 3, 0], [4, 5, 6, 0], [7, 8, 9, 0]];
        let before = pixels.clone();
        Memory::default().undo(&mut pixels, 3, 1);
        assert_eq!(pixels, before);
        Memory::default().undo(&mut pixels, 0, 1);
        assert_eq!(pixels, before);
    }
}
