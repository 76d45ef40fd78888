//! A recording that plays on a desktop, over and over.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::painter::{Layer, Painter};
use crate::recording;

/// What plays, and how fast.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Load {
    /// A recording (.vtz) that plays on the same desktop all the time.
    #[arg(long = "load", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// How much faster than it was recorded.
    #[arg(
        long = "load-speed",
        alias = "speed",
        value_name = "X",
        default_value = "1",
        value_parser = speed,
    )]
    pub(crate) speed: f64,
}

/// Plays the recording at `path` for ever, `speed` times as fast as it was made, at the upper left corner of the
/// display of the environment and below all other windows. Returns only if that fails.
pub(crate) fn play(path: &Path, speed: f64) -> Result<Infallible> {
    let size = recording::open(path)?.size();
    let mut painter = Painter::new(size.into(), Layer::Below)?;
    loop {
        let mut reader = recording::open(path)?;
        let start = Instant::now();
        let mut frames = 0;
        while let Some(frame) = reader.next_frame()? {
            let due = start + frame.time.div_f64(speed);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            painter.paint(frame.picture.view(), &frame.merged())?;
            frames += 1;
        }
        ensure!(frames > 1, "{} has one picture only", path.display());
        // The last picture stays as long as any other, about.
        let mean = start.elapsed() / frames;
        std::thread::sleep(mean.min(Duration::from_secs(1)));
    }
}

/// A speed on a command line.
pub(crate) fn speed(text: &str) -> Result<f64, String> {
    let speed: Option<f64> = text.parse().ok();
    let speed = speed.filter(|speed| speed.is_finite() && *speed > 0.0);
    speed.ok_or_else(|| "a speed is a number above 0: 1, 4, 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_a_number_above_nothing() {
        assert_eq!(speed("4"), Ok(4.0));
        for wrong in ["0", "-1", "inf", "NaN", "fast", ""] {
            assert!(speed(wrong).is_err(), "{wrong}");
        }
    }
}
