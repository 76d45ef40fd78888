//! Seeds that are messages: recorded from a session of our own two sides, or written by hand.

use rfb::clipboard::{CutText, Formats, Message};
use rfb::screen::{ResizeReason, ResizeStatus};
use rfb::wire::Encode;
use rfb::{
    ClientConfig, ClientConnection, Cursor, Encoding, Framebuffer, Goodbye, GoodbyeCode, LocalTime,
    MediaTime, PcmFormat, Point, Rect, ServerConfig, ServerConnection, Size, SoundEnd, SoundStream,
    SoundVolume,
};

use super::short;
use crate::oracles::{greeting, login, packet};
use crate::pair::{Pair, open_server};
use crate::scenes;

const SIZE: Size = Size::new(64, 64);

/// A session in which everything happens once: pictures in `encoding`, a scroll, a resize, a cursor, clipboards.
fn session(encoding: Encoding) -> Pair {
    let client = ClientConnection::new(
        ClientConfig::default(),
        tight::decoders().preferring(encoding),
    );
    let server = ServerConnection::new(open_server(SIZE), tight::encoders());
    let mut pair = Pair::of(Framebuffer::new(SIZE), client, server);
    let mut step = |act: &dyn Fn(&mut Pair)| {
        act(&mut pair);
        pair.drive().unwrap();
    };
    step(&|_| {});
    let captured = MediaTime::from_micros(100);
    step(&|pair| {
        pair.server
            .set_captured(LocalTime::from_micros(captured.as_micros()));
        pair.show(scenes::icons(SIZE));
    });
    step(&|pair| {
        pair.client.presented(pair.now, captured).unwrap();
        pair.server
            .add_copy(Point::new(0, 8), Rect::new(0, 0, 64, 56));
        pair.server.bell();
        pair.server.set_name("other");
        pair.server.set_clipboard("from the desktop");
    });
    step(&|pair| {
        pair.client.key(0x61, true).unwrap();
        pair.client.pointer(Point::new(3, 4), 1).unwrap();
        pair.client.set_clipboard("from the viewer").unwrap();
        pair.client.request_full_update().unwrap();
    });
    step(&|pair| {
        let cursor = Cursor::new(Size::new(5, 3), Point::new(1, 1), [9, 8, 7, 255].repeat(15));
        pair.server.set_cursor(&cursor.unwrap());
        pair.client.request_size(Size::new(40, 30)).unwrap();
    });
    step(&|pair| {
        pair.desktop = scenes::text(Size::new(40, 30));
        pair.server.resize(
            pair.desktop.size(),
            vec![rfb::Screen::whole(pair.desktop.size())],
            ResizeReason::THIS_CLIENT,
        );
    });
    step(&|pair| pair.server.refuse_resize(ResizeStatus::PROHIBITED));
    step(&|pair| {
        let goodbye = Goodbye {
            code: GoodbyeCode::IDLE,
            text: "idle".into(),
        };
        pair.client.goodbye(goodbye.clone()).unwrap();
        pair.server.goodbye(goodbye);
    });
    pair
}

fn sessions() -> impl Iterator<Item = Pair> {
    let encodings: Vec<Encoding> = tight::decoders().encodings().collect();
    encodings
        .into_iter()
        .map(session)
        .chain(std::iter::once_with(sound))
}

/// Bytes after the handshake, for the format in memory.
pub fn client_session() -> Vec<Vec<u8>> {
    let head = greeting(SIZE).len() + "desk".len() - "x".len();
    let mut seeds: Vec<Vec<u8>> = sessions()
        .map(|pair| [&[0], &pair.server_bytes[head..]].concat())
        .collect();
    let with_format = |message: Vec<u8>| [vec![0], message].concat();
    seeds.extend(server_messages().into_iter().map(with_format));
    short(seeds)
}

