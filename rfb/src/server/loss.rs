//! What a client holds with loss, and at which quality.

use std::collections::BTreeMap;

use crate::damage::Move;
use crate::{Rect, Region};

/// A quality of more rectangles than these is kept more coarsely.
const RECTS: usize = 1024;

/// Pixels held with loss, by JPEG quality, 1 to 100.
///
/// INVARIANT: sorted by quality; no pixel has two; no region is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Loss {
    layers: Vec<(u8, Region)>,
}

impl Loss {
    /// What an encoder has marked. A pixel that was marked twice counts with the lower quality.
    pub(super) fn of(marks: &[(Rect, u8)]) -> Self {
        let mut rects: BTreeMap<u8, Vec<Rect>> = BTreeMap::new();
        for &(rect, quality) in marks {
            rects.entry(quality).or_default().push(rect);
        }
        let layers = rects.into_iter();
        let mut loss = Self {
            layers: layers
                .map(|(quality, rects)| (quality, rects.into_iter().collect()))
                .collect(),
        };
        loss.tidy();
        loss
    }

    pub(super) fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Quality and where, the lowest quality first.
    pub(super) fn layers(&self) -> impl Iterator<Item = (u8, &Region)> {
        self.layers
            .iter()
            .map(|(quality, region)| (*quality, region))
    }

    /// All of it, whatever the quality.
    pub(super) fn region(&self) -> Region {
        let mut regions = self.layers.iter().map(|(_, region)| region);
        let first = regions.next().cloned().unwrap_or_default();
        regions.fold(first, |all, region| all.union(region))
    }

    /// Notes that `later` was sent: there it replaces what was.
    pub(super) fn add(&mut self, later: &Self) {
        self.remove(&later.region());
        for (quality, region) in &later.layers {
            match self
                .layers
                .binary_search_by_key(quality, |(quality, _)| *quality)
            {
                Ok(index) => {
                    if let Some((_, own)) = self.layers.get_mut(index) {
                        *own = own.union(region);
                    }
                }
                Err(index) => self.layers.insert(index, (*quality, region.clone())),
            }
        }
        let crowded = |(_, region): &(u8, Region)| region.rects().len() > RECTS;
        if self.layers.iter().any(crowded) {
            self.tidy();
        }
    }

    /// Notes that the client holds `exact` without loss.
    pub(super) fn remove(&mut self, exact: &Region) {
        if exact.is_empty() {
            return;
        }
        for (_, region) in &mut self.layers {
            *region = region.difference(exact);
        }
        self.layers.retain(|(_, region)| !region.is_empty());
    }

    /// Notes that the client makes this move, which brings along what was lost.
    pub(super) fn follow(&mut self, move_: &Move) {
        for (_, region) in &mut self.layers {
            *region = move_.carry(region);
        }
        self.layers.retain(|(_, region)| !region.is_empty());
    }

    /// Bounds what it takes to keep: an exact pixel may be taken for a lossy one, and a quality for a lower one.
    fn tidy(&mut self) {
        let mut lower = Region::default();
        for (_, region) in &mut self.layers {
            region.thin_out(RECTS);
            *region = region.difference(&lower);
            lower = lower.union(region);
        }
        self.layers.retain(|(_, region)| !region.is_empty());
    }
}
