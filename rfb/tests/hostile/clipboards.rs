//! Clipboard messages that nobody should send. They are the same both ways.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::{
    assert_clients_are_refused, assert_servers_are_refused, client_hears, greeted, logged_in,
    server_hears,
};

/// Both directions refuse a cut text with these words.
fn assert_refused(text: &[u8], expected: &str) {
    assert_clients_are_refused(&[(&[&[6, 0, 0, 0], text].concat(), expected)]);
    assert_servers_are_refused(&[(&[&[3, 0, 0, 0], text].concat(), expected)]);
}

/// A message of the extended clipboard.
fn extended(flags: u32, data: &[u8]) -> Vec<u8> {
    let length = -i32::try_from(data.len() + 4).unwrap();
    [&length.to_be_bytes(), &flags.to_be_bytes(), data].concat()
}

const PROVIDE: u32 = 1 << 28;
const TEXT: u32 = 1;
const RTF: u32 = 2;
const HTML: u32 = 4;
const DIB: u32 = 8;

/// Data of these formats, each with a size of its own in front.
fn provide(formats: u32, content: &[u8]) -> Vec<u8> {
    let mut stream = ZlibEncoder::new(Vec::new(), Compression::default());
    stream.write_all(content).unwrap();
    extended(PROVIDE | formats, &stream.finish().unwrap())
}

#[test]
#[rustfmt::skip]
fn a_length_over_the_limit_is_refused_before_the_text_comes() {
    assert_refused(&[0, 0, 16, 1], "cut-text.length: 4097 is over the limit 4096");
    assert_refused(&[0x7f, 255, 255, 255], "cut-text.length: 2147483647 is over the limit 4096");
    for length in [i32::MIN, -1 << 20] {
        let (_, error) = client_hears(&greeted(&[&[3, 0, 0, 0], &length.to_be_bytes()[..]].concat()));
        let expected = format!("unreadable message: cut-text.length: {} is over the limit ", length.unsigned_abs());
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[test]
#[rustfmt::skip]
fn an_extended_message_without_its_fields_is_refused() {
    assert_refused(&[255, 255, 255, 255, 9], "clipboard.flags: invalid value 1");
    assert_refused(&extended(0x0600_0001, &[]), "clipboard.flags: invalid value 100663297");
    assert_refused(&extended(0x0100_0003, &[0; 7]), "clipboard.caps.sizes: invalid value 11");
}

#[test]
fn data_over_the_limit_is_refused_before_it_is_inflated() {
    for (format, name, limit) in [
        (TEXT, "text", 4097),
        (RTF, "rtf", 4096),
        (HTML, "html", 4096),
    ] {
        let size = u32::MAX.to_be_bytes();
        let expected = format!("clipboard.{name}.size: 4294967295 is over the limit {limit}");
        assert_refused(&provide(format, &size), &expected);
    }
}

#[test]
fn data_that_ends_too_soon_or_is_no_zlib_data_is_refused() {
    for (format, name) in [(TEXT, "text"), (RTF, "rtf"), (HTML, "html"), (DIB, "dib")] {
        let short = provide(format, &[0, 0, 0, 9, b'x']);
        let length = short.len() - 8;
        assert_refused(&short, &format!("clipboard.{name}: invalid value {length}"));
        let expected = format!("clipboard.{name}.size: invalid value 5");
        assert_refused(&extended(PROVIDE | format, &[9; 5]), &expected);
        let expected = format!("clipboard.{name}.size: invalid value 0");
        assert_refused(&extended(PROVIDE | format, &[]), &expected);
    }
}

#[test]
fn text_that_grows_over_the_limit_in_memory_is_refused() {
    // Each byte that is no UTF-8 becomes a character of three.
    let content = [&4097_u32.to_be_bytes()[..], &[0xff; 4096], &[0]].concat();
    let expected = "clipboard.text: 12288 is over the limit 4096";
    assert_refused(&provide(TEXT, &content), expected);
}

#[test]
fn actions_and_formats_that_nobody_knows_are_passed_over() {
    for flags in [0, 0x8000_ffff, 0x2000_0000, 0x0800_fff0, 0x1000_fff0] {
        let text = extended(flags, &[1, 2, 3]);
        let (_, end) = server_hears(&logged_in(&[&[6, 0, 0, 0], &text[..]].concat()));
        assert_eq!(end, "waiting", "{flags:x}");
        let (_, end) = client_hears(&greeted(&[&[3, 0, 0, 0], &text[..]].concat()));
        assert_eq!(end, "waiting", "{flags:x}");
    }
}