/// Bytes after the handshake.
pub fn server_session() -> Vec<Vec<u8>> {
    let head = login().len();
    let mut seeds: Vec<Vec<u8>> = sessions()
        .map(|pair| pair.client_bytes[head..].to_vec())
        .collect();
    seeds.extend(client_messages());
    let request = [3, 0, 0, 0, 0, 0, 0, 64, 0, 64];
    let formats = crate::oracles::formats();
    for (index, encoding) in crate::oracles::ENCODINGS.iter().enumerate() {
        let mut seed = vec![0, 0, 0, 0];
        formats[index % formats.len()].encode(&mut seed);
        seed.extend([2, 0, 0, 3]);
        for wanted in [*encoding, Encoding::quality(5), Encoding::LAST_RECT] {
            seed.extend(wanted.0.to_be_bytes());
        }
        seed.extend(request);
        seeds.push(seed);
    }
    short(seeds)
}

/// A server's VeNCrypt up to its one sub-type.
const VENCRYPT: [u8; 4] = [
    /* version */ 0, 2, /* agreed */ 0, /* count */ 1,
];

/// What a server may say first, in every version.
#[rustfmt::skip]
pub fn client_handshake() -> Vec<Vec<u8>> {
    let init = &greeting(SIZE)[18..];
    let cases: [&[&[u8]]; 13] = [
        &[b"RFB 003.008\n", &[1, 1], &[0; 4], init],
        &[b"RFB 003.008\n", &[2, 2, 1], &[7; 16], &[0; 4], init],
        &[b"RFB 003.007\n", &[1, 1], init],
        &[b"RFB 003.007\n", &[1, 2], &[7; 16], &[0, 0, 0, 1]],
        &[b"RFB 003.003\n", &[0, 0, 0, 1], init],
        &[b"RFB 003.003\n", &[0, 0, 0, 0], &[0, 0, 0, 2], b"no"],
        &[b"RFB 003.008\n", &[0], &[0, 0, 0, 2], b"no"],
        &[b"RFB 003.889\n", &[1, 1], &[0, 0, 0, 1], &[0, 0, 0, 2], b"no"],
        &[b"RFB 003.008\n", &[1, 19], &VENCRYPT, &[0, 0, 1, 6], &[1], &[0; 4], init],
        &[b"RFB 003.007\n", &[1, 19], &VENCRYPT, &[0, 0, 1, 5], &[1], &[7; 16], &[0; 4], init],
        &[b"RFB 003.008\n", &[1, 19], &VENCRYPT, &[0, 0, 1, 4], &[1], &[0, 0, 0, 1], &[0, 0, 0, 2], b"no"],
        &[b"RFB 003.008\n", &[1, 19], &VENCRYPT, &[0, 0, 1, 0], &[0; 4], init],
        &[b"RFB 003.008\n", &[2, 6, 129], &[0; 4], init],
    ];
    let seeds = cases.iter().flat_map(|case| choosing(case.concat(), 8));
    #[cfg(feature = "recordings")]
    let seeds = seeds.chain(super::recordings::goldens().into_iter().flat_map(|stream| choosing(stream, 1)));
    seeds.collect()
}

/// What a client may say first, in every version.
pub fn server_handshake() -> Vec<Vec<u8>> {
    let vencrypt = [19, 0, 2, 0, 0, 1];
    let credentials = [0, 0, 0, 1, 0, 0, 0, 2, b'a', b'p', b'w'];
    let cases: [&[&[u8]]; 10] = [
        &[b"RFB 003.008\n", &vencrypt, &[4], &[1]],
        &[b"RFB 003.008\n", &vencrypt, &[5], &[9; 16], &[1]],
        &[b"RFB 003.007\n", &vencrypt, &[6], &credentials, &[1]],
        &[b"RFB 003.008\n", &vencrypt, &[0], &credentials, &[1]],
        &[b"RFB 003.008\n", &[129], &[1]],
        &[b"RFB 003.008\n", &[1, 1]],
        &[b"RFB 003.008\n", &[2], &[9; 16], &[1]],
        &[b"RFB 003.007\n", &[1, 0], &[3, 0, 0, 0, 0, 0, 0, 16, 0, 16]],
        &[b"RFB 003.003\n", &[1]],
        &[b"RFB 003.003\n", &[9; 16], &[1]],
    ];
    cases
        .iter()
        .flat_map(|case| choosing(case.concat(), 7))
        .collect()
}

