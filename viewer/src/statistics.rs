//! The figures of a session, as `--stats` and the script command `stats` give them.

use crate::ending::Ended;
use crate::session::milliseconds;
use serde::Serialize;
use std::collections::BTreeMap;
use tightrope::audio::PlayoutStats;

/// One line of JSON. The names are relied on from outside.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Statistics {
    /// The server's address.
    pub(crate) url: String,
    /// The desktop's size, `1920x1080`.
    pub(crate) size: String,
    /// The desktop's name.
    pub(crate) name: String,
    /// Whether nobody on the way can read along.
    pub(crate) encrypted: bool,
    /// From the start of the TCP connection to the end of the handshake, in milliseconds.
    pub(crate) connect_ms: f64,
    /// From the end of the handshake until every pixel had come once, in milliseconds.
    pub(crate) first_picture_ms: Option<f64>,
    /// Updates with pixels.
    pub(crate) updates: u64,
    /// Rectangles drawn.
    pub(crate) rectangles: u64,
    /// The same by the number of their encoding.
    pub(crate) encodings: BTreeMap<i32, u64>,
    /// Pixels drawn.
    pub(crate) pixels: u64,
    /// Bytes of the stream, TLS included.
    pub(crate) bytes_received: u64,
    /// Bytes of the stream, TLS included.
    pub(crate) bytes_sent: u64,
    /// From the first byte of the latest connection to the end of its handshakes, in milliseconds.
    pub(crate) handshake_ms: f64,
    /// How long it takes to the server and back, and how far that varies, in milliseconds; `None` until it was measured.
    pub(crate) rtt_ms: Option<f64>,
    pub(crate) jitter_ms: Option<f64>,
    /// The share of packets that were lost, 0 to 1; `None` where that is not told.
    pub(crate) loss: Option<f64>,
    /// What came while there was more on the way, in Mbit/s: what the link delivers; `None` until that was measured.
    pub(crate) rate_down_mbit: Option<f64>,
    /// How good the link is, in a word.
    pub(crate) grade: String,
    /// Connections after the first one.
    pub(crate) reconnects: u32,
    /// How often a connection went on from another address.
    pub(crate) migrations: u64,
    /// How sound is heard; `None` if none ever came.
    pub(crate) sound: Option<SoundStatistics>,
    /// Why the session ended; `None` while it goes on.
    pub(crate) ended: Option<Ended>,
    /// What the server said at the end.
    pub(crate) goodbye: Option<Farewell>,
}

/// The figures of sound.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SoundStatistics {
    /// What it is coded with.
    pub(crate) format: String,
    /// Packets that came.
    pub(crate) packets: u64,
    /// Frames that did not come in time.
    pub(crate) lost: u64,
    /// Of these, frames that were had from others exactly.
    pub(crate) recovered: u64,
    /// Frames that something else was played for.
    pub(crate) concealed: u64,
    /// Packets that came too late.
    pub(crate) late: u64,
    /// How often there was nothing to play.
    pub(crate) underruns: u64,
    /// From its capture there until it is heard here, in milliseconds; `None` while nothing is.
    pub(crate) delay_ms: Option<f64>,
    /// How much waits to be played, and how much is to wait, in milliseconds.
    pub(crate) depth_ms: f64,
    pub(crate) target_ms: f64,
    /// By so many millionths the server's second is shorter than that of the device here.
    pub(crate) drift_ppm: f64,
}

impl SoundStatistics {
    /// For sound of this format.
    pub(crate) fn new(format: &str, stats: &PlayoutStats) -> Self {
        Self {
            format: format.to_owned(),
            packets: stats.packets,
            lost: stats.lost,
            recovered: stats.recovered,
            concealed: stats.concealed,
            late: stats.late,
            underruns: stats.underruns,
            delay_ms: stats.delay.map(milliseconds),
            depth_ms: milliseconds(stats.depth),
            target_ms: milliseconds(stats.target),
            drift_ppm: (f64::from(stats.drift_ppm) * 10.0).round() / 10.0,
        }
    }
}

/// The server's goodbye.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Farewell {
    /// For programs.
    pub(crate) code: u16,
    /// For people.
    pub(crate) text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_others_rely_on_are_there() {
        let statistics = Statistics {
            url: "vncs://pod:5900".into(),
            size: "1920x1080".into(),
            name: "pod".into(),
            encrypted: true,
            connect_ms: 1.5,
            first_picture_ms: None,
            updates: 1,
            rectangles: 2,
            encodings: BTreeMap::from([(-260, 1), (7, 1)]),
            pixels: 3,
            bytes_received: 4,
            bytes_sent: 5,
            handshake_ms: 2.5,
            rtt_ms: Some(3.5),
            jitter_ms: Some(0.5),
            loss: None,
            rate_down_mbit: Some(8.5),
            grade: "good".into(),
            reconnects: 6,
            migrations: 7,
            sound: None,
            ended: Some(Ended::For),
            goodbye: Some(Farewell {
                code: 1,
                text: "bye".into(),
            }),
        };
        let expect = serde_json::json!({
            "url": "vncs://pod:5900", "size": "1920x1080", "name": "pod", "encrypted": true,
            "connect_ms": 1.5, "first_picture_ms": null, "updates": 1, "rectangles": 2, "encodings": {"-260": 1, "7": 1}, "pixels": 3,
            "bytes_received": 4, "bytes_sent": 5, "handshake_ms": 2.5, "rtt_ms": 3.5, "jitter_ms": 0.5,
            "loss": null, "rate_down_mbit": 8.5, "grade": "good", "reconnects": 6, "migrations": 7, "sound": null, "ended": "for", "goodbye": {"code": 1, "text": "bye"},
        });
        assert_eq!(serde_json::to_value(&statistics).unwrap(), expect);
        let sound = SoundStatistics::new(
            "opus",
            &PlayoutStats {
                packets: 1,
                lost: 2,
                delay: Some(std::time::Duration::from_micros(40_500)),
                drift_ppm: -12.34,
                ..PlayoutStats::default()
            },
        );
        let expect = serde_json::json!({
            "format": "opus", "packets": 1, "lost": 2, "recovered": 0, "concealed": 0, "late": 0, "underruns": 0,
            "delay_ms": 40.5, "depth_ms": 0.0, "target_ms": 0.0, "drift_ppm": -12.3,
        });
        assert_eq!(serde_json::to_value(&sound).unwrap(), expect);
        for (ended, name) in [
            (Ended::Script, "script"),
            (Ended::Closed, "closed"),
            (Ended::Goodbye, "goodbye"),
        ] {
            assert_eq!(serde_json::to_value(ended).unwrap(), name);
        }
    }
}
