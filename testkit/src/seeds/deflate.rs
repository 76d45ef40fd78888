//! Seeds that describe data to deflate.

/// Every effort with either layout, over every way to describe data.
#[must_use]
pub fn deflate() -> Vec<Vec<u8>> {
    // Kinds and lengths of steps, and what they read: see the oracle.
    let steps: [&[u8]; 7] = [
        &[1, 40 << 1, 0, b'a', b'b', b'a', b'b', b'c'],
        &[1, 10 << 3 | 2, 13, 7],
        &[1, 9 << 3 | 3, 13, 1, 0xff],
        &[1, 16 << 3 | 3, 13, 1, 0x0e],
        &[1, 9 << 3 | 4, 13],
        &[2, 31 << 3 | 3, 4, 5, 0x83, 31 << 3 | 5, 9, 31, 4],
        &[
            4,
            30 << 3 | 3,
            5,
            1,
            3,
            20 << 3 | 2,
            6,
            0,
            9 << 3 | 5,
            8,
            255,
            1,
            30 << 3 | 3,
            9,
            2,
            0x7f,
        ],
    ];
    let layouts: [&[u8]; 4] = [&[0], &[0b0011, 100], &[0b0111, 99], &[0b0111_0011, 200]];
    let mut seeds = Vec::new();
    for effort in 0..=9 {
        for (number, layout) in layouts.iter().enumerate() {
            let pieces = steps.iter().skip(number).step_by(2);
            seeds.push(
                pieces
                    .flat_map(|step| [&[effort], *layout, *step].concat())
                    .collect(),
            );
        }
    }
    seeds
}
