//! The clipboard: its messages, and a conversation of them.

use rfb::clipboard::{CutText, Exchange};
use rfb::wire::{Encode, Reader};

use super::choices::Choices;
use super::deflated::Deflater;
use super::small_limits;
use crate::memory;

/// Bytes a message and its answers may hold besides what was sent: the text, inflated, a few times; zlib's states.
const BYTES: usize = 2 << 20;
const BYTES_PER_BYTE: usize = 32;

/// Steps of a conversation, each chosen by a byte: something is offered, or a message comes from the peer. What we
/// decode we encode to bytes that decode to the same; what we answer can be read; memory is bounded.
pub fn clipboard(data: &[u8]) {
    let limit = BYTES + BYTES_PER_BYTE * data.len();
    let ((), held) = memory::peak(|| converse(data));
    assert!(held <= limit, "held {held} bytes, {limit} are allowed");
}

fn converse(data: &[u8]) {
    let mut exchange = Exchange::new(&small_limits());
    let mut choices = Choices::new(data);
    while !choices.is_empty() {
        match choices.byte() {
            0 => exchange.enable().iter().for_each(check),
            1 => exchange.disable(),
            2 => {
                let length = usize::from(choices.byte());
                let text = String::from_utf8_lossy(choices.take(length)).into_owned();
                exchange.offer(text.into()).iter().for_each(check);
            }
            3 => {
                let length = usize::from(choices.byte());
                hear(&mut exchange, &provide(choices.take(length)));
            }
            4 => {
                let length = usize::from(choices.byte());
                let body = choices.take(length);
                let length = -i32::try_from(body.len()).unwrap();
                hear(&mut exchange, &[&length.to_be_bytes(), body].concat());
            }
            _ => {
                let length = usize::from(choices.byte());
                hear(&mut exchange, choices.take(length));
            }
        }
    }
}

/// An extended message whose flags are the first four bytes of `data`, and its data the rest, deflated.
fn provide(data: &[u8]) -> Vec<u8> {
    let (flags, content) = data.split_at(data.len().min(4));
    let body = [flags, &Deflater::default().deflate(0, content)].concat();
    let length = -i32::try_from(body.len()).unwrap();
    [&length.to_be_bytes(), &body[..]].concat()
}

/// Takes one message from the peer.
fn hear(exchange: &mut Exchange, bytes: &[u8]) {
    if let Ok(message) = CutText::decode(&mut Reader::new(bytes), &small_limits()) {
        check(&message);
        exchange.handle(message).replies.iter().for_each(check);
        exchange.poll_provide().iter().for_each(check);
    }
}

/// A message of ours can be read, and means what we say: only that Latin-1 has no other characters.
fn check(message: &CutText) {
    let bytes = encode(message);
    let mut reader = Reader::new(&bytes);
    let again =
        CutText::decode(&mut reader, &small_limits()).expect("a message of ours is readable");
    assert_eq!(reader.position(), bytes.len(), "bytes left over");
    assert_eq!(encode(&again), bytes);
    if matches!(message, CutText::Extended(_)) {
        assert_eq!(again, *message);
    }
}

fn encode(message: &CutText) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    bytes
}
