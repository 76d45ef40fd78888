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
