//! What a client holds.

use super::loss::Loss;
use crate::damage::{Change, Move};
use crate::{Region, Size};

/// The client's framebuffer, as far as it differs from the desktop.
///
/// INVARIANT: once the moves are made, in order, every pixel outside the damage is right or within `loss`.
#[derive(Debug)]
pub(super) struct Sent {
    /// The size the client believes in.
    pub(super) size: Size,
    /// What the client is still to be told.
    change: Change,
    loss: Loss,
}

impl Sent {
    pub(super) fn new(size: Size) -> Self {
        Self {
            size,
            change: Change::default(),
            loss: Loss::default(),
        }
    }
    pub(super) fn damage(&self) -> &Region {
        &self.change.damage
    }
    pub(super) fn loss(&self) -> &Loss {
        &self.loss
    }
    pub(super) fn has_moves(&self) -> bool {
        !self.change.moves.is_empty()
    }

    pub(super) fn add_damage(&mut self, damage: &Region) {
        self.change.add_damage(&damage.clipped(self.size));
    }

    pub(super) fn add_move(&mut self, move_: Move, can_copy: bool) {
        let fits = move_.source().fits(self.size) && move_.to.fits(self.size);
        if !(can_copy && fits) {
            self.add_damage(&move_.to.into());
            return;
        }
        let before = self.change.moves.len();
        self.change.add_move(move_);
        if self.change.moves.len() > before {
            self.loss.follow(&move_);
        }
    }

    /// Forgets the moves; what they would have brought is damage.
    pub(super) fn moves_to_damage(&mut self) {
        let targets = self.take_moves().iter().map(|move_| move_.to).collect();
        self.add_damage(&targets);
    }

    /// Takes the damage inside `area`, to be sent now.
    pub(super) fn take_damage(&mut self, area: &Region) -> Region {
        let taken = self.change.damage.intersection(area);
        self.change.damage = self.change.damage.difference(&taken);
        taken
    }

    /// Takes the moves, to be told now.
    pub(super) fn take_moves(&mut self) -> Vec<Move> {
        std::mem::take(&mut self.change.moves)
    }

    /// Where the pixels of `region` are once the moves are made.
    pub(super) fn carried(&self, region: &Region) -> Region {
        let moves = self.change.moves.iter();
        moves.fold(region.clone(), |region, move_| move_.carry(&region))
    }

    /// Notes how sending `region` ended: `left` was not sent after all, `loss` was sent with loss. Gives where what was
    /// left is now: moves noted since the update began carry all of it along.
    pub(super) fn update_sent(&mut self, region: &Region, left: &Region, mut loss: Loss) -> Region {
        let mut left = left.clone();
        let mut exact = region.difference(&left).difference(&loss.region());
        for move_ in &self.change.moves {
            left = move_.carry(&left);
            exact = move_.carry(&exact);
            loss.follow(move_);
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
