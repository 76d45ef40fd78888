//! Which cells are photographs, which are flat, and which are sent without loss.

use pulp::{Arch, NullaryFnOnce};
use rfb::{BYTES_PER_PIXEL, Rect, Region, Subsampling, View, Workers};

use super::cells::{self, Cells, Class};
use super::features::{self, Features};
use rfb::codec::JpegQuality;

/// A cell with more novel pixels than this, in thousandths, and with more colours than this is a photograph though it is
/// hard: no palette holds it.
const NOISE: u32 = 850;
const NOISE_COLOURS: usize = 96;
/// The least cells of one colour that are worth a rectangle of their own. Fewer cost little within a palette.
const SOLID_CELLS: usize = 8;

/// What counts as a photograph, and how its rectangles are made: the coarser JPEG is, the more it pays. Found on six
/// recorded sessions, and checked on others. Shares are in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Photo {
    /// The least share of soft pixels in a cell.
    least_soft: u32,
    /// The least ratio of soft to hard pixels.
    soft_to_hard: u32,
    /// Pixels that two rectangles may waste when they become one.
    pub(crate) waste: usize,
    /// The least pixels of a rectangle. Below, a JPEG's own tables, about 600 bytes, weigh more than what it saves.
    pub(crate) least_area: usize,
}

impl Photo {
    /// What is a photograph at this quality.
    pub(crate) fn at(quality: JpegQuality) -> Self {
        // 0 at quality 62 and below, 1000 at 92 and above.
        let fine = (u32::from(quality.quality).clamp(62, 92) - 62) * 1000 / 30;
        let between = |coarse: u32, exact: u32| (coarse * (1000 - fine) + exact * fine) / 1000;
        let gray = quality.subsampling == Subsampling::Gray;
        Self {
            least_soft: between(11, 20),
            soft_to_hard: between(50, 200),
            waste: usize::try_from(between(2900, 1500)).unwrap_or(0),
            least_area: if gray {
                0
            } else {
                usize::try_from(between(1024, 2048)).unwrap_or(0)
            },
        }
    }

    fn is_photo(&self, source: View<'_>, cell: Rect, features: &Features) -> bool {
        let Features {
            area, novel, hard, ..
        } = *features;
        let soft = features.soft();
        soft * 1000 > self.least_soft * area && soft * 1000 > self.soft_to_hard * hard
            || novel * 1000 > NOISE * area && features::colours(source, cell) > NOISE_COLOURS
    }

    /// Whether a rectangle with too many colours for a palette is better as JPEG than without loss.
    pub(crate) fn suits(&self, source: View<'_>, rect: Rect) -> bool {
        let features = features::features(source, rect);
        let soft = features.soft();
        rect.area() >= self.least_area
            && soft * 1000 > self.soft_to_hard * features.hard
            && soft * 2000 > self.least_soft * features.area
    }

    /// How soft a cell is, in thousandths, when its neighbours are to decide; 0 if it is too hard.
    fn softness(&self, features: &Features) -> u32 {
        let soft = features.soft();
        if soft * 2000 > self.soft_to_hard * features.hard {
            soft * 1000 / features.area.max(1)
        } else {
            0
        }
    }
}

/// A rectangle of one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Solid {
    pub(crate) rect: Rect,
    /// BGRX, X = 0.
    pub(crate) colour: [u8; BYTES_PER_PIXEL],
}

/// Gives every cell that `region` touches its class. What is solid and large comes as rectangles, and is unchanged then.
pub(crate) fn classify(
    cells: &mut Cells,
    source: View<'_>,
    region: &Region,
    photo: &Photo,
    workers: &Workers,
) -> Vec<Solid> {
    cells.mark(source.size(), region, Class::Exact);
    let (across, down) = cells.dimensions();
    let mut softness = vec![0; across * down];
    let mut colours = vec![None; across * down];
    let band = across * down.div_ceil(workers.most());
    let classes = cells.classes_mut().chunks_mut(band.max(1));
    let found = softness
        .chunks_mut(band.max(1))
        .zip(colours.chunks_mut(band.max(1)));
    let bands = (0..).step_by(band.max(1)).zip(classes.zip(found));
    let bands = bands.map(|(first, (classes, (softness, colours)))| Look {
        source,
        photo,
        across,
        first,
        classes,
        softness,
        colours,
    });
    workers.map(
        &mut Vec::new(),
        || (),
        bands.collect(),
        |(), look| {
            Arch::new().dispatch(look);
        },
    );
    smooth(cells, &softness, photo);
    solids(cells, &colours)
}

