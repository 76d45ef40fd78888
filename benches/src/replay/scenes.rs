//! The pictures of a recording with their numbers on them, read ahead of when they are needed.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use lab::measure::strip;
use tightrope::{Framebuffer, Rect, Region, Size};

use crate::recording;

/// So many bytes are read ahead: all of a recording of some seconds.
const AHEAD: usize = 384 << 20;

/// A picture: what changed since the one before.
pub(super) struct Scene {
    /// From 0 on; it stands on the picture.
    pub(super) number: u32,
    /// Since the first picture, as it was recorded.
    pub(super) time: Duration,
    /// Where it differs, the strip included; no two overlap.
    pub(super) damage: Region,
    /// The rows of these rectangles.
    pixels: Vec<u8>,
}

/// All pictures, in order.
pub(super) struct Scenes {
    size: Size,
    count: u32,
    scenes: Receiver<Result<Scene>>,
    ahead: Arc<Ahead>,
}

/// How many bytes wait to be taken.
#[derive(Default)]
struct Ahead {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    bytes: usize,
    is_over: bool,
}

impl Scene {
    /// Brings `picture`, which shows the scene before, up to date.
    pub(super) fn draw(&self, picture: &mut Framebuffer) {
        draw(picture, &self.damage, &self.pixels);
    }
}

/// Draws `pixels`, the rows of the rectangles of `damage`.
pub(super) fn draw(picture: &mut Framebuffer, damage: &Region, pixels: &[u8]) {
    let mut pixels = pixels;
    for rect in damage.rects() {
        let Some(mut view) = picture.view_mut(*rect) else {
            continue;
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

impl Scenes {
    /// Begins to read the recording at `path`.
    ///
    /// # Errors
    /// It is none, it has one picture only, or they are too small for a number.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut reader = recording::open(path)?;
        let (size, count) = (reader.size(), reader.frame_count());
        ensure!(
            strip::AREA.fits(size),
            "the pictures of {} are {size}: they have no room for their number ({} pixels)",
            path.display(),
            strip::AREA.size()
        );
        ensure!(count > 1, "{} has one picture only", path.display());
        let ahead = Arc::new(Ahead::default());
        let (sender, scenes) = channel();
        let own = Arc::clone(&ahead);
        std::thread::spawn(move || {
            own.read(&mut reader, &sender);
            own.state().is_over = true;
            own.changed.notify_all();
        });
        Ok(Self {
            size,
            count,
            scenes,
            ahead,
        })
    }

    /// The size of the pictures.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// How many there are, as the recording says.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Waits until as much as may be has been read ahead: so that reading disturbs nothing.
    pub(super) fn fill(&self) {
        let mut state = self.ahead.state();
        while state.bytes < AHEAD && !state.is_over {
            state = wait(&self.ahead.changed, state);
        }
    }

    /// The next one; none at the end.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub(super) fn next(&mut self) -> Result<Option<Scene>> {
        let Ok(scene) = self.scenes.recv() else {
            return Ok(None);
        };
        let scene = scene?;
        self.ahead.state().bytes -= scene.pixels.len();
        self.ahead.changed.notify_all();
        Ok(Some(scene))
    }
}

impl Drop for Scenes {
    fn drop(&mut self) {
        // Whoever reads ahead finds that nobody takes it.
        self.ahead.state().bytes = 0;
        self.ahead.changed.notify_all();
    }
}

impl Ahead {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, reader: &mut lab::vtz::Reader<std::fs::File>, to: &Sender<Result<Scene>>) {
        loop {
            let scene = match reader.next_frame() {
                Ok(Some(frame)) => scene(&frame),
                Ok(None) => return,
                Err(error) => {
                    let _gone = to.send(Err(error.into()));
                    return;
                }
            };
            let mut state = self.state();
            while state.bytes >= AHEAD {
                state = wait(&self.changed, state);
            }
            state.bytes += scene.pixels.len();
            drop(state);
            self.changed.notify_all();
            if to.send(Ok(scene)).is_err() {
                return;
            }
        }
    }
}

fn wait<'a>(changed: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    changed.wait(state).unwrap_or_else(PoisonError::into_inner)
}

fn scene(frame: &lab::vtz::Frame<'_>) -> Scene {
    let strip = strip::pixels(frame.index);
    let damage: Region = frame.tiles.iter().copied().chain([strip::AREA]).collect();
    let area: usize = damage.rects().iter().map(|rect| rect.area()).sum();
    let mut pixels = Vec::with_capacity(area * 4);
    for rect in damage.rects() {
        let marked = rect.intersection(strip::AREA);
        for (y, row) in (rect.top..).zip(frame.picture.view().rows(*rect)) {
            let start = pixels.len();
            pixels.extend_from_slice(row);
            if y >= strip::AREA.height || marked.is_empty() {
                continue;
            }
            let from = Rect::new(marked.left, y, marked.width, 1);
            let offset = start + usize::from(marked.left - rect.left) * 4;
            let to = pixels.get_mut(offset..offset + usize::from(marked.width) * 4);
            if let (Some(to), Some(from)) = (to, strip.view().rows(from).next()) {
                to.copy_from_slice(from);
            }
        }
    }
    Scene {
        number: frame.index,
        time: frame.time,
        damage,
        pixels,
    }
}

#[cfg(test)]
mod tests {
    use lab::vtz::Writer;

    use super::*;

    const SIZE: Size = Size::new(320, 200);

    /// A recording of `count` pictures in which a bar of 64 pixels changes.
    fn recording(count: u8) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = Writer::create(file.path(), SIZE, 1).unwrap();
        let mut picture = Framebuffer::new(SIZE);
        for number in 0..count {
            let bar = Rect::new(64, 0, 64, 200);
            picture.view_mut(bar).unwrap().fill([number + 1, 9, 9, 0]);
            let time = Duration::from_millis(100) * u32::from(number);
            writer.take(picture.view(), &bar.into());
            assert!(writer.write(time).unwrap());
        }
        writer.finish().unwrap();
        file
    }

    #[test]
    fn every_picture_comes_with_its_number_on_it() {
        let file = recording(5);
        let mut scenes = Scenes::open(file.path()).unwrap();
        scenes.fill();
        assert_eq!((scenes.size(), scenes.count()), (SIZE, 5));
        let mut picture = Framebuffer::new(SIZE);
        for number in 0..5 {
            let scene = scenes.next().unwrap().unwrap();
            assert_eq!(scene.number, number);
            assert_eq!(scene.time, Duration::from_millis(100) * number);
            scene.draw(&mut picture);
            assert_eq!(strip::read(picture.view()), Some(number));
            let bar = picture
                .view()
                .rows(Rect::new(64, 199, 1, 1))
                .next()
                .unwrap();
            assert_eq!(u32::from(bar[0]), number + 1);
        }
        assert!(scenes.next().unwrap().is_none());
    }

    #[test]
    fn what_is_no_recording_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for path in [file.path(), Path::new("/nowhere.vtz")] {
            let error = Scenes::open(path).err().unwrap().to_string();
            assert!(error.contains(&path.display().to_string()), "{error}");
        }
        let one = recording(1);
        let error = Scenes::open(one.path()).err().unwrap().to_string();
        assert!(error.contains("one picture"), "{error}");
    }
}
