//! What there is to be made.

/// One golden: what is asked for, and of which picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    /// As `tightrope-viewer --encoding` names it.
    pub(super) encoding: &'static str,
    /// As `testkit::goldens::format` names it.
    pub(super) format: &'static str,
    /// JPEG quality level.
    pub(super) quality: Option<u8>,
    /// One of the pictures of `golden scenes`, or `guest`.
    pub(super) scene: &'static str,
    /// How close decoders come to it.
    pub(super) closeness: Closeness,
}

/// What the bytes stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Closeness {
    /// The picture itself; where the pixel format cannot say it, what Raw says in that format.
    Exact,
    /// The picture, but for so many decibels (PSNR).
    Close(f64),
    /// What the peer's own client makes of it.
    Peer,
}

const fn exact(encoding: &'static str, format: &'static str) -> Case {
    Case {
        encoding,
        format,
        quality: None,
        scene: "desktop",
        closeness: Closeness::Exact,
    }
}

/// What a guest of QEMU shows.
const fn guest(encoding: &'static str) -> Case {
    Case {
        scene: "guest",
        ..exact(encoding, "bgrx")
    }
}

/// With leave to lose detail, of smooth shades.
const fn lossy(encoding: &'static str, closeness: Closeness) -> Case {
    Case {
        encoding,
        format: "bgrx",
        quality: Some(8),
        scene: "gradient",
        closeness,
    }
}

/// What JPEG of quality level 8 keeps of smooth shades at least.
const JPEG: Closeness = Closeness::Close(35.0);

impl Case {
    /// Whether the pixel format can say every colour.
    pub(super) fn holds_every_colour(&self) -> bool {
        ["bgrx", "rgbx"].contains(&self.format)
    }

    /// For file names.
    pub(super) fn name(&self) -> String {
        let mut name = self.encoding.to_owned();
        if let Some(quality) = self.quality {
            name.push_str(&format!("-quality-{quality}"));
        }
        if !self.holds_every_colour() {
            name.push_str(&format!("-{}", self.format));
        }
        name
    }
}

pub(super) const XTIGERVNC: &[Case] = &[
    exact("raw", "bgrx"),
    exact("rre", "bgrx"),
    exact("hextile", "bgrx"),
    exact("zrle", "bgrx"),
    exact("tight", "bgrx"),
    lossy("tight", JPEG),
    exact("raw", "rgb565"),
    exact("hextile", "rgb565"),
    exact("zrle", "rgb565"),
    exact("tight", "rgb565"),
    exact("raw", "rgb565-big-endian"),
    exact("hextile", "rgb565-big-endian"),
    exact("zrle", "rgb565-big-endian"),
    exact("raw", "bgr233"),
    exact("rre", "bgr233"),
    exact("zrle", "bgr233"),
    exact("tight", "bgr233"),
];

/// It sends Raw where RRE would be larger, as libvncserver does.
pub(super) const XTIGHTVNC: &[Case] = &[
    Case {
        scene: "text",
        ..exact("rre", "bgrx")
    },
    exact("corre", "bgrx"),
    exact("hextile", "bgrx"),
    exact("zlib", "bgrx"),
    exact("tight", "bgrx"),
    lossy("tight", JPEG),
];

/// Debian's has neither TRLE nor TightPNG.
pub(super) const LIBVNCSERVER: &[Case] = &[
    Case {
        scene: "text",
        ..exact("rre", "bgrx")
    },
    exact("corre", "bgrx"),
    exact("hextile", "bgrx"),
    exact("zlib", "bgrx"),
    exact("zrle", "bgrx"),
    exact("tight", "bgrx"),
    lossy("tight", JPEG),
    lossy("zywrle", Closeness::Peer),
    exact("raw", "rgb565"),
    exact("corre", "rgb565"),
    exact("zlib", "rgb565"),
    exact("raw", "rgb565-big-endian"),
    exact("zlib", "rgb565-big-endian"),
];

pub(super) const QEMU: &[Case] = &[
    guest("hextile"),
    guest("zlib"),
    guest("zrle"),
    guest("tight"),
    guest("tight-png"),
];

/// Of our server, understood by libvncclient, which asks for red first.
pub(super) const LIBVNCCLIENT: &[Case] = &[
    exact("raw", "rgbx"),
    exact("rre", "rgbx"),
    exact("corre", "rgbx"),
    exact("hextile", "rgbx"),
    exact("zlib", "rgbx"),
    exact("trle", "rgbx"),
    exact("zrle", "rgbx"),
    exact("tight", "rgbx"),
    Case {
        format: "rgbx",
        ..lossy("tight", JPEG)
    },
    exact("raw", "rgb565"),
    exact("hextile", "rgb565"),
    exact("trle", "rgb565"),
    exact("zrle", "rgb565"),
    exact("tight", "rgb565"),
    exact("raw", "bgr233"),
    exact("rre", "bgr233"),
    exact("zrle", "bgr233"),
    exact("tight", "bgr233"),
];