/// The bytes with each of the first `count` choices before them.
fn choosing(bytes: Vec<u8>, count: u8) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(move |choice| [&[choice], &bytes[..]].concat())
}

/// Opus, two channels; microphones may be heard.
const SOUND_OFFER: [u8; 15] = [193, 3, 1, 0, 0, 0, 0, 0, 6, 1, 2, 0, 1, 0, 1];

/// The desktop's sound in stereo, 10 ms, 64 kbit/s.
#[rustfmt::skip]
const SOUND_START: [u8; 21] = [193, 4, 1, 0, 0, 0, 0, 0, 12, 0, 2, 0, 1, 10, 0, 0, 0, 0, 0, 0xfa, 0];

/// A frame of three bytes, and a repair of two.
#[rustfmt::skip]
const SOUND_PACKET: [u8; 30] = [
    193, 6, 1, 0, 0, 0, 0, 0, 21, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 3, 0xf8, 0xff, 0xfe, 7, 7,
];

/// A server's sound, asked for, played, muted and stopped, and at the end by QEMU's extension; and a microphone's.
fn sound() -> Pair {
    let config = ClientConfig {
        sound: true,
        ..ClientConfig::default()
    };
    let client = ClientConnection::new(config, tight::decoders());
    let config = ServerConfig {
        sound: Some(crate::oracles::sound_offer()),
        ..open_server(SIZE)
    };
    let server = ServerConnection::new(config, tight::encoders());
    let mut pair = Pair::of(Framebuffer::new(SIZE), client, server);
    let format = crate::oracles::SOUND;
    let mut step = |act: &dyn Fn(&mut Pair)| {
        act(&mut pair);
        pair.drive().unwrap();
    };
    step(&|_| {});
    step(&|pair| pair.client.start_sound(format).unwrap());
    step(&|pair| {
        pair.server.send_sound(&packet(SoundStream::Desktop));
        pair.client.start_microphone(format).unwrap();
    });
    step(&|pair| {
        pair.client.send_sound(&packet(SoundStream::Microphone));
        let volume = SoundVolume {
            volume: 128,
            muted: true,
        };
        pair.server.set_sound_volume(SoundStream::Desktop, volume);
        let result = pair.client.set_sound_volume(SoundStream::Desktop, volume);
        result.unwrap();
    });
    step(&|pair| pair.client.stop_microphone());
    step(&|pair| pair.client.start_pcm(PcmFormat::default()).unwrap());
    step(&|pair| pair.server.send_pcm(vec![5; 16].into()));
    step(&|pair| pair.server.end_sound(SoundEnd::UNAVAILABLE));
    pair
}

/// One of each.
#[rustfmt::skip]
pub fn client_messages() -> Vec<Vec<u8>> {
    let mut messages: Vec<Vec<u8>> = vec![
        vec![0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0],
        vec![2, 0, 0, 2, 0, 0, 0, 7, 255, 255, 255, 33],
        vec![3, 1, 0, 0, 0, 0, 0, 64, 0, 64],
        vec![4, 1, 0, 0, 0, 0, 0, 97],
        vec![5, 1, 0, 3, 0, 4],
        vec![150, 1, 0, 0, 0, 0, 0, 64, 0, 64],
        vec![248, 0, 0, 0, 128, 0, 0, 3, 2, 1, 2],
        vec![250, 0, 1, 2],
        vec![251, 0, 0, 40, 0, 30, 1, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 40, 0, 30, 0, 0, 0, 0],
        vec![255, 0, 0, 1, 0, 0, 0, 97, 0, 0, 0, 30],
        vec![255, 1, 0, 0],
        vec![255, 1, 0, 2, 1, 2, 0, 0, 172, 68],
        SOUND_START.to_vec(),
        vec![193, 5, 1, 0, 0, 0, 0, 0, 2, 0, 0],
        SOUND_PACKET.to_vec(),
        vec![193, 7, 1, 0, 0, 0, 0, 0, 4, 0, 1, 1, 0],
        vec![193, 1, 1, 0, 0, 0, 0, 0, 4, 0, 1, b'h', b'i'],
        vec![193, 9, 1, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 1, 0],
        vec![193, 77, 1, 0, 0, 0, 0, 0, 2, 9, 9],
        vec![193, 2, 1, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0, 0, 0, 0, 60, 7],
        vec![160, 0, 0, 0, 0, 0, 0, 1],
        vec![253, 129, 0, 4, 0, 1, 0, 1],
        // Extended mouse buttons: the mask has bit 7, a second byte follows.
        vec![5, 0x80, 0, 3, 0, 4, 1],
    ];
    messages.extend(cut_texts().iter().map(|text| [&[6, 0, 0, 0], &text[..]].concat()));
    messages
}

