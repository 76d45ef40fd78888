//! What a session has moved, and how good its link is: the same on both sides.

use std::time::Duration;

use rfb::{RoundTrips, Traffic};
use tokio::time::Instant;

use crate::link_quality::{LinkQuality, Pictures};
use crate::quic::QuicStats;
use crate::stream::Counters;

/// A rate is that of so long, or longer while nothing happens.
const WINDOW: Duration = Duration::from_millis(500);

/// What a session has moved so far, and how good its link is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SessionStats {
    /// Bytes that came, over all connections of the session, with what encryption adds.
    pub bytes_received: u64,
    /// Bytes that went.
    pub bytes_sent: u64,
    /// Bytes a second that come now.
    pub rate_received: f64,
    /// Bytes a second that go now.
    pub rate_sent: f64,
    /// What came, by what it is for, before encryption.
    pub received: Traffic,
    /// What went.
    pub sent: Traffic,
    /// Updates with pixels.
    pub updates: u64,
    /// Rectangles drawn. A server does not count them.
    pub rectangles: u64,
    /// Pixels damaged, summed over the updates. A server does not count them.
    pub pixels: u64,
    /// Whether nobody on the way can read along.
    pub encrypted: bool,
    /// How long it takes to the other side and back, and how steadily; none until it was measured.
    pub round_trips: Option<RoundTrips>,
    /// Bytes a second that the link delivers to the client, as a server sees it by how fast its updates are read. None
    /// before the link was ever full, where the client tells nothing, and on the client's side.
    pub rate_delivered: Option<f64>,
    /// Bytes a second that came while there was more on the way: what the link delivers to a client of late. None until
    /// enough has come, and on the server's side.
    pub rate_arriving: Option<f64>,
    /// How long updates wait on the way now, beyond what the link takes when nothing else is sent: as above.
    pub queue: Option<Duration>,
    /// How old pictures are when the client shows them, from their capture on; none where the client does not tell, and on
    /// the client's side.
    pub picture_age: Option<Duration>,
    /// Pixels that were sent with loss. A client does not count them.
    pub lossy_pixels: u64,
    /// The JPEG quality that they were sent with, 1 to 100: the mean over them. None without any.
    pub jpeg_quality: Option<f64>,
    /// Packets of ours that were lost on the way, of this connection; none where that is not told (TCP).
    pub packets_lost: Option<u64>,
    /// The share of our packets that were lost, 0 to 1.
    pub loss: Option<f64>,
    /// From the first byte of this connection to the end of the handshakes.
    pub handshake: Duration,
    /// How often the session went on over another connection.
    pub reconnects: u32,
    /// How often a connection went on from another address.
    pub migrations: u64,
}

impl SessionStats {
    /// How good the link is.
    #[must_use]
    pub fn link_quality(&self) -> LinkQuality {
        let bits = |rate: Option<f64>| rate.map(|bytes| bytes * 8.0);
        let pictures = match self.rate_delivered {
            Some(_) => Pictures::Up,
            None => Pictures::Down,
        };
        let quality = LinkQuality {
            rtt: self.round_trips.map(|trips| trips.smoothed),
            jitter: self.round_trips.map(|trips| trips.jitter),
            rate_up: bits(self.rate_delivered),
            rate_down: bits(self.rate_arriving),
            loss: self.loss,
            ..LinkQuality::default()
        };
        quality.graded(pictures)
    }

    /// Adds what was moved before.
    pub(crate) fn after(mut self, before: &Self) -> Self {
        self.bytes_received += before.bytes_received;
        self.bytes_sent += before.bytes_sent;
        self.received = sum(self.received, before.received);
        self.sent = sum(self.sent, before.sent);
        self.updates += before.updates;
        self.rectangles += before.rectangles;
        self.pixels += before.pixels;
        self.jpeg_quality = mean(&self, before);
        self.lossy_pixels += before.lossy_pixels;
        self.migrations += before.migrations;
        self
    }

    /// Adds an update of `pixels` that were sent with loss, at JPEG quality `quality`.
    pub(crate) fn note_loss(&mut self, pixels: usize, quality: u8) {
        let now = Self {
            lossy_pixels: pixels as u64,
            jpeg_quality: Some(quality.into()),
            ..Self::default()
        };
        self.jpeg_quality = mean(self, &now);
        self.lossy_pixels += now.lossy_pixels;
    }

    /// Adds what QUIC knows of the connection.
    pub(crate) fn note_quic(&mut self, quic: &QuicStats) {
        self.bytes_received = quic.bytes_received;
        self.bytes_sent = quic.bytes_sent;
        self.packets_lost = Some(quic.packets_lost);
        // Lengths of datagrams and counts of packets fit the 52 bits of an f64.
        let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
        self.loss = Some(share(quic.packets_lost, quic.datagrams_sent));
        self.migrations = quic.migrations;
    }
}

/// The JPEG quality over the pixels of both.
fn mean(a: &SessionStats, b: &SessionStats) -> Option<f64> {
    let part = |own: &SessionStats| Some((own.jpeg_quality?, own.lossy_pixels as f64));
    match (part(a), part(b)) {
        (Some((one, pixels)), Some((other, others))) => {
            Some((one * pixels + other * others) / (pixels + others).max(1.0))
        }
        (one, other) => one.or(other).map(|(quality, _)| quality),
    }
}

fn sum(a: Traffic, b: Traffic) -> Traffic {
    Traffic {
        pictures: a.pictures + b.pictures,
        clipboard: a.clipboard + b.clipboard,
        sound: a.sound + b.sound,
        control: a.control + b.control,
    }
}

/// Bytes a second, each way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    since: Instant,
    /// Received and sent at that moment.
    at: (u64, u64),
    rates: (f64, f64),
}

impl Meter {
    pub(crate) fn start() -> Self {
        Self {
            since: Instant::now(),
            at: (0, 0),
            rates: (0.0, 0.0),
        }
    }

    /// Looks at the counters now and then.
    pub(crate) fn look(&mut self, counters: &Counters) {
        if self.since.elapsed() >= WINDOW {
            self.rates = self.rates(counters);
            self.at = (counters.received(), counters.sent());
            self.since = Instant::now();
        }
    }

    /// Received and sent, in bytes a second.
    pub(crate) fn rates(&self, counters: &Counters) -> (f64, f64) {
        let elapsed = self.since.elapsed();
        if elapsed < WINDOW {
            return self.rates;
        }
        let rate = |now: u64, then: u64| now.saturating_sub(then) as f64 / elapsed.as_secs_f64();
        (
            rate(counters.received(), self.at.0),
            rate(counters.sent(), self.at.1),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quality_is_the_mean_over_pixels_of_all_connections() {
        let mut stats = SessionStats::default();
        assert_eq!(stats.jpeg_quality, None);
        stats.note_loss(300, 80);
        stats.note_loss(100, 40);
        assert_eq!((stats.lossy_pixels, stats.jpeg_quality), (400, Some(70.0)));
        let idle = SessionStats::default();
        assert_eq!(idle.after(&stats).jpeg_quality, Some(70.0));
        assert_eq!(stats.after(&idle).jpeg_quality, Some(70.0));
        let mut later = SessionStats::default();
        later.note_loss(400, 90);
        let all = later.after(&stats);
        assert_eq!((all.lossy_pixels, all.jpeg_quality), (800, Some(80.0)));
    }
}
