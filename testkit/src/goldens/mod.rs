//! What real peers sent us, and what of ours they understood: bytes with the picture they stand for, and how they were
//! made. `cargo xtask goldens` makes them anew.
//!
//! `testkit/goldens/NAME.json` holds the [`Conditions`] of one, `NAME.fbs` the server's bytes (a recording that
//! `tightrope-viewer --play` shows), and the PNG file named by the conditions the picture.

mod peer;
mod png;

use std::path::{Path, PathBuf};

use lab::fbs;
use rfb::{
    ClientConfig, ClientConnection, Decoders, Encoding, Framebuffer, LocalTime, PixelFormat,
};
use serde::{Deserialize, Serialize};

pub use peer::{Wanted, record, serve};
pub use png::{read_png, write_png};

/// How a golden was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// The other program, and its version.
    pub peer: String,
    /// As it tells it.
    pub version: String,
    /// Which side it was.
    pub side: Side,
    /// How it was started.
    pub command: String,
    /// The picture that was shown: one of [`crate::scenes`], or `guest` for that of a virtual machine.
    pub scene: String,
    /// The encoding asked for, by the name that `tightrope-viewer --encoding` has for it.
    pub encoding: String,
    /// The pixel format asked for: see [`format`].
    pub format: String,
    /// The JPEG quality level asked for.
    pub quality: Option<u8>,
    /// The file with the picture that the bytes stand for.
    pub picture: String,
    /// How close to it a decoder must come, in decibels (PSNR); exactly, if nothing is said.
    pub psnr: Option<f64>,
}

/// A side of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The bytes are the peer's.
    Server,
    /// The bytes are ours, and the peer has made the picture of them.
    Client,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Golden {
    /// The name of its files.
    pub name: String,
    /// How it was made.
    pub conditions: Conditions,
    /// The server's bytes, from the version on.
    pub stream: Vec<u8>,
    /// What they stand for.
    pub picture: Framebuffer,
}

/// Where they are.
#[must_use]
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens")
}

/// All of them, by name.
///
/// # Panics
/// A file is missing, or is not what it should be.
#[must_use]
pub fn all() -> Vec<Golden> {
    let entries = std::fs::read_dir(directory()).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|own| own == "json"));
    paths.sort();
    paths.iter().map(|path| Golden::read(path)).collect()
}

impl Golden {
    fn read(path: &Path) -> Self {
        let conditions: Conditions = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            stream: stream(&path.with_extension("fbs")),
            picture: read_png(&directory().join(&conditions.picture)).unwrap(),
            conditions,
        }
    }

    /// What our client shows after the bytes.
    pub fn decoded(&self) -> Result<Framebuffer, rfb::Error> {
        let mut client = self.conditions.client();
        client.handle_bytes(LocalTime::default(), &self.stream);
        while client.poll_event()?.is_some() {
            client.poll_output();
        }
        Ok(client.framebuffer().clone())
    }

    /// Panics if `shown` is not close enough to the picture.
    pub fn check(&self, shown: &Framebuffer) {
        let (name, expected) = (&self.name, &self.picture);
        assert_eq!(shown.size(), expected.size(), "{name}: the size");
        match self.conditions.psnr {
            None => assert!(shown == expected, "{name}: another picture"),
            Some(wanted) => {
                let found = psnr(shown, expected);
                assert!(wanted <= found, "{name}: {found:.1} dB, not {wanted} dB");
            }
        }
    }

    /// Whether a rectangle of the encoding that was asked for seems to be in the bytes.
    #[must_use]
    pub fn shows_its_encoding(&self) -> bool {
        let wanted = encoding(&self.conditions.encoding).0.to_be_bytes();
        let size = self.picture.size();
        self.stream.windows(12).any(|head| {
            let side = |at: usize| u32::from(u16::from_be_bytes([head[at], head[at + 1]]));
            let (width, height) = (side(4), side(6));
            head[8..] == wanted
                && width > 0
                && height > 0
                && side(0) + width <= u32::from(size.width)
                && side(2) + height <= u32::from(size.height)
        })
    }
}

impl Conditions {
    /// A client that asks for what was asked for.
    #[must_use]
    pub fn client(&self) -> ClientConnection {
        let config = ClientConfig {
            format: format(&self.format),
            quality: self.quality,
            plain: true,
            ..ClientConfig::default()
        };
        ClientConnection::new(config, decoders(encoding(&self.encoding)))
    }
}

/// The data of a recording.
fn stream(path: &Path) -> Vec<u8> {
    let mut reader = fbs::Reader::open(path).unwrap();
    let mut stream = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        stream.extend_from_slice(block.data);
    }
    stream
}

fn decoders(encoding: Encoding) -> Decoders {
    tight::decoders().only(encoding)
}

/// The encoding of a name that `tightrope-viewer --encoding` has for it.
///
/// # Panics
/// There is none.
#[must_use]
pub fn encoding(name: &str) -> Encoding {
    match name {
        "raw" => Encoding::RAW,
        "rre" => Encoding::RRE,
        "corre" => Encoding::CORRE,
        "hextile" => Encoding::HEXTILE,
        "zlib" => Encoding::ZLIB,
        "tight" => Encoding::TIGHT,
        "tight-png" => Encoding::TIGHT_PNG,
        "jpeg" => Encoding::JPEG,
        "trle" => Encoding::TRLE,
        "zrle" => Encoding::ZRLE,
        "zywrle" => Encoding::ZYWRLE,
        _ => panic!("there is no encoding {name:?}"),
    }
}

/// The pixel format of a name: `bgrx`, `rgbx`, `rgb565`, `rgb565-big-endian`, `bgr233`, `colour-map`.
///
/// # Panics
/// There is none.
#[must_use]
pub fn format(name: &str) -> PixelFormat {
    match name {
        "bgrx" => PixelFormat::BGRX,
        "rgbx" => PixelFormat {
            shift: [0, 8, 16],
            ..PixelFormat::BGRX
        },
        "rgb565" => PixelFormat::RGB565,
        "rgb565-big-endian" => PixelFormat {
            big_endian: true,
            ..PixelFormat::RGB565
        },
        "bgr233" => PixelFormat::BGR233,
        "colour-map" => PixelFormat::COLOUR_MAPPED,
        _ => panic!("there is no pixel format {name:?}"),
    }
}

/// How close two pictures of one size are, in decibels; infinite if they are the same.
#[must_use]
pub fn psnr(a: &Framebuffer, b: &Framebuffer) -> f64 {
    let pixels = a.bytes().chunks(4).zip(b.bytes().chunks(4));
    let squares = pixels.flat_map(|(a, b)| {
        let channel = |index: usize| f64::from(a[index]) - f64::from(b[index]);
        [0, 1, 2].map(|index| channel(index).powi(2))
    });
    let (sum, count) = squares.fold((0.0, 0.0), |(sum, count), own| (sum + own, count + 1.0));
    10.0 * (255.0_f64.powi(2) * count / sum).log10()
}
