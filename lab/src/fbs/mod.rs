//! FBS: what an RFB server sent, with times. rfbproxy made the format; TightVNC's player and others read it.
//!
//! All numbers big-endian:
//!
//! ```text
//! char[12]  "FBS 001.000\n" (readers take any digits after the dot)
//! per block:
//!   u32     n: bytes of data
//!   u8[n]   data, then 0 to 3 bytes so that their number is a multiple of 4
//!   u32     time since the start, in milliseconds
//! ```
//!
//! The data of all blocks together are the server's side of a session. What the client said is not there, so the start
//! is not what was sent but what players expect: version 3.3, security type None (whatever it was: nobody could answer
//! a challenge), and a `ServerInit` with the pixel format that the client had asked for. Then come the server's
//! messages as they came.

mod handshake;
mod reader;
mod writer;

pub use handshake::{Start, start_bytes};
pub use reader::{Block, Reader};
pub use writer::Writer;

/// The version we write.
pub(crate) const VERSION: &[u8; 12] = b"FBS 001.000\n";
/// Data is padded to a multiple of this.
pub(crate) const ALIGNMENT: usize = 4;
