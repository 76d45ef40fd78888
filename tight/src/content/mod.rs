//! What a picture shows where: text and line art, photographs, flat areas. Cheap features of 16x16 cells decide, so that
//! rectangles begin and end where the content does.

mod cells;
mod classify;
mod features;

pub(crate) use cells::{CELL, Cells, Class};
pub(crate) use classify::{Photo, Solid, classify};
pub(crate) use features::is_smooth;
