//! JPEG: images as Tight sends them, and the encoding of that name, which sends nothing else.

mod decoder;
mod encoder;
mod image;
mod segment;
mod tables;

pub use decoder::JpegDecoder;
pub use encoder::JpegEncoder;

pub(crate) use image::{Fields, JpegReader, JpegWriter};

use crate::control::invalid;
