//! What a session has moved, and how good its link is.

use std::time::Duration;

use tightrope::audio::PlayoutStats;
use tightrope::transport::SessionStats;
use tightrope::{Grade, LinkQuality};

use crate::time::in_micros;

/// What a link is good for.
#[repr(i32)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum tr_grade {
    /// It was not measured.
    #[default]
    TR_GRADE_UNKNOWN = 0,
    /// Work is slow.
    TR_GRADE_POOR = 1,
    /// Work is possible; moving pictures are rough.
    TR_GRADE_FAIR = 2,
    /// As if it were near.
    TR_GRADE_GOOD = 3,
    /// As if it were here.
    TR_GRADE_EXCELLENT = 4,
}

/// How good a link is. What is not known is -1.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tr_link_quality {
    /// All of it in a word.
    pub grade: tr_grade,
    /// How long it takes to the other side and back.
    pub round_trip_us: i64,
    /// How far that varies.
    pub jitter_us: i64,
    /// What this side can send, in bits a second.
    pub rate_up: i64,
    /// What this side can receive, in bits a second.
    pub rate_down: i64,
    /// How many of a million packets of this side are lost. TCP does not tell.
    pub loss_ppm: i64,
    /// For later versions.
    pub reserved: [u64; 4],
}

/// Bytes of one direction, by what they are for, before encryption.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct tr_traffic {
    /// Updates of the picture.
    pub pictures: u64,
    /// What was copied on either side.
    pub clipboard: u64,
    /// Sound.
    pub sound: u64,
    /// Everything else.
    pub control: u64,
}

/// What a session has moved so far, over all its connections. What is not known is -1.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tr_stats {
    /// Bytes that came, with what encryption adds.
    pub bytes_received: u64,
    /// Bytes that went.
    pub bytes_sent: u64,
    /// Bits a second that come now.
    pub rate_received: i64,
    /// Bits a second that go now.
    pub rate_sent: i64,
    /// What came.
    pub received: tr_traffic,
    /// What went.
    pub sent: tr_traffic,
    /// Updates with pixels.
    pub updates: u64,
    /// Rectangles drawn. Client.
    pub rectangles: u64,
    /// Pixels damaged, summed over the updates. Client.
    pub pixels: u64,
    /// Pixels that were sent with loss. Server.
    pub lossy_pixels: u64,
    /// The JPEG quality that they were sent with, 1 to 100, on average. Server.
    pub jpeg_quality: i64,
    /// How long updates wait on the way, beyond what the link takes when nothing else is sent. Server.
    pub queue_us: i64,
    /// How old pictures are when the client shows them, from their capture on. Server.
    pub picture_age_us: i64,
    /// Packets of ours that were lost. TCP does not tell.
    pub packets_lost: i64,
    /// From the first byte of this connection to the end of the handshakes.
    pub handshake_us: i64,
    /// How often the session went on over another connection.
    pub reconnects: u64,
    /// How often a connection went on from another address.
    pub migrations: u64,
    /// Whether nobody on the way can read along.
    pub encrypted: bool,
    /// How good the link is.
    pub link: tr_link_quality,
    /// For later versions.
    pub reserved: [u64; 8],
}

/// A number that is not known is -1.
fn known<T: TryInto<i64>>(value: Option<T>) -> i64 {
    value.map_or(-1, |own| own.try_into().unwrap_or(i64::MAX))
}

fn time(duration: Option<Duration>) -> i64 {
    known(duration.map(in_micros))
}

/// A figure that is not negative, rounded.
#[allow(
    clippy::cast_possible_truncation,
    reason = "what is beyond an i64 becomes its largest, what is no number 0"
)]
fn rounded(value: Option<f64>) -> i64 {
    value.map_or(-1, |own| own.max(0.0).round() as i64)
}

impl From<LinkQuality> for tr_link_quality {
    fn from(own: LinkQuality) -> Self {
        Self {
            grade: match own.grade {
                Grade::Unknown => tr_grade::TR_GRADE_UNKNOWN,
                Grade::Poor => tr_grade::TR_GRADE_POOR,
                Grade::Fair => tr_grade::TR_GRADE_FAIR,
                Grade::Good => tr_grade::TR_GRADE_GOOD,
                Grade::Excellent => tr_grade::TR_GRADE_EXCELLENT,
            },
            round_trip_us: time(own.rtt),
            jitter_us: time(own.jitter),
            rate_up: rounded(own.rate_up),
            rate_down: rounded(own.rate_down),
            loss_ppm: rounded(own.loss.map(|loss| loss * 1e6)),
            reserved: [0; 4],
        }
    }
}

impl From<tightrope::rfb::Traffic> for tr_traffic {
    fn from(own: tightrope::rfb::Traffic) -> Self {
        Self {
            pictures: own.pictures,
            clipboard: own.clipboard,
            sound: own.sound,
            control: own.control,
        }
    }
}

impl From<SessionStats> for tr_stats {
    fn from(own: SessionStats) -> Self {
        Self {
            bytes_received: own.bytes_received,
            bytes_sent: own.bytes_sent,
            rate_received: rounded(Some(own.rate_received * 8.0)),
            rate_sent: rounded(Some(own.rate_sent * 8.0)),
            received: own.received.into(),
            sent: own.sent.into(),
            updates: own.updates,
            rectangles: own.rectangles,
            pixels: own.pixels,
            lossy_pixels: own.lossy_pixels,
            jpeg_quality: rounded(own.jpeg_quality),
            queue_us: time(own.queue),
            picture_age_us: time(own.picture_age),
            packets_lost: known(own.packets_lost),
            handshake_us: time(Some(own.handshake)),
            reconnects: own.reconnects.into(),
            migrations: own.migrations,
            encrypted: own.encrypted,
            link: own.link_quality().into(),
            reserved: [0; 8],
        }
    }
}

/// How sound has played.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tr_sound_stats {
    /// Packets that came.
    pub packets: u64,
    /// Frames that did not come in time.
    pub lost: u64,
    /// Of these, frames that were had from repairs exactly.
    pub recovered: u64,
    /// Frames something else was played for.
    pub concealed: u64,
    /// Packets that came too late, or more than once.
    pub late: u64,
    /// Frames that could not be decoded.
    pub malformed: u64,
    /// The buffer was found empty while sound played.
    pub underruns: u64,
    /// How much sound waits.
    pub depth_us: i64,
    /// How much is aimed at.
    pub target_us: i64,
    /// From capture to leaving the device; -1 if it is not known.
    pub delay_us: i64,
    /// By so many millionths is the sender's sound card fast against ours.
    pub drift_ppm: f32,
    /// Nothing plays: there is no sound, or it is silent.
    pub silent: bool,
    /// For later versions.
    pub reserved: [u64; 4],
}

impl From<PlayoutStats> for tr_sound_stats {
    fn from(own: PlayoutStats) -> Self {
        Self {
            packets: own.packets,
            lost: own.lost,
            recovered: own.recovered,
            concealed: own.concealed,
            late: own.late,
            malformed: own.malformed,
            underruns: own.underruns,
            depth_us: time(Some(own.depth)),
            target_us: time(Some(own.target)),
            delay_us: time(own.delay),
            drift_ppm: own.drift_ppm,
            silent: own.is_silent,
            reserved: [0; 4],
        }
    }
}
