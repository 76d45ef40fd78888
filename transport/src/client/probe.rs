//! Measuring a link before anything is shown over it.

use std::time::Duration;

use rfb::message::{Probe, ProbeAnswer};
use rfb::{ClientEvent, LocalTime};
use tokio::time::{Instant, timeout_at};

use super::{Client, ClientConfig, ConnectError, DecoderFactory, SessionError};
use crate::link_quality::{LinkQuality, Pictures};

/// How long everything may take once there is a connection, and when each part has to be over.
const ALL: Duration = Duration::from_millis(1950);
const FENCES: Duration = Duration::from_millis(500);
const DOWN: Duration = Duration::from_millis(1200);
/// Round trips: so many, over so long, and no sooner after each other than this.
const TRIPS: usize = 12;
const TRIPS_TIME: Duration = Duration::from_millis(300);
const TRIPS_PAUSE: Duration = Duration::from_millis(20);
/// What is looked for between events.
const LOOK: Duration = Duration::from_millis(10);

/// Bytes of the first burst, and of all together: less than a server gives.
const FIRST: usize = 4 << 10;
const MOST: usize = 1000 << 10;
/// A burst that takes so long tells enough; the next one is made to take so long.
const ENOUGH: Duration = Duration::from_millis(120);
const AIM: Duration = Duration::from_millis(300);
/// How much larger than the last a burst may be.
const GROWTH: usize = 32;
/// Messages of one burst towards the server: so many moments the server tells.
const PIECES: usize = 40;
/// What comes within so long was there at once: in a record of TLS, in our own system.
const TOGETHER: Duration = Duration::from_millis(1);
/// The shortest time that a rate can be told from.
const SHORTEST: Duration = Duration::from_millis(2);

/// How good the link to a server is: its round trip, and what it delivers each way.
///
/// Takes at most two seconds once there is a connection, and at most 1 MiB each way. It proves itself as
/// [`Client::connect`] does, but in `tightrope/1` (`vncs://` and `quic://` to a server of ours) says that it only measures:
/// no use of the credentials is counted, no session begins, nothing is shown and nothing can be done. To other servers it
/// is a client like any other; of those the round trip is told if they know fences, and the rate by how their first picture
/// arrives.
pub async fn probe(
    mut config: ClientConfig,
    decoders: DecoderFactory,
) -> Result<LinkQuality, ConnectError> {
    config.probe = true;
    config.sound = None;
    let client = Client::connect(config, decoders).await?;
    let address = client.endpoint().address();
    let begun = Instant::now();
    let mut probing = Probing {
        client,
        begun,
        number: 0,
        trips: Vec::new(),
    };
    let measured = probing.measure().await;
    probing.client.close().await;
    measured.map_err(|error| error.while_connecting(&address))
}

struct Probing {
    client: Client,
    begun: Instant,
    number: u32,
    trips: Vec<Duration>,
}

/// One burst: when what arrived, from its first part on, and how long it was on the way in all.
#[derive(Debug, Default)]
struct Burst {
    points: Vec<(LocalTime, usize)>,
    took: Duration,
    is_whole: bool,
}

impl Probing {
    async fn measure(&mut self) -> Result<LinkQuality, SessionError> {
        self.measure_trips().await?;
        let (mut rate_down, mut rate_up) = (None, None);
        if self.client.session.connection.takes_probes() {
            rate_down = self.grow(Pictures::Down, self.begun + DOWN).await?;
            rate_up = self.grow(Pictures::Up, self.begun + ALL).await?;
        } else {
            // Its first picture tells.
            while self.event(self.begun + DOWN).await?.is_some() {}
        }
        let stats = self.client.stats();
        let rtt = median(&self.trips);
        let quality = LinkQuality {
            rtt,
            jitter: rtt.map(|rtt| deviation(&self.trips, rtt)),
            rate_up,
            rate_down: rate_down.or(stats.rate_arriving.map(|bytes| bytes * 8.0)),
            loss: stats.loss,
            ..LinkQuality::default()
        };
        Ok(quality.graded(Pictures::Down))
    }

    /// The next event; `None` at `until`.
    async fn event(&mut self, until: Instant) -> Result<Option<ClientEvent>, SessionError> {
        match timeout_at(until, self.client.next_event()).await {
            Ok(event) => event.map(Some),
            Err(_late) => Ok(None),
        }
    }

