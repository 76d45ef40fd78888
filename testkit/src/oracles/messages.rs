//! Single messages.

use rfb::wire::{Encode, Reader};
use rfb::{ClientMessage, ServerMessage};

use super::small_limits;

/// What we decode of a client's messages, we encode to bytes that decode to the same value.
pub fn client_messages(data: &[u8]) {
    let limits = small_limits();
    round_trip(data, |r| ClientMessage::decode(r, &limits, true));
}

/// What we decode of a server's messages, we encode to bytes that decode to the same value.
pub fn server_messages(data: &[u8]) {
    let limits = small_limits();
    round_trip(data, |r| ServerMessage::decode(r, &limits));
}

fn round_trip<T, E>(data: &[u8], decode: impl Fn(&mut Reader<'_>) -> Result<T, E>)
where
    T: Encode + PartialEq + std::fmt::Debug,
    E: PartialEq + std::fmt::Debug,
{
    let mut reader = Reader::new(data);
    while let Ok(message) = decode(&mut reader) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        let mut again = Reader::new(&bytes);
        assert_eq!(decode(&mut again), Ok(message));
        assert_eq!(again.position(), bytes.len(), "bytes left over");
    }
}
