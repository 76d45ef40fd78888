//! The native half of the Python package `tightrope`.
//!
//! What is here is as small as it can be: it moves pixels, samples and bytes without copies, releases the interpreter while
//! it waits or codes, and lets no panic out. What Python programs see (`bindings/python/tightrope`) is written in Python
//! above it.

mod argument;
mod array;
mod buffer;
mod client;
mod clipboard;
mod codec;
mod error;
mod fork;
mod image;
mod interrupt;
mod link;
mod picture;
mod recording;
mod server;
mod sound;
mod stats;

/// What `tightrope/_tightrope.pyi` describes.
#[pyo3::pymodule]
mod _tightrope {
    #[pymodule_export]
    use crate::client::{Client, Recording, probe};
    #[pymodule_export]
    use crate::codec::{RectDecoder, RectEncoder};
    #[pymodule_export]
    use crate::image::{read_png, write_png};
    #[pymodule_export]
    use crate::link::LinkRelay;
    #[pymodule_export]
    use crate::picture::Picture;
    #[pymodule_export]
    use crate::recording::{
        FbsWriter, RecordedPicture, ServerStream, VtzReader, VtzWriter, convert_recording,
    };
    #[pymodule_export]
    use crate::server::{Server, Session};
    #[pymodule_export]
    use crate::sound::{ClockExchange, OpusDecoder, OpusEncoder, Playout, SoundSender};
}
