//! How good pictures are to be, so that as many come as are painted and none waits long: from what the link delivers, and
//! what pictures cost.
//!
//! What keeps changing (a video, a page that is scrolled) takes bytes in proportion to how often it is painted. For it
//! there is one quality, on a ladder of small steps: of what was sent lately it is known what it would have taken on any
//! step, and so what the highest is that fits the link. It goes down as far as it must, at once, when pictures are kept
//! waiting; and up by one step at a time, when even the most expensive pictures of late would fit. A link may well deliver
//! more than it was ever asked for: so now and then a step is tried though it does not seem to fit, less often after each
//! that did not last.
//!
//! What changes once (a photograph, another page) gets all the quality that was asked for if it is through in
//! [`ONCE`], and else less. It is refreshed when it is still.
//!
//! Below the lowest step there are fewer pictures, not worse ones: what is encoded late is the newest.

mod demand;
mod ladder;

use std::time::Duration;

use rfb::LocalTime;
use rfb::codec::JpegQuality;
use rfb::server::{EncodedUpdate, PixelCost, UpdateJob};

use demand::{Demand, Least, Peak};
use ladder::{TOP, relative_cost};

/// The share of the link that pictures are to take, and what they may take before that is too much.
const TARGET: f64 = 0.86;
const LIMIT: f64 = 0.96;
/// More pictures than this are painted for each that is sent: some are left out.
const LEFT_OUT: f64 = 1.04;
/// Pictures had to wait for the link not longer ago than this.
const HELD: Duration = Duration::from_millis(250);
/// A queue of this says that too much was sent, whatever else is known.
const LONG_QUEUE: Duration = Duration::from_millis(40);
/// The quality goes up again so long after it went down, and by one step in this time.
const CALM: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(250);
/// A step that does not seem to fit, though by no more than this, is tried so long after the last change: at least, at
/// most, and after one that did fit.
const TRY_UP_TO: f64 = 1.5;
const TRY_AFTER: Duration = Duration::from_secs(2);
const TRY_AT_MOST: Duration = Duration::from_secs(32);
const TRY_ON: Duration = Duration::from_millis(600);
/// Beside sound no picture of what keeps changing is to take the link for longer: what is shown with the next sound comes
/// behind it.
const BESIDE_SOUND: Duration = Duration::from_millis(30);
/// What changes once is to be through in this.
const ONCE: Duration = Duration::from_millis(150);
/// Before so many bytes were sent, what the link delivers is anybody's guess.
const KNOWN_AFTER: usize = 128 << 10;
/// What is expected at first of what changes once: the share of its pixels that are photographs, and bytes for each of them
/// at [`ladder::REFERENCE`].
const PHOTO_SHARE: f64 = 0.4;
const PHOTO_COST: f64 = 0.2;
/// Fewer pixels than these tell nothing.
const ONCE_PIXELS: usize = 1 << 12;
/// The weight of what it was last in what is expected.
const NEWS: f64 = 0.3;
/// What the link delivers is smoothed over this.
const SMOOTH: Duration = Duration::from_millis(100);

/// What is known of the link at a moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delivery {
    /// Bytes a second.
    pub(crate) rate: Option<f64>,
    /// How long what was sent last had to wait.
    pub(crate) queue: Duration,
    /// There is sound, with which pictures are to keep step.
    pub(crate) beside_sound: bool,
}

/// See the module. Pure: the time is told.
#[derive(Debug)]
pub(crate) struct QualityControl {
    step: usize,
    demand: Demand,
    /// The most that pictures took of late, and the least that the link delivered.
    peak: Peak,
    least_rate: Least,
    rate: Option<f64>,
    rate_at: LocalTime,
    held: Option<LocalTime>,
    went_down: LocalTime,
    went_up: LocalTime,
    /// The last step up was one that did not seem to fit.
    is_trial: bool,
    try_after: Duration,
    once: Once,
    sent: usize,
    asked: JpegQuality,
    /// Where the desktop keeps changing, and elsewhere.
    chosen: [JpegQuality; 2],
}

