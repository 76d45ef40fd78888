//! What a client holds.

use super::loss::Loss;
use crate::{Point, Rect, Region, Size};

/// A move of pixels the client is still to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) from: Point,
    pub(super) to: Rect,
}

impl Copy {
    fn source(&self) -> Rect {
        Rect::new(self.from.x, self.from.y, self.to.width, self.to.height)
    }
    /// The part of `region` that the copy brings along, where it comes to.
    pub(super) fn carried(&self, region: &Region) -> Region {
        region
            .intersection(&self.source().into())
            .moved(self.from, self.to.origin())
    }
}

/// The client's framebuffer, as far as it differs from the desktop.
///
/// INVARIANT: once the copies are made, in order, every pixel outside `damage` is right or within `loss`.
#[derive(Debug)]
pub(super) struct Sent {
    /// The size the client believes in.
    pub(super) size: Size,
    damage: Region,
    copies: Vec<Copy>,
    loss: Loss,
}

/// More copies than this in one update are sent as pixels.
const COPIES_LIMIT: usize = 64;
/// Damage of more rectangles than this is kept by cells of so many pixels, or as a whole.
const DAMAGE_RECTS: usize = 1024;
const CELL: u16 = 64;

impl Sent {
    pub(super) fn new(size: Size) -> Self {
        Self {
            size,
            damage: Region::default(),
            copies: Vec::new(),
            loss: Loss::default(),
        }
    }
    pub(super) fn damage(&self) -> &Region {
        &self.damage
    }
    pub(super) fn loss(&self) -> &Loss {
        &self.loss
    }
    pub(super) fn has_copies(&self) -> bool {
        !self.copies.is_empty()
    }

    pub(super) fn add_damage(&mut self, damage: &Region) {
        self.damage = self.damage.union(&damage.clipped(self.size));
        if self.damage.rects().len() > DAMAGE_RECTS {
            self.damage = self.damage.coarsened(CELL);
            self.damage.simplify(DAMAGE_RECTS);
        }
    }

    pub(super) fn add_copy(&mut self, from: Point, to: Rect, can_copy: bool) {
        let copy = Copy { from, to };
        let fits = copy.source().fits(self.size) && to.fits(self.size);
        if !(can_copy && fits && self.copies.len() < COPIES_LIMIT) {
            self.add_damage(&to.into());
            return;
        }
        let target = to.into();
        let stale = copy.carried(&self.damage);
        self.damage = self.damage.difference(&target).union(&stale);
        self.loss.follow(&copy);
        self.copies.push(copy);
    }

    /// Forgets the copies; what they would have brought is damage.
    pub(super) fn copies_to_damage(&mut self) {
        let targets = self.copies.drain(..).map(|copy| copy.to).collect();
        self.add_damage(&targets);
    }

    /// Takes the damage inside `area`, to be sent now.
    pub(super) fn take_damage(&mut self, area: &Region) -> Region {
        let taken = self.damage.intersection(area);
        self.damage = self.damage.difference(&taken);
        taken
    }

    pub(super) fn take_copies(&mut self) -> Vec<Copy> {
        std::mem::take(&mut self.copies)
    }

    /// Notes how sending `region` ended: `left` was not sent after all, `loss` was sent with loss. Gives what of `left` is
    /// where, now: copies noted since the update began carry all of it along.
    pub(super) fn update_sent(&mut self, region: &Region, left: &Region, mut loss: Loss) -> Region {
        let mut left = left.clone();
        let mut exact = region.difference(&left).difference(&loss.region());
        for copy in &self.copies {
            let follow = |own: &Region| own.difference(&copy.to.into()).union(&copy.carried(own));
            left = follow(&left);
            exact = follow(&exact);
            loss.follow(copy);
        }
        self.loss.remove(&exact);
        self.loss.add(&loss);
        left
    }

    /// The client has been told of another size: all of it is to be sent.
    pub(super) fn resize(&mut self, size: Size) {
        *self = Self::new(size);
        self.add_damage(&size.into());
    }
}
