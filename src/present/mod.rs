//! Pictures in step with sound: when each change of the desktop is to be seen.
//!
//! Sound is played some time after it came. Pictures that move with it must wait as long; what a person does must not.

mod motion;
mod patch;
mod whole;

use std::collections::VecDeque;
use std::time::Duration;

use rfb::{LocalTime, MediaTime, Region, Size, View};

pub use motion::{AGAIN, CHANGES, IDLE, INSISTING, SOON, WINDOW};
pub use patch::Patch;
pub use whole::MAX_WAIT;

use motion::Motion;
use whole::Whole;

/// The longest that a picture is held.
pub const MAX_HOLD: Duration = Duration::from_millis(500);
/// At most so many pictures are held; of more, the oldest is shown early.
pub const MOST_PICTURES: usize = 32;
/// At most so many bytes of pixels are held; of more, the oldest picture is shown early.
pub const MOST_BYTES: usize = 128 << 20;

/// A change of the desktop, with the framebuffer as it is after it.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The pixels that changed.
    pub damage: &'a Region,
    /// When the sound of that moment is heard; `None` if none is, or nobody knows.
    pub due: Option<LocalTime>,
    /// The desktop's pixels, as they are now.
    pub framebuffer: View<'a>,
}

/// What is to be drawn now.
#[derive(Debug)]
pub enum Show {
    /// These pixels, as they are in the framebuffer.
    Live(Region),
    /// These pixels as they were; see [`Patch::draw`].
    Held(Patch),
}

