//! Pixels that are to be seen later.

use rfb::{BYTES_PER_PIXEL, Framebuffer, Rect, Region, View};

/// Pixels as they were when they came.
#[derive(Debug)]
pub struct Patch {
    /// What of it is still to be shown.
    region: Region,
    /// Where the pixels are from: one rectangle's rows behind the other's in `pixels`.
    rects: Vec<Rect>,
    pixels: Vec<u8>,
}

impl Patch {
    /// The pixels of `region`, which is within `framebuffer`. They are put into `buffer`.
    pub(super) fn copied(region: Region, framebuffer: View<'_>, mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        for &rect in region.rects() {
            for row in framebuffer.rows(rect) {
                buffer.extend_from_slice(row);
            }
        }
        Self {
            rects: region.rects().to_vec(),
            region,
            pixels: buffer,
        }
    }
    /// The pixels it has.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }
    /// Draws them onto `target`, as far as they are on it.
    pub fn draw(&self, target: &mut Framebuffer) {
        let mut start = 0;
        for &from in &self.rects {
            let row_bytes = usize::from(from.width) * BYTES_PER_PIXEL;
            let end = start + row_bytes * usize::from(from.height);
            let pixels = self.pixels.get(start..end).unwrap_or_default();
            for &part in self.region.rects() {
                let part = part.intersection(from);
                if !part.is_empty() {
                    draw_part(target, part, from, pixels);
                }
            }
            start = end;
        }
    }
    /// Does not have the pixels of `region` any more.
    pub(super) fn forget(&mut self, region: &Region) {
        if region.intersects(self.region.bounds()) {
            self.region = self.region.difference(region);
        }
    }
    /// What its pixels take.
    pub(super) fn bytes(&self) -> usize {
        self.pixels.len()
    }
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.pixels
    }
}

/// Draws `part` of the pixels of `from`.
fn draw_part(target: &mut Framebuffer, part: Rect, from: Rect, pixels: &[u8]) {
    let left = usize::from(part.left - from.left) * BYTES_PER_PIXEL;
    let right = left + usize::from(part.width) * BYTES_PER_PIXEL;
    let rows = pixels
        .chunks_exact((usize::from(from.width) * BYTES_PER_PIXEL).max(1))
        .skip((part.top - from.top).into());
    if let Some(mut target) = target.view_mut(part) {
        for (to, row) in target.rows_mut().zip(rows) {
            if let Some(row) = row.get(left..right) {
                to.copy_from_slice(row);
            }
        }
    }
}
