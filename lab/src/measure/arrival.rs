//! Which of the pictures that were painted stands whole at a client.
//!
//! Every picture carries its number ([`strip`]). The one whose number a framebuffer shows has arrived when each tile
//! that changed since the picture which arrived before shows it. With loss that cannot mean equal, so tiles are looked at
//! in blocks of 16x16 pixels, and compared with whatever else was painted there: before, since the last arrival, and
//! next. A block is another picture's if it is clearly nearer to that: a third of the squared error or less. Where
//! pictures differ by less than what was lost, they cannot be told apart and count as the one; where they differ by more,
//! old pixels and newer ones are found, and a picture of which a part is another's has not arrived.
//!
//! Pictures before one that has arrived are skipped: they never will.

use std::collections::{BTreeSet, VecDeque};

use tightrope::{Framebuffer, Rect, Region};

use super::strip;
use crate::vtz::{Grid, TILE};

/// Side of a block, in pixels and in the bytes of a row.
const BLOCK: usize = 16;
const BLOCK_BYTES: usize = BLOCK * 4;
/// Blocks of a tile.
const BLOCKS: usize = (TILE as usize / BLOCK).pow(2);
/// The squared error of a block that is as good as none: four or five steps of each value (35 dB).
const NEAR: u32 = 768 * 20;
/// Another picture is clearly nearer if so many times its error is no more.
const CLEARLY: u32 = 3;
/// And only what is so many times the usual loss of the tile's blocks is more than what JPEG may leave of it.
const UNUSUAL: u64 = 4;
/// A tile is compared with so many earlier versions at most, the latest.
const EARLIER: usize = 16;

/// Pictures that are painted, and which of them have arrived.
///
/// What it costs: a framebuffer's tile is compared again only after something was drawn there, and nothing is as long as
/// a tile that was not right has not changed. Memory: the pictures that are known and have not arrived, tiles that
/// changed only.
#[derive(Clone, Debug)]
pub struct Arrivals {
    grid: Grid,
    tiles: Vec<Tile>,
    /// Pictures after the one that arrived last, with the tiles that changed.
    pending: VecDeque<(u32, Vec<u32>)>,
    known: Option<u32>,
    arrived: Option<u32>,
    /// A picture, and a tile that does not show it as long as nothing is drawn there.
    lacking: Option<(u32, u32)>,
    /// A tile that was not equal to the last picture.
    unequal: u32,
}

/// A picture that stands whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its number, counted on beyond what a strip can say.
    pub number: u32,
    /// The tiles that changed since the picture which arrived before, in order.
    pub tiles: Vec<Rect>,
}

#[derive(Clone, Debug)]
struct Tile {
    rect: Rect,
    /// What it was in the picture that arrived last.
    base: Vec<u8>,
    /// What it became later, with the numbers of the pictures.
    later: VecDeque<(u32, Vec<u8>)>,
    /// The version it was found to show.
    shows: Option<u32>,
}

impl Arrivals {
    /// A desktop of `picture`'s size that shows it, which no client has been told of.
    #[must_use]
    pub fn new(picture: &Framebuffer) -> Self {
        let grid = Grid::new(picture.size(), TILE);
        let tile = |index| {
            let rect = grid.rect(index);
            Tile {
                rect,
                base: copied(picture, rect),
                later: VecDeque::new(),
                shows: None,
            }
        };
        Self {
            grid,
            tiles: (0..grid.count()).map(tile).collect(),
            pending: VecDeque::new(),
            known: None,
            arrived: None,
            lacking: None,
            unequal: 0,
        }
    }

