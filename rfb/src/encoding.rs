//! Encoding and pseudo-encoding numbers (RFC 6143 7.7, rfbproto). Open-ended: unknown numbers are kept, not guessed.

/// An encoding or pseudo-encoding number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoding(pub i32);

impl Encoding {
    /// Pixels as they are. RFC 6143 7.7.1.
    pub const RAW: Self = Self(0);
    /// A move within the framebuffer. RFC 6143 7.7.2.
    pub const COPY_RECT: Self = Self(1);
    /// Palette, zlib or JPEG, whichever suits. rfbproto "Tight Encoding".
    pub const TIGHT: Self = Self(7);
    /// Run-length coded tiles in one zlib stream. RFC 6143 7.7.6.
    pub const ZRLE: Self = Self(16);
    /// The desktop changed size. RFC 6143 7.8.2.
    pub const DESKTOP_SIZE: Self = Self(-223);
    /// Marks the last rectangle of an update. rfbproto "LastRect Pseudo-encoding".
    pub const LAST_RECT: Self = Self(-224);
    /// The pointer's shape with a 1-bit mask. RFC 6143 7.8.1.
    pub const CURSOR: Self = Self(-239);
    /// The desktop's name. rfbproto "DesktopName Pseudo-encoding".
    pub const DESKTOP_NAME: Self = Self(-307);
    /// The desktop's size and screens. rfbproto "ExtendedDesktopSize Pseudo-encoding".
    pub const EXTENDED_DESKTOP_SIZE: Self = Self(-308);
    /// Synchronisation marks in the stream. rfbproto "Fence Pseudo-encoding".
    pub const FENCE: Self = Self(-312);
    /// Updates without requests. rfbproto "ContinuousUpdates Pseudo-encoding".
    pub const CONTINUOUS_UPDATES: Self = Self(-313);
    /// Tight bodies may be sent without zlib. rfbproto "Tight Encoding without Zlib".
    pub const TIGHT_WITHOUT_ZLIB: Self = Self(-317);
    /// Clipboard beyond Latin-1 (0xC0A1E5CE). rfbproto "Extended Clipboard Pseudo-encoding".
    pub const EXTENDED_CLIPBOARD: Self = Self(i32::from_be_bytes([0xC0, 0xA1, 0xE5, 0xCE]));
    /// Our own extension messages. docs/PROTOCOL.md.
    pub const TIGHTROPE: Self = Self(i32::from_be_bytes(*b"Trop"));

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
    }
}
