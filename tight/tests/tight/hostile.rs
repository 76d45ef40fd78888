//! Bytes that are cut short, or mean nothing, in every encoding.

use proptest::prelude::*;
use rfb::codec::{Decoder, Progress};
use rfb::pixel::Unpacker;
use rfb::wire::Reader;
use rfb::{DecodeError, Encoding, Framebuffer, PixelFormat, Size};

use crate::support::{
    FORMATS, Pair, Sent, assert_equal, decode, decoder, lossless, lossy, photo, scene,
};

const ENCODINGS: [Encoding; 3] = [Encoding::TIGHT, Encoding::TIGHT_PNG, Encoding::JPEG];

/// Rectangles of every kind, in the order sent; all of them use what came before.
fn session(encoding: Encoding, format: PixelFormat, size: Size) -> Vec<Sent> {
    let mut pair = Pair::speaking(encoding, size);
    let mut sent = Vec::new();
    for level in [2, 6] {
        for name in ["text", "icons", "gradient", "noise", "text", "solid"] {
            sent.extend(pair.send(&scene(name, size), &lossless(format, level)).0);
        }
    }
    for quality in [1, 1, 5] {
        sent.extend(pair.send(&photo(size), &lossy(format, quality)).0);
    }
    // What JPEG cannot send goes as Raw, which is for another decoder.
    sent.retain(|sent| sent.encoding == encoding);
    sent
}

/// A connection that gives its decoder a body in pieces, as they come.
struct Client {
    decoder: Box<dyn Decoder>,
    unpacker: Unpacker,
    picture: Framebuffer,
}

impl Client {
    fn new(encoding: Encoding, format: &PixelFormat, size: Size) -> Self {
        Self {
            decoder: decoder(encoding),
            unpacker: Unpacker::new(format),
            picture: Framebuffer::new(size),
        }
    }

    /// Takes `sent` in the pieces that it is cut into at `cuts`.
    fn take(&mut self, sent: &Sent, cuts: impl IntoIterator<Item = usize>) {
        let mut unread = Vec::new();
        let mut start = 0;
        let mut whole = false;
        for cut in cuts.into_iter().chain([sent.body.len()]) {
            unread.extend_from_slice(&sent.body[start..cut]);
            start = cut;
            while !whole {
                let mut reader = Reader::new(&unread);
                let target = self.picture.view_mut(sent.rect).unwrap();
                match self.decoder.decode(&mut reader, &self.unpacker, target) {
                    Ok(Progress::Whole) => whole = true,
                    Ok(Progress::More) => assert!(reader.position() > 0, "no progress"),
                    Err(DecodeError::Incomplete { needed, .. }) => {
                        let most = unread.len() + sent.body.len() - start;
                        assert!(unread.len() < needed && needed <= most);
                        break;
                    }
                    Err(error) => panic!("{error} at {start}"),
                }
                let read = reader.position();
                unread.drain(..read);
            }
            assert!(!whole || start == sent.body.len(), "whole too early");
        }
        assert!(whole && unread.is_empty());
    }
}

#[test]
fn bodies_cut_anywhere_give_the_same_pictures() {
    let size = Size::new(33, 32); // just enough for JPEG
    for encoding in ENCODINGS {
        for format in [PixelFormat::BGRX, PixelFormat::RGB565] {
            let sent = session(encoding, format, size);
            assert!(!sent.is_empty());
            let mut whole = Client::new(encoding, &format, size);
            let mut by_byte = Client::new(encoding, &format, size);
            let mut expected = Vec::new();
            for sent in &sent {
                whole.take(sent, []);
                by_byte.take(sent, 1..sent.body.len());
                assert_equal(&by_byte.picture, &whole.picture, "bytes one by one");
                expected.push(whole.picture.clone());
            }
            let longest = sent.iter().map(|sent| sent.body.len()).max().unwrap();
            for cut in 0..longest {
                let mut client = Client::new(encoding, &format, size);
                for (sent, expected) in sent.iter().zip(&expected) {
                    client.take(sent, [cut.min(sent.body.len())]);
                    assert!(client.picture == *expected, "{encoding:?} cut at {cut}");
                }
            }
        }
    }
}

fn format() -> impl Strategy<Value = PixelFormat> {
    prop::sample::select(FORMATS.to_vec())
}

fn encoding() -> impl Strategy<Value = Encoding> {
    prop::sample::select(ENCODINGS.to_vec())
}

/// The first bytes of bodies.
fn beginning() -> impl Strategy<Value = Vec<u8>> {
    let known = [0, 0x40, 0x50, 0x62, 0x80, 0x90, 0xa0, 0xe0].map(|control| vec![control]);
    let jpeg = [0xff, 0xd8, 0xff];
    prop_oneof![
        any::<u8>().prop_map(|control| vec![control]),
        prop::sample::select(known.to_vec()),
        Just(jpeg.to_vec()),
        any::<u8>().prop_map(move |marker| [&jpeg[..], &[marker, 0]].concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn bytes_of_no_meaning_never_panic(
        encoding in encoding(),
        format in format(),
        bodies in prop::collection::vec((beginning(), prop::collection::vec(any::<u8>(), 0..300)), 1..5),
        width in 0_u16..40,
        height in 0_u16..40,
    ) {
        let mut decoder = decoder(encoding);
        for (beginning, rest) in bodies {
            let body = [&beginning[..], &rest].concat();
            let _ = decode(decoder.as_mut(), &body, &format, Size::new(width, height));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_bodies_never_panic(
        encoding in encoding(),
        format in format(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let size = Size::new(34, 32);
        let mut sent = session(encoding, format, size);
        prop_assume!(!sent.is_empty());
        for (rectangle, place, value) in damage {
            let Sent { body, .. } = rectangle.get_mut(&mut sent);
            let place = place.index(body.len());
            body[place] = value;
        }
        let mut decoder = decoder(encoding);
        for Sent { rect, body, .. } in sent {
            let _ = decode(decoder.as_mut(), &body, &format, rect.size());
        }
    }
}