/// Looks at every cell of some rows that is to be sent.
struct Look<'a> {
    source: View<'a>,
    photo: &'a Photo,
    /// Cells in a row.
    across: usize,
    /// The number of the first cell.
    first: usize,
    classes: &'a mut [Class],
    softness: &'a mut [u32],
    colours: &'a mut [Option<[u8; BYTES_PER_PIXEL]>],
}

impl NullaryFnOnce for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { source, photo, .. } = self;
        let found = self.softness.iter_mut().zip(self.colours);
        let cells = (self.first..).zip(self.classes.iter_mut().zip(found));
        for (index, (class, (softness, colour))) in cells {
            if *class == Class::Unchanged {
                continue;
            }
            let (column, row) = (index % self.across, index / self.across);
            let cell = cells::pixels(source.size(), column..column + 1, row..row + 1);
            let features = Features::of(source, cell);
            *softness = photo.softness(&features);
            *colour = features.solid;
            *class = match features.solid {
                Some(_) => Class::Solid,
                None if photo.is_photo(source, cell, &features) => Class::Photo,
                None => Class::Exact,
            };
        }
    }
}

/// A cell that differs from most of its neighbours becomes like them.
fn smooth(cells: &mut Cells, softness: &[u32], photo: &Photo) {
    let before = cells.clone();
    let (across, down) = cells.dimensions();
    for (row, softness) in (0..down).zip(softness.chunks(across.max(1))) {
        for (column, &softness) in softness.iter().enumerate() {
            let class = before.class(column, row);
            if !matches!(class, Class::Exact | Class::Photo) {
                continue;
            }
            let (mut photos, mut others) = (0, 0);
            for row in row.saturating_sub(1)..row + 2 {
                for column in column.saturating_sub(1)..column + 2 {
                    match before.class(column, row) {
                        Class::Photo => photos += 1,
                        Class::Exact | Class::Solid => others += 1,
                        Class::Unchanged => {}
                    }
                }
            }
            let becomes = match class {
                Class::Photo if photos <= 2 && others >= 4 => Class::Exact,
                Class::Exact if photos >= 6 && softness * 5 > photo.least_soft * 2 => Class::Photo,
                same => same,
            };
            if let Some(own) = cells.row_mut(row).get_mut(column) {
                *own = becomes;
            }
        }
    }
}

/// Takes out large rectangles of solid cells of one colour; other solid cells become exact ones.
fn solids(cells: &mut Cells, colours: &[Option<[u8; BYTES_PER_PIXEL]>]) -> Vec<Solid> {
    let (across, down) = cells.dimensions();
    let mut found = Vec::new();
    for row in 0..down {
        for column in 0..across {
            if cells.class(column, row) != Class::Solid {
                continue;
            }
            let colour_at =
                |column: usize, row: usize| colours.get(row * across + column).copied().flatten();
            let Some(colour) = colour_at(column, row) else {
                continue;
            };
            let same = |column: usize, row: usize| {
                cells.class(column, row) == Class::Solid && colour_at(column, row) == Some(colour)
            };
            let (width, height) = largest(column, row, same);
            let large = width * height >= SOLID_CELLS;
            let rect = cells.pixels(column..column + width, row..row + height);
            if large {
                found.push(Solid { rect, colour });
                cells.set(rect, Class::Unchanged);
            } else {
                let own = cells.pixels(column..column + 1, row..row + 1);
                cells.set(own, Class::Exact);
            }
        }
    }
    found
}

/// The largest rectangle of cells for which `same` holds, with its upper left corner at `column` and `row`: its columns
/// and rows.
fn largest(column: usize, row: usize, same: impl Fn(usize, usize) -> bool) -> (usize, usize) {
    let run = |row: usize, most: usize| (0..most).take_while(|&x| same(column + x, row)).count();
    let mut width = run(row, usize::MAX);
    let mut best = (width, 1);
    for height in 2.. {
        width = run(row + height - 1, width);
        if width == 0 {
            break;
        }
        if width * height > best.0 * best.1 {
            best = (width, height);
        }
    }
    best
}
