//! For a client that moved: what was on its way to its old address, once more and at once.
//!
//! QUIC sends lost bytes again when later ones are acknowledged, which is two round trips after a client is back. So a
//! client that moves says how far it has read, and the server sends what follows as datagrams beside the stream, for as
//! long as the stream may lag behind. They are copies: whichever comes first is read, and nothing depends on them.
//!
//! ```text
//! datagram   U8 kind   0: the application's, the rest is its   1: moved   2: a copy
//! moved      U64 the offset of the first byte not read; padding, as a server sends no more than three times what came
//!            from an address that it has not checked (RFC 9000 8.1)
//! copy       U64 the offset of the first byte; the bytes
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use quinn::Connection;
use tokio::io::ReadBuf;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The kinds of datagrams.
const APPLICATION: u8 = 0;
const MOVED: u8 = 1;
const COPY: u8 = 2;
/// Bytes before what a datagram carries.
const HEAD: usize = 9;
/// Bytes written that are kept, as they may have to be copied: more is not sent to an address before it is checked.
const KEPT: usize = 64 << 10;
/// Bytes of copies that wait to be read at most.
const AHEAD: usize = 256 << 10;
/// How many datagrams tell that the client moved: one could get lost, and each allows three of the server's.
const TOLD: usize = 6;
/// For so many round trips after it is told, what is written is copied.
const TRIPS: u32 = 3;
/// A round trip for that, at most.
const LONG_TRIP: Duration = Duration::from_millis(150);
/// Datagrams of the application that wait for it; later ones get lost.
const WAITING: usize = 64;

/// What both sides of a connection share with its task for datagrams.
#[derive(Debug)]
pub(super) struct Copies {
    connection: Connection,
    /// The offset of the first byte not read.
    read: AtomicU64,
    /// Bytes that came as copies first.
    repaired: AtomicU64,
    written: Mutex<Written>,
    ahead: Mutex<Ahead>,
}

/// What was written last.
#[derive(Debug, Default)]
struct Written {
    /// The offset behind it.
    end: u64,
    /// The last bytes before that.
    kept: VecDeque<u8>,
    /// The client moved: until then, what is written is copied.
    copied_until: Option<Instant>,
}

/// Copies that have come, by their offset.
#[derive(Debug, Default)]
struct Ahead {
    pieces: BTreeMap<u64, Bytes>,
    bytes: usize,
    reader: Option<Waker>,
}

impl Copies {
    /// Begins to take the connection's datagrams; gives what the application's come out of.
    pub(super) fn start(connection: &Connection) -> (Arc<Self>, mpsc::Receiver<Bytes>) {
        let copies = Arc::new(Self {
            connection: connection.clone(),
            read: AtomicU64::new(0),
            repaired: AtomicU64::new(0),
            written: Mutex::default(),
            ahead: Mutex::default(),
        });
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(Arc::clone(&copies).take(sender));
        (copies, receiver)
    }

    /// Sends a datagram of the application.
    pub(super) fn send(&self, bytes: &[u8]) -> bool {
        let mut datagram = BytesMut::with_capacity(1 + bytes.len());
        datagram.put_u8(APPLICATION);
        datagram.extend_from_slice(bytes);
        self.connection.send_datagram(datagram.freeze()).is_ok()
    }

    /// Bytes that came as copies first.
    pub(super) fn repaired(&self) -> u64 {
        self.repaired.load(Ordering::Relaxed)
    }

    /// We have moved: asks for copies.
    pub(super) fn tell_moved(&self) {
        let Some(largest) = self.connection.max_datagram_size() else {
            return;
        };
        let mut datagram = BytesMut::with_capacity(largest);
        datagram.put_u8(MOVED);
        datagram.put_u64(self.read.load(Ordering::Relaxed));
        datagram.resize(largest.max(HEAD), 0);
        let datagram = datagram.freeze();
        for _ in 0..TOLD {
            // If it does not go, the stream catches up by itself.
            let _sent = self.connection.send_datagram(datagram.clone());
        }
    }

    /// Notes what was written to the stream, and sends a copy of it if the client moved just now.
    pub(super) fn wrote(&self, bytes: &[u8]) {
        if self.connection.side().is_client() {
            return;
        }
        let mut written = lock(&self.written);
        let offset = written.end;
        if written.copied_until.is_some_and(|end| Instant::now() < end) {
            self.send_copy(offset, bytes);
        }
        written.push(bytes);
    }

    /// `offset` bytes have been read, whichever way.
    pub(super) fn read_until(&self, offset: u64) {
        self.read.store(offset, Ordering::Relaxed);
    }

    /// Reads copies from `offset` on; gives how many bytes. If none, `reader` is woken when one has come.
    pub(super) fn read(&self, offset: u64, buffer: &mut ReadBuf<'_>, reader: &Waker) -> usize {
        let mut ahead = lock(&self.ahead);
        let read = ahead.read(offset, buffer);
        if read == 0 {
            ahead.reader = Some(reader.clone());
        }
        self.repaired.fetch_add(read as u64, Ordering::Relaxed);
        read
    }

    /// Takes datagrams until the connection ends.
    async fn take(self: Arc<Self>, application: mpsc::Sender<Bytes>) {
        while let Ok(mut datagram) = self.connection.read_datagram().await {
            match datagram.try_get_u8() {
                Ok(APPLICATION) => {
                    // Late ones are worth nothing: if nobody takes them, they get lost.
                    let _sent = application.try_send(datagram);
                }
                Ok(MOVED) if self.connection.side().is_server() => {
                    if let Ok(offset) = datagram.try_get_u64() {
                        self.copy(offset);
                    }
                }
                Ok(COPY) => {
                    if let Ok(offset) = datagram.try_get_u64() {
                        let read = self.read.load(Ordering::Relaxed);
                        lock(&self.ahead).insert(offset, datagram, read);
                    }
                }
                _ => {}
            }
        }
    }

