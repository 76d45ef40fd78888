//! Which rectangles to ask the X server for.

use tightrope::rfb::damage::whole_columns;
use tightrope::{Rect, Region, Size};

/// Rectangles asked for in one picture, at most; twice as many if some had to be cut.
const RECT_LIMIT: usize = 32;

/// Pixels that cost about as much to fetch as one more request (measured: 7 µs a request, 0.35 ns a pixel).
const REQUEST_COST: usize = 16 << 10;

/// A few rectangles that cover `damage` on a desktop of `size`, in whole columns of 64 pixels, so that movement is found in
/// them. Neighbours become one where that is cheaper than another request; no two overlap.
#[must_use]
pub fn patches(damage: &Region, size: Size) -> Vec<Rect> {
    let damage = whole_columns(damage, size);
    let mut patches: Vec<Rect> = Vec::new();
    for &rect in damage.rects() {
        match patches.last_mut() {
            Some(last) if waste(*last, rect) <= REQUEST_COST => *last = last.bounding(rect),
            _ => patches.push(rect),
        }
    }
    if patches.len() > RECT_LIMIT {
        let share = patches.len().div_ceil(RECT_LIMIT);
        patches = patches
            .chunks(share)
            .map(|few| few.iter().copied().fold(Rect::default(), Rect::bounding))
            .collect();
    }
    let disjoint: Region = patches.into_iter().collect();
    match disjoint.rects() {
        few if few.len() <= 2 * RECT_LIMIT => few.to_vec(),
        _ => vec![damage.bounds()],
    }
}

/// Pixels that are in neither but in the smallest rectangle around both.
fn waste(a: Rect, b: Rect) -> usize {
    a.bounding(b)
        .area()
        .saturating_sub(a.area())
        .saturating_sub(b.area())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size::new(1920, 1080);

    fn covers(patches: &[Rect], damage: &Region) -> bool {
        let all: Region = patches.iter().copied().collect();
        let pixels: usize = patches.iter().map(|patch| patch.area()).sum();
        assert_eq!(pixels, all.area(), "they overlap");
        damage.difference(&all).is_empty()
    }

    #[test]
    fn near_rectangles_are_fetched_as_one_and_far_ones_apart() {
        let near: Region = [Rect::new(0, 0, 20, 20), Rect::new(30, 5, 20, 20)]
            .into_iter()
            .collect();
        assert_eq!(patches(&near, SIZE), [Rect::new(0, 0, 64, 25)]);
        let far: Region = [Rect::new(0, 0, 20, 20), Rect::new(1900, 1060, 20, 20)]
            .into_iter()
            .collect();
        assert_eq!(patches(&far, SIZE).len(), 2);
    }

    #[test]
    fn scattered_damage_takes_a_bounded_number_of_requests() {
        let scattered: Region = (0..300_u16)
            .map(|i| Rect::new(i * 197 % 1900, i * 3, 2, 2))
            .collect();
        let patches = patches(&scattered, SIZE);
        assert!(patches.len() <= 2 * RECT_LIMIT);
        assert!(patches.iter().map(|rect| rect.area()).sum::<usize>() <= SIZE.area());
        assert!(covers(&patches, &scattered));
    }

    #[test]
    fn damage_outside_the_desktop_is_not_asked_for() {
        let partly = Region::from(Rect::new(1910, 1070, 100, 100));
        assert_eq!(patches(&partly, SIZE), [Rect::new(1856, 1070, 64, 10)]);
        assert!(patches(&Region::from(Rect::new(3000, 0, 5, 5)), SIZE).is_empty());
    }
}