    /// The next picture is, or will be, painted: `picture`, with its strip, differs from the one before at most in
    /// `damage`. Its number is one more than that one's, from 0 on.
    pub fn paint(&mut self, picture: &Framebuffer, damage: &[Rect]) {
        let number = self.known.map_or(0, |known| known + 1);
        self.known = Some(number);
        let strip = [strip::AREA];
        let touched = damage.iter().chain(&strip);
        let touched: BTreeSet<u32> = touched.flat_map(|rect| self.grid.touched(*rect)).collect();
        let mut changed = Vec::new();
        for index in touched {
            let Some(tile) = at(&mut self.tiles, index) else {
                continue;
            };
            let last = tile.later.back().map_or(&tile.base, |(_, last)| last);
            if !is_equal(picture, tile.rect, last) {
                let now = copied(picture, tile.rect);
                tile.later.push_back((number, now));
                changed.push(index);
            }
        }
        self.pending.push_back((number, changed));
    }

    /// The number of the last picture it was told of.
    #[must_use]
    pub fn known(&self) -> Option<u32> {
        self.known
    }

    /// The number that `shown` carries, whole or not: that of the last arrival or a later one, which may not be known yet.
    #[must_use]
    pub fn number_on(&self, shown: &Framebuffer) -> Option<u32> {
        let read = strip::read(shown.view())?;
        let is_it = |arrived: &u32| strip::after(arrived.checked_sub(1), read) == *arrived;
        let number = || strip::after(self.arrived, read);
        Some(self.arrived.filter(is_it).unwrap_or_else(number))
    }

    /// A client shows `shown`, of which `damage` was drawn since the last look: the picture that has arrived, if one has.
    /// To find a picture that is newer as well, the next one should be known by now.
    pub fn look(&mut self, shown: &Framebuffer, damage: &Region) -> Option<Arrival> {
        if shown.size() != self.grid.size() {
            return None;
        }
        self.note(damage);
        let number = self.number_on(shown)?;
        if self.arrived == Some(number) || self.known < Some(number) {
            return None;
        }
        if self.lacking.is_some_and(|(picture, _)| picture == number) {
            return None;
        }
        let until = self.pending.iter().take_while(|(own, _)| *own <= number);
        let changed: BTreeSet<u32> = until.flat_map(|(_, tiles)| tiles).copied().collect();
        let tiles = &mut self.tiles;
        let lacks = |index: &&u32| at(tiles, **index).is_some_and(|own| !own.shows(shown, number));
        if let Some(index) = changed.iter().find(lacks) {
            self.lacking = Some((number, *index));
            return None;
        }
        self.arrive(number, &changed);
        let tiles = changed.iter().map(|index| self.grid.rect(*index)).collect();
        Some(Arrival { number, tiles })
    }

    /// Whether `shown` is exactly the last picture it was told of.
    pub fn is_last(&mut self, shown: &Framebuffer) -> bool {
        if shown.size() != self.grid.size() {
            return false;
        }
        let count = self.grid.count();
        let order = (self.unequal..count).chain(0..self.unequal);
        for index in order {
            let tile = at(&mut self.tiles, index);
            let is_right = tile.is_none_or(|tile| {
                let last = tile.later.back().map_or(&tile.base, |(_, last)| last);
                is_equal(shown, tile.rect, last)
            });
            if !is_right {
                self.unequal = index;
                return false;
            }
        }
        true
    }

    /// Tiles that were drawn to are to be compared again.
    fn note(&mut self, damage: &Region) {
        for rect in damage.rects() {
            for index in self.grid.touched(*rect) {
                if let Some(tile) = at(&mut self.tiles, index) {
                    tile.shows = None;
                }
                if matches!(self.lacking, Some((_, lacking)) if lacking == index) {
                    self.lacking = None;
                }
            }
        }
    }

    /// Forgets what was before picture `number`.
    fn arrive(&mut self, number: u32, changed: &BTreeSet<u32>) {
        for index in changed {
            if let Some(tile) = at(&mut self.tiles, *index) {
                while let Some((_, pixels)) = tile.later.pop_front_if(|(own, _)| *own <= number) {
                    tile.base = pixels;
                }
                tile.shows = None;
            }
        }
        while self
            .pending
            .pop_front_if(|(own, _)| *own <= number)
            .is_some()
        {}
        self.arrived = Some(number);
        self.lacking = None;
    }
}