    /// The client moved, and has read up to `offset`.
    fn copy(&self, offset: u64) {
        let mut written = lock(&self.written);
        let now = Instant::now();
        if written.copied_until.is_none_or(|end| end <= now) {
            let rest = written.from(offset);
            self.send_copy(written.end - rest.len() as u64, &rest);
        }
        // A new path's round trip is not known yet, and taken for a long one.
        let trip = self.connection.rtt().min(LONG_TRIP);
        written.copied_until = Some(now + trip * TRIPS);
    }

    fn send_copy(&self, offset: u64, bytes: &[u8]) {
        let largest = self.connection.max_datagram_size().unwrap_or_default();
        let Some(room) = largest.checked_sub(HEAD).filter(|room| *room > 0) else {
            return;
        };
        let mut offset = offset;
        for piece in bytes.chunks(room) {
            let mut datagram = BytesMut::with_capacity(HEAD + piece.len());
            datagram.put_u8(COPY);
            datagram.put_u64(offset);
            datagram.extend_from_slice(piece);
            // If it does not go, the stream catches up by itself.
            let _sent = self.connection.send_datagram(datagram.freeze());
            offset += piece.len() as u64;
        }
    }
}

impl Written {
    fn push(&mut self, bytes: &[u8]) {
        self.end += bytes.len() as u64;
        self.kept.extend(bytes);
        let surplus = self.kept.len().saturating_sub(KEPT);
        self.kept.drain(..surplus);
    }

    /// What was written from `offset` on; nothing, if that is no longer kept, or not yet written.
    fn from(&self, offset: u64) -> Vec<u8> {
        let start = self.end - self.kept.len() as u64;
        let Some(skip) = offset.checked_sub(start) else {
            return Vec::new();
        };
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        self.kept.iter().skip(skip).copied().collect()
    }
}

impl Ahead {
    /// Keeps a copy, unless it was read already or too many wait.
    fn insert(&mut self, offset: u64, bytes: Bytes, read: u64) {
        let is_read = offset.saturating_add(bytes.len() as u64) <= read;
        if is_read || self.bytes + bytes.len() > AHEAD {
            return;
        }
        self.bytes += bytes.len();
        if let Some(before) = self.pieces.insert(offset, bytes) {
            self.bytes -= before.len();
        }
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Reads from `offset` on; gives how many bytes.
    fn read(&mut self, offset: u64, buffer: &mut ReadBuf<'_>) -> usize {
        let mut read = 0;
        while let Some(entry) = self.pieces.first_entry() {
            let at = offset + read as u64;
            let Some(skip) = at.checked_sub(*entry.key()) else {
                break;
            };
            let skip = usize::try_from(skip).unwrap_or(usize::MAX);
            let fresh = entry.get().get(skip..).unwrap_or_default();
            let (part, rest) = fresh.split_at(fresh.len().min(buffer.remaining()));
            let is_used_up = rest.is_empty();
            buffer.put_slice(part);
            read += part.len();
            if !is_used_up {
                break;
            }
            self.bytes -= entry.remove().len();
        }
        read
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ahead: &mut Ahead, offset: u64, room: usize) -> Vec<u8> {
        let mut bytes = vec![0; room];
        let mut buffer = ReadBuf::new(&mut bytes);
        let length = ahead.read(offset, &mut buffer);
        bytes.truncate(length);
        bytes
    }

    #[test]
    fn copies_are_read_in_order_and_once() {
        let mut ahead = Ahead::default();
        ahead.insert(14, Bytes::from_static(b"ef"), 10);
        ahead.insert(10, Bytes::from_static(b"abcd"), 10);
        ahead.insert(8, Bytes::from_static(b"xx"), 10);
        ahead.insert(20, Bytes::from_static(b"later"), 10);
        assert_eq!(read(&mut ahead, 10, 3), b"abc");
        assert_eq!(read(&mut ahead, 13, 100), b"def");
        assert_eq!(read(&mut ahead, 16, 100), b"");
        assert_eq!(read(&mut ahead, 22, 100), b"ter");
        assert_eq!((ahead.bytes, ahead.pieces.len()), (0, 0));
    }

    #[test]
    fn copies_do_not_fill_the_memory() {
        let mut ahead = Ahead::default();
        for offset in 0..1000 {
            ahead.insert(offset * 1000, vec![0; 1000].into(), 0);
        }
        assert!(ahead.bytes <= AHEAD);
        let sum: usize = ahead.pieces.values().map(Bytes::len).sum();
        assert_eq!(sum, ahead.bytes);
        ahead.insert(0, vec![0; 10].into(), 0);
        let sum: usize = ahead.pieces.values().map(Bytes::len).sum();
        assert_eq!(sum, ahead.bytes);
    }

    #[test]
    fn what_was_written_last_is_kept() {
        let mut written = Written::default();
        for number in 0..=255_u8 {
            written.push(&[number; 1000]);
        }
        assert_eq!(written.end, 256_000);
        assert_eq!(written.kept.len(), KEPT);
        assert_eq!(written.from(255_990), [255; 10]);
        assert_eq!(written.from(254_999).len(), 1001);
        for gone in [0, 100_000, 256_001, u64::MAX] {
            assert!(written.from(gone).is_empty(), "{gone}");
        }
    }
}
