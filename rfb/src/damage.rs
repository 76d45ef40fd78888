//! Which pixels truly changed.