impl Tile {
    /// Whether `shown` has here what picture `number` has.
    fn shows(&mut self, shown: &Framebuffer, number: u32) -> bool {
        let until = self.later.partition_point(|(own, _)| *own <= number);
        let Some((version, wanted)) = until.checked_sub(1).and_then(|own| self.later.get(own))
        else {
            return true;
        };
        if self.shows == Some(*version) {
            return true;
        }
        let rows: Vec<&[u8]> = shown.view().rows(self.rect).collect();
        let errors = errors(&rows, wanted);
        if errors.iter().any(|error| *error > NEAR) {
            let first = until.saturating_sub(1 + EARLIER);
            let other = self.later.iter().enumerate().skip(first);
            let other = other.take_while(|(index, _)| *index <= until);
            let other = other.filter(|(index, _)| index + 1 != until);
            let others = other.map(|(_, (_, pixels))| pixels).chain([&self.base]);
            let mut nearest = [u32::MAX; BLOCKS];
            for other in others {
                let found = self::errors(&rows, other);
                for (nearest, found) in nearest.iter_mut().zip(found) {
                    *nearest = found.min(*nearest);
                }
            }
            if is_another(&errors, &nearest) {
                return false;
            }
        }
        self.shows = Some(*version);
        true
    }
}

/// Whether any block is clearly nearer to another picture than to this one: `errors` are against this one, `nearest`
/// against the nearest of the others.
fn is_another(errors: &[u32; BLOCKS], nearest: &[u32; BLOCKS]) -> bool {
    // Whichever picture it is, this is what was lost of it.
    let losses = errors
        .iter()
        .zip(nearest)
        .map(|(own, other)| own.min(other));
    let (sum, count) = losses
        .filter(|loss| **loss > 0)
        .fold((0_u64, 0), |(sum, count), loss| {
            (sum + u64::from(*loss), count + 1)
        });
    let usual = sum / count.max(1);
    let mut blocks = errors.iter().zip(nearest);
    blocks.any(|(own, other)| {
        *own > NEAR
            && other.saturating_mul(CLEARLY) <= *own
            && usual.saturating_mul(UNUSUAL) <= u64::from(*own)
    })
}

/// The squared errors of each block of a tile that has the rows `shown`.
fn errors(shown: &[&[u8]], wanted: &[u8]) -> [u32; BLOCKS] {
    let mut errors = [0; BLOCKS];
    let Some(row_bytes) = shown.first().map(|row| row.len()) else {
        return errors;
    };
    let rows = shown.iter().zip(wanted.chunks_exact(row_bytes));
    for (y, (shown, wanted)) in rows.enumerate() {
        if *shown == wanted {
            continue;
        }
        let across = usize::from(TILE) / BLOCK;
        let blocks = errors.iter_mut().skip(y / BLOCK * across);
        let pieces = shown.chunks(BLOCK_BYTES).zip(wanted.chunks(BLOCK_BYTES));
        for (error, (shown, wanted)) in blocks.zip(pieces) {
            *error += squared_error(shown, wanted);
        }
    }
    errors
}

/// The squared differences, summed. Blocks are small: 16 x 16 x 4 of at most 255² are less than 2^27.
fn squared_error(a: &[u8], b: &[u8]) -> u32 {
    let pairs = a.iter().zip(b);
    pairs
        .map(|(a, b)| u32::from(a.abs_diff(*b)) * u32::from(a.abs_diff(*b)))
        .sum()
}

fn copied(picture: &Framebuffer, rect: Rect) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(rect.area() * 4);
    for row in picture.view().rows(rect) {
        pixels.extend_from_slice(row);
    }
    pixels
}

fn is_equal(picture: &Framebuffer, rect: Rect, pixels: &[u8]) -> bool {
    let row_bytes = usize::from(rect.width) * 4;
    let rows = picture.view().rows(rect);
    rows.zip(pixels.chunks_exact(row_bytes.max(1)))
        .all(|(row, pixels)| row == pixels)
}

