//! Which places of the desktop move: the policy of what is held.

use std::time::Duration;

use rfb::{LocalTime, Rect, Region, Size};

/// A place that moves has changed so often within [`WINDOW`].
pub const CHANGES: usize = 4;
/// A film of eight pictures a second still moves.
pub const WINDOW: Duration = Duration::from_millis(500);
/// What changes so soon after what a person did may be because of it.
pub const SOON: Duration = Duration::from_millis(250);
/// Who does something for so long without a pause of [`AGAIN`] sees everything at once.
pub const INSISTING: Duration = Duration::from_secs(2);
/// The pause that ends it: between two keys of somebody who types, it is shorter.
pub const AGAIN: Duration = Duration::from_millis(250);

/// Who has done nothing for so long waits for nothing: everything is seen with its sound.
pub const IDLE: Duration = Duration::from_secs(1);

/// Pixels of a cell each way, on desktops of up to [`MOST_CELLS`].
const CELL: u16 = 32;
/// Desktops of more have larger cells.
const MOST_CELLS: usize = 1 << 14;
/// More rectangles of damage are held as whole cells.
const MOST_RECTS: usize = 256;

/// The last changes of each cell of a grid over the desktop, and what a person did last.
#[derive(Debug, Default)]
pub(super) struct Motion {
    size: Size,
    /// Pixels of a cell each way.
    side: u16,
    columns: usize,
    cells: Vec<Cell>,
    input: Option<Input>,
}

/// A run of input without a pause.
#[derive(Clone, Copy, Debug)]
struct Input {
    first: LocalTime,
    last: LocalTime,
}

#[derive(Clone, Debug, Default)]
struct Cell {
    /// The last changes that count, the latest first.
    changes: [Option<LocalTime>; CHANGES],
    /// Of the damage at hand: touched and not looked at yet.
    is_touched: bool,
}

impl Cell {
    fn moves(&self, now: LocalTime) -> bool {
        let [.., earliest] = self.changes;
        earliest.is_some_and(|earliest| now.since(earliest) <= WINDOW)
    }
    fn note(&mut self, now: LocalTime) {
        self.changes.rotate_right(1);
        let [latest, ..] = &mut self.changes;
        *latest = Some(now);
    }
}

