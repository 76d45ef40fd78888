//! Loudness without clicks.

/// From one loudness to another in so many samples: 10 ms.
const RAMP: f32 = 480.0;

#[derive(Debug)]
pub(super) struct Gain {
    now: f32,
    volume: f32,
    is_muted: bool,
}

impl Default for Gain {
    fn default() -> Self {
        Self {
            now: 1.0,
            volume: 1.0,
            is_muted: false,
        }
    }
}

impl Gain {
    pub(super) fn set_volume(&mut self, volume: f32) {
        self.volume = if volume.is_nan() {
            0.0
        } else {
            volume.clamp(0.0, 4.0)
        };
    }

    pub(super) fn set_muted(&mut self, muted: bool) {
        self.is_muted = muted;
    }

    /// Makes interleaved stereo as loud as it is to be; never louder than 1.
    pub(super) fn apply(&mut self, samples: &mut [f32]) {
        let aim = if self.is_muted { 0.0 } else { self.volume };
        for pair in samples.as_chunks_mut::<2>().0 {
            self.now = towards(self.now, aim, aim.max(1.0) / RAMP);
            for sample in pair {
                *sample = (*sample * self.now).clamp(-1.0, 1.0);
            }
        }
    }
}

/// From `now` to `aim`, by at most `step`.
pub(super) fn towards(now: f32, aim: f32, step: f32) -> f32 {
    now + (aim - now).clamp(-step, step)
}
