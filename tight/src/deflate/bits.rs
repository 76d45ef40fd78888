//! Bits, the lowest first (RFC 1951 3.1.1).

/// Bytes that a place for bits has beyond what is written to it, so that eight can be written at a time.
const SLACK: usize = 8;

/// The most bytes in a stored block.
const STORED: usize = 0xffff;

/// The bits of a header before a stored block: its kind, and that it is not the last.
const STORED_KIND: u64 = 0b000;

/// Appends bits to bytes.
#[derive(Debug)]
pub(super) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    /// Bits that are not a whole byte yet.
    bits: u64,
    count: u32,
}

impl<'a> BitWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            bits: 0,
            count: 0,
        }
    }

    /// Calls `write` with a place for `bits` more bits. What does not fit is lost.
    #[inline]
    pub(super) fn with_room(&mut self, bits: u64, write: impl FnOnce(&mut Room<'_>)) {
        let start = self.out.len();
        let bytes = usize::try_from(bits / 8).unwrap_or(usize::MAX);
        self.out
            .resize(start.saturating_add(bytes).saturating_add(SLACK + 1), 0);
        let mut room = Room {
            target: self.out.get_mut(start..).unwrap_or_default(),
            at: 0,
            bits: self.bits,
            count: self.count,
        };
        write(&mut room);
        room.flush();
        let written = room.at;
        (self.bits, self.count) = (room.bits, room.count);
        self.out.truncate(start + written);
    }

    /// Stored blocks of `data` (RFC 1951 3.2.4), none if there is none.
    pub(super) fn stored(&mut self, data: &[u8]) {
        self.out.reserve(data.len() + 5 * (data.len() / STORED + 2));
        for part in data.chunks(STORED) {
            self.stored_block(part);
        }
    }

    /// An empty stored block, after which a byte begins.
    pub(super) fn sync(&mut self) {
        self.stored_block(&[]);
    }

    /// `data` is at most [`STORED`] long.
    fn stored_block(&mut self, data: &[u8]) {
        self.with_room(3 + 7 + 32, |room| {
            room.put(STORED_KIND, 3);
            room.align();
            let length = (data.len() & STORED) as u64;
            room.put(length | (length ^ 0xffff) << 16, 32);
        });
        self.out.extend_from_slice(data);
    }

    /// How many bits a stored copy of `length` bytes takes here, at most.
    pub(super) fn stored_bits(length: usize) -> u64 {
        let blocks = length.div_ceil(STORED) as u64;
        8 * length as u64 + blocks * (3 + 7 + 32)
    }
}

/// A place for bits whose number is known.
#[derive(Debug)]
pub(super) struct Room<'a> {
    target: &'a mut [u8],
    at: usize,
    bits: u64,
    count: u32,
}

impl Room<'_> {
    /// Adds the low `width` bits of `bits`, of which no others are set. There may be 56 between two flushes.
    #[inline(always)]
    pub(super) fn put(&mut self, bits: u64, width: u32) {
        self.bits |= bits << (self.count & 63);
        self.count += width;
    }

    /// Writes the whole bytes, so that at most 7 bits wait.
    #[inline(always)]
    pub(super) fn flush(&mut self) {
        let place = self.target.get_mut(self.at..);
        if let Some(place) = place.and_then(<[u8]>::first_chunk_mut::<8>) {
            *place = self.bits.to_le_bytes();
        }
        self.at += (self.count >> 3) as usize;
        self.bits >>= self.count & 0b11_1000;
        self.count &= 7;
    }

    /// Fills the byte with zeros.
    fn align(&mut self) {
        self.count = self.count.next_multiple_of(8);
    }
}
