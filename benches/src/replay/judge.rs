//! How close the pictures that arrived are to those that were painted: afterwards, as it takes its time.

use std::path::Path;

use anyhow::Result;
use lab::measure::{Quality, strip};
use tightrope::{Framebuffer, Rect};

use super::scenes::Scenes;

/// What is kept of arrived pictures for it, in bytes.
const KEPT: usize = 512 << 20;

/// What a client showed of a picture when it had arrived: the tiles that had changed.
struct Snapshot {
    number: u32,
    tiles: Vec<Rect>,
    pixels: Vec<u8>,
}

/// Pictures that are to be judged.
#[derive(Default)]
pub(super) struct Snapshots {
    kept: Vec<Snapshot>,
    bytes: usize,
}

impl Snapshots {
    /// Keeps `tiles` of what stands for picture `number`, but not those with the strip, which nobody recorded, and
    /// nothing once there is too much.
    pub(super) fn keep(&mut self, number: u32, tiles: &[Rect], shown: &Framebuffer) {
        let is_recorded = |tile: &&Rect| tile.intersection(strip::AREA).is_empty();
        let tiles: Vec<Rect> = tiles.iter().filter(is_recorded).copied().collect();
        let length = tiles.iter().map(|tile| tile.area() * 4).sum();
        if self.bytes + length > KEPT {
            return;
        }
        let mut pixels = Vec::with_capacity(length);
        for row in tiles.iter().flat_map(|tile| shown.view().rows(*tile)) {
            pixels.extend_from_slice(row);
        }
        self.bytes += length;
        self.kept.push(Snapshot {
            number,
            tiles,
            pixels,
        });
    }

    /// Compares them with the recording at `path`.
    pub(super) fn judge(&self, path: &Path) -> Result<Quality> {
        let mut scenes = Scenes::open(path)?;
        let mut wanted = Framebuffer::new(scenes.size());
        let mut shown = Framebuffer::new(scenes.size());
        let mut quality = Quality::default();
        let mut kept = self.kept.iter().peekable();
        while kept.peek().is_some()
            && let Some(scene) = scenes.next()?
        {
            scene.draw(&mut wanted);
            while let Some(snapshot) = kept.next_if(|own| own.number <= scene.number) {
                snapshot.draw(&mut shown);
                quality.add(&wanted, &shown, &snapshot.tiles);
            }
        }
        Ok(quality)
    }
}

impl Snapshot {
    fn draw(&self, picture: &mut Framebuffer) {
        let mut pixels = self.pixels.as_slice();
        for tile in &self.tiles {
            let Some(mut view) = picture.view_mut(*tile) else {
                return;
            };
            for row in view.rows_mut() {
                let Some((from, rest)) = pixels.split_at_checked(row.len()) else {
                    return;
                };
                row.copy_from_slice(from);
                pixels = rest;
            }
        }
    }
}
