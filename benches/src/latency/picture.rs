//! What is painted, and where: found from its number alone, so that who paints and who looks need not talk of pixels.

use std::str::FromStr;

use tightrope::{Framebuffer, Rect, Size};

/// The desktop's size.
pub(super) const SCREEN: Size = Size::new(1920, 1080);
/// The side of a block, and of the squares that make it up.
const BLOCK: u16 = 64;
const SQUARE: u16 = 8;
/// Where blocks are painted while something else plays: a strip at the bottom of it.
const STRIP: Rect = Rect::new(0, 952, 1920, 128);
/// Photographs that take turns.
const PHOTOGRAPHS: u32 = 4;

/// How much is painted at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// 64×64 pixels in two colours, each time at another place.
    Block,
    /// All of the screen, a photograph.
    Full,
}

impl Extent {
    /// As on the command line and in figures.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Block => "64x64",
            Self::Full => "full",
        }
    }
}

impl FromStr for Extent {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "64x64" => Ok(Self::Block),
            "full" => Ok(Self::Full),
            _ => Err("a size is 64x64 or full"),
        }
    }
}

/// What stands in the painter's window, picture after picture.
#[derive(Clone, Debug)]
pub(super) struct Pictures {
    extent: Extent,
    place: Rect,
    shown: Framebuffer,
    photographs: Vec<Framebuffer>,
}

impl Pictures {
    /// A black window; `beside` something that plays it is only a strip.
    pub(super) fn new(extent: Extent, beside: bool) -> Self {
        let place: Rect = if beside { STRIP } else { SCREEN.into() };
        let photographs = match extent {
            Extent::Block => Vec::new(),
            Extent::Full => (0..PHOTOGRAPHS)
                .map(|seed| photograph(place.size(), seed))
                .collect(),
        };
        Self {
            extent,
            place,
            shown: Framebuffer::new(place.size()),
            photographs,
        }
    }

    /// Where the window is on the screen.
    pub(super) fn place(&self) -> Rect {
        self.place
    }

    /// What stands in it.
    pub(super) fn shown(&self) -> &Framebuffer {
        &self.shown
    }

    /// Where in the window picture `number` changes it.
    pub(super) fn part(&self, number: u32) -> Rect {
        let Size { width, height } = self.place.size();
        match self.extent {
            Extent::Full => Rect::new(0, 0, width, height),
            Extent::Block => {
                let random = scrambled(number.into());
                let at = |bits: u64, room: u16| {
                    u16::try_from(bits % (u64::from(room - BLOCK) + 1)).unwrap_or_default()
                };
                let (left, top) = (
                    at(random & 0xffff, width),
                    at(random >> 16 & 0xffff, height),
                );
                Rect::new(left, top, BLOCK, BLOCK)
            }
        }
    }

    /// Goes on to picture `number`.
    pub(super) fn turn_to(&mut self, number: u32) {
        let part = self.part(number);
        match self.extent {
            Extent::Full => {
                let turn = usize::try_from(number % PHOTOGRAPHS).unwrap_or_default();
                if let Some(photograph) = self.photographs.get(turn) {
                    self.shown.clone_from(photograph);
                }
            }
            Extent::Block => self.draw_block(part, number),
        }
    }

    /// Squares in two colours that are far apart, by the bits of a number made of `number`.
    fn draw_block(&mut self, part: Rect, number: u32) {
        let bits = scrambled(u64::from(number) ^ 0xb10c);
        let ink = [
            number.wrapping_mul(83),
            number.wrapping_mul(151),
            number.wrapping_mul(29),
        ]
        .map(|channel| u8::try_from(channel % 96).unwrap_or_default());
        let [blue, green, red] = ink;
        let paper = ink.map(|channel| 255 - channel);
        let mut square = 0;
        for top in (0..BLOCK).step_by(SQUARE.into()) {
            for left in (0..BLOCK).step_by(SQUARE.into()) {
                let rect = Rect::new(part.left + left, part.top + top, SQUARE, SQUARE);
                let colour = match bits >> square & 1 {
                    0 => [blue, green, red, 0],
                    _ => [paper[0], paper[1], paper[2], 0],
                };
                if let Some(mut view) = self.shown.view_mut(rect) {
                    view.fill(colour);
                }
                square += 1;
            }
        }
    }
}

