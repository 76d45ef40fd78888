//! Desktops on which things happen while connections break.

use crate::scenes::Numbers;

/// A few by hand, and some by chance.
#[rustfmt::skip]
pub fn resumes() -> Vec<Vec<u8>> {
    let (paint, moved, photograph, cursor, leds, resize, wait, cut) = (0, 2, 4, 5, 6, 7, 8, 9);
    let mut seeds = vec![
        vec![255, 0, paint, 3, 3, 20, 10, 200, moved, 0, 0, 60, 40, 0, 8, cut, 0, 9, 0],
        vec![20, 0, photograph, wait, cut, 1, cursor, 7, 3, 0, leds, 3, cut, 0, 0, 0, cut, 0, 200, 0],
        vec![200, 0, resize, 9, 9, paint, 1, 1, 9, 9, 5, cut, 2, resize, 24, 18, paint, 0, 0, 9, 9, 7, 9, 0],
    ];
    let mut numbers = Numbers::new(11);
    seeds.extend((0..12).map(|_| (0..80).map(|_| numbers.below(256) as u8).collect()));
    seeds
}
