//! What a playout tells of itself.

use std::time::Duration;

/// What a [`super::Playout`] has done and how it does. Counts are since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PlayoutStats {
    /// Packets that came, whatever became of them.
    pub packets: u64,
    /// Frames that did not come in time.
    pub lost: u64,
    /// Of these, frames that were had from repairs exactly.
    pub recovered: u64,
    /// Frames something else was played for: those lost that were not recovered, those malformed, and underruns.
    pub concealed: u64,
    /// Packets that came too late, or more than once, or of another time altogether.
    pub late: u64,
    /// Frames that could not be decoded.
    pub malformed: u64,
    /// The buffer was found empty while sound played.
    pub underruns: u64,
    /// How much sound waits when a packet has just come, averaged over about a second.
    pub depth: Duration,
    /// How much is aimed at.
    pub target: Duration,
    /// From capture to leaving the device; `None` while no sound plays, or before the clocks were compared.
    pub delay: Option<Duration>,
    /// By so many millionths is the sender's sound card fast against ours.
    pub drift_ppm: f32,
    /// Nothing plays: there is no sound, or it is silent.
    pub is_silent: bool,
}

impl PlayoutStats {
    /// The same with the counts of what was played `before`.
    #[must_use]
    pub const fn after(mut self, before: &Self) -> Self {
        self.packets += before.packets;
        self.lost += before.lost;
        self.recovered += before.recovered;
        self.concealed += before.concealed;
        self.late += before.late;
        self.malformed += before.malformed;
        self.underruns += before.underruns;
        self
    }
}
