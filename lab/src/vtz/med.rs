//! The filter for photographs: each plane is predicted from what is to the left, above, and above left.

/// What a pixel is expected to be: the median of left, up, and left + up - upper left.
fn predict(left: u8, up: u8, corner: u8) -> u8 {
    let (low, high) = (left.min(up), left.max(up));
    if corner >= high {
        low
    } else if corner <= low {
        high
    } else {
        // Between low and high, so it neither wraps nor matters in which order it is added.
        left.wrapping_add(up).wrapping_sub(corner)
    }
}

/// Appends to `out` what is left of `plane`, rows of `width` values, when the prediction is taken away.
pub(super) fn filter(plane: &[u8], width: usize, out: &mut Vec<u8>) {
    let mut above: Option<&[u8]> = None;
    for row in plane.chunks_exact(width.max(1)) {
        let (mut left, mut corner) = (0, 0);
        match above {
            None => {
                for &value in row {
                    out.push(value.wrapping_sub(left));
                    left = value;
                }
            }
            Some(above) => {
                // The first column is predicted by what is above it: as if left and corner were the same.
                for (index, (&value, &up)) in row.iter().zip(above).enumerate() {
                    let expected = if index == 0 {
                        up
                    } else {
                        predict(left, up, corner)
                    };
                    out.push(value.wrapping_sub(expected));
                    (left, corner) = (value, up);
                }
            }
        }
        above = Some(row);
    }
}

/// Undoes [`filter`] in place.
pub(super) fn restore(plane: &mut [u8], width: usize) {
    let width = width.max(1);
    let (first, rest) = plane.split_at_mut(width.min(plane.len()));
    let mut left = 0_u8;
    for value in first.iter_mut() {
        left = value.wrapping_add(left);
        *value = left;
    }
    let mut above = first;
    for row in rest.chunks_exact_mut(width) {
        let (mut left, mut corner) = (0, 0);
        for (index, (value, &up)) in row.iter_mut().zip(above.iter()).enumerate() {
            let expected = if index == 0 {
                up
            } else {
                predict(left, up, corner)
            };
            *value = value.wrapping_add(expected);
            (left, corner) = (*value, up);
        }
        above = row;
    }
}

/// Whether a plane that [`filter`] left over is that of a photograph: at least a quarter of it is small but not zero.
/// Drawn content has runs, which are found by the compression after us better without the filter.
pub(super) fn is_photographic(filtered: &[u8]) -> bool {
    let small = |value: u8| (1..=8).contains(&value.cast_signed().unsigned_abs());
    filtered.iter().filter(|&&value| small(value)).count() * 4 > filtered.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(plane: &[u8], width: usize) -> Vec<u8> {
        let mut out = Vec::new();
        filter(plane, width, &mut out);
        out
    }

    #[test]
    fn restoring_undoes_filtering() {
        let mut numbers = testkit::scenes::Numbers::new(5);
        for width in [1, 2, 7, 64] {
            let plane: Vec<u8> = (0..width * 9)
                .map(|_| numbers.draw().to_le_bytes()[0])
                .collect();
            let mut again = filtered(&plane, width);
            restore(&mut again, width);
            assert_eq!(again, plane, "{width}");
        }
        restore(&mut [], 4);
    }

    #[test]
    fn the_prediction_is_the_one_of_the_format() {
        // First row: left (0 at the origin); first column: up; else the median.
        let plane = [10, 12, 11, /* row */ 14, 20, 9];
        let expect = [10, 2, 255, /* row */ 4, 6, 246];
        assert_eq!(filtered(&plane, 3), expect);
        assert_eq!(predict(14, 12, 10), 14);
        assert_eq!(predict(20, 11, 12), 19);
    }

    #[test]
    fn a_smooth_plane_is_photographic_and_a_flat_one_is_not() {
        assert!(is_photographic(&[1, 0, 255, 2, 0, 0, 0]));
        assert!(!is_photographic(&[0; 64]));
        assert!(!is_photographic(&[100; 64]));
    }
}