/// One of each.
#[rustfmt::skip]
pub fn server_messages() -> Vec<Vec<u8>> {
    let mut messages: Vec<Vec<u8>> = vec![
        vec![0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
        vec![1, 0, 0, 3, 0, 1, 0, 255, 0, 0, 255, 255],
        vec![2],
        vec![150],
        vec![248, 0, 0, 0, 128, 0, 0, 3, 2, 1, 2],
        vec![250, 0, 1, 1],
        vec![253, 129, 0, 4, 0, 1, 0, 1],
        vec![255, 1, 0, 1],
        vec![255, 1, 0, 2, 0, 0, 0, 4, 1, 2, 3, 4],
        SOUND_OFFER.to_vec(),
        SOUND_START.to_vec(),
        vec![193, 5, 1, 0, 0, 0, 0, 0, 2, 0, 1],
        SOUND_PACKET.to_vec(),
        vec![193, 7, 1, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0],
        vec![160, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2],
        vec![193, 1, 1, 0, 0, 0, 0, 0, 4, 0, 1, b'h', b'i'],
        vec![193, 8, 1, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7],
        vec![193, 77, 1, 0, 0, 0, 0, 0, 2, 9, 9],
        vec![193, 2, 1, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0, 0, 0, 0, 60, 7],
    ];
    messages.extend(cut_texts().iter().map(|text| [&[3, 0, 0, 0], &text[..]].concat()));
    for (encoding, body) in pseudo_rectangles() {
        let mut update = vec![0, 0, 0, 1];
        Rect::new(1, 0, 4, 4).encode(&mut update);
        update.extend(encoding.to_be_bytes());
        update.extend(body);
        messages.push(update);
    }
    messages
}

/// Pseudo-encodings with a body for a rectangle of 4x4.
fn pseudo_rectangles() -> Vec<(i32, Vec<u8>)> {
    let screens = [
        &[1, 0, 0, 0][..],
        &[0; 8],
        &[0, 0, 0, 4, 0, 4],
        &[0, 0, 0, 0],
    ];
    vec![
        (1, vec![0, 0, 0, 0]),
        (-223, vec![]),
        (-224, vec![]),
        (-232, vec![]),
        (-239, [[1, 2, 3, 0].repeat(16), vec![0xf0; 4]].concat()),
        (
            -240,
            vec![9, 8, 7, 1, 2, 3, 0xf0, 0xf0, 0xf0, 0xf0, 0, 0, 0, 0],
        ),
        (-258, vec![]),
        (-259, vec![]),
        (-261, vec![3]),
        (-307, vec![0, 0, 0, 2, b'h', b'i']),
        (-308, screens.concat()),
        (-314, [vec![0, 0, 0, 0], [1, 2, 3, 255].repeat(16)].concat()),
        (-1000, vec![0, 0, 0, 0, 0, 0, 0, 9]),
        (0x574d_5664, [vec![1, 0], vec![7; 128]].concat()),
        (0x574d_5666, vec![]),
        (0x574d_5668, vec![0, 0, 0, 3]),
    ]
}

/// Bodies of every kind, their length in front.
fn cut_texts() -> Vec<Vec<u8>> {
    let texts = [
        CutText::Latin1("plain\ntext".into()),
        CutText::Extended(Message::Request(Formats::TEXT)),
        CutText::Extended(Message::Peek),
        CutText::Extended(Message::Notify(Formats::TEXT | Formats::HTML)),
        CutText::Extended(Message::Provide("text".to_owned().into())),
        CutText::Extended(Message::Caps(rfb::clipboard::Caps::OURS)),
    ];
    let encode = |text: &CutText| {
        let mut bytes = Vec::new();
        text.encode(&mut bytes);
        bytes
    };
    texts.iter().map(encode).collect()
}

/// Conversations: see the oracle for what each first byte means.
#[rustfmt::skip]
pub fn clipboard() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = cut_texts()
        .iter()
        .map(|text| [&[5, text.len() as u8], &text[..], &[1, 0]].concat())
        .collect();
    let offer = |forms: u8| [2, 7, forms, b'o', b'f', b'f', b'e', b'r', b'!'];
    let provide = |flags: u8, content: &[u8]| {
        [&[3, content.len() as u8 + 4, 0x10, 0, 0, flags], content].concat()
    };
    let request = |formats: u8| [4, 4, 2, 0, 0, formats];
    let notify = |formats: u8| [4, 4, 8, 0, 0, formats];
    let peek = [4, 4, 4, 0, 0, 0];
    let polled = [8, 0, 8, 0];
    seeds.push([&[0], &offer(1)[..], &request(1), &polled, &peek, &notify(1)].concat());
    seeds.push([&[4, 8, 0x1f, 0, 0, 1, 0, 16, 0, 0], &offer(1)[..], &request(1), &polled].concat());
    seeds.push([&[0], &offer(15)[..], &request(15), &polled].concat());
    seeds.push([&[0], &offer(23)[..], &request(15), &[7, 4, b'B', b'M', b'P', b'X'], &polled].concat());
    seeds.push([&[0], &notify(9)[..], &[6, 0], &provide(8, b"\0\0\0\x04BMPX"), &notify(0)].concat());
    let text = provide(1, b"\0\0\0\x06a\r\nb\xc3\0");
    let html = provide(4, b"\0\0\0\x04<p>\0");
    let rtf_and_image = provide(10, b"\0\0\0\x02{}\0\0\0\x04BMPX");
    for first in [&text, &html, &rtf_and_image] {
        seeds.push([&[0], &first[..], &peek, &offer(1), &text, &request(1), &polled].concat());
    }
    seeds
}

