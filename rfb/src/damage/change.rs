//! What happened to a screen, told to whoever holds an older one.

use crate::{Point, Rect, Region};

/// More moves than these are not kept: what further ones bring counts as damage.
const MOVES: usize = 64;
/// Damage of more rectangles than these is made coarser.
const RECTS: usize = 1024;

/// A rectangle of pixels that moved on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Where its top left pixel was.
    pub from: Point,
    /// Where it is now.
    pub to: Rect,
}

impl Move {
    /// Where its pixels come from.
    #[must_use]
    pub fn source(&self) -> Rect {
        Rect::new(self.from.x, self.from.y, self.to.width, self.to.height)
    }
    /// Where the pixels of `region` are after the move: some are brought along, and some overwritten.
    #[must_use]
    pub fn carry(&self, region: &Region) -> Region {
        let source = region.intersection(&self.source().into());
        let carried = source.moved(self.from, self.to.origin());
        region.difference(&self.to.into()).union(&carried)
    }
}

/// How a holder of the old screen gets to the new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What is to be copied first, in order.
    pub moves: Vec<Move>,
    /// What is then still to be sent.
    pub damage: Region,
}

impl Change {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moves.is_empty() && self.damage.is_empty()
    }
    /// Notes what happened later: the two together are one change. It stays small enough to be kept for somebody who does
    /// not look for a while: many moves become damage, and damage of many rectangles becomes a little more damage.
    pub fn append(&mut self, later: &Self) {
        for &move_ in &later.moves {
            self.add_move(move_);
        }
        self.add_damage(&later.damage);
    }
    /// Notes that pixels have moved, and with them what was still to be sent.
    pub fn add_move(&mut self, move_: Move) {
        if self.moves.len() >= MOVES {
            self.add_damage(&move_.to.into());
            return;
        }
        if !self.damage.is_empty() {
            self.damage = move_.carry(&self.damage);
            self.damage.thin_out(RECTS);
        }
        self.moves.push(move_);
    }
    /// Notes that pixels have changed.
    pub fn add_damage(&mut self, damage: &Region) {
        self.damage = self.damage.union(damage);
        self.damage.thin_out(RECTS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Framebuffer, Size};
    use proptest::prelude::*;

    const SIZE: Size = Size::new(40, 30);

    fn rect() -> impl Strategy<Value = Rect> {
        (0..SIZE.width, 0..SIZE.height, 1..SIZE.width, 1..SIZE.height)
            .prop_map(|(x, y, w, h)| Rect::new(x, y, w, h).intersection(SIZE.into()))
    }

    fn change() -> impl Strategy<Value = Change> {
        let move_ = (rect(), 0_u16..40, 0_u16..30).prop_map(|(to, x, y)| {
            let from = Point::new(x.min(SIZE.width - to.width), y.min(SIZE.height - to.height));
            Move { from, to }
        });
        let damage = prop::collection::vec(rect(), 0..3);
        (prop::collection::vec(move_, 0..40), damage).prop_map(|(moves, damage)| Change {
            moves,
            damage: damage.into_iter().collect(),
        })
    }

    /// A screen after a change whose damage is filled with this.
    fn follow(screen: &mut Framebuffer, change: &Change, shade: u8) {
        for move_ in &change.moves {
            screen.copy_within(move_.from, move_.to).unwrap();
        }
        for rect in change.damage.rects() {
            screen.view_mut(*rect).unwrap().fill([shade, 0, 0, 0]);
        }
    }

    proptest! {
        #[test]
        fn who_looks_late_gets_to_the_same_screen(changes in prop::collection::vec(change(), 1..6)) {
            let mut start = Framebuffer::new(SIZE);
            for (y, x) in (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| (y, x))) {
                let [x8, y8] = [x, y].map(|at| u8::try_from(at).unwrap());
                start.view_mut(Rect::new(x, y, 1, 1)).unwrap().fill([0, x8, y8, 0]);
            }
            let mut screen = start.clone();
            let mut all = Change::default();
            for (shade, change) in (1..).zip(&changes) {
                follow(&mut screen, change, shade);
                all.append(change);
            }
            prop_assert!(all.moves.len() <= MOVES);
            let mut late = start;
            follow(&mut late, &Change { moves: all.moves, damage: Region::default() }, 0);
            for rect in all.damage.rects() {
                let rows = screen.view();
                let mut target = late.view_mut(*rect).unwrap();
                for (to, from) in target.rows_mut().zip(rows.rows(*rect)) {
                    to.copy_from_slice(from);
                }
            }
            prop_assert_eq!(late, screen);
        }
    }
}
