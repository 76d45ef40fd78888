//! Music beside the pictures.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tightrope::Server;

use crate::av::source::click::{Band, Clicker};

/// What a device gives at once: 10 ms of stereo at 48 kHz.
const TICK: Duration = Duration::from_millis(10);
const SAMPLES: usize = 2 * 480;

/// Plays to the clients of `server` until it is over.
pub(super) fn play(server: &Server, is_over: &AtomicBool) {
    let mut band = Band::new(&Clicker::default(), true);
    let mut samples = vec![0.0; SAMPLES];
    let mut captured = Instant::now();
    while !is_over.load(Ordering::Relaxed) {
        band.play(&mut samples);
        // Samples are there once the last of them was captured.
        let end = captured + TICK;
        std::thread::sleep(end.saturating_duration_since(Instant::now()));
        server.push_sound(&samples, captured);
        captured = end;
    }
}