/// What is known of what changes once.
#[derive(Clone, Copy, Debug)]
struct Once {
    share: f64,
    cost: f64,
}

impl Default for QualityControl {
    fn default() -> Self {
        let most = JpegQuality::of_level(9);
        Self {
            step: TOP,
            demand: Demand::default(),
            peak: Peak::default(),
            least_rate: Least::default(),
            rate: None,
            rate_at: LocalTime::default(),
            held: None,
            went_down: LocalTime::default(),
            went_up: LocalTime::default(),
            is_trial: false,
            try_after: TRY_AFTER,
            once: Once {
                share: PHOTO_SHARE,
                cost: PHOTO_COST,
            },
            sent: 0,
            asked: most,
            chosen: [most; 2],
        }
    }
}

impl QualityControl {
    /// A picture changed so many pixels that keep changing.
    pub(crate) fn painted(&mut self, now: LocalTime, pixels: usize) {
        self.demand.painted(now, pixels);
    }

    /// There was something to send, but the link was not to be sent more.
    pub(crate) fn held(&mut self, now: LocalTime) {
        self.held = Some(now);
    }

    /// The same update, of no more quality than there is time for.
    pub(crate) fn fit(&mut self, now: LocalTime, job: UpdateJob, link: Delivery) -> UpdateJob {
        let Some(asked) = job.jpeg_quality() else {
            return job;
        };
        // The rest of a picture is as good as its beginning.
        if !job.continues() {
            let moving = job.moving().area();
            let still = job.region().area().saturating_sub(moving);
            self.choose(now, asked, link, [moving, still]);
        }
        let [moving, still] = self.chosen;
        job.at_most(still).moving_at_most(moving)
    }

    /// What came of an update that was made to fit.
    pub(crate) fn note(&mut self, now: LocalTime, update: &EncodedUpdate) {
        if !update.is_refresh() && !update.is_empty() {
            self.encoded(now, update.moving_cost(), update.still_cost());
        }
    }

    /// Chooses for the next picture, of the quality `asked` for, in which so many pixels keep changing and change once.
    fn choose(
        &mut self,
        now: LocalTime,
        asked: JpegQuality,
        link: Delivery,
        [moving, still]: [usize; 2],
    ) {
        self.asked = asked;
        self.step = self.step.min(self.top());
        self.note_rate(now, link.rate);
        self.demand.pass(now);
        if let Some(rate) = self.rate {
            self.peak.add(now, self.demand.costs());
            self.change(now, rate, link.queue);
        }
        let step = match link.beside_sound {
            true => self.in_step(moving),
            false => self.step,
        };
        self.chosen = [self.at(step), self.for_once(still)];
    }

    /// The highest step, up to the one that is right for the link, on which so many pixels that keep changing are through
    /// in [`BESIDE_SOUND`].
    fn in_step(&self, pixels: usize) -> usize {
        let most = self.rate.map(|rate| rate * BESIDE_SOUND.as_secs_f64());
        let takes = |step: usize| self.demand.cost_of(pixels, relative_cost(self.at(step)));
        let fits = |step: &usize| most.is_none_or(|most| takes(*step) <= most);
        (0..=self.step).rev().find(fits).unwrap_or(0)
    }

    /// The most quality that the picture may have where the desktop keeps changing, and elsewhere.
    #[cfg(test)]
    pub(super) fn chosen(&self) -> [JpegQuality; 2] {
        self.chosen
    }

    /// The update that both were chosen for has been encoded, and took this where the desktop keeps changing and elsewhere.
    fn encoded(&mut self, now: LocalTime, moving: PixelCost, still: PixelCost) {
        let [for_moving, for_still] = self.chosen.map(relative_cost);
        self.sent = self.sent.saturating_add(moving.bytes + still.bytes);
        self.demand.sent(now, moving, still, for_moving);
        self.once.learn(still, for_still);
    }

