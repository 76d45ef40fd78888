//! Which pixels truly changed, and what moved.
//!
//! ```text
//! patches › compare   a bit for each pixel that changed; the hash of each row of 64 pixels that did
//!         › moves     what moved: votes of the hashes say how far, exact pixels what; the bits that are left
//!         › compare   the patches are drawn on the screen
//!         › join      the bits that are left become few rectangles
//! ```

mod change;
mod compare;
mod grid;
mod hashes;
mod join;
mod moves;
mod patch;
mod refine;
mod segment;

pub use change::{Change, Move};
pub use patch::whole_columns;
pub use refine::refine;

use crate::{BYTES_PER_PIXEL, Framebuffer, Point, Rect, View, Workers};
use compare::{Band, Comparing, Drawing};
use grid::Grid;
use hashes::Hashes;
use moves::{Scene, Search};
use patch::Patch;

/// Fewer pixels than this are not compared by several threads: to start one takes as long as to compare half of them.
const MIN_TO_SHARE: usize = 1 << 19;
/// The same for what is quicker than to compare: to draw, and to look at what a move brings.
const MIN_TO_SHARE_QUICK: usize = 1 << 20;
/// More bands than threads, so that one that is late does not leave the others waiting.
const BANDS_PER_THREAD: usize = 2;

/// Finds what changes on a screen.
///
/// It remembers the hashes of the screen it saw last, and keeps memory to work in. Exact pixels decide what is damaged
/// and what a move brings: a hash that errs, or a screen that others have drawn on, cost no more than a move that is
/// not found.
#[derive(Debug, Default)]
pub struct Tracker {
    workers: Workers,
    hashes: Hashes,
    /// The pixels of the patches that differ from the screen.
    changed: Grid,
    /// Those of them that no move brings, and those that a move spoils.
    left: Grid,
    bands: Vec<Band>,
    search: Search,
}

impl Tracker {
    /// One that shares large pictures among `workers`; what it finds is the same for any number of them.
    #[must_use]
    pub fn new(workers: Workers) -> Self {
        Self {
            workers,
            ..Self::default()
        }
    }

    /// Brings `screen` up to date with `patches`, and tells how a holder of the old screen gets there.
    ///
    /// `patches` are fresh pixels of the desktop and where the first one of each lies; no two overlap. What lies
    /// outside `screen` is ignored, and so are X bytes; drawn pixels get X = 0. Without `find_moves` all is damage.
    ///
    /// The damage are the changed 16x16 cells of the desktop's grid, joined to rectangles where that adds little, each
    /// trimmed to what changed in it. Where these would be very many it is something coarser.
    pub fn update(
        &mut self,
        screen: &mut Framebuffer,
        patches: &[(Point, View<'_>)],
        find_moves: bool,
    ) -> Change {
        let size = screen.size();
        let patches = patch::on_desktop(patches, size);
        let areas = patches.iter().map(|patch| patch.area);
        let Some(bounds) = areas.reduce(Rect::bounding) else {
            return Change::default();
        };
        self.hashes.fit(size);
        self.changed.reset(size, bounds);
        self.cut_bands(&patches, bounds);
        self.compare(screen, &patches, find_moves);
        let mut change = Change::default();
        let mut left = &self.changed;
        if find_moves && Search::is_worth_it(&self.changed) {
            self.left.copy(&self.changed);
            let scene = Scene::new(screen, &patches, &self.hashes, &self.bands, &self.workers);
            change.moves = self.search.find(&scene, &mut self.left);
            left = &self.left;
        }
        change.damage = join::region(left, size);
        for band in &self.bands {
            self.hashes.learn(band);
        }
        self.draw(screen, &patches);
        change
    }

    /// Cuts the rows of `bounds` into bands, for threads to share.
    fn cut_bands(&mut self, patches: &[Patch<'_>], bounds: Rect) {
        let area: usize = patches.iter().map(|patch| patch.area.area()).sum();
        let threads = self.workers.most();
        let count = match threads {
            2.. if area >= MIN_TO_SHARE => threads * BANDS_PER_THREAD,
            _ => 1,
        };
        let cuts = compare::cuts(patches, bounds, count);
        self.bands.resize_with(cuts.len(), Band::default);
        for (band, rows) in self.bands.iter_mut().zip(cuts) {
            band.reset(rows, self.changed.columns());
        }
    }

    fn compare(&mut self, screen: &Framebuffer, patches: &[Patch<'_>], hashing: bool) {
        let columns = self.changed.columns();
        let mut rest = self.changed.masks_mut();
        let mut items = Vec::with_capacity(self.bands.len());
        for band in &mut self.bands {
            let (masks, others) = rest.split_at_mut(rest.len().min(band.rows().len() * columns));
            items.push((band, masks));
            rest = others;
        }
        let hashes = &self.hashes;
        self.workers.map(
            &mut vec![()],
            || (),
            items,
            |(), (band, masks)| {
                pulp::Arch::new().dispatch(Comparing {
                    band,
                    masks,
                    screen,
                    patches,
                    hashes,
                    hashing,
                });
            },
        );
    }

    fn draw(&mut self, screen: &mut Framebuffer, patches: &[Patch<'_>]) {
        let size = screen.size();
        let stride = usize::from(size.width) * BYTES_PER_PIXEL;
        let columns = self.changed.columns();
        let rows = self.changed.rows();
        let view = screen.view_mut(size.into());
        let Some(mut view) = view else { return };
        let Some((pixels, _)) = view.bytes_mut() else {
            return;
        };
        let mut pixels = pixels.get_mut(rows.start * stride..).unwrap_or_default();
        let mut masks = self.changed.masks();
        let mut items = Vec::with_capacity(self.bands.len());
        for band in &self.bands {
            let rows = band.rows();
            let (own, others) = pixels.split_at_mut(pixels.len().min(rows.len() * stride));
            pixels = others;
            let (own_masks, others) = masks.split_at(masks.len().min(rows.len() * columns));
            masks = others;
            items.push((rows, own, own_masks));
        }
        let area: usize = patches.iter().map(|patch| patch.area.area()).sum();
        let alone = Workers::default();
        let workers = match area {
            MIN_TO_SHARE_QUICK.. => &self.workers,
            _ => &alone,
        };
        workers.map(
            &mut vec![()],
            || (),
            items,
            |(), (rows, pixels, masks)| {
                pulp::Arch::new().dispatch(Drawing {
                    rows,
                    pixels,
                    stride,
                    masks,
                    patches,
                });
            },
        );
    }
}
