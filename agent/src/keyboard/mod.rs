//! The X server's keyboard: which keys carry what, what is held, and how to make a keysym come out of it.

pub mod keymap;
pub mod plan;
pub mod repeat;
pub mod xkb;

pub use keymap::{Group, Key, Keymap, Level, OutOfRange, State};
pub use plan::Plan;
pub use repeat::Repeat;
