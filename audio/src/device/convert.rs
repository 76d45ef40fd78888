//! Stereo for devices that have more channels, or one; samples of 16 bits.

/// Writes `stereo` to `device`, which has `channels`: one takes the mean, more than two leave the others silent.
pub(super) fn from_stereo(stereo: &[f32], device: &mut [f32], channels: usize) {
    let frames = stereo.as_chunks::<2>().0;
    for (frame, out) in frames.iter().zip(device.chunks_exact_mut(channels.max(1))) {
        let [left, right] = *frame;
        match out {
            [one] => *one = left.midpoint(right),
            [first, second, rest @ ..] => {
                *first = left;
                *second = right;
                rest.fill(0.0);
            }
            [] => {}
        }
    }
}

/// Appends what `device`, which has `channels`, has recorded: one goes to both sides, of more the first two are taken.
pub(super) fn to_stereo(device: &[f32], channels: usize, stereo: &mut Vec<f32>) {
    for frame in device.chunks_exact(channels.max(1)) {
        match frame {
            [one] => stereo.extend([*one; 2]),
            [left, right, ..] => stereo.extend([*left, *right]),
            [] => {}
        }
    }
}

/// The 16 bits of a sample; what is louder than they can say is cut off.
#[expect(clippy::cast_possible_truncation, reason = "clamped before")]
pub(super) fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_of_one_channel_plays_the_mean_and_is_heard_on_both_sides() {
        let mut device = [9.0; 2];
        from_stereo(&[1.0, 0.5, -1.0, 0.0], &mut device, 1);
        assert_eq!(device, [0.75, -0.5]);
        let mut stereo = Vec::new();
        to_stereo(&device, 1, &mut stereo);
        assert_eq!(stereo, [0.75, 0.75, -0.5, -0.5]);
    }

    #[test]
    fn samples_of_16_bits_are_rounded_and_cut_off() {
        let bits = [0.0, 0.5, -1.0, 1.0, -7.0, 0.000_02].map(to_i16);
        assert_eq!(bits, [0, 16_384, -32_768, 32_767, -32_768, 1]);
    }

    #[test]
    fn a_device_of_many_channels_plays_and_records_on_the_first_two() {
        let mut device = [9.0; 8];
        from_stereo(&[1.0, 0.5, -1.0, 0.0], &mut device, 4);
        assert_eq!(device, [1.0, 0.5, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0]);
        let mut stereo = Vec::new();
        to_stereo(&device, 4, &mut stereo);
        assert_eq!(stereo, [1.0, 0.5, -1.0, 0.0]);
    }
}
