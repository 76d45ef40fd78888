//! The zlib stream of an encoding that has one for the whole connection.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use crate::DecodeError;
use crate::wire::Reader;

/// Bytes inflated ahead.
const WINDOW: usize = 1 << 16;
/// What deflated data may have beyond twice the pixels, in bytes: for bodies of few pixels, and flushes.
const LENGTH_SLACK: usize = 1 << 16;

/// A stream inflated a window at a time: however large the rectangle, little more than what is asked for is held.
#[derive(Debug)]
pub(super) struct Inflater {
    stream: Decompress,
    /// What bad data is called.
    field: &'static str,
    window: Vec<u8>,
    /// Bytes of the window already used.
    read: usize,
    /// Nothing more comes of this body.
    exhausted: bool,
}

impl Inflater {
    /// A stream at its start; errors in its data name `field`.
    pub(super) fn new(field: &'static str) -> Self {
        Self {
            stream: Decompress::new(true),
            field,
            window: Vec::new(),
            read: 0,
            exhausted: false,
        }
    }

    /// Takes a length and so many bytes of deflated data, which stand for about `plain` bytes. Forgets what the
    /// last body left.
    pub(super) fn take<'a>(
        &mut self,
        body: &mut Reader<'a>,
        length_field: &'static str,
        plain: usize,
    ) -> Result<&'a [u8], DecodeError> {
        let mut r = body.clone();
        let length = r.length(length_field, plain.saturating_mul(2) + LENGTH_SLACK)?;
        let data = r.bytes(self.field, length)?;
        *body = r;
        self.window.clear();
        (self.read, self.exhausted) = (0, false);
        Ok(data)
    }

    /// What is inflated and not used.
    pub(super) fn ahead(&self) -> &[u8] {
        self.window.get(self.read..).unwrap_or_default()
    }

    /// Notes that `length` bytes of what is ahead are used.
    pub(super) fn advance(&mut self, length: usize) {
        self.read += length;
    }

    /// Makes sure that `wanted` bytes are ahead, if `input` holds so many; takes what it uses of `input`.
    pub(super) fn fill(&mut self, input: &mut &[u8], wanted: usize) -> Result<(), DecodeError> {
        if self.exhausted || self.ahead().len() >= wanted {
            return Ok(());
        }
        self.window.drain(..self.read);
        self.read = 0;
        let room = wanted.max(WINDOW).saturating_sub(self.window.len());
        self.window.reserve(room);
        while self.window.len() < self.window.capacity() {
            let before = (self.stream.total_in(), self.window.len());
            let result = self
                .stream
                .decompress_vec(input, &mut self.window, FlushDecompress::None);
            if result.is_err() {
                return Err(self.invalid(input.len()));
            }
            let taken = usize::try_from(self.stream.total_in() - before.0).unwrap_or(usize::MAX);
            *input = input.get(taken..).unwrap_or_default();
            if taken == 0 && self.window.len() == before.1 {
                self.exhausted = true;
                break;
            }
        }
        Ok(())
    }

    /// Checks that nothing is left over.
    pub(super) fn finish(&mut self, mut input: &[u8]) -> Result<(), DecodeError> {
        self.fill(&mut input, WINDOW)?;
        match self.ahead().len() + input.len() {
            0 => Ok(()),
            left => Err(self.invalid(left)),
        }
    }

    fn invalid(&self, value: usize) -> DecodeError {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        DecodeError::Invalid {
            field: self.field,
            value,
        }
    }
}

/// The body was whole, so what is missing will not come: says where it ended instead.
pub(super) fn whole(error: DecodeError) -> DecodeError {
    match error {
        DecodeError::Incomplete { field, needed } => DecodeError::Invalid {
            field,
            value: i64::try_from(needed).unwrap_or(i64::MAX),
        },
        other => other,
    }
}

/// The same from the other side. Made when first used, at the compression level of then: the client's side cannot be
/// started afresh.
#[derive(Debug, Default)]
pub(super) struct Deflater {
    stream: Option<Compress>,
}

impl Deflater {
    /// Appends the length of what `input` deflates to, and that, flushed: the client can inflate all of it.
    pub(super) fn deflate(&mut self, compression: u8, input: &[u8], out: &mut Vec<u8>) {
        let stream = self.stream.get_or_insert_with(|| {
            let level = compression.min(9);
            Compress::new(Compression::new(level.into()), true)
        });
        let start = out.len();
        out.extend([0; 4]);
        let mut rest = input;
        loop {
            out.reserve(rest.len() / 2 + 64);
            let before = stream.total_in();
            // Only a finished stream is an error, and this one never is.
            let result = stream.compress_vec(rest, out, FlushCompress::Sync);
            let taken = usize::try_from(stream.total_in() - before).unwrap_or(usize::MAX);
            rest = rest.get(taken..).unwrap_or_default();
            let done = rest.is_empty() && out.len() < out.capacity();
            if done || result.is_err() {
                break;
            }
        }
        let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
        if let Some(field) = out.get_mut(start..start + 4) {
            field.copy_from_slice(&length.to_be_bytes());
        }
    }
}
