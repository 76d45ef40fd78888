//! The clipboard: its messages, and a conversation of them.

use bytes::Bytes;
use rfb::clipboard::{Content, CutText, Exchange, Image, Message};
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
        let step = choices.byte();
        if step == 0 {
            exchange.enable().iter().for_each(check);
            continue;
        }
        let length = usize::from(choices.byte());
        let bytes = choices.take(length);
        match step {
            1 => exchange.disable(),
            2 => exchange.offer(content(bytes)).iter().for_each(check),
            3 => hear(&mut exchange, &provide(bytes)),
            4 => {
                let length = -i32::try_from(bytes.len()).unwrap();
                hear(&mut exchange, &[&length.to_be_bytes(), bytes].concat());
            }
            5 => hear(&mut exchange, bytes),
            6 => exchange.request_image().iter().for_each(check),
            7 => {
                let image = Bytes::copy_from_slice(bytes);
                exchange.give_image((!image.is_empty()).then_some(image));
            }
            _ => exchange.poll_provide().iter().for_each(check),
        }
    }
}

/// The first byte says which forms there are of the rest.
fn content(bytes: &[u8]) -> Content {
    let (forms, bytes) = bytes.split_first().unwrap_or((&1, &[]));
    let text = String::from_utf8_lossy(bytes).into_owned();
    let dib = Image::Dib(Bytes::copy_from_slice(bytes));
    Content {
        text: (forms & 1 != 0).then(|| text.clone()),
        rtf: (forms & 2 != 0).then(|| bytes.to_vec()),
        html: (forms & 4 != 0).then_some(text),
        image: match forms & 24 {
            8 => Some(dib),
            16 => Some(Image::OnRequest),
            _ => None,
        },
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
    }
}

/// A message of ours can be read, and what was read is sent and read as the same. What is provided may lose on its way
/// what has no place on the wire: characters that are not Latin-1, what follows a NUL, the bare document around HTML.
fn check(message: &CutText) {
    let read = through_wire(message);
    assert_eq!(through_wire(&read), read);
    if !matches!(
        message,
        CutText::Latin1(_) | CutText::Extended(Message::Provide(_))
    ) {
        assert_eq!(read, *message);
    }
}

fn through_wire(message: &CutText) -> CutText {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    let mut reader = Reader::new(&bytes);
    let read = CutText::decode(&mut reader, &small_limits());
    let read = read.expect("a message of ours is readable");
    assert_eq!(reader.position(), bytes.len(), "bytes left over");
    read
}
