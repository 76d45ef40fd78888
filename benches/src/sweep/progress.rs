//! How far a sweep is, on standard error.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Of the bar, in letters.
const WIDTH: usize = 24;

/// A bar that stays in its line where standard error is a terminal, and a line for each step elsewhere.
pub(super) struct Progress {
    all: usize,
    done: usize,
    /// Of those, what was measured now: it tells how long the rest will take.
    measured: u32,
    start: Instant,
    is_terminal: bool,
}

impl Progress {
    /// `done` of `all` were there already.
    pub(super) fn new(all: usize, done: usize) -> Self {
        Self {
            all,
            done,
            measured: 0,
            start: Instant::now(),
            is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// `what` is being measured.
    pub(super) fn show(&self, what: &str) {
        let line = line(self.done, self.all, self.left(), what);
        let mut output = std::io::stderr().lock();
        // Nobody who looks is no error.
        let _seen = match self.is_terminal {
            true => write!(output, "\r\x1b[K{line}").and_then(|()| output.flush()),
            false => writeln!(output, "{line}"),
        };
    }

    /// One more is done; `note` is worth a line of its own.
    pub(super) fn step(&mut self, note: Option<&str>) {
        self.done += 1;
        self.measured += 1;
        if let Some(note) = note {
            self.say(note);
        }
    }

    /// Writes a line that stays.
    pub(super) fn say(&self, text: &str) {
        let clear = if self.is_terminal { "\r\x1b[K" } else { "" };
        let _seen = writeln!(std::io::stderr().lock(), "{clear}{text}");
    }

    fn left(&self) -> Option<Duration> {
        let each = self.start.elapsed().checked_div(self.measured)?;
        let left = u32::try_from(self.all.saturating_sub(self.done)).ok()?;
        each.checked_mul(left)
    }
}

fn line(done: usize, all: usize, left: Option<Duration>, what: &str) -> String {
    let filled = (done * WIDTH).checked_div(all).unwrap_or(WIDTH).min(WIDTH);
    let percent = (done * 100).checked_div(all).unwrap_or(100);
    let left = left.map_or_else(String::new, |left| format!(", about {} left", time(left)));
    format!(
        "[{}{}] {done}/{all} {percent} %{left}: {what}",
        "=".repeat(filled),
        " ".repeat(WIDTH - filled)
    )
}

fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_far_it_is_and_how_long_the_rest_takes() {
        let half = line(3, 6, Some(Duration::from_secs(125)), "video");
        assert_eq!(
            half,
            "[============            ] 3/6 50 %, about 2 min 5 s left: video"
        );
        assert!(line(0, 6, None, "x").starts_with("[                        ] 0/6 0 %: x"));
        assert!(line(0, 0, None, "x").contains("100 %"));
        assert_eq!(time(Duration::from_secs(7325)), "2 h 2 min");
    }
}
