//! Pixels as Tight sends them (rfbproto "Tight Encoding", TPIXEL): red, green, blue where three bytes
//! suffice, else as the client's pixel format says.

use rfb::pixel::{Packer, Unpacker};
use rfb::{BYTES_PER_PIXEL, PixelFormat};

/// Bytes of a TPIXEL: 1 to 4.
pub(crate) fn tpixel_bytes(format: &PixelFormat) -> usize {
    if format.is_tight_rgb() {
        3
    } else {
        format.bytes_per_pixel()
    }
}

/// Writes BGRX pixels as TPIXELs. Build one per update: it may hold tables.
pub(crate) struct TpixelWriter {
    /// `None`: three bytes.
    packer: Option<Packer>,
    pixel_bytes: usize,
}

impl TpixelWriter {
    pub(crate) fn new(format: &PixelFormat) -> Self {
        let packer = (!format.is_tight_rgb()).then(|| Packer::new(format));
        Self {
            packer,
            pixel_bytes: tpixel_bytes(format),
        }
    }

    /// What tells apart the colours of the wire, if not their BGR bytes.
    pub(crate) fn packer(&self) -> Option<&Packer> {
        self.packer.as_ref()
    }

    /// Bytes of a TPIXEL.
    pub(crate) fn pixel_bytes(&self) -> usize {
        self.pixel_bytes
    }

    /// Appends a row of BGRX pixels.
    pub(crate) fn row(&self, bgrx: &[u8], out: &mut Vec<u8>) {
        if let Some(packer) = &self.packer {
            return packer.row(bgrx, out);
        }
        let start = out.len();
        out.resize(start + bgrx.len() / BYTES_PER_PIXEL * 3, 0);
        let wire = out.get_mut(start..).unwrap_or_default();
        let pixels = bgrx.as_chunks::<BYTES_PER_PIXEL>().0;
        for (rgb, &[b, g, r, _]) in wire.as_chunks_mut().0.iter_mut().zip(pixels) {
            *rgb = [r, g, b];
        }
    }
}

/// Reads TPIXELs as BGRX with X = 0.
pub(crate) struct TpixelReader<'a> {
    /// `None`: three bytes.
    unpacker: Option<&'a Unpacker>,
}

impl<'a> TpixelReader<'a> {
    pub(crate) fn new(pixels: &'a Unpacker) -> Self {
        let unpacker = (!pixels.format().is_tight_rgb()).then_some(pixels);
        Self { unpacker }
    }

    /// How values are laid out, if not as red, green and blue bytes.
    pub(crate) fn unpacker(&self) -> Option<&'a Unpacker> {
        self.unpacker
    }

    /// The first pixel of `wire`; black if there is none.
    pub(crate) fn pixel(&self, wire: &[u8]) -> [u8; BYTES_PER_PIXEL] {
        let mut pixel = [0; BYTES_PER_PIXEL];
        self.row(wire, &mut pixel);
        pixel
    }

    /// Fills a row of BGRX pixels, as far as both reach.
    #[inline(always)]
    pub(crate) fn row(&self, wire: &[u8], bgrx: &mut [u8]) {
        if let Some(unpacker) = &self.unpacker {
            return unpacker.row(wire, bgrx);
        }
        let pixels = bgrx.as_chunks_mut::<BYTES_PER_PIXEL>().0;
        for (pixel, &[r, g, b]) in pixels.iter_mut().zip(wire.as_chunks().0) {
            *pixel = [b, g, r, 0];
        }
    }
}
