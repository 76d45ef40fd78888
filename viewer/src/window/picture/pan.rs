//! Which part of a desktop larger than the window is shown: it moves on while the pointer is at an edge.

use super::placement::{Hidden, Placement};
use rfb::Size;
use std::time::{Duration, Instant};

/// Pixels of a plain monitor within which the pointer is at an edge.
const MARGIN: f64 = 24.0;
/// Time between two steps.
const STEP: Duration = Duration::from_millis(16);
/// Pixels of a step for each pixel that the pointer is into the margin.
const SPEED: f64 = 0.75;

/// Where the shown part lies, and where it goes.
#[derive(Default)]
pub(crate) struct Pan {
    hidden: Hidden,
    /// Pixels a step, to the right and down.
    speed: (i32, i32),
    due: Option<Instant>,
}

impl Pan {
    /// What is to be hidden; a placement cuts it to what can be.
    pub(crate) fn hidden(&self) -> Hidden {
        self.hidden
    }
    /// The pointer is at this position of a window of `window` pixels, `factor` of which are one of a plain monitor's.
    pub(crate) fn handle_pointer(
        &mut self,
        (x, y): (f64, f64),
        window: Size,
        factor: f64,
        placement: &Placement,
        now: Instant,
    ) {
        let (hidden, most) = (placement.hidden(), placement.most_hidden());
        self.hidden = hidden;
        let margin = MARGIN * factor;
        self.speed = (
            speed(x, window.width, margin, hidden.left, most.left),
            speed(y, window.height, margin, hidden.above, most.above),
        );
        if self.speed == (0, 0) {
            self.due = None;
        } else {
            self.due.get_or_insert(now + STEP);
        }
    }
    /// The pointer left the window.
    pub(crate) fn stop(&mut self) {
        self.due = None;
    }
    /// When [`Self::handle_time`] has something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }
    /// Moves on if it is time; whether another part is to be shown.
    pub(crate) fn handle_time(&mut self, placement: &Placement, now: Instant) -> bool {
        if self.due.is_none_or(|due| now < due) {
            return false;
        }
        let most = placement.most_hidden();
        let before = self.hidden;
        let moved = |at: u32, by: i32, most: u32| at.saturating_add_signed(by).min(most);
        self.hidden = Hidden {
            left: moved(before.left, self.speed.0, most.left),
            above: moved(before.above, self.speed.1, most.above),
        };
        let has_moved = self.hidden != before;
        self.due = has_moved.then(|| now + STEP);
        has_moved
    }
}

/// Pixels a step along one direction; none where nothing more is hidden.
fn speed(position: f64, window: u16, margin: f64, hidden: u32, most: u32) -> i32 {
    let before = margin - position;
    let after = position - (f64::from(window) - margin);
    let pixels = |into: f64| {
        let pixels = (into.min(margin) * SPEED).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast of a float stays in range"
        )]
        let pixels = pixels as i32;
        pixels.max(1)
    };
    if before > 0.0 && hidden > 0 {
        -pixels(before)
    } else if after > 0.0 && hidden < most {
        pixels(after)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::super::placement::Scale;
    use super::*;

    const WINDOW: Size = Size::new(200, 100);

    fn placement(hidden: Hidden) -> Placement {
        Placement::new(Size::new(300, 100), WINDOW, Scale::Times(1), hidden)
    }

    #[test]
    fn it_moves_while_the_pointer_is_at_an_edge_with_more_behind_and_no_further() {
        let start = Instant::now();
        let mut pan = Pan::default();
        let mut now = start;
        let point = |pan: &mut Pan, x, y, now| {
            let placement = placement(pan.hidden());
            pan.handle_pointer((x, y), WINDOW, 1.0, &placement, now);
        };
        point(&mut pan, 0.0, 0.0, now);
        assert_eq!(pan.due(), None);
        point(&mut pan, 199.0, 99.0, now);
        let mut steps = 0;
        while let Some(due) = pan.due() {
            assert!(!pan.handle_time(&placement(pan.hidden()), due - STEP / 2) || due == now);
            now = due;
            pan.handle_time(&placement(pan.hidden()), now);
            steps += 1;
        }
        let most = Hidden {
            left: 100,
            above: 0,
        };
        assert_eq!(pan.hidden(), most);
        assert!((5..20).contains(&steps), "{steps}");
        point(&mut pan, 100.0, 50.0, now);
        assert_eq!(pan.due(), None);
        point(&mut pan, 23.5, 50.0, now);
        assert!(pan.handle_time(&placement(pan.hidden()), now + STEP));
        assert_eq!(pan.hidden().left, 99);
        pan.stop();
        assert_eq!(pan.due(), None);
    }
}
