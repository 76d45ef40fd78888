//! A limit to what is written to a stream in any second, with what the layers below add.

use std::fmt;

use tokio::time::Instant;

use crate::pace::Cap;

/// See the module.
pub(crate) struct Limit {
    cap: Cap,
    begun: Instant,
    /// Bytes handed to the socket so far.
    wire: Box<dyn Fn() -> u64 + Send>,
    /// Bytes written to the stream, counted on from what the wire had at first.
    written: u64,
    /// Bytes that the cap knows of: whichever of the two is more, as layers keep some for a while, and add some.
    spent: u64,
}

/// Whether something may be written.
pub(crate) enum Room {
    /// So many bytes at most.
    Bytes(usize),
    /// Not before then.
    At(Instant),
}

impl Limit {
    /// At most `bits` a second go, of what `wire` counts.
    pub(crate) fn new(bits: u64, wire: impl Fn() -> u64 + Send + 'static) -> Self {
        let spent = wire();
        Self {
            cap: Cap::new(bits),
            begun: Instant::now(),
            wire: Box::new(wire),
            written: spent,
            spent,
        }
    }

    pub(super) fn room(&mut self) -> Room {
        self.settle();
        match self.cap.room(self.begun.elapsed()) {
            Some(bytes) => Room::Bytes(bytes),
            None => Room::At(self.begun + self.cap.next()),
        }
    }

    pub(super) fn written(&mut self, bytes: usize) {
        self.written += bytes as u64;
        self.settle();
    }

    fn settle(&mut self) {
        let now = self.written.max((self.wire)());
        if self.spent < now {
            self.cap.sent(self.begun.elapsed(), now - self.spent);
            self.spent = now;
        }
    }
}

impl fmt::Debug for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Limit({:?})", self.cap)
    }
}
