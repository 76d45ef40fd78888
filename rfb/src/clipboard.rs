//! The clipboard.
