//! Which of the pictures that were painted stands whole at a client.
//!
//! Every picture carries its number ([`strip`]). The one whose number a framebuffer shows has arrived when each tile
//! that changed since the picture which arrived before shows it. With loss that cannot mean equal, so tiles are looked at
//! in blocks of 16x16 pixels, and compared with whatever else was painted there: before, since the last arrival, and
//! next (`tile.rs`). A block is another picture's if it is clearly nearer to that: a third of the squared error or less.
//! Where pictures differ by less than what is lost of blocks on average, they cannot be told apart and count as the one;
//! where they differ by more, old pixels and newer ones are found, and a picture of which a part is another's has not
//! arrived.
//!
//! Pictures before one that has arrived are skipped: they never will.

use std::collections::{BTreeSet, VecDeque};

use tightrope::{Framebuffer, Rect, Region};

use self::tile::{Tile, copied, is_equal};
use super::strip;
use crate::vtz::{Grid, TILE};

#[cfg(test)]
mod tests;
mod tile;

/// How many tiles tell what was usually lost of a picture: enough for a mean.
const SAMPLE: usize = 64;

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

impl Arrivals {
    /// A desktop of `picture`'s size that shows it, which no client has been told of.
    #[must_use]
    pub fn new(picture: &Framebuffer) -> Self {
        let grid = Grid::new(picture.size(), TILE);
        let tile = |index| Tile::new(picture, grid.rect(index));
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
            if !is_equal(picture, tile.rect, tile.last()) {
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
        self.lacking = self.lacking(shown, number, &changed);
        if self.lacking.is_some() {
            return None;
        }
        self.arrive(number, &changed);
        let tiles = changed.iter().map(|index| self.grid.rect(*index)).collect();
        Some(Arrival { number, tiles })
    }

    /// A tile of those that `changed` in picture `number` which does not show it, if there is one.
    fn lacking(
        &mut self,
        shown: &Framebuffer,
        number: u32,
        changed: &BTreeSet<u32>,
    ) -> Option<(u32, u32)> {
        let mut usual = None;
        for index in changed {
            let doubt = at(&mut self.tiles, *index).and_then(|tile| tile.doubt(shown, number));
            let Some(doubt) = doubt else {
                continue;
            };
            let usual = *usual.get_or_insert_with(|| self.loss(shown, number, changed));
            if u64::from(doubt) > usual {
                return Some((number, *index));
            }
            if let Some(tile) = at(&mut self.tiles, *index) {
                tile.accept(number);
            }
        }
        None
    }

    /// What was lost on average of the blocks of `changed`, of those of which anything was: a squared error.
    fn loss(&self, shown: &Framebuffer, number: u32, changed: &BTreeSet<u32>) -> u64 {
        let tiles = changed
            .iter()
            .step_by(changed.len().div_ceil(SAMPLE).max(1));
        let tiles = tiles.filter_map(|index| self.tiles.get(usize::try_from(*index).ok()?));
        let losses = tiles.map(|tile| tile.loss(shown, number));
        let (sum, count) = losses.fold((0, 0), |(sum, count), own| (sum + own.0, count + own.1));
        sum / count.max(1)
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
            let is_right = tile.is_none_or(|tile| is_equal(shown, tile.rect, tile.last()));
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

fn at(tiles: &mut [Tile], index: u32) -> Option<&mut Tile> {
    tiles.get_mut(usize::try_from(index).ok()?)
}