/// Smooth noise of several scales in three channels: as hard to code as a photograph.
fn photograph(size: Size, seed: u32) -> Framebuffer {
    /// Length of a wave in pixels, and how far brightness and colour swing by it.
    const WAVES: [(u16, i64, i64); 5] = [
        (256, 90, 60),
        (64, 50, 20),
        (16, 24, 6),
        (4, 12, 2),
        (1, 5, 0),
    ];
    let width = usize::from(size.width);
    let mut sums = vec![[128_i64 << 16; 3]; size.area()];
    for (number, (wave, bright, colour)) in (0_u64..).zip(WAVES) {
        let swings = [(0, bright), (1, colour), (2, colour)];
        for (layer, swing) in swings.into_iter().filter(|(_, swing)| *swing > 0) {
            let random = Lattice {
                seed: scrambled(u64::from(seed) << 8 | number << 2 | layer),
                wave,
                swing,
            };
            for (y, row) in (0..).zip(sums.chunks_exact_mut(width)) {
                random.add(y, row, layer);
            }
        }
    }
    let mut picture = Framebuffer::new(size);
    if let Some(mut view) = picture.view_mut(size.into()) {
        for (target, sums) in view.rows_mut().zip(sums.chunks_exact(width)) {
            for (pixel, sum) in target.chunks_exact_mut(4).zip(sums) {
                let [blue, green, red] =
                    sum.map(|value| u8::try_from((value >> 16).clamp(0, 255)).unwrap_or_default());
                pixel.copy_from_slice(&[blue, green, red, 0]);
            }
        }
    }
    picture
}

/// Random values at the corners of squares, and straight between them.
struct Lattice {
    seed: u64,
    /// The side of a square, a power of two.
    wave: u16,
    /// Values are from minus this to this.
    swing: i64,
}

impl Lattice {
    /// Adds the values of row `y`, in 65536ths: layer 0 to all channels, 1 to blue, 2 to red.
    fn add(&self, y: u16, row: &mut [[i64; 3]], layer: u64) {
        let wave = i64::from(self.wave);
        let (above, down) = (y / self.wave, i64::from(y % self.wave));
        let corner = |column: u16| {
            let between =
                self.value(column, above) * (wave - down) + self.value(column, above + 1) * down;
            between / wave
        };
        let squares = row.chunks_mut(self.wave.into());
        let mut right = corner(0);
        for (column, square) in (1_u16..).zip(squares) {
            let left = std::mem::replace(&mut right, corner(column));
            for (x, [blue, green, red]) in (0_i64..).zip(square) {
                let value = (left * (wave - x) + right * x) / wave;
                match layer {
                    0 => {
                        *blue += value;
                        *green += value;
                        *red += value;
                    }
                    1 => *blue += value,
                    _ => *red += value,
                }
            }
        }
    }

    /// The value at a corner, in 65536ths.
    fn value(&self, column: u16, row: u16) -> i64 {
        let random = scrambled(self.seed ^ u64::from(column) << 16 ^ u64::from(row));
        let unit = i64::try_from(random & 0xffff).unwrap_or_default();
        (unit * 2 - 0xffff) * self.swing
    }
}

/// A number that looks like no other's: SplitMix64's finish.
pub(super) fn scrambled(number: u64) -> u64 {
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_changes_its_place_and_all_of_it_and_nothing_else() {
        let mut pictures = Pictures::new(Extent::Block, true);
        let before = pictures.shown().clone();
        pictures.turn_to(1);
        let part = pictures.part(1);
        assert!(part.right() <= 1920 && part.bottom() <= 128, "{part:?}");
        let pixels = |of: &Framebuffer, rect: Rect| -> Vec<u8> {
            of.view().rows(rect).flatten().copied().collect()
        };
        let (old, new) = (pixels(&before, part), pixels(pictures.shown(), part));
        assert!(
            old.chunks(4)
                .zip(new.chunks(4))
                .all(|(old, new)| old != new)
        );
        let whole: Rect = pictures.place().size().into();
        let changed = |rect: Rect| pixels(&before, rect) != pixels(pictures.shown(), rect);
        assert!(changed(whole));
        let above = Rect::new(0, 0, whole.width, part.top);
        let left = Rect::new(0, 0, part.left, whole.height);
        assert!(!changed(above) && !changed(left));
        assert_ne!(pictures.part(2), part);
    }

    #[test]
    fn photographs_are_the_same_for_everybody_and_differ_from_each_other() {
        let size = Size::new(300, 200);
        assert_eq!(photograph(size, 1), photograph(size, 1));
        let (one, other) = (photograph(size, 1), photograph(size, 2));
        let rows = |of: &Framebuffer| -> Vec<u8> {
            of.view().rows(size.into()).flatten().copied().collect()
        };
        let (one, other) = (rows(&one), rows(&other));
        let equal = one
            .chunks(4)
            .zip(other.chunks(4))
            .filter(|(a, b)| a == b)
            .count();
        assert!(equal < size.area() / 100, "{equal}");
        // Smooth: neighbours are near each other, but not equal.
        let steps: u64 = one
            .chunks(4)
            .zip(one.chunks(4).skip(1))
            .map(|(a, b)| u64::from(a[1].abs_diff(b[1])))
            .sum();
        let mean = steps / (size.area() as u64);
        assert!((2..12).contains(&mean), "{mean}");
    }
}
