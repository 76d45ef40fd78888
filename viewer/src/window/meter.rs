//! The figures in the menu.

use rfb::Size;
use std::time::{Duration, Instant};

/// How often the figures are looked at while the menu is open.
const INTERVAL: Duration = Duration::from_secs(1);

/// What the session tells when it is asked how it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// The desktop's size.
    pub(crate) size: Size,
    /// Whether nobody on the way can read along.
    pub(crate) encrypted: bool,
    /// Updates with pixels so far.
    pub(crate) updates: u64,
    /// Bytes that came so far.
    pub(crate) bytes_received: u64,
}

/// Makes rates of what is counted.
#[derive(Default)]
pub(crate) struct Meter {
    last: Option<(Instant, Status)>,
    due: Option<Instant>,
    line: String,
}

impl Meter {
    /// The menu opened: the figures are wanted at once.
    pub(crate) fn start(&mut self, now: Instant) {
        *self = Self {
            due: Some(now),
            ..Self::default()
        };
    }
    /// The menu closed.
    pub(crate) fn stop(&mut self) {
        self.due = None;
    }
    /// When [`Self::handle_time`] has something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }
    /// Whether it is time to ask the session.
    pub(crate) fn handle_time(&mut self, now: Instant) -> bool {
        let is_due = self.due.take_if(|due| *due <= now).is_some();
        if is_due {
            self.due = Some(now + INTERVAL);
        }
        is_due
    }
    /// The session's answer.
    pub(crate) fn handle_status(&mut self, status: Status, now: Instant) {
        let mut line = status.size.to_string();
        if let Some((before, last)) = self.last.replace((now, status)) {
            let seconds = now.saturating_duration_since(before).as_secs_f64();
            let updates = rate(last.updates, status.updates, seconds);
            let megabits = rate(last.bytes_received, status.bytes_received, seconds) * 8e-6;
            line += &format!("  {updates:.0} updates/s  {megabits:.1} Mbit/s");
        }
        line += match status.encrypted {
            true => "  encrypted",
            false => "  NOT encrypted",
        };
        self.line = line;
    }
    /// One line of figures, empty before the first.
    pub(crate) fn line(&self) -> &str {
        &self.line
    }
}

fn rate(before: u64, now: u64, seconds: f64) -> f64 {
    let count = u32::try_from(now.saturating_sub(before)).unwrap_or(u32::MAX);
    f64::from(count) / seconds.max(1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_of_the_time_between_two_looks() {
        let start = Instant::now();
        let mut meter = Meter::default();
        let mut status = Status {
            size: Size::new(640, 480),
            encrypted: true,
            updates: 10,
            bytes_received: 1_000_000,
        };
        assert_eq!(meter.due(), None);
        meter.start(start);
        assert!(meter.handle_time(start));
        meter.handle_status(status, start);
        assert_eq!(meter.line(), "640x480  encrypted");
        assert!(!meter.handle_time(start + INTERVAL / 2));
        assert!(meter.handle_time(start + INTERVAL));
        status.updates += 60;
        status.bytes_received += 500_000;
        status.encrypted = false;
        meter.handle_status(status, start + INTERVAL * 2);
        assert_eq!(
            meter.line(),
            "640x480  30 updates/s  2.0 Mbit/s  NOT encrypted"
        );
        meter.stop();
        assert_eq!(meter.due(), None);
    }
}