impl Motion {
    pub(super) fn new(size: Size) -> Self {
        let (width, height) = (usize::from(size.width), usize::from(size.height));
        let mut side = CELL;
        let cells = |side: u16| width.div_ceil(side.into()) * height.div_ceil(side.into());
        while cells(side) > MOST_CELLS {
            side *= 2;
        }
        Self {
            size,
            side,
            columns: width.div_ceil(side.into()),
            cells: vec![Cell::default(); cells(side)],
            input: None,
        }
    }
    pub(super) fn size(&self) -> Size {
        self.size
    }
    pub(super) fn note_input(&mut self, now: LocalTime) {
        let run = self
            .input
            .filter(|input| now.since(input.last) <= AGAIN)
            .map_or(now, |input| input.first);
        self.input = Some(Input {
            first: run,
            last: now,
        });
    }
    /// Whether what changes now may be because of what a person did.
    pub(super) fn is_answering(&self, now: LocalTime) -> bool {
        self.input
            .is_some_and(|input| now.since(input.last) <= SOON)
    }
    /// Notes that `damage`, which is on the desktop, changed, and gives the part of it that is to be seen with its sound
    /// rather than at once. The policy:
    ///
    /// - While nobody has done anything for [`IDLE`], all of it is: a message that pops up with a chime as well as a film.
    ///   What follows is about somebody who does something now and then.
    /// - A cell of the desktop *moves* if it changed [`CHANGES`] times within [`WINDOW`] before this change. A change
    ///   within [`SOON`] of what a person did makes no cell move, it only keeps moving what does. So typing, a menu, a
    ///   window that is dragged, text that is scrolled are never held, and a film is also while somebody types beside it.
    /// - Damage is taken apart into pieces that touch. A piece is held if at least half of its cells move, or if it lies
    ///   in the midst of others that do (more than half of the cells around it): a film is one picture, although some of
    ///   it may be at rest.
    /// - Within [`SOON`] of what a person did the pieces are single cells: a letter beside a film is not held with it.
    /// - While somebody has done something for [`INSISTING`] without a pause, nothing is held: who plays a game wants
    ///   its picture now.
    pub(super) fn moving_part(&mut self, now: LocalTime, damage: &Region) -> Region {
        let is_idle = self.input.is_none_or(|input| now.since(input.last) > IDLE);
        let recent = self.input.filter(|input| now.since(input.last) <= SOON);
        let insists = recent.is_some_and(|input| input.last.since(input.first) >= INSISTING);
        let touched = self.touch(damage);
        let mut held = Vec::new();
        let mut piece = Vec::new();
        for &first in &touched {
            piece.clear();
            match recent {
                Some(_) => piece.extend(self.take(first)),
                None => self.take_piece(first, &mut piece),
            }
            if !insists && !piece.is_empty() && (is_idle || self.is_moving(now, &piece)) {
                held.extend_from_slice(&piece);
            }
        }
        for &cell in &touched {
            if let Some(cell) = self.cells.get_mut(cell)
                && (recent.is_none() || cell.moves(now))
            {
                cell.note(now);
            }
        }
        if held.len() == touched.len() && damage.rects().len() <= MOST_RECTS {
            return damage.clone();
        }
        let cells: Region = held.iter().map(|&cell| self.place(cell)).collect();
        match damage.rects().len() <= MOST_RECTS {
            true => damage.intersection(&cells),
            false => cells,
        }
    }
    /// Marks the cells of `damage`, and gives them.
    fn touch(&mut self, damage: &Region) -> Vec<usize> {
        let mut touched = Vec::new();
        let side = usize::from(self.side.max(1));
        for rect in damage.rects() {
            let [left, top, width, height] =
                [rect.left, rect.top, rect.width, rect.height].map(usize::from);
            for row in top / side..(top + height).div_ceil(side) {
                for column in left / side..(left + width).div_ceil(side) {
                    let index = row * self.columns + column;
                    if let Some(cell) = self.cells.get_mut(index)
                        && !std::mem::replace(&mut cell.is_touched, true)
                    {
                        touched.push(index);
                    }
                }
            }
        }
        touched
    }
    /// Takes the mark off the cell; `None` if it has none.
    fn take(&mut self, index: usize) -> Option<usize> {
        let cell = self.cells.get_mut(index)?;
        std::mem::take(&mut cell.is_touched).then_some(index)
    }
    /// Takes `first` and all that are joined to it by others.
    fn take_piece(&mut self, first: usize, piece: &mut Vec<usize>) {
        piece.extend(self.take(first));
        let mut next = 0;
        while let Some(&index) = piece.get(next) {
            next += 1;
            let (column, row) = self.column_and_row(index);
            for row in row.saturating_sub(1)..=row + 1 {
                let columns = column.saturating_sub(1)..=(column + 1).min(self.columns - 1);
                piece.extend(columns.filter_map(|column| self.take(row * self.columns + column)));
            }
        }
    }
    /// Whether at least half of these cells move, or more than half of them and those around them.
    fn is_moving(&self, now: LocalTime, piece: &[usize]) -> bool {
        let moves = |&index: &usize| self.cells.get(index).is_some_and(|cell| cell.moves(now));
        if piece.iter().filter(|index| moves(index)).count() * 2 >= piece.len() {
            return true;
        }
        let places = piece.iter().map(|&index| self.column_and_row(index));
        let bounds = places.fold(None, |bounds, (column, row)| {
            let (left, top, right, bottom) = bounds.unwrap_or((column, row, column, row));
            Some((
                left.min(column),
                top.min(row),
                right.max(column),
                bottom.max(row),
            ))
        });
        let Some((left, top, right, bottom)) = bounds else {
            return false;
        };
        let around = (top.saturating_sub(1)..=bottom + 1).flat_map(|row| {
            let columns = left.saturating_sub(1)..=(right + 1).min(self.columns - 1);
            columns.map(move |column| row * self.columns + column)
        });
        let (mut all, mut moving) = (0, 0);
        for index in around.filter(|&index| index < self.cells.len()) {
            all += 1;
            moving += usize::from(moves(&index));
        }
        moving * 2 > all
    }
    fn column_and_row(&self, index: usize) -> (usize, usize) {
        let columns = self.columns.max(1);
        (index % columns, index / columns)
    }
    /// The pixels of a cell.
    fn place(&self, index: usize) -> Rect {
        let (column, row) = self.column_and_row(index);
        let edge = |number: usize| {
            let edge = number.saturating_mul(self.side.into());
            u32::try_from(edge).unwrap_or(u32::MAX)
        };
        let rect = Rect::from_edges(edge(column), edge(row), edge(column + 1), edge(row + 1));
        rect.intersection(self.size.into())
    }
}
