//! The Tight encoder and decoder through their public faces.
#![cfg(test)]

mod decoder;
mod encoder;
mod filters;
mod formats;
mod hostile;
mod jpeg;
mod jpeg_encoding;
mod png;
mod round_trip;
mod support;
