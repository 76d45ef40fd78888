//! Rectangles cut to what every decoder takes.

use rfb::Rect;

/// `rect` in parts of at most `width` columns and about `area` pixels, row by row of parts. Parts are of about equal
/// height, and not less than 16 rows where there are so many.
pub(crate) fn split(rect: Rect, width: u16, area: usize) -> impl Iterator<Item = Rect> {
    const ROWS: u32 = 16;
    let width = u32::from(width.clamp(1, crate::WIDTH_LIMIT));
    let across = usize::try_from(width.min(rect.width.into())).unwrap_or(1);
    let rows = u32::try_from(area / across.max(1)).unwrap_or(u32::MAX);
    let rows = (rows / ROWS * ROWS).max(ROWS);
    let bands = u32::from(rect.height).div_ceil(rows).max(1);
    let height = u32::from(rect.height)
        .div_ceil(bands)
        .next_multiple_of(ROWS)
        .clamp(1, rows);
    let steps = |from: u32, to: u32, step: u32| {
        (from..to)
            .step_by(usize::try_from(step).unwrap_or(1))
            .map(move |edge| (edge, edge.saturating_add(step).min(to)))
    };
    steps(rect.top.into(), rect.bottom(), height).flat_map(move |(top, bottom)| {
        steps(rect.left.into(), rect.right(), width)
            .map(move |(left, right)| Rect::from_edges(left, top, right, bottom))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_rectangle_once_and_keep_to_the_limits() {
        for (rect, width, area) in [
            (Rect::new(3, 5, 1917, 1075), 512, 65_536),
            (Rect::new(0, 0, 65_535, 3), 2048, 65_536),
            (Rect::new(9, 9, 1, 65_000), 512, 65_536),
            (Rect::new(0, 0, 17, 40), 16, 256),
            (Rect::default(), 16, 256),
        ] {
            let parts: Vec<Rect> = split(rect, width, area).collect();
            assert_eq!(
                parts.iter().map(|part| part.area()).sum::<usize>(),
                rect.area()
            );
            assert_eq!(
                parts.iter().copied().fold(Rect::default(), Rect::bounding),
                rect
            );
            assert!(
                parts
                    .iter()
                    .all(|part| part.width <= width && part.area() <= area)
            );
        }
    }
}