    async fn measure_trips(&mut self) -> Result<(), SessionError> {
        while !self.client.session.connection.takes_fences() {
            if self.begun.elapsed() >= FENCES {
                return Ok(());
            }
            self.event(Instant::now() + LOOK).await?;
        }
        // The first answer may wait for other things the server does for who is new.
        self.measure_trip().await?;
        self.trips.clear();
        let end = Instant::now() + TRIPS_TIME;
        while self.trips.len() < TRIPS && Instant::now() < end {
            let next = Instant::now() + TRIPS_PAUSE;
            self.measure_trip().await?;
            while self.event(next).await?.is_some() {}
        }
        Ok(())
    }

    async fn measure_trip(&mut self) -> Result<(), SessionError> {
        let until = self.begun + DOWN;
        let now = self.client.session.clock.now();
        let asked = self.client.session.connection.measure_round_trip(now);
        // Our own question may be under way already: the next one is asked for.
        asked.map_err(SessionError::Protocol)?;
        while let Some(event) = self.event(until).await? {
            if let ClientEvent::RoundTrip(trip) = event {
                self.trips.push(trip);
                break;
            }
        }
        Ok(())
    }

    /// Sends or asks for larger bursts until one tells enough; the rate in bits a second, if any told one.
    async fn grow(&mut self, way: Pictures, until: Instant) -> Result<Option<f64>, SessionError> {
        let (mut size, mut left) = (FIRST, MOST);
        let mut rate = None;
        let trip = self.trips.iter().min().copied().unwrap_or_default();
        while size > 0 && Instant::now() < until {
            let burst = match way {
                Pictures::Down => self.burst_down(size, until).await?,
                Pictures::Up => self.burst_up(size, until).await?,
            };
            left -= size;
            rate = burst.rate(size, trip).or(rate);
            let took = burst.took.saturating_sub(trip);
            if !burst.is_whole || took >= ENOUGH {
                break;
            }
            let growth = AIM.as_secs_f64() / took.max(SHORTEST).as_secs_f64();
            size = times(size, growth).clamp(size * 2, size * GROWTH).min(left);
        }
        Ok(rate)
    }

    async fn burst_down(&mut self, size: usize, until: Instant) -> Result<Burst, SessionError> {
        self.client.session.trace = Some(Vec::new());
        let begun = Instant::now();
        self.say(size, 0)?;
        let mut is_whole = false;
        while !is_whole && let Some(event) = self.event(until).await? {
            is_whole = matches!(self.own(&event), Some(answer) if answer.left == 0);
        }
        Ok(Burst {
            points: self.client.session.trace.take().unwrap_or_default(),
            took: begun.elapsed(),
            is_whole,
        })
    }

    async fn burst_up(&mut self, size: usize, until: Instant) -> Result<Burst, SessionError> {
        let begun = Instant::now();
        let first = self.number + 1;
        let piece = size / PIECES;
        for _ in 0..PIECES {
            self.say(0, piece)?;
        }
        let mut burst = Burst::default();
        while burst.points.len() < PIECES
            && let Some(event) = self.event(until).await?
        {
            if let ClientEvent::ProbeAnswered(answer) = event
                && (first..=self.number).contains(&answer.number)
            {
                let at = LocalTime::from_micros(answer.received.as_micros());
                burst.points.push((at, piece));
            }
        }
        burst.took = begun.elapsed();
        burst.is_whole = burst.points.len() == PIECES;
        Ok(burst)
    }

    fn say(&mut self, wanted: usize, padding: usize) -> Result<(), SessionError> {
        self.number += 1;
        let probe = Probe {
            number: self.number,
            wanted: u32::try_from(wanted).unwrap_or(u32::MAX),
            padding,
        };
        let said = self.client.session.connection.probe(probe);
        said.map_err(SessionError::Protocol)
    }

    /// The answer to the last probe, if `event` is one.
    fn own(&self, event: &ClientEvent) -> Option<ProbeAnswer> {
        match event {
            ClientEvent::ProbeAnswered(answer) if answer.number == self.number => Some(*answer),
            _ => None,
        }
    }
}

