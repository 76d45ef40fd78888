//! Whether neighbouring pixels are alike without being equal: then their differences compress better than they do.

use rfb::{BYTES_PER_PIXEL, Rect, View};

/// Rows from one looked at to the next.
const STEP: usize = 8;

/// What the gradient filter leaves of a pixel at most where a picture is smooth, on any channel.
const SOFT: u16 = 16;

/// Whether `rect` is smooth, from a sample of its rows: fewer than nine tenths of its pixels equal a neighbour, and of
/// the others two thirds are near what their neighbours predict. Found on six recorded sessions.
pub(crate) fn is_smooth(source: View<'_>, rect: Rect) -> bool {
    let mut count = Count::default();
    let mut rows = source.rows(rect);
    while let (Some(above), Some(row)) = (rows.next(), rows.next()) {
        count.add(above, row);
        for _ in 2..STEP {
            rows.next();
        }
    }
    count.equal * 10 < count.all() * 9 && count.soft > 2 * count.hard
}

#[derive(Default)]
struct Count {
    /// Equal to the left or the upper neighbour.
    equal: usize,
    /// Near the prediction.
    soft: usize,
    /// Neither.
    hard: usize,
}

impl Count {
    fn all(&self) -> usize {
        self.equal + self.soft + self.hard
    }

    fn add(&mut self, above: &[u8], row: &[u8]) {
        let (above, row) = (
            above.as_chunks::<BYTES_PER_PIXEL>().0,
            row.as_chunks::<BYTES_PER_PIXEL>().0,
        );
        for (&[corner, above], &[left, pixel]) in above.array_windows().zip(row.array_windows()) {
            let [corner, above, left, pixel] = [corner, above, left, pixel].map(colour);
            if pixel == left || pixel == above {
                self.equal += 1;
                continue;
            }
            let mut soft = true;
            for (((pixel, left), above), corner) in
                pixel.into_iter().zip(left).zip(above).zip(corner)
            {
                let predicted =
                    (i16::from(left) + i16::from(above) - i16::from(corner)).clamp(0, 255);
                soft &= predicted.abs_diff(i16::from(pixel)) <= SOFT;
            }
            if soft {
                self.soft += 1;
            } else {
                self.hard += 1;
            }
        }
    }
}

/// A pixel without its X byte.
fn colour([blue, green, red, _]: [u8; BYTES_PER_PIXEL]) -> [u8; 3] {
    [blue, green, red]
}
