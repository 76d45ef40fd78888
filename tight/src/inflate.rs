//! The client's four zlib streams.

use flate2::{Decompress, FlushDecompress};
use rfb::DecodeError;

use crate::body::Data;
use crate::control::invalid;

/// The four streams of one connection. Each is made when it is first used.
#[derive(Debug, Default)]
pub(crate) struct Inflaters {
    streams: [Option<Decompress>; 4],
}

impl Inflaters {
    /// Starts stream n afresh where bit n of `resets` is set.
    pub(crate) fn reset(&mut self, resets: u8) {
        for (bit, stream) in self.streams.iter_mut().enumerate() {
            if let Some(stream) = stream
                && resets >> bit & 1 != 0
            {
                stream.reset(true);
            }
        }
    }

    /// The filtered pixels that `data` stands for.
    pub(crate) fn open<'a>(&'a mut self, data: Data<'a>) -> Source<'a> {
        match data {
            Data::Plain(bytes) => Source::Plain(bytes),
            Data::Zlib { stream, bytes } => {
                let [first, second, third, fourth] = &mut self.streams;
                let stream = match stream & 3 {
                    0 => first,
                    1 => second,
                    2 => third,
                    _ => fourth,
                };
                Source::Zlib {
                    stream: stream.get_or_insert_with(|| Decompress::new(true)),
                    input: bytes,
                    length: 0,
                }
            }
        }
    }
}

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
    /// The next `length` bytes, held in `buffer` if they must be inflated.
    pub(crate) fn take<'b>(
        &'b mut self,
        length: usize,
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
                buffer.resize(length, 0);
                let mut filled = 0;
                while let Some(free @ [_, ..]) = buffer.get_mut(filled..) {
                    let (consumed, produced) = step(stream, input, free)?;
                    if consumed == 0 && produced == 0 {
                        return Err(too_short(*total + filled));
                    }
                    *input = input.get(consumed..).unwrap_or_default();
                    filled += produced;
                }
                *total += filled;
                Ok(buffer)
            }
        }
    }

    /// Consumes what is left: the end of the last deflate block, but no more pixels.
    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        let Self::Zlib {
            stream,
            mut input,
            length,
        } = self
        else {
            return Ok(());
        };
        // Also with no input left: the stream may still hold output, which the next rectangle would get.
        loop {
            let (consumed, produced) = step(stream, input, &mut [0])?;
            if produced != 0 {
                return Err(DecodeError::TooLarge {
                    field: "tight.inflated-length",
                    value: (length + produced) as u64,
                    limit: length as u64,
                });
            }
            input = input.get(consumed..).unwrap_or_default();
            match (input.len(), consumed) {
                (0, _) => return Ok(()),
                (left, 0) => return Err(invalid("tight.data.rest", as_value(left))),
                _ => {}
            }
        }
    }
}

/// Inflates some of `input` to `output`: the bytes consumed and produced.
fn step(
    stream: &mut Decompress,
    input: &[u8],
    output: &mut [u8],
) -> Result<(usize, usize), DecodeError> {
    let (consumed, produced) = (stream.total_in(), stream.total_out());
    stream
        .decompress(input, output, FlushDecompress::Sync)
        .map_err(|_| invalid("tight.data", as_value(input.len())))?;
    let count = |before: u64, after: u64| usize::try_from(after - before).unwrap_or(usize::MAX);
    Ok((
        count(consumed, stream.total_in()),
        count(produced, stream.total_out()),
    ))
}

fn too_short(length: usize) -> DecodeError {
    invalid("tight.inflated-length", as_value(length))
}

fn as_value(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
