//! What a client may do.

/// Keys, the pointer, and asking for another size.
pub const TR_RIGHT_CONTROL: u32 = 1;
/// The clipboard, in both directions.
pub const TR_RIGHT_CLIPBOARD: u32 = 2;
/// Hearing what the desktop plays, if it has sound.
pub const TR_RIGHT_SOUND: u32 = 4;
/// Sending what its microphone hears, if the server allows that.
pub const TR_RIGHT_MICROPHONE: u32 = 8;
/// Asking for shutting down and restarting, if the server allows that.
pub const TR_RIGHT_POWER: u32 = 16;
/// All that the server allows at all.
pub const TR_RIGHTS_FULL: u32 = 31;
/// Looking and listening.
pub const TR_RIGHTS_VIEW_ONLY: u32 = TR_RIGHT_SOUND;

#[cfg(test)]
mod tests {
    use tightrope::Rights;

    use super::*;

    #[test]
    fn the_bits_are_those_of_the_engine() {
        let one = |bits: u32| Rights::of_bits(bits.try_into().unwrap()).unwrap();
        assert_eq!(one(TR_RIGHTS_FULL), Rights::FULL);
        assert_eq!(one(TR_RIGHTS_VIEW_ONLY), Rights::VIEW_ONLY);
        assert!(one(TR_RIGHT_CONTROL).control && one(TR_RIGHT_CLIPBOARD).clipboard);
        assert!(one(TR_RIGHT_MICROPHONE).microphone && one(TR_RIGHT_POWER).power);
    }
}
