//! Whether what was painted stands in the client's framebuffer.

use tightrope::{Framebuffer, Point, Rect, Region};

/// The side of the tiles that arrive one by one, in pixels.
const TILE: u16 = 16;
/// Every so many pixels one is looked at, in both directions: one of each square of a block, and few of a picture of the
/// whole screen, as looking must not take the time that is measured.
const STEP: usize = 8;
/// A channel may be so far off in the mean wherever the picture before was no further off.
const TOLERANCE: u32 = 12;

/// What has not arrived of a picture.
#[derive(Debug, Default)]
pub(super) struct Arrival {
    tiles: Vec<Tile>,
}

/// A tile, on the screen, and the pixels that are looked at.
#[derive(Debug)]
struct Tile {
    place: Rect,
    old: Vec<[u8; 4]>,
    new: Vec<[u8; 4]>,
}

impl Arrival {
    /// Of `part` of a window whose first pixel is at `origin` of the screen, `before` and `after`.
    pub(super) fn of(before: &Framebuffer, after: &Framebuffer, part: Rect, origin: Point) -> Self {
        let rows = (0..part.height).step_by(TILE.into());
        let corners = rows.flat_map(|top| {
            (0..part.width)
                .step_by(TILE.into())
                .map(move |left| (left, top))
        });
        let tiles = corners.filter_map(|(left, top)| {
            let width = TILE.min(part.width - left);
            let height = TILE.min(part.height - top);
            let within = Rect::new(part.left + left, part.top + top, width, height);
            let tile = Tile {
                place: Rect::new(within.left + origin.x, within.top + origin.y, width, height),
                old: samples(before, within).collect(),
                new: samples(after, within).collect(),
            };
            // What hardly differs would seem to arrive with whatever comes.
            (!tile.stands(samples(before, within))).then_some(tile)
        });
        Self {
            tiles: tiles.collect(),
        }
    }

    /// Looks at what an update changed; whether a tile has arrived by it.
    pub(super) fn look(&mut self, shown: &Framebuffer, damage: &Region) -> bool {
        let before = self.tiles.len();
        self.tiles.retain(|tile| {
            !damage.intersects(tile.place) || !tile.stands(samples(shown, tile.place))
        });
        self.tiles.len() < before
    }

    /// Whether all of it stands.
    pub(super) fn is_complete(&self) -> bool {
        self.tiles.is_empty()
    }

    /// Tiles that are missing.
    pub(super) fn missing(&self) -> usize {
        self.tiles.len()
    }
}

impl Tile {
    /// Nearer to the new picture than to the old by far, or hardly different from the new one.
    fn stands(&self, shown: impl Iterator<Item = [u8; 4]>) -> bool {
        let (mut to_old, mut to_new, mut channels) = (0, 0, 0);
        for (pixel, (old, new)) in shown.zip(self.old.iter().zip(&self.new)) {
            to_old += distance(pixel, *old);
            to_new += distance(pixel, *new);
            channels += 3;
        }
        2 * to_new < to_old || to_new <= TOLERANCE * channels
    }
}

/// Some of the pixels of `rect`, the last among them.
fn samples(picture: &Framebuffer, rect: Rect) -> impl Iterator<Item = [u8; 4]> {
    let rows = picture.view().rows(rect).skip(STEP - 1).step_by(STEP);
    rows.flat_map(|row| {
        let pixels = row.chunks_exact(4).skip(STEP - 1).step_by(STEP);
        pixels.filter_map(|pixel| pixel.first_chunk().copied())
    })
}

/// The differences of blue, green and red.
fn distance(one: [u8; 4], other: [u8; 4]) -> u32 {
    let [blue, green, red, _] = one;
    let [other_blue, other_green, other_red, _] = other;
    let channels = [(blue, other_blue), (green, other_green), (red, other_red)];
    channels
        .iter()
        .map(|(one, other)| u32::from(one.abs_diff(*other)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tightrope::Size;

    const SIZE: Size = Size::new(100, 60);
    const PART: Rect = Rect::new(10, 5, 40, 40);
    const AT: Point = Point::new(20, 10);

    fn filled(colour: [u8; 4], rect: Rect, mut of: Framebuffer) -> Framebuffer {
        of.view_mut(rect).unwrap().fill(colour);
        of
    }

    #[test]
    fn a_picture_has_arrived_when_its_last_tile_has() {
        let before = Framebuffer::new(Size::new(60, 50));
        let after = filled([200, 100, 50, 0], PART, before.clone());
        let mut arrival = Arrival::of(&before, &after, PART, AT);
        let lossy = [190, 110, 45, 0];
        let on_screen = Rect::new(30, 15, 40, 40);
        let upper = Rect::new(30, 15, 40, 16);
        let shown = filled(lossy, upper, Framebuffer::new(SIZE));
        assert!(arrival.look(&shown, &upper.into()));
        assert_eq!((arrival.is_complete(), arrival.missing()), (false, 6));
        assert!(!arrival.look(&shown, &Region::from(on_screen)));
        let shown = filled(lossy, on_screen, shown);
        // Not where nothing is said to have changed.
        assert!(!arrival.look(&shown, &Region::from(Rect::new(0, 0, 20, 60))));
        assert!(arrival.look(&shown, &Region::from(on_screen)));
        assert!(arrival.is_complete());
    }

    #[test]
    fn what_stood_there_before_is_no_arrival() {
        let size = Size::new(60, 50);
        let before = filled([255, 255, 255, 0], PART, Framebuffer::new(size));
        let after = filled([200, 255, 255, 0], PART, before.clone());
        let mut arrival = Arrival::of(&before, &after, PART, AT);
        let shown = filled([255, 255, 255, 0], SIZE.into(), Framebuffer::new(SIZE));
        assert!(!arrival.look(&shown, &SIZE.into()));
    }
}
