//! Encoding and pseudo-encoding numbers (RFC 6143 7.7, rfbproto). Open-ended: unknown numbers are kept, not guessed.

/// An encoding or pseudo-encoding number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoding(pub i32);

impl Encoding {
    /// Pixels as they are. RFC 6143 7.7.1.
    pub const RAW: Self = Self(0);
    /// A move within the framebuffer. RFC 6143 7.7.2.
    pub const COPY_RECT: Self = Self(1);
    /// One-coloured rectangles on a background. RFC 6143 7.7.3.
    pub const RRE: Self = Self(2);
    /// The same, with coordinates of one byte. rfbproto "CoRRE Encoding".
    pub const CORRE: Self = Self(4);
    /// One-coloured rectangles in tiles of 16x16. RFC 6143 7.7.4.
    pub const HEXTILE: Self = Self(5);
    /// Raw pixels in one zlib stream. rfbproto "zlib Encoding".
    pub const ZLIB: Self = Self(6);
    /// Palette, zlib or JPEG, whichever suits. rfbproto "Tight Encoding".
    pub const TIGHT: Self = Self(7);
    /// A JPEG image and nothing else, its tables left out where they are those of the last. rfbproto "JPEG Encoding".
    pub const JPEG: Self = Self(21);
    /// Tight with PNG images instead of zlib data. rfbproto "Tight PNG Encoding".
    pub const TIGHT_PNG: Self = Self(-260);
    /// Run-length coded tiles of 16x16. RFC 6143 7.7.5.
    pub const TRLE: Self = Self(15);
    /// Run-length coded tiles in one zlib stream. RFC 6143 7.7.6.
    pub const ZRLE: Self = Self(16);
    /// ZRLE with wavelets, lossy. Other things to some servers: announce it only where it is known.
    pub const ZYWRLE: Self = Self(17);
    /// The desktop changed size. RFC 6143 7.8.2.
    pub const DESKTOP_SIZE: Self = Self(-223);
    /// Marks the last rectangle of an update. rfbproto "LastRect Pseudo-encoding".
    pub const LAST_RECT: Self = Self(-224);
    /// The server moved the pointer. rfbproto; every peer uses this number, one of its lists says -225.
    pub const POINTER_POS: Self = Self(-232);
    /// The pointer's shape with a 1-bit mask. RFC 6143 7.8.1.
    pub const CURSOR: Self = Self(-239);
    /// The pointer's shape in two colours. rfbproto "X Cursor Pseudo-encoding".
    pub const X_CURSOR: Self = Self(-240);
    /// Key codes beside keysyms. rfbproto "QEMU Extended Key Event Pseudo-encoding".
    pub const QEMU_KEYS: Self = Self(-258);
    /// Sound, as samples. rfbproto "QEMU Audio Pseudo-encoding".
    pub const QEMU_AUDIO: Self = Self(-259);
    /// The keyboard's lights. rfbproto "QEMU LED State Pseudo-encoding".
    pub const QEMU_LEDS: Self = Self(-261);
    /// Further input devices. rfbproto "gii Pseudo-encoding". Parsed only.
    pub const GII: Self = Self(-305);
    /// The desktop's name. rfbproto "DesktopName Pseudo-encoding".
    pub const DESKTOP_NAME: Self = Self(-307);
    /// The desktop's size and screens. rfbproto "ExtendedDesktopSize Pseudo-encoding".
    pub const EXTENDED_DESKTOP_SIZE: Self = Self(-308);
    /// Shutting down and restarting the machine. rfbproto "xvp Pseudo-encoding".
    pub const XVP: Self = Self(-309);
    /// Synchronisation marks in the stream. rfbproto "Fence Pseudo-encoding".
    pub const FENCE: Self = Self(-312);
    /// Updates without requests. rfbproto "ContinuousUpdates Pseudo-encoding".
    pub const CONTINUOUS_UPDATES: Self = Self(-313);
    /// The pointer's shape with an alpha channel. rfbproto "Cursor With Alpha Pseudo-encoding".
    pub const CURSOR_WITH_ALPHA: Self = Self(-314);
    /// Mouse buttons 8 and 9. rfbproto "Extended Mouse Buttons Pseudo-encoding".
    pub const EXTENDED_BUTTONS: Self = Self(-316);
    /// Tight bodies may be sent without zlib. rfbproto "Tight Encoding without Zlib".
    pub const TIGHT_WITHOUT_ZLIB: Self = Self(-317);
    /// When a picture was taken, first in its update. neatvnc's experiment; only together with [`Self::CLOCK`], as this
    /// number alone is another thing to KasmVNC.
    pub const PTS: Self = Self(-1000);
    /// Comparing the two clocks by message 160. neatvnc's experiment.
    pub const CLOCK: Self = Self(-1001);
    /// The pointer's shape, as VMware sends it. rfbproto "VMware Cursor Pseudo-encoding".
    pub const VMWARE_CURSOR: Self = Self(0x574d_5664);
    /// The server moved the pointer. rfbproto "VMware Cursor Position Pseudo-encoding".
    pub const VMWARE_CURSOR_POSITION: Self = Self(0x574d_5666);
    /// The keyboard's lights. rfbproto "VMware LED State Pseudo-encoding".
    pub const VMWARE_LEDS: Self = Self(0x574d_5668);
    /// Clipboard beyond Latin-1 (0xC0A1E5CE). rfbproto "Extended Clipboard Pseudo-encoding".
    pub const EXTENDED_CLIPBOARD: Self = Self(i32::from_be_bytes([0xC0, 0xA1, 0xE5, 0xCE]));
    /// Our own extension messages. docs/PROTOCOL.md.
    pub const TIGHTROPE: Self = Self(i32::from_be_bytes(*b"Trop"));
    /// Sound, coded and with its time, by our own extension messages. docs/PROTOCOL.md "Sound".
    pub const SOUND: Self = Self(i32::from_be_bytes(*b"TrSo"));
    /// The quality asked for is the most that is wanted: the server may send less where the link is slow. docs/PROTOCOL.md
    /// "Quality".
    pub const ADAPTS: Self = Self(i32::from_be_bytes(*b"TrAd"));

