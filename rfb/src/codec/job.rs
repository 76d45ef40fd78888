//! Bodies that are found and not drawn yet.

use std::fmt;

use crate::{DecodeError, ViewMut};

type Draw<'a> = Box<dyn FnOnce(ViewMut<'_>) -> Result<(), DecodeError> + Send + 'a>;

/// A whole body that any thread may draw.
pub struct Job<'a> {
    lane: Option<u8>,
    draw: Draw<'a>,
}

impl<'a> Job<'a> {
    /// A body that `draw` draws on its rectangle. Those of one `lane` of a decoder go through one stream: they are drawn
    /// one after another, in order. `None`: it needs nothing that others leave.
    pub fn new(
        lane: Option<u8>,
        draw: impl FnOnce(ViewMut<'_>) -> Result<(), DecodeError> + Send + 'a,
    ) -> Self {
        let draw = Box::new(draw);
        Self { lane, draw }
    }
    /// Whose turn it waits for.
    #[must_use]
    pub fn lane(&self) -> Option<u8> {
        self.lane
    }
    /// Draws it on `target`, which is exactly the rectangle. BGRX with X = 0.
    pub fn draw(self, target: ViewMut<'_>) -> Result<(), DecodeError> {
        (self.draw)(target)
    }
}

impl fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lane = &self.lane;
        f.debug_struct("Job")
            .field("lane", lane)
            .finish_non_exhaustive()
    }
}
