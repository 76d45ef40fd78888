//! A sound card that is none: it asks for 10 ms of sound every 10 ms, and plays them 20 ms later.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tightrope::sound::Player;

const TICK: Duration = Duration::from_millis(10);
const SAMPLES: usize = 2 * 480;
/// What a card holds.
const HELD: Duration = Duration::from_millis(20);

/// The card. Dropping it ends it.
pub(super) struct Card {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Card {
    /// Plays what `player` has.
    pub(super) fn new(player: Player) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let mut samples = vec![0.0; SAMPLES];
            let mut next = Instant::now();
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
                player.fill(&mut samples, Instant::now(), next + HELD);
                next += TICK;
            }
        });
        Self {
            is_over,
            thread: Some(thread),
        }
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // If it panicked, that was told already.
            let _ended = thread.join();
        }
    }
}