    /// The pseudo-encoding that asks for JPEG `level`, 0 (small) to 9 (good). rfbproto "JPEG Quality Level".
    #[must_use]
    pub fn quality(level: u8) -> Self {
        Self(-32 + i32::from(level.min(9)))
    }
    /// The JPEG quality level it asks for, 0 to 9.
    #[must_use]
    pub fn quality_level(self) -> Option<u8> {
        u8::try_from(self.0.checked_add(32)?)
            .ok()
            .filter(|&level| level <= 9)
    }
    /// The pseudo-encoding that asks for JPEG of `quality`, 0 to 100. rfbproto "JPEG Fine-Grained Quality Level".
    #[must_use]
    pub fn fine_quality(quality: u8) -> Self {
        Self(-512 + i32::from(quality.min(100)))
    }
    /// The JPEG quality it asks for, 0 to 100.
    #[must_use]
    pub fn fine_quality_level(self) -> Option<u8> {
        u8::try_from(self.0.checked_add(512)?)
            .ok()
            .filter(|&quality| quality <= 100)
    }
    /// The pseudo-encoding that asks for `subsampling` of JPEG. rfbproto "JPEG Subsampling Level".
    #[must_use]
    pub fn subsampling(subsampling: Subsampling) -> Self {
        Self(match subsampling {
            Subsampling::Yuv444 => -768,
            Subsampling::Yuv420 => -767,
            Subsampling::Yuv422 => -766,
            Subsampling::Gray => -765,
        })
    }
    /// The subsampling it asks for. What only few encoders can do, 8X and 16X, is 4:2:0.
    #[must_use]
    pub fn subsampling_level(self) -> Option<Subsampling> {
        match self.0 {
            -768 => Some(Subsampling::Yuv444),
            -767 | -764 | -763 => Some(Subsampling::Yuv420),
            -766 => Some(Subsampling::Yuv422),
            -765 => Some(Subsampling::Gray),
            _ => None,
        }
    }
    /// The pseudo-encoding that asks for compression `level`, 0 (fast) to 9 (small). rfbproto "Compression Level".
    #[must_use]
    pub fn compression(level: u8) -> Self {
        Self(-256 + i32::from(level.min(9)))
    }
    /// The compression level it asks for, 0 to 9.
    #[must_use]
    pub fn compression_level(self) -> Option<u8> {
        u8::try_from(self.0.checked_add(256)?)
            .ok()
            .filter(|&level| level <= 9)
    }
}

/// How finely a JPEG image holds colour, as against light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subsampling {
    /// A colour for every pixel.
    Yuv444,
    /// A colour for two pixels side by side.
    Yuv422,
    /// A colour for two by two pixels.
    Yuv420,
    /// No colour.
    Gray,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_the_numbers_of_the_registry() {
        assert_eq!(Encoding::quality(0), Encoding(-32));
        assert_eq!(Encoding::quality(9), Encoding(-23));
        assert_eq!(Encoding::compression(9), Encoding(-247));
        assert_eq!(Encoding(-24).quality_level(), Some(8));
        assert_eq!(Encoding(-22).quality_level(), None);
        assert_eq!(Encoding(-256).compression_level(), Some(0));
        assert_eq!(Encoding(i32::MAX).quality_level(), None);
        assert_eq!(Encoding::fine_quality(0), Encoding(-512));
        assert_eq!(Encoding::fine_quality(100), Encoding(-412));
        assert_eq!(Encoding(-427).fine_quality_level(), Some(85));
        assert_eq!(Encoding(-411).fine_quality_level(), None);
        assert_eq!(Encoding(-513).fine_quality_level(), None);
    }

    #[test]
    fn subsampling_is_the_numbers_of_the_registry() {
        use Subsampling::{Gray, Yuv420, Yuv422, Yuv444};
        for (number, subsampling) in [(-768, Yuv444), (-767, Yuv420), (-766, Yuv422), (-765, Gray)]
        {
            assert_eq!(Encoding::subsampling(subsampling), Encoding(number));
            assert_eq!(Encoding(number).subsampling_level(), Some(subsampling));
        }
        assert_eq!(Encoding(-764).subsampling_level(), Some(Yuv420));
        assert_eq!(Encoding(-763).subsampling_level(), Some(Yuv420));
        assert_eq!(Encoding(-762).subsampling_level(), None);
    }
}
