//! Sound on its way out: it goes before everything else, and what waits too long is not sent at all.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::{FRAME_LIMIT, REPAIR_LIMIT, SoundDropped, SoundPacket};
use crate::message::{Extension, SoundMessage, decode_packet, encode_packet};
use crate::wire::Encode;

/// How much sound may wait. What is older is of no use to a listener any more.
const WAIT: Duration = Duration::from_millis(300);

/// Events that wait to be taken, before packets in datagrams are dropped.
const EVENTS: usize = 64;

/// What waits, in messages and in datagrams; and what was dropped, either way.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    messages: Lane,
    datagrams: Lane,
    /// Packets go in datagrams of at most so many bytes.
    datagram_limit: Option<usize>,
    pub(crate) dropped: SoundDropped,
}

/// Whole messages, or datagrams.
#[derive(Debug, Default)]
struct Lane {
    parts: VecDeque<Part>,
    /// How much sound they are.
    waiting: Duration,
}

#[derive(Debug)]
struct Part {
    bytes: Vec<u8>,
    /// How long its sound is; `None` if it is none, and must not be lost.
    length: Option<Duration>,
}

impl Outgoing {
    pub(crate) fn use_datagrams(&mut self, limit: Option<usize>) {
        self.datagram_limit = limit;
    }

    /// Takes a whole message that is no sound itself.
    pub(crate) fn say(&mut self, message: Vec<u8>) {
        self.messages.push(message, None);
    }

    pub(crate) fn say_sound(&mut self, message: SoundMessage) {
        self.say(extension(message));
    }

    /// Takes one frame of so much sound.
    pub(crate) fn send_packet(&mut self, packet: &SoundPacket, length: Duration) {
        let repair = packet.repair.as_ref().map_or(1, Bytes::len);
        let fits =
            (1..=FRAME_LIMIT).contains(&packet.frame.len()) && (1..=REPAIR_LIMIT).contains(&repair);
        if !fits {
            self.dropped.unexpected += 1;
            return;
        }
        let late = match self.datagram(packet) {
            Some(datagram) => self.datagrams.push(datagram, Some(length)),
            None => {
                let message = extension(SoundMessage::Packet(packet.clone()));
                self.messages.push(message, Some(length))
            }
        };
        self.dropped.late += late;
    }

    /// Takes a whole message of so much sound.
    pub(crate) fn send_samples(&mut self, message: Vec<u8>, length: Duration) {
        self.dropped.late += self.messages.push(message, Some(length));
    }

    /// The packet as a datagram, if it fits into one, if need be without its repair.
    fn datagram(&self, packet: &SoundPacket) -> Option<Vec<u8>> {
        let limit = self.datagram_limit?;
        let mut datagram = Vec::new();
        encode_packet(packet, &mut datagram);
        if datagram.len() > limit && packet.repair.is_some() {
            datagram.clear();
            let alone = SoundPacket {
                repair: None,
                ..packet.clone()
            };
            encode_packet(&alone, &mut datagram);
        }
        (datagram.len() <= limit).then_some(datagram)
    }

    /// Forgets the sound that waits.
    pub(crate) fn clear(&mut self) {
        self.messages.clear();
        self.datagrams.clear();
    }

    /// All messages that wait, whole.
    pub(crate) fn poll_messages(&mut self) -> Option<Bytes> {
        self.messages.waiting = Duration::ZERO;
        let parts = self.messages.parts.drain(..).map(|part| part.bytes);
        let bytes: Vec<u8> = parts.flatten().collect();
        (!bytes.is_empty()).then(|| bytes.into())
    }

    pub(crate) fn poll_datagram(&mut self) -> Option<Bytes> {
        let part = self.datagrams.parts.pop_front()?;
        let left = self.datagrams.waiting;
        self.datagrams.waiting = left.saturating_sub(part.length.unwrap_or_default());
        Some(part.bytes.into())
    }

    /// The packet of a datagram that came while so many events waited; `None`, and counted, if it cannot be read or nobody
    /// takes them.
    pub(crate) fn read_datagram(&mut self, datagram: &[u8], events: usize) -> Option<SoundPacket> {
        match decode_packet(datagram) {
            Ok(_) if events >= EVENTS => self.dropped.late += 1,
            Ok(packet) => return Some(packet),
            Err(_) => self.dropped.malformed += 1,
        }
        None
    }

    /// Bytes of the messages that wait.
    pub(crate) fn len(&self) -> usize {
        self.messages
            .parts
            .iter()
            .map(|part| part.bytes.len())
            .sum()
    }
}

impl Lane {
    /// Gives how many of the oldest had to go.
    fn push(&mut self, bytes: Vec<u8>, length: Option<Duration>) -> u64 {
        self.parts.push_back(Part { bytes, length });
        self.waiting += length.unwrap_or_default();
        let mut gone = 0;
        while self.waiting > WAIT {
            let is_sound = |part: &Part| part.length.is_some();
            let oldest = self.parts.iter().position(is_sound);
            // The newest stays, however long it is.
            let oldest = oldest.filter(|at| at + 1 < self.parts.len());
            let Some(part) = oldest.and_then(|at| self.parts.remove(at)) else {
                break;
            };
            let length = part.length.unwrap_or_default();
            self.waiting = self.waiting.saturating_sub(length);
            gone += 1;
        }
        gone
    }

    fn clear(&mut self) {
        self.parts.retain(|part| part.length.is_none());
        self.waiting = Duration::ZERO;
    }
}

/// A message of our own, the same from both sides.
fn extension(message: SoundMessage) -> Vec<u8> {
    let mut bytes = vec![193];
    Extension::Sound(message).encode(&mut bytes);
    bytes
}
