//! The server's zlib streams, one for each kind of data, so that like follows like.

use flate2::{Compress, CompressError, Compression, FlushCompress};

/// Which stream, named after what goes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Full,
    Mono,
    Indexed,
    Gradient,
}

impl Stream {
    /// Its number on the wire.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Full => 0,
            Self::Mono => 1,
            Self::Indexed => 2,
            Self::Gradient => 3,
        }
    }

    /// The zlib level at compression level `compression`, 0 to 9. TigerVNC's numbers: the fewer bits a pixel has,
    /// the cheaper a longer search is.
    pub(crate) fn level(self, compression: u8) -> u32 {
        let levels = match self {
            Self::Full | Self::Gradient => [0, 1, 2, 2, 3, 4, 5, 6, 7, 9],
            Self::Mono => [0, 1, 3, 5, 7, 8, 8, 9, 9, 9],
            Self::Indexed => [0, 1, 3, 5, 6, 7, 7, 8, 9, 9],
        };
        levels.get(usize::from(compression)).copied().unwrap_or(9)
    }
}

/// The streams of one connection. Each is made when it is first used.
#[derive(Debug, Default)]
pub(crate) struct Deflaters {
    full: Deflater,
    mono: Deflater,
    indexed: Deflater,
    gradient: Deflater,
    output: Vec<u8>,
}

/// The next piece of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deflated<'a> {
    /// The client must start its side of the stream afresh before this piece: bit n for stream n.
    pub(crate) resets: u8,
    pub(crate) bytes: &'a [u8],
}

impl Deflaters {
    /// Compresses `data` so that the client can inflate all of it at once, and only it.
    /// `None` if zlib fails: then the stream's next piece starts afresh.
    pub(crate) fn deflate(
        &mut self,
        stream: Stream,
        compression: u8,
        data: &[u8],
    ) -> Option<Deflated<'_>> {
        let deflater = match stream {
            Stream::Full => &mut self.full,
            Stream::Mono => &mut self.mono,
            Stream::Indexed => &mut self.indexed,
            Stream::Gradient => &mut self.gradient,
        };
        let reset = deflater.set_level(stream.level(compression));
        self.output.clear();
        deflater.deflate(data, &mut self.output).ok()?;
        Some(Deflated {
            resets: u8::from(reset) << stream.number(),
            bytes: &self.output,
        })
    }
}

/// One stream.
#[derive(Debug, Default)]
struct Deflater {
    /// The stream and its zlib level.
    stream: Option<(Compress, u32)>,
    /// Whether the client may hold a stream that this one does not continue.
    stale: bool,
}

impl Deflater {
    /// Makes the stream one of `level`; whether the client must start afresh.
    fn set_level(&mut self, level: u32) -> bool {
        match &self.stream {
            Some((_, own)) if *own == level => {}
            // flate2 cannot change the level of a stream that is under way.
            old => {
                self.stale |= old.is_some();
                self.stream = Some((Compress::new(Compression::new(level), true), level));
            }
        }
        std::mem::take(&mut self.stale)
    }

    fn deflate(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<(), CompressError> {
        let Some((stream, _)) = &mut self.stream else {
            return Ok(());
        };
        let mut rest = data;
        loop {
            output.reserve(rest.len() / 2 + 256);
            let before = stream.total_in();
            if let Err(error) = stream.compress_vec(rest, output, FlushCompress::Sync) {
                self.stream = None;
                self.stale = true;
                return Err(error);
            }
            let consumed = usize::try_from(stream.total_in() - before).unwrap_or(usize::MAX);
            rest = rest.get(consumed..).unwrap_or_default();
            // A full output may hide that more is to come, even with all input taken.
            if rest.is_empty() && output.len() < output.capacity() {
                return Ok(());
            }
        }
    }
}