fn at(tiles: &mut [Tile], index: u32) -> Option<&mut Tile> {
    tiles.get_mut(usize::try_from(index).ok()?)
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "shades are made of them")]
mod tests {
    use tightrope::Size;

    use super::*;

    const SIZE: Size = Size::new(320, 160);
    const LEFT: Rect = Rect::new(64, 64, 128, 96);
    const RIGHT: Rect = Rect::new(192, 64, 128, 96);

    /// Something smooth with edges and a little noise, another for each `seed`.
    fn scene(seed: u32) -> Framebuffer {
        let mut picture = Framebuffer::new(SIZE);
        let mut noise = seed.wrapping_mul(0x9e37_79b9) | 1;
        let mut view = picture.view_mut(SIZE.into()).unwrap();
        for (y, row) in view.rows_mut().enumerate() {
            for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let wave = (x as u32 * 2 + y as u32 * 3 + seed * 37) % 200;
                let value = wave + (noise >> 29);
                pixel.copy_from_slice(&[value as u8, (wave / 2) as u8, 90, 0]);
            }
        }
        picture
    }

    fn put(to: &mut Framebuffer, from: &Framebuffer, area: Rect) {
        let rows = from.view().rows(area);
        for (to, from) in to.view_mut(area).unwrap().rows_mut().zip(rows) {
            to.copy_from_slice(from);
        }
    }

    /// As a lossy encoder leaves it: details of a few steps are gone.
    fn blurred(picture: &Framebuffer) -> Framebuffer {
        let mut blurred = picture.clone();
        for row in blurred.view_mut(SIZE.into()).unwrap().rows_mut() {
            for four in row.chunks_exact_mut(16) {
                for channel in 0..3 {
                    let sum: u32 = (0..4).map(|at| u32::from(four[at * 4 + channel])).sum();
                    (0..4).for_each(|at| four[at * 4 + channel] = (sum / 4) as u8);
                }
            }
        }
        blurred
    }

    /// Pictures that change LEFT and RIGHT, of which the watcher knows.
    fn painted(count: u32) -> (Arrivals, Vec<Framebuffer>) {
        let mut arrivals = Arrivals::new(&Framebuffer::new(SIZE));
        let mut picture = scene(0);
        let mut pictures = Vec::new();
        for number in 0..count {
            if number > 0 {
                let next = scene(number);
                put(&mut picture, &next, LEFT);
                put(&mut picture, &next, RIGHT);
            }
            strip::paint(number, &mut picture);
            let damage = match number {
                0 => vec![SIZE.into()],
                _ => vec![LEFT, RIGHT],
            };
            arrivals.paint(&picture, &damage);
            pictures.push(picture.clone());
        }
        (arrivals, pictures)
    }

    fn look(arrivals: &mut Arrivals, shown: &Framebuffer, damage: Rect) -> Option<u32> {
        arrivals
            .look(shown, &damage.into())
            .map(|arrival| arrival.number)
    }

    #[test]
    fn pictures_arrive_once_with_the_tiles_that_changed() {
        let (mut arrivals, pictures) = painted(3);
        let all = SIZE.into();
        assert_eq!(look(&mut arrivals, &Framebuffer::new(SIZE), all), None);
        let first = arrivals.look(&pictures[0], &Region::from(SIZE)).unwrap();
        assert_eq!((first.number, first.tiles.len()), (0, 15));
        assert_eq!(look(&mut arrivals, &pictures[0], all), None);
        let second = arrivals.look(&pictures[1], &Region::from(SIZE)).unwrap();
        // Four columns of two rows, and those of the strip's four tiles where its cells differ.
        assert_eq!(second.number, 1);
        assert!(second.tiles.contains(&Rect::new(64, 64, 64, 64)));
        assert!(!second.tiles.contains(&Rect::new(0, 64, 64, 64)));
        assert!(second.tiles.iter().any(|tile| tile.top == 0));
    }

    #[test]
    fn pictures_before_one_that_arrived_are_skipped() {
        let (mut arrivals, pictures) = painted(4);
        assert_eq!(look(&mut arrivals, &pictures[2], SIZE.into()), Some(2));
        assert_eq!(look(&mut arrivals, &pictures[1], SIZE.into()), None);
        assert_eq!(look(&mut arrivals, &pictures[3], SIZE.into()), Some(3));
    }

    #[test]
    fn a_picture_with_loss_arrives() {
        let (mut arrivals, pictures) = painted(4);
        for (number, picture) in (0..).zip(&pictures) {
            let mut shown = blurred(picture);
            // The strip is flat, and as good as lossless.
            put(&mut shown, picture, strip::AREA);
            let arrived = look(&mut arrivals, &shown, SIZE.into());
            assert_eq!(arrived, Some(number));
        }
    }

    #[test]
    fn a_torn_picture_has_not_arrived_until_the_rest_is_drawn() {
        for lossy in [false, true] {
            let (mut arrivals, pictures) = painted(4);
            let lose = |picture: &Framebuffer| match lossy {
                true => blurred(picture),
                false => picture.clone(),
            };
            assert_eq!(look(&mut arrivals, &pictures[0], SIZE.into()), Some(0));
            let mut shown = lose(&pictures[0]);
            put(&mut shown, &pictures[1], strip::AREA);
            assert_eq!(look(&mut arrivals, &shown, strip::AREA), None);
            put(&mut shown, &lose(&pictures[1]), LEFT);
            assert_eq!(look(&mut arrivals, &shown, LEFT), None);
            // Half a tile is not enough either.
            let half = Rect::new(RIGHT.left, RIGHT.top, RIGHT.width, 32);
            put(&mut shown, &lose(&pictures[1]), half);
            assert_eq!(look(&mut arrivals, &shown, half), None);
            put(&mut shown, &lose(&pictures[1]), RIGHT);
            assert_eq!(look(&mut arrivals, &shown, RIGHT), Some(1));
        }
    }

    #[test]
    fn a_picture_of_which_a_part_is_newer_has_not_arrived() {
        let (mut arrivals, pictures) = painted(3);
        assert_eq!(look(&mut arrivals, &pictures[0], SIZE.into()), Some(0));
        let mut shown = pictures[1].clone();
        put(&mut shown, &pictures[2], RIGHT);
        assert_eq!(look(&mut arrivals, &shown, SIZE.into()), None);
        put(&mut shown, &pictures[2], LEFT);
        put(&mut shown, &pictures[2], strip::AREA);
        assert_eq!(look(&mut arrivals, &shown, SIZE.into()), Some(2));
    }

    #[test]
    fn a_part_that_skipped_a_picture_is_not_taken_for_the_next() {
        let (mut arrivals, pictures) = painted(4);
        assert_eq!(look(&mut arrivals, &pictures[0], SIZE.into()), Some(0));
        let mut shown = pictures[3].clone();
        put(&mut shown, &pictures[1], RIGHT);
        assert_eq!(look(&mut arrivals, &shown, SIZE.into()), None);
    }

    #[test]
    fn what_was_not_painted_yet_does_not_arrive() {
        let (mut arrivals, mut pictures) = painted(2);
        strip::paint(9, &mut pictures[1]);
        assert_eq!(arrivals.number_on(&pictures[1]), Some(9));
        assert_eq!(look(&mut arrivals, &pictures[1], SIZE.into()), None);
    }

    #[test]
    fn the_last_picture_is_known_exactly() {
        let (mut arrivals, pictures) = painted(3);
        assert!(!arrivals.is_last(&blurred(&pictures[2])));
        assert!(!arrivals.is_last(&pictures[1]));
        let mut almost = pictures[2].clone();
        almost
            .view_mut(Rect::new(319, 159, 1, 1))
            .unwrap()
            .fill([1, 2, 3, 0]);
        assert!(!arrivals.is_last(&almost));
        assert!(arrivals.is_last(&pictures[2]));
        assert_eq!(look(&mut arrivals, &pictures[2], SIZE.into()), Some(2));
        assert!(arrivals.is_last(&pictures[2]));
    }
}
