//! The Tight encoder and decoder through their public faces.
#![cfg(test)]

mod decoder;
mod encoder;
mod hostile;
mod jpeg;
mod round_trip;
mod support;