/// Bitmaps of every depth and header, 5x3 pixels.
pub fn bitmaps() -> Vec<Vec<u8>> {
    let size = Size::new(5, 3);
    let pixels: Vec<u8> = (0..60).collect();
    let ours = rfb::clipboard::Bitmap::new(size, pixels).unwrap();
    let mut seeds = vec![
        [&[0], &ours.encode()[..]].concat(),
        [&[1], &ours.to_file()[..]].concat(),
    ];
    for (bits, compression, colours, masks) in [
        (1_u16, 0_u32, 2_u32, 0),
        (4, 0, 16, 0),
        (8, 0, 7, 0),
        (16, 0, 0, 0),
        (16, 3, 0, 3),
        (24, 0, 0, 0),
        (32, 0, 0, 0),
        (32, 3, 0, 3),
        (32, 6, 0, 4),
    ] {
        for height in [3_i32, -3] {
            let mut dib = vec![0];
            dib.extend(40_u32.to_le_bytes());
            dib.extend(5_i32.to_le_bytes());
            dib.extend(height.to_le_bytes());
            dib.extend([1, 0]);
            dib.extend(bits.to_le_bytes());
            dib.extend(compression.to_le_bytes());
            dib.extend([0; 12]); // size of the image, pixels per metre
            dib.extend(colours.to_le_bytes());
            dib.extend([0; 4]);
            let masks = [0xf800_u32, 0x07e0, 0x001f, 0].into_iter().take(masks);
            masks.for_each(|mask| dib.extend(mask.to_le_bytes()));
            dib.extend([1, 2, 3, 0].repeat(colours as usize));
            let stride = (usize::from(bits) * 5).div_ceil(32) * 4;
            dib.extend((0..stride as u8 * 3).map(|byte| byte % 7));
            seeds.push(dib);
        }
    }
    seeds
}
