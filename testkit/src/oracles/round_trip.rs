//! What is encoded is decoded to the same pixels.

use std::time::Duration;

use rfb::encoding::Subsampling;
use rfb::pixel::{Packer, Unpacker};
use rfb::{ClientConfig, ClientConnection, Framebuffer, PixelFormat, Rect, ServerConnection, Size};

use super::choices::{Choices, ENCODINGS, formats};
use crate::pair::{Pair, open_server};

/// Two pictures one after the other, sent in the encoding, pixel format, compression, quality and size that the first
/// bytes choose, and shown by our client exactly: at once if no loss is allowed, else when they have been still.
pub fn round_trip(data: &[u8]) {
    let mut choices = Choices::new(data);
    let encoding = choices.of(&ENCODINGS);
    let format = choices.of(&formats());
    let config = with_loss(
        ClientConfig {
            format,
            compression: choices.below(10) as u8,
            ..ClientConfig::default()
        },
        choices.byte(),
    );
    let is_lossy = config.quality.is_some() || config.fine_quality.is_some();
    let size = Size::new(choices.below(90) + 1, choices.below(90) + 1);
    let decoders = tight::decoders().preferring(encoding);
    let client = ClientConnection::new(config, decoders);
    let mut desktop = Framebuffer::new(size);
    let half = choices.rest().len() / 2;
    paint(&mut desktop, choices.take(half));
    let server = ServerConnection::new(open_server(size), tight::encoders());
    let mut pair = Pair::of(desktop, client, server);
    pair.server.add_damage(&size.into());
    for (part, still) in [(&[][..], false), (choices.rest(), is_lossy)] {
        let mut next = pair.desktop.clone();
        paint(&mut next, part);
        pair.show(next);
        pair.drive()
            .expect("our client reads what our server sends");
        if still {
            pair.wait(Duration::from_secs(1))
                .expect("our client reads what our server sends again");
        }
        let exact = still || !is_lossy;
        if exact && *pair.client.framebuffer() != through(&pair.desktop, &format) {
            panic!("{encoding:?} {format:?}: other pixels");
        }
    }
}

/// Half the choices ask for no loss, the others for a quality level or a fine quality with some subsampling.
fn with_loss(config: ClientConfig, choice: u8) -> ClientConfig {
    let choice = choice % 40;
    let subsampling = [
        Subsampling::Yuv444,
        Subsampling::Yuv422,
        Subsampling::Yuv420,
        Subsampling::Gray,
    ];
    match choice {
        0..10 => ClientConfig {
            quality: Some(choice),
            ..config
        },
        10..20 => ClientConfig {
            quality: Some(5),
            fine_quality: Some((choice - 10) * 11),
            subsampling: subsampling.get(usize::from(choice % 5)).copied(),
            ..config
        },
        _ => ClientConfig {
            quality: None,
            ..config
        },
    }
}

/// What is left of a picture in a pixel format.
fn through(picture: &Framebuffer, format: &PixelFormat) -> Framebuffer {
    let (packer, unpacker) = (Packer::new(format), Unpacker::new(format));
    let mut result = Framebuffer::new(picture.size());
    let area = Rect::from(picture.size());
    let mut wire = Vec::new();
    let mut target = result.view_mut(area).unwrap();
    for (to, from) in target.rows_mut().zip(picture.view().rows(area)) {
        wire.clear();
        packer.row(from, &mut wire);
        unpacker.row(&wire, to);
    }
    result
}

/// Draws what `data` says: rectangles of one colour, and of the bytes themselves.
fn paint(picture: &mut Framebuffer, data: &[u8]) {
    let size = picture.size();
    let mut choices = Choices::new(data);
    while !choices.is_empty() {
        let kind = choices.byte();
        let (left, top) = (choices.below(size.width), choices.below(size.height));
        let rect = Rect::new(left, top, choices.byte().into(), choices.byte().into());
        let rect = rect.intersection(size.into());
        let length = match kind {
            ..128 => 3,
            _ => usize::from(kind - 127),
        };
        let mut colours = choices.take(length).iter().copied().cycle();
        let mut target = picture.view_mut(rect).unwrap();
        for row in target.rows_mut() {
            for pixel in row.as_chunks_mut::<4>().0 {
                let mut next = || colours.next().unwrap_or_default();
                *pixel = [next(), next(), next(), 0];
            }
        }
    }
}