impl Burst {
    /// Bits a second: by how far its parts arrived from each other, which says what the slowest part of the way delivers;
    /// if they came too close together for that, by how long all `size` bytes took beyond the round trip.
    fn rate(&self, size: usize, trip: Duration) -> Option<f64> {
        // While TCP is finding out how much it may send, the link has pauses: the second half has fewer.
        let lumps = self.lumps();
        let total: usize = lumps.iter().map(|(_, bytes)| bytes).sum();
        let mut before = 0;
        let half = lumps.iter().position(|(_, bytes)| {
            before += bytes;
            before >= total / 2
        });
        let whole = spread(&lumps);
        let later = half.and_then(|at| spread(lumps.get(at..)?));
        let took = self.took.saturating_sub(trip);
        let by_time = || (self.is_whole && took >= SHORTEST).then(|| bits(size, took));
        whole
            .into_iter()
            .chain(later)
            .reduce(f64::max)
            .or_else(by_time)
    }

    /// What arrived together, at one moment.
    fn lumps(&self) -> Vec<(LocalTime, usize)> {
        let mut lumps: Vec<(LocalTime, usize)> = Vec::new();
        for &(at, bytes) in &self.points {
            match lumps.last_mut() {
                Some((begun, all)) if at.since(*begun) < TOGETHER => *all += bytes,
                _ => lumps.push((at, bytes)),
            }
        }
        lumps
    }
}

/// Bits a second from the first of these points to the last.
fn spread(points: &[(LocalTime, usize)]) -> Option<f64> {
    let ((first, _), rest) = points.split_first()?;
    let (last, _) = rest.last()?;
    let time = last.since(*first);
    let bytes = rest.iter().map(|(_, bytes)| bytes).sum();
    (time >= SHORTEST).then(|| bits(bytes, time))
}

fn bits(bytes: usize, time: Duration) -> f64 {
    bytes as f64 * 8.0 / time.as_secs_f64()
}

/// A size so many times as large; nothing is lost that matters to a burst.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "both are positive, and the result is clamped by who asks"
)]
fn times(size: usize, factor: f64) -> usize {
    (size as f64 * factor) as usize
}

fn median(trips: &[Duration]) -> Option<Duration> {
    let mut sorted = trips.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// How far `trips` are from `middle` in the mean.
fn deviation(trips: &[Duration], middle: Duration) -> Duration {
    let count = u32::try_from(trips.len()).unwrap_or(u32::MAX).max(1);
    let sum: Duration = trips.iter().map(|trip| trip.abs_diff(middle)).sum();
    sum / count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(micros: &[(u64, usize)]) -> Vec<(LocalTime, usize)> {
        let point = |(at, bytes): &(u64, usize)| (LocalTime::from_micros(*at), *bytes);
        micros.iter().map(point).collect()
    }

    #[test]
    fn a_rate_is_that_of_what_follows_the_first_part() {
        let burst = Burst {
            points: points(&[(0, 50_000), (10_000, 12_500), (20_000, 12_500)]),
            took: Duration::from_millis(60),
            is_whole: true,
        };
        assert_eq!(burst.rate(75_000, Duration::from_millis(40)), Some(10e6));
    }

    #[test]
    fn what_arrives_together_counts_as_one() {
        let burst = Burst {
            points: points(&[(0, 8000), (9, 8000), (64_000, 8000), (64_020, 8000)]),
            ..Burst::default()
        };
        assert_eq!(burst.rate(32_000, Duration::ZERO), Some(2e6));
    }

    #[test]
    fn pauses_while_tcp_begins_do_not_count() {
        let burst = Burst {
            points: points(&[
                (0, 10_000),
                (100_000, 20_000),
                (200_000, 40_000),
                (210_000, 25_000),
                (220_000, 25_000),
            ]),
            ..Burst::default()
        };
        assert_eq!(burst.rate(120_000, Duration::ZERO), Some(20e6));
    }

    #[test]
    fn what_comes_all_at_once_is_timed_by_the_whole() {
        let burst = Burst {
            points: points(&[(0, 2500), (3, 2500)]),
            took: Duration::from_millis(50),
            is_whole: true,
        };
        assert_eq!(burst.rate(5000, Duration::from_millis(40)), Some(4e6));
        assert_eq!(
            Burst {
                is_whole: false,
                ..burst
            }
            .rate(5000, Duration::ZERO),
            None
        );
    }

    #[test]
    fn the_round_trip_is_the_middle_one() {
        let trips = [40, 41, 90, 39, 40].map(Duration::from_millis);
        let middle = median(&trips);
        assert_eq!(middle, Some(Duration::from_millis(40)));
        assert_eq!(
            deviation(&trips, Duration::from_millis(40)),
            Duration::from_micros(10_400)
        );
        assert_eq!(median(&[]), None);
    }
}
