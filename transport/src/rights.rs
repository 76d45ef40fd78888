//! What a client may do.

/// What a client may do, beside looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rights {
    /// Keys, the pointer, and asking for another size.
    pub control: bool,
    /// The clipboard, in both directions.
    pub clipboard: bool,
    /// Hearing what the desktop plays, if [`ServerConfig::sound`](crate::ServerConfig::sound) offers it.
    pub sound: bool,
    /// Sending what its microphone hears, if [`ServerConfig::microphone`](crate::ServerConfig::microphone) allows it.
    pub microphone: bool,
    /// Asking for shutting down and restarting, if [`ServerConfig::power`](crate::ServerConfig::power) allows it.
    pub power: bool,
}

impl Rights {
    /// All that the server allows at all.
    pub const FULL: Self = Self {
        control: true,
        clipboard: true,
        sound: true,
        microphone: true,
        power: true,
    };
    /// Looking and listening. Who may not touch the desktop may not read what is copied on it either.
    pub const VIEW_ONLY: Self = Self {
        control: false,
        clipboard: false,
        sound: true,
        microphone: false,
        power: false,
    };

    /// One bit a right: 1 control, 2 clipboard, 4 sound, 8 microphone, 16 power.
    #[must_use]
    pub fn bits(self) -> u8 {
        let own = [
            self.control,
            self.clipboard,
            self.sound,
            self.microphone,
            self.power,
        ];
        let bits = own.iter().rev();
        bits.fold(0, |bits, own| bits << 1 | u8::from(*own))
    }
    /// The rights of these bits; `None` if there is one that stands for no right.
    #[must_use]
    pub fn of_bits(bits: u8) -> Option<Self> {
        let has = |at: u8| bits >> at & 1 != 0;
        let rights = Self {
            control: has(0),
            clipboard: has(1),
            sound: has(2),
            microphone: has(3),
            power: has(4),
        };
        (rights.bits() == bits).then_some(rights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_right_has_a_bit_of_its_own() {
        for bits in 0..32 {
            assert_eq!(Rights::of_bits(bits).unwrap().bits(), bits);
        }
        assert_eq!(Rights::of_bits(32), None);
        assert_eq!(Rights::FULL.bits(), 0b1_1111);
        assert_eq!(Rights::VIEW_ONLY.bits(), 0b0_0100);
    }
}
