//! The cells so far, each printed as soon as it is known; peers are played side by side.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::cell::{Cell, Verdict};
use super::{Kit, Peer};

/// Peers at once: most of their time is waiting for stillness and for small programs, but pictures are compared too.
const AT_ONCE: usize = 3;

/// See the module.
pub(super) struct Matrix {
    json: bool,
    cells: Mutex<Vec<Cell>>,
}

impl Matrix {
    /// One without cells; prints the head of the table.
    pub(super) fn new(json: bool) -> Self {
        if !json {
            println!("{}", Cell::heading());
        }
        Self {
            json,
            cells: Mutex::default(),
        }
    }

    /// Adds a cell that is done, and prints it.
    pub(super) fn add(&self, cell: Cell) {
        let mut cells = held(&self.cells);
        println!("{}", if self.json { cell.json() } else { cell.row() });
        cells.push(cell);
    }

    /// Plays all cells of these peers. What ends a peer early is a cell that fails.
    pub(super) fn play(&self, kit: &Kit, peers: &[&Peer]) {
        let waiting: Mutex<VecDeque<&Peer>> = Mutex::new(peers.iter().copied().collect());
        let next = || held(&waiting).pop_front();
        thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(peers.len()) {
                scope.spawn(|| {
                    while let Some(peer) = next() {
                        if let Err(error) = (peer.play)(kit, self) {
                            let mut cell = Cell::new(peer.name, "", peer.side, "", "");
                            cell.fail(&error);
                            self.add(cell);
                        }
                    }
                });
            }
        });
    }

    /// How many cells fail.
    pub(super) fn failures(&self) -> usize {
        let cells = held(&self.cells);
        let failed = |cell: &&Cell| cell.verdict() == Verdict::Fail;
        cells.iter().filter(failed).count()
    }
}

/// A peer that panicked is reported by its thread; the cells of the others still count.
fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
