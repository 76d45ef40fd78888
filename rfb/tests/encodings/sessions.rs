//! Whole sessions in each encoding.

use rfb::{ClientConfig, ClientConnection, Decoders, Encoders, Encoding, ServerConnection, Size};
use testkit::pair::{Pair, open_server};
use testkit::{oracles, scenes};

use crate::support::CODECS;

fn pair(size: Size, decoders: Decoders) -> Pair {
    let config = ClientConfig {
        quality: None,
        ..ClientConfig::default()
    };
    let client = ClientConnection::new(config, decoders);
    let server = ServerConnection::new(open_server(size), Encoders::standard());
    Pair::of(scenes::desktop(size), client, server)
}

#[test]
fn the_encoding_the_client_prefers_is_used_and_how_bytes_are_cut_changes_nothing() {
    let size = Size::new(60, 40);
    for codec in CODECS {
        let mut pair = pair(size, Decoders::standard().preferring(codec.encoding));
        pair.drive().unwrap();
        assert!(pair.is_equal(), "{codec:?}");
        pair.show(scenes::icons(size));
        pair.drive().unwrap();
        assert!(pair.is_equal(), "{codec:?}");
        let number = codec.encoding.0.to_be_bytes();
        assert!(
            pair.server_bytes.windows(4).any(|bytes| bytes == number),
            "{codec:?}"
        );
        oracles::client_split(&pair.server_bytes);
    }
}

#[test]
fn encodings_are_announced_from_the_smallest_to_the_simplest() {
    let encodings: Vec<_> = Decoders::standard().encodings().collect();
    #[rustfmt::skip]
    assert_eq!(encodings, [
        Encoding::ZRLE, Encoding::TRLE, Encoding::HEXTILE, Encoding::ZLIB,
        Encoding::CORRE, Encoding::RRE, Encoding::RAW,
    ]);
}

#[test]
fn zywrle_is_announced_only_to_who_asks_for_it() {
    let announced = |decoders: Decoders| decoders.encodings().any(|own| own == Encoding::ZYWRLE);
    assert!(!announced(Decoders::standard()));
    assert!(!announced(Decoders::standard().preferring(Encoding::ZRLE)));
    let decoders = Decoders::standard().preferring(Encoding::ZYWRLE);
    assert_eq!(decoders.encodings().next(), Some(Encoding::ZYWRLE));
    assert!(announced(decoders));
    // Our server does not write it: the next one serves.
    let size = Size::new(60, 40);
    let mut pair = pair(size, Decoders::standard().preferring(Encoding::ZYWRLE));
    pair.drive().unwrap();
    assert!(pair.is_equal());
}
