//! Bytes on their way to the caller's socket.

use std::mem::MaybeUninit;

use bytes::Bytes;

use crate::memory::{Out, start_of};

/// What a connection has given and C has not written yet.
#[derive(Default)]
pub(super) struct Output {
    /// What C was given last: it is there until the next.
    given: Bytes,
    /// What of it is still to be given, after some was copied.
    rest: Bytes,
}

impl Output {
    /// Gives all of the rest, or of the next message, at an address that holds until the next call.
    pub(super) fn give(
        &mut self,
        next: impl FnOnce() -> Option<Bytes>,
        bytes: Out<'_, *const u8>,
        length: Out<'_, usize>,
    ) {
        let rest = std::mem::take(&mut self.rest);
        self.given = match rest.is_empty() {
            true => next().unwrap_or_default(),
            false => rest,
        };
        bytes.set(start_of(&self.given));
        length.set(self.given.len());
    }

    /// Copies as much as there is room for; gives how much.
    pub(super) fn copy(
        &mut self,
        mut next: impl FnMut() -> Option<Bytes>,
        mut room: &mut [MaybeUninit<u8>],
    ) -> usize {
        let mut copied = 0;
        while !room.is_empty() {
            if self.rest.is_empty() {
                match next() {
                    Some(message) => self.rest = message,
                    None => break,
                }
            }
            let length = room.len().min(self.rest.len());
            let part = self.rest.split_to(length);
            let (own, behind) = room.split_at_mut(length);
            own.write_copy_of_slice(&part);
            room = behind;
            copied += length;
        }
        copied
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_kept_in_order() {
        let mut output = Output::default();
        let mut messages = vec![Bytes::from("defgh"), Bytes::from("abc")];
        let mut text = String::new();
        loop {
            let mut room = [MaybeUninit::new(0); 2];
            let length = output.copy(|| messages.pop(), &mut room);
            if length == 0 {
                break;
            }
            // SAFETY: all of them were written.
            let bytes = room.map(|byte| unsafe { byte.assume_init() });
            text.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
        }
        assert_eq!(text, "abcdefgh");
    }
}
