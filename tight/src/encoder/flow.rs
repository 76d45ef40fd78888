//! The way from a region to rectangles: a plan, its parts encoded by whoever is free, and what they became put together.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rfb::{RectWriter, Region, Workers};

use super::exact::{Exact, Worker, fill};
use super::picture::Picture;
use super::plan::{Grain, Part, Planner};
use super::shared::{Member, Shared};
use super::sheet::{Sheet, Streams};

/// Pixels, or bytes of room, below which other threads would take longer to start than to help.
const ALONE: usize = 1 << 17;
/// Pixels and parts that are encoded, by each of several threads, before we look whether enough has been written: about as
/// many pixels as there is room for bytes, but no more than this. One thread looks after each part.
const MOST_BATCH: usize = 1 << 18;
const BATCH_PARTS: usize = 4096;
/// Pixels that are looked at for every byte there is room for, and at least: a screen of text is some 16 pixels a byte.
const LOOK: usize = 16;
const LEAST_LOOK: usize = 1 << 16;

/// The way from a region to rectangles. Its memory lives as long as the connection.
#[derive(Debug, Default)]
pub(crate) struct Flow<E> {
    planner: Planner,
    /// One for each thread.
    workers: Vec<Worker<E>>,
    member: Member,
    streams: Streams,
    density: Density,
}

/// How many pixels of photographs took a byte of late.
#[derive(Debug)]
struct Density(usize);

impl Default for Density {
    fn default() -> Self {
        Self(Self::LEAST)
    }
}

impl Density {
    /// What nearly every photograph has, and what none has that is worth cutting.
    const LEAST: usize = 1;
    const MOST: usize = 32;

    /// A photograph of so many pixels took so many bytes. The mean is taken slowly upwards, and at once downwards: what
    /// is cut too large keeps others waiting.
    fn note(&mut self, pixels: usize, bytes: usize) {
        let now = (pixels / bytes.max(1)).clamp(Self::LEAST, Self::MOST);
        self.0 = match now < self.0 {
            true => now,
            false => (self.0 * 3 + now).div_ceil(4).min(now),
        };
    }
}

/// What a part became.
enum Made {
    Own(Sheet),
    Shared(Arc<OnceLock<Sheet>>),
}

impl<E: Exact + Default + Send> Flow<E> {
    pub(crate) fn sharing(shared: &Shared) -> Self {
        Self {
            member: Member::of(shared),
            ..Self::default()
        }
    }

    /// Writes `region` until `out` is full; gives what is left over.
    pub(crate) fn encode(
        &mut self,
        picture: &Picture<'_>,
        region: &Region,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let mut left = region.clipped(picture.source.size());
        while !out.is_full() && !left.is_empty() {
            // With room for little, not everything is looked at for it.
            let now = left.first(out.room().saturating_mul(LOOK).max(LEAST_LOOK));
            left = left.difference(&now);
            left = left.union(&self.encode_all(picture, &now, out));
        }
        left
    }

    /// The same, looking at all of `region` first.
    fn encode_all(
        &mut self,
        picture: &Picture<'_>,
        region: &Region,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let area = region.area();
        let may_fill = out.room() / 4 < area;
        let workers = match area.min(out.room()) {
            ..ALONE => Workers::default(),
            _ => self.member.workers().clone(),
        };
        let grain = Grain {
            workers: &workers,
            room: if may_fill { out.room() } else { usize::MAX },
            photo: match may_fill {
                true => out.room().saturating_mul(self.density.0),
                false => usize::MAX,
            },
        };
        let parts = self.planner.plan(picture, region, grain);
        let mut rest = parts.as_slice();
        while !out.is_full() && !rest.is_empty() {
            // What cannot fill the output is done in one go, so that no thread waits for another.
            let batch = match (may_fill, workers.most()) {
                (true, 1) => 1,
                (true, threads) => out.room().min(MOST_BATCH) * threads,
                (false, _) => usize::MAX,
            };
            let (now, later) = rest.split_at(batch_len(rest, batch));
            rest = later;
            let member = &self.member;
            let clock = out.clock();
            let made = workers.map(
                &mut self.workers,
                Worker::default,
                now.to_vec(),
                |worker, part| make(worker, member, picture, part, clock),
            );
            for (part, made) in now.iter().zip(&made) {
                let Some(sheet) = made.sheet() else { continue };
                let before = out.written();
                self.streams.write(sheet, picture.encoding, out);
                if let Part::Photo(rect) = part {
                    self.density.note(rect.area(), out.written() - before);
                }
            }
        }
        let sent = parts.get(..parts.len() - rest.len()).unwrap_or_default();
        match rest {
            [] => Region::default(),
            _ => self.planner.left(region, sent),
        }
    }
}

impl Made {
    fn sheet(&self) -> Option<&Sheet> {
        match self {
            Self::Own(sheet) => Some(sheet),
            Self::Shared(place) => place.get(),
        }
    }
}

/// How many of `parts` have about `area` pixels; at least one.
fn batch_len(parts: &[Part], area: usize) -> usize {
    let mut sum = 0_usize;
    let full = |part: &Part| {
        sum = sum.saturating_add(part.rect().area());
        sum >= area
    };
    let len = parts
        .iter()
        .position(full)
        .map_or(parts.len(), |last| last + 1);
    len.min(BATCH_PARTS)
}

/// Encodes `part`, unless another encoder has done it.
fn make<E: Exact>(
    worker: &mut Worker<E>,
    member: &Member,
    picture: &Picture<'_>,
    part: Part,
    clock: Option<fn() -> Duration>,
) -> Made {
    match member.place(picture.settings, picture.encoding, part) {
        None => Made::Own(encode(worker, picture, part, clock)),
        Some(place) => {
            place.get_or_init(|| {
                let sheet = encode(worker, picture, part, clock);
                member.made(picture.settings.picture, &sheet);
                sheet
            });
            Made::Shared(place)
        }
    }
}

fn encode<E: Exact>(
    worker: &mut Worker<E>,
    picture: &Picture<'_>,
    part: Part,
    clock: Option<fn() -> Duration>,
) -> Sheet {
    let mut sheet = Sheet::timed(clock);
    match part {
        Part::Photo(rect) => worker.photo(picture, rect, &mut sheet),
        Part::Solid(solid) => fill(picture, solid, &mut sheet),
        Part::Exact(rect) => worker.exact(picture, rect, &mut sheet),
    }
    sheet
}
