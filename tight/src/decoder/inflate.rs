//! The client's four zlib streams.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flate2::{Decompress, FlushDecompress};
use rfb::DecodeError;

use crate::control::invalid;

/// The four streams of one connection. Whoever draws what goes through one holds it meanwhile.
///
/// A handle: clones share the streams.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inflaters {
    streams: Arc<[Mutex<Inflater>; 4]>,
}

impl Inflaters {
    /// Stream `number`, 0 to 3.
    pub(crate) fn stream(&self, number: u8) -> &Mutex<Inflater> {
        let [first, second, third, fourth] = &*self.streams;
        match number & 3 {
            0 => first,
            1 => second,
            2 => third,
            _ => fourth,
        }
    }

    /// Starts stream n afresh where bit n of `resets` is set.
    pub(crate) fn reset(&self, resets: u8) {
        for (bit, stream) in self.streams.iter().enumerate() {
            if resets >> bit & 1 != 0 {
                lock(stream).reset();
            }
        }
    }
}

/// The stream, for as long as one rectangle needs it.
pub(crate) fn lock(stream: &Mutex<Inflater>) -> MutexGuard<'_, Inflater> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One stream, made when it is first used.
#[derive(Debug, Default)]
pub(crate) struct Inflater {
    stream: Option<Decompress>,
}

impl Inflater {
    /// Starts afresh.
    pub(crate) fn reset(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.reset(true);
        }
    }

    /// The filtered pixels that `bytes` inflate to.
    pub(crate) fn open<'a>(&'a mut self, bytes: &'a [u8]) -> Source<'a> {
        Source::Zlib {
            stream: self.stream.get_or_insert_with(|| Decompress::new(true)),
            input: bytes,
            length: 0,
        }
    }
}

/// Room for output beyond what is wanted: the inflater is fastest as long as its longest match still fits, and reads the
/// end of the last block along with the pixels.
const SLACK: usize = 320;

/// Filtered pixels, given out piece by piece, so that no more memory is used than a piece needs.
pub(crate) enum Source<'a> {
    Plain(&'a [u8]),
    Zlib {
        stream: &'a mut Decompress,
        /// What is not inflated yet.
        input: &'a [u8],
        /// Bytes inflated so far.
        length: usize,
    },
}

impl Source<'_> {
    /// The next `length` bytes, held in `buffer` if they must be inflated. After the `last` nothing may be left.
    pub(crate) fn take<'b>(
        &'b mut self,
        length: usize,
        last: bool,
        buffer: &'b mut Vec<u8>,
    ) -> Result<&'b [u8], DecodeError> {
        match self {
            Self::Plain(bytes) => {
                let (taken, rest) = bytes
                    .split_at_checked(length)
                    .ok_or_else(|| too_short(bytes.len()))?;
                *bytes = rest;
                Ok(taken)
            }
            Self::Zlib {
                stream,
                input,
                length: total,
            } => {
                // Never made shorter: what is there already need not be cleared.
                if buffer.len() < length + SLACK {
                    buffer.resize(length + SLACK, 0);
                }
                let room = if last { length + SLACK } else { length };
                let buffer = buffer.get_mut(..room).unwrap_or_default();
                let filled = fill(stream, input, buffer)?;
                if filled < length {
                    return Err(too_short(*total + filled));
                }
                *total += length;
                if filled > length {
                    return Err(DecodeError::TooLarge {
                        field: "tight.inflated-length",
                        value: *total as u64 + 1,
                        limit: *total as u64,
                    });
                }
                if last && !input.is_empty() {
                    return Err(invalid("tight.data.rest", as_value(input.len())));
                }
                Ok(buffer.get(..length).unwrap_or_default())
            }
        }
    }
}

/// Inflates to `output` until that is full, or `input` used up, or nothing comes of it any more. Gives how much came.
fn fill(
    stream: &mut Decompress,
    input: &mut &[u8],
    output: &mut [u8],
) -> Result<usize, DecodeError> {
    let mut filled = 0;
    while let Some(free @ [_, ..]) = output.get_mut(filled..) {
        let (before_in, before_out) = (stream.total_in(), stream.total_out());
        stream
            .decompress(input, free, FlushDecompress::Sync)
            .map_err(|_| invalid("tight.data", as_value(input.len())))?;
        let count = |before: u64, after: u64| usize::try_from(after - before).unwrap_or(usize::MAX);
        let consumed = count(before_in, stream.total_in());
        let produced = count(before_out, stream.total_out());
        *input = input.get(consumed..).unwrap_or_default();
        filled += produced;
        if consumed == 0 && produced == 0 {
            break;
        }
    }
    Ok(filled)
}

fn too_short(length: usize) -> DecodeError {
    invalid("tight.inflated-length", as_value(length))
}

fn as_value(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
