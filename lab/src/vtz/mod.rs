//! VTZ: every picture of a session without loss, as tiles that changed, in one zstd frame.
//!
//! Decompressed, all numbers little-endian:
//!
//! ```text
//! char[8]  "VTILES01"
//! u32      width, height, tile (side of a tile in pixels), frame_count
//! per frame:
//!   u64    time since the first frame, in microseconds
//!   u32    n: changed tiles (in the first frame all)
//!   u32[n] tile index, ascending: tiles are counted row by row, those at the right and lower edge are cut
//!   n tiles, in the order of their indices:
//!     u8         filter
//!     u8[3*w*h]  filter 0: blue, green, red of each pixel, row by row
//!                filter 1: three planes G, B-G, R-G (mod 256), each predicted (see `med`)
//! ```
//!
//! The zstd frame has a window of at most 2^27 bytes, so that any decoder takes it, and a checksum. A recording that
//! was cut short (a crash, a full disk) can be read up to the cut: the writer flushes every second and then counts in
//! `frame_count` what is whole.

mod grid;
mod med;
mod reader;
mod splice;
mod writer;

pub use grid::{Grid, TILE, merged};
pub use reader::{Frame, Reader};
pub use writer::{Summary, Writer};

pub(crate) const MAGIC: &[u8; 8] = b"VTILES01";
/// Bytes before the first frame.
pub(crate) const HEADER_BYTES: usize = 24;
/// Where `frame_count` is in them.
pub(crate) const COUNT_OFFSET: usize = 20;
/// The largest zstd window that decoders take without being asked.
pub(crate) const WINDOW_LOG_LIMIT: u32 = 27;

pub(crate) const FILTER_RAW: u8 = 0;
pub(crate) const FILTER_MED: u8 = 1;
