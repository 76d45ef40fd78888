//! Sessions that outlive their connections.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod anywhere;
mod chains;
mod known;

use rfb::Size;

const SIZE: Size = Size::new(64, 48);