/// Holds moving pictures until their sound is heard, and lets through at once what somebody waits for.
///
/// While nobody has done anything for [`IDLE`], everything is held. Otherwise a place is held if it *moves*: it has
/// changed [`CHANGES`] times within [`WINDOW`], other than within [`SOON`] of what a person did. It goes on being held
/// while it goes on changing so, also when somebody then types or clicks: a film does not jump. Only who does something
/// without a pause for [`INSISTING`] (drags, scrolls, plays) sees everything at once. Nothing is held while no sound
/// plays, and nothing longer than [`MAX_HOLD`]. The whole policy is one function: `Motion::moving_part`.
///
/// Where a server tells where pictures end, what of them comes in parts ([`Self::handle_part`]) is seen at once when all has
/// come, but waits no longer than [`MAX_WAIT`], and not at all within [`SOON`] of what a person did.
///
/// Every pixel is seen in the order of its changes: one that is shown at once takes the place of older ones that are
/// still held there.
///
/// Give it every [`Change`] (`handle_update`) and what a person does (`note_input`); draw what [`Self::poll`] gives,
/// after each change and whenever [`Self::poll_timeout`] has come, until it gives nothing. Who cannot draw at the moment
/// polls later: it then gives what is to be seen by then.
#[derive(Debug, Default)]
pub struct Presentation {
    motion: Motion,
    /// In the order in which they came, which is that in which they are due.
    ///
    /// INVARIANT: none shares a pixel with `live`.
    held: VecDeque<Held>,
    /// To be drawn from the framebuffer.
    live: Region,
    whole: Whole,
    /// Buffers of pictures that have been drawn.
    spare: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Held {
    due: LocalTime,
    patch: Patch,
}

impl Presentation {
    /// For a desktop of `size`, of which nothing has been shown yet.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let mut presentation = Self::default();
        presentation.handle_resize(size);
        presentation
    }
    /// The desktop has another size, or is another one: all of it is shown, and what was held is forgotten.
    pub fn handle_resize(&mut self, size: Size) {
        self.motion = Motion::new(size);
        self.held.clear();
        self.whole.release();
        self.live = size.into();
    }
    /// Nothing is held any longer: all of it is as it is in the framebuffer. For the time when no changes come.
    pub fn release(&mut self) {
        for held in std::mem::take(&mut self.held) {
            self.live = self.live.union(held.patch.region());
        }
        self.live = self.live.union(&self.whole.release());
    }
    /// A person did something just now.
    pub fn note_input(&mut self, now: LocalTime) {
        self.motion.note_input(now);
    }
    /// The desktop changed. A framebuffer of another size is a resize.
    pub fn handle_update(&mut self, now: LocalTime, change: &Change<'_>) {
        self.handle(now, change, None);
    }
    /// The same for a part, or all, of the picture that was captured then. [`Self::handle_picture_end`] ends it.
    pub fn handle_part(&mut self, now: LocalTime, change: &Change<'_>, captured: MediaTime) {
        self.handle(now, change, Some(captured));
    }
    /// All has come of the picture that was captured then.
    pub fn handle_picture_end(&mut self, now: LocalTime, captured: MediaTime) {
        let parts = self.whole.release();
        self.show(&parts);
        let seen = self.held.back().map_or(now, |held| held.due);
        self.whole.end(captured, seen);
    }
    /// The last picture of which all is to be seen by now, where ends of pictures are told, once. For when what
    /// [`Self::poll`] gave has been drawn: see [`Client::presented`](transport::Client::presented).
    pub fn poll_presented(&mut self, now: LocalTime) -> Option<MediaTime> {
        self.whole.seen(now)
    }
    fn handle(&mut self, now: LocalTime, change: &Change<'_>, captured: Option<MediaTime>) {
        let size = change.framebuffer.size();
        if size != self.motion.size() {
            return self.handle_resize(size);
        }
        let damage = change.damage.clipped(size);
        let moving = self.motion.moving_part(now, &damage);
        let due = change.due.map(|due| due.min(now + MAX_HOLD));
        let waits = captured.is_some_and(|captured| self.whole.waits(now, captured));
        let waits = waits && !self.motion.is_answering(now);
        let mut at_once = damage;
        if let Some(due) = due.filter(|due| *due > now && !moving.is_empty()) {
            at_once = at_once.difference(&moving);
            self.whole.forget(&moving);
            self.hold(due, moving, change.framebuffer);
        }
        match waits {
            true => {
                self.live = self.live.difference(&at_once);
                self.whole.hold(&at_once);
            }
            false => self.show(&at_once),
        }
        self.keep_bounds(now);
    }
    /// What to draw now; `None` if nothing more is due.
    pub fn poll(&mut self, now: LocalTime) -> Option<Show> {
        if self.whole.due().is_some_and(|due| due <= now) {
            let parts = self.whole.release();
            self.show(&parts);
        }
        while let Some(mut next) = self.held.pop_front_if(|held| held.due <= now) {
            // Who comes late draws only what is not drawn over at once.
            for later in self.held.iter().take_while(|later| later.due <= now) {
                next.patch.forget(later.patch.region());
            }
            if !next.patch.region().is_empty() {
                return Some(Show::Held(next.patch));
            }
            self.recycle(next.patch);
        }
        let live = std::mem::take(&mut self.live);
        (!live.is_empty()).then_some(Show::Live(live))
    }
    /// When [`Self::poll`] has the next picture that is held, or a part of one; `None` if there is none.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<LocalTime> {
        let held = self.held.front().map(|held| held.due);
        held.into_iter().chain(self.whole.due()).min()
    }
    /// Takes a patch back that has been drawn, for its memory.
    pub fn recycle(&mut self, patch: Patch) {
        // One picture is drawn while the next comes.
        if self.spare.len() < 2 {
            self.spare.push(patch.into_buffer());
        }
    }
    fn show(&mut self, region: &Region) {
        if region.is_empty() {
            return;
        }
        self.forget(region);
        self.whole.forget(region);
        self.live = self.live.union(region);
    }
    /// What is held of `region` is not shown any more.
    fn forget(&mut self, region: &Region) {
        for held in &mut self.held {
            held.patch.forget(region);
        }
        self.held.retain(|held| !held.patch.region().is_empty());
    }
    fn hold(&mut self, due: LocalTime, region: Region, framebuffer: View<'_>) {
        let bytes = region.area().saturating_mul(rfb::BYTES_PER_PIXEL);
        if bytes > MOST_BYTES {
            return self.show(&region);
        }
        // The clocks were corrected: what is older cannot come later.
        for held in &mut self.held {
            held.due = held.due.min(due);
        }
        self.live = self.live.difference(&region);
        let buffer = self.spare.pop().unwrap_or_default();
        let patch = Patch::copied(region, framebuffer, buffer);
        self.held.push_back(Held { due, patch });
    }
    /// Of too much that is held, the oldest is due now; if nobody draws, it is left out.
    fn keep_bounds(&mut self, now: LocalTime) {
        let size = |held: &Held| held.patch.bytes();
        let (mut pictures, mut bytes) = (self.held.len(), self.held.iter().map(size).sum());
        let within =
            |pictures: usize, bytes: usize| pictures <= MOST_PICTURES && bytes <= MOST_BYTES;
        let mut left_out = Vec::new();
        for held in &mut self.held {
            if within(pictures, bytes) {
                break;
            }
            if held.due <= now && !within(pictures / 2, bytes / 2) {
                left_out.push(held.patch.region().clone());
            }
            held.due = held.due.min(now);
            (pictures, bytes) = (pictures - 1, bytes - size(held));
        }
        for region in left_out {
            let Some(oldest) = self.held.pop_front() else {
                return;
            };
            self.recycle(oldest.patch);
            // What no later picture covers is still so in the framebuffer.
            let later = self.held.iter();
            let rest = later.fold(region, |rest, held| rest.difference(held.patch.region()));
            self.live = self.live.union(&rest);
        }
    }
}

#[cfg(test)]
mod tests;
