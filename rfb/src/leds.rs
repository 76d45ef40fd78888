//! The keyboard's lights (rfbproto "QEMU LED State Pseudo-encoding", "VMware LED State Pseudo-encoding").

/// Which lights are on. Open-ended: unknown bits are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leds(pub u8);

impl Leds {
    /// Scroll Lock.
    pub const SCROLL: Self = Self(1);
    /// Num Lock.
    pub const NUM: Self = Self(2);
    /// Caps Lock.
    pub const CAPS: Self = Self(4);

    /// These and those.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// Whether all of `other` are on.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lights_are_told_apart() {
        let on = Leds::CAPS.with(Leds::NUM);
        assert_eq!(on, Leds(6));
        assert!(on.contains(Leds::CAPS) && on.contains(Leds::NUM));
        assert!(!on.contains(Leds::SCROLL));
    }
}
