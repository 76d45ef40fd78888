//! Encodings, pixel formats and subsamplings by name.

use pyo3::prelude::*;
use tightrope::rfb::{Encoding, PixelFormat, Subsampling};
use tightrope::tight::Kind;

use crate::argument::wrong_value;

/// Every encoding and what it is called.
const ENCODINGS: [(&str, Encoding); 12] = [
    ("raw", Encoding::RAW),
    ("copy", Encoding::COPY_RECT),
    ("rre", Encoding::RRE),
    ("corre", Encoding::CORRE),
    ("hextile", Encoding::HEXTILE),
    ("zlib", Encoding::ZLIB),
    ("trle", Encoding::TRLE),
    ("zrle", Encoding::ZRLE),
    ("zywrle", Encoding::ZYWRLE),
    ("tight", Encoding::TIGHT),
    ("tight-png", Encoding::TIGHT_PNG),
    ("jpeg", Encoding::JPEG),
];
const FORMATS: [(&str, PixelFormat); 3] = [
    ("bgrx", PixelFormat::BGRX),
    ("rgb565", PixelFormat::RGB565),
    ("bgr233", PixelFormat::BGR233),
];
const SUBSAMPLINGS: [(&str, Subsampling); 4] = [
    ("4:4:4", Subsampling::Yuv444),
    ("4:2:2", Subsampling::Yuv422),
    ("4:2:0", Subsampling::Yuv420),
    ("gray", Subsampling::Gray),
];

/// What an encoding is called; "other" if it is none of these.
pub(super) fn name(encoding: Encoding) -> &'static str {
    let found = ENCODINGS.iter().find(|(_, own)| *own == encoding);
    found.map_or("other", |(name, _)| name)
}

/// How a rectangle is coded whose body begins with `head`: the name of the encoding where it has one way only.
pub(super) fn kind(encoding: Encoding, head: &[u8]) -> &'static str {
    match Kind::of(encoding, head) {
        Some(Kind::Fill) => "fill",
        Some(Kind::Palette { colours: 2 }) => "mono",
        Some(Kind::Palette { .. }) => "palette",
        Some(Kind::Gradient) => "gradient",
        Some(Kind::FullColour) => "full",
        Some(Kind::Jpeg) => "jpeg",
        Some(Kind::Png) => "png",
        _ => name(encoding),
    }
}

/// The encoding called `name`.
pub(super) fn encoding(name: &str) -> PyResult<Encoding> {
    find("encoding", name, &ENCODINGS)
}

/// The pixel format called `name`.
pub(super) fn format(name: &str) -> PyResult<PixelFormat> {
    find("pixel_format", name, &FORMATS)
}

/// The subsampling called `name`.
pub(crate) fn subsampling(name: &str) -> PyResult<Subsampling> {
    find("subsampling", name, &SUBSAMPLINGS)
}

fn find<T: Copy>(argument: &str, name: &str, all: &[(&str, T)]) -> PyResult<T> {
    let found = all.iter().find(|(own, _)| *own == name);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        let expected = format!("one of {}", names.join(", "));
        wrong_value(argument, &expected, format!("{name:?}"))
    })
}
