//! Streams of sound with something wrong.

use crate::scenes::Numbers;

/// A stream as it should be, one with losses and copies, samples, and some by chance.
pub fn sound() -> Vec<Vec<u8>> {
    let (packet, spoil, invent, pcm, end, fill) = (0, 4, 5, 6, 7, 13);
    let played = |number: u8| [packet, number, fill, 20, 60];
    let mut seeds = vec![
        (0..100).flat_map(played).collect(),
        (0..60)
            .filter(|number| number % 7 != 3)
            .flat_map(|number| [played(number), played(number / 2)].concat())
            .collect(),
        (0..40)
            .flat_map(|_| [pcm, 120, 62, fill, 10, 60])
            .chain([end, fill, 20, 255])
            .collect(),
        (0..40)
            .flat_map(|number| {
                [&[spoil, number, number % 32, 3, 9, 8][..], &played(number)].concat()
            })
            .collect(),
        vec![invent, 1, 1, 200, 20, 6, 0xE4, 1, 2, 3, 4, 5, fill, 1, 255],
    ];
    let mut numbers = Numbers::new(13);
    seeds.extend((0..12).map(|_| (0..400).map(|_| numbers.below(256) as u8).collect()));
    seeds
}