    /// The quality of `pixels` that change once.
    fn for_once(&self, pixels: usize) -> JpegQuality {
        let rate = self.rate.filter(|_| self.sent >= KNOWN_AFTER);
        let most = rate.map(|rate| rate * ONCE.as_secs_f64());
        let photo = pixels as f64 * self.once.share * self.once.cost;
        let fits =
            |step: &usize| most.is_none_or(|most| photo * relative_cost(self.at(*step)) <= most);
        let least = self.top().min(ladder::LEAST_ONCE);
        let step = (least..=self.top()).rev().find(fits).unwrap_or(least);
        self.at(step)
    }

    /// Goes up or down if need be.
    fn change(&mut self, now: LocalTime, rate: f64, queue: Duration) {
        let costs = self.demand.costs();
        let at = |step: usize| relative_cost(self.at(step));
        let is_held = self.held.is_some_and(|held| now.since(held) <= HELD);
        let waits = is_held && self.demand.painted_for_one() > LEFT_OUT || queue > LONG_QUEUE;
        if waits && costs.at(at(self.step)) > LIMIT * rate && self.demand.moves() {
            let fits = |step: &usize| costs.at(at(*step)) <= TARGET * rate;
            let step = (0..self.step).rev().find(fits).unwrap_or(0);
            if step < self.step {
                self.go_down(now, step);
            }
            return;
        }
        let last = self.went_down.max(self.went_up);
        if waits || self.step >= self.top() {
            return;
        }
        let next = self.peak.get().at(at(self.step + 1));
        let is_calm = now.since(self.went_down) >= CALM && now.since(self.went_up) >= STEP;
        let fits = next <= TARGET * self.least_rate.get().unwrap_or(rate);
        let pause = if self.is_trial {
            TRY_ON
        } else {
            self.try_after
        };
        let may_try = next <= TRY_UP_TO * rate && now.since(last) >= pause;
        if is_calm && (fits || may_try) {
            self.is_trial = !fits;
            if fits {
                self.try_after = TRY_AFTER;
            }
            self.step += 1;
            self.went_up = now;
        }
    }

    fn go_down(&mut self, now: LocalTime, step: usize) {
        if std::mem::take(&mut self.is_trial) {
            self.try_after = (self.try_after * 2).min(TRY_AT_MOST);
        }
        self.step = step;
        self.went_down = now;
    }

    /// The highest step there is below what was asked for, or with all of that.
    fn top(&self) -> usize {
        ladder::step_of(self.asked)
    }

    fn at(&self, step: usize) -> JpegQuality {
        self.asked.at_most(ladder::quality(step))
    }

    fn note_rate(&mut self, now: LocalTime, rate: Option<f64>) {
        let Some(rate) = rate.filter(|rate| rate.is_finite() && *rate > 0.0) else {
            return;
        };
        let passed = now.since(self.rate_at).as_secs_f64();
        self.rate_at = now;
        let news = 1.0 - (-passed / SMOOTH.as_secs_f64()).exp();
        let smooth = self.rate.map_or(rate, |own| own + (rate - own) * news);
        self.rate = Some(smooth);
        self.least_rate.add(now, smooth);
    }
}

impl Once {
    fn learn(&mut self, cost: PixelCost, relative: f64) {
        let PixelCost {
            pixels,
            lossy_pixels,
            lossy_bytes,
            ..
        } = cost;
        // Small ones say little of large ones.
        if pixels < ONCE_PIXELS {
            return;
        }
        let share = (lossy_pixels as f64 / pixels as f64).min(1.0);
        self.share += (share - self.share) * NEWS;
        if lossy_pixels >= ONCE_PIXELS {
            let cost = lossy_bytes as f64 / lossy_pixels as f64 / relative.max(0.01);
            self.cost += (cost - self.cost) * NEWS;
        }
    }
}

#[cfg(test)]
mod tests;
