//! The gradient filter: each channel is sent as its difference from left + above - corner. rfbproto "Tight Encoding",
//! GradientFilter. Here is what both directions need in formats whose levels are not bytes.

/// Red, green and blue of one pixel, 0 to the format's maximum each.
pub(crate) type Levels = [u16; 3];

/// What left, above and corner let expect, within the format's maxima.
pub(crate) fn predict(left: Levels, above: Levels, corner: Levels, max: [u16; 3]) -> Levels {
    let mut predicted = left;
    for (((level, above), corner), max) in predicted.iter_mut().zip(above).zip(corner).zip(max) {
        let sum = i32::from(*level) + i32::from(above) - i32::from(corner);
        *level = low_half(sum.clamp(0, max.into()).unsigned_abs());
    }
    predicted
}

/// Red, green and blue of a wire value.
pub(crate) fn split(value: u32, max: [u16; 3], shift: [u8; 3]) -> Levels {
    let mut levels = max;
    for (level, shift) in levels.iter_mut().zip(shift) {
        *level &= low_half(value >> shift);
    }
    levels
}

/// The wire value of red, green and blue.
pub(crate) fn join(levels: Levels, shift: [u8; 3]) -> u32 {
    let levels = levels.into_iter().zip(shift);
    levels.fold(0, |value, (level, shift)| value | u32::from(level) << shift)
}

pub(crate) fn low_half(value: u32) -> u16 {
    let [low, high, ..] = value.to_le_bytes();
    u16::from_le_bytes([low, high])
}
