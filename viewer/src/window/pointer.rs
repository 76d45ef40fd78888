//! The mouse of the window: buttons, wheel and position as the protocol's pointer events.

use super::picture::Placement;
use crate::input::{Input, button, clicks};
use rfb::Point;
use winit::event::{ElementState, MouseButton, MouseScrollDelta};

/// Pixels of a touchpad's movement that make one step of the wheel.
const PIXELS_A_STEP: f64 = 40.0;
/// Steps of the wheel sent at once, at most.
const MOST_STEPS: f64 = 20.0;

/// Where the pointer is on the desktop, and what is held.
#[derive(Default)]
pub(crate) struct Pointer {
    /// The last place sent; `None` before the first.
    at: Option<Point>,
    buttons: u16,
    inside: bool,
    /// Where it is in the window.
    place: Option<(f64, f64)>,
    /// The desktop's pixel that the server put it on, and where in the window that is.
    put: Option<(Point, (f64, f64))>,
    /// Parts of a step that the wheel has turned, right and down.
    turned: (f64, f64),
    echo: WheelEcho,
}

impl Pointer {
    /// Whether the pointer is on the desktop, not beside it.
    pub(crate) fn is_inside(&self) -> bool {
        self.inside
    }
    /// The pointer moved to the window's position (`x`, `y`).
    pub(crate) fn moved(&mut self, x: f64, y: f64, placement: &Placement) -> Option<Input> {
        self.place = Some((x, y));
        self.inside = placement.contains(x, y);
        self.echo = WheelEcho::default();
        // A drag goes on beside the desktop, at its edge.
        if !self.inside && self.buttons == 0 {
            return None;
        }
        // The window system moves it to whole pixels, which may be another pixel of a desktop that is shown smaller.
        let is_near = |(left, top): (f64, f64)| (x - left).abs() < 1.0 && (y - top).abs() < 1.0;
        self.put = self.put.filter(|&(_, place)| is_near(place));
        let at = match self.put {
            Some((at, _)) => at,
            None => placement.desktop_point(x, y),
        };
        if self.at == Some(at) {
            return None;
        }
        self.at = Some(at);
        self.event()
    }
    /// The pointer left the window.
    pub(crate) fn left(&mut self) {
        self.inside = false;
        self.place = None;
    }
    /// Where the pointer is in the window, if it is.
    pub(crate) fn place(&self) -> Option<(f64, f64)> {
        self.place
    }
    /// The pointer moved, but not for the desktop.
    pub(crate) fn note_place(&mut self, x: f64, y: f64) {
        self.place = Some((x, y));
    }
    /// Whether the pointer is on the desktop now.
    pub(crate) fn look(&mut self, placement: &Placement) -> bool {
        self.inside = self.place.is_some_and(|(x, y)| placement.contains(x, y));
        self.inside
    }
    /// The server put the pointer on the desktop's pixel `at`: where in the window it is to go. `None` if it stays:
    /// it is beside the desktop, or there already, or the person holds a button.
    pub(crate) fn put(&mut self, at: Point, placement: &Placement) -> Option<(f64, f64)> {
        if !self.inside || self.buttons != 0 || self.at == Some(at) {
            return None;
        }
        let place = placement.window_point(at)?;
        self.at = Some(at);
        self.put = Some((at, place));
        Some(place)
    }
    /// A button went down or up.
    pub(crate) fn button(&mut self, state: ElementState, button: MouseButton) -> Option<Input> {
        let bit = match button {
            MouseButton::Left => button::LEFT,
            MouseButton::Middle => button::MIDDLE,
            MouseButton::Right => button::RIGHT,
            MouseButton::Back => button::BACK,
            MouseButton::Forward => button::FORWARD,
            MouseButton::Other(_) => return None,
        };
        let before = self.buttons;
        if !state.is_pressed() {
            self.buttons &= !bit;
        } else if self.inside {
            self.buttons |= bit;
        }
        if self.buttons == before {
            return None;
        }
        self.event()
    }
    /// The wheel turned, or two fingers moved: a click for every whole step.
    pub(crate) fn wheel(&mut self, delta: MouseScrollDelta) -> Vec<Input> {
        if self.echo.swallows() {
            return Vec::new();
        }
        let (right, down) = match delta {
            MouseScrollDelta::LineDelta(x, y) => (-f64::from(x), -f64::from(y)),
            MouseScrollDelta::PixelDelta(moved) => {
                (-moved.x / PIXELS_A_STEP, -moved.y / PIXELS_A_STEP)
            }
        };
        let across = whole_steps(&mut self.turned.0, right);
        let along = whole_steps(&mut self.turned.1, down);
        let Some(at) = self.at.filter(|_| self.inside) else {
            return Vec::new();
        };
        let turn = |steps: i32, back: u16, forth: u16| {
            let bit = if steps < 0 { back } else { forth };
            clicks(at, self.buttons, bit, steps.unsigned_abs())
        };
        turn(along, button::WHEEL_UP, button::WHEEL_DOWN)
            .chain(turn(across, button::WHEEL_LEFT, button::WHEEL_RIGHT))
            .collect()
    }
    /// A raw button of the mouse, numbered as X11 does.
    pub(crate) fn raw_button(&mut self, number: u32, state: ElementState) {
        self.echo.raw_button(number, state);
    }
    /// Lets go of every button.
    pub(crate) fn release_all(&mut self) -> Option<Input> {
        if std::mem::take(&mut self.buttons) == 0 {
            return None;
        }
        self.event()
    }
    fn event(&self) -> Option<Input> {
        let buttons = self.buttons;
        self.at.map(|at| Input::Pointer { at, buttons })
    }
}

/// Adds `turn` to `turned` and takes the whole steps out of it.
fn whole_steps(turned: &mut f64, turn: f64) -> i32 {
    *turned = (*turned + turn).clamp(-MOST_STEPS, MOST_STEPS);
    let steps = turned.trunc();
    *turned -= steps;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole, and at most MOST_STEPS"
    )]
    let steps = steps as i32;
    steps
}

/// Swallows the second half of wheel clicks that winit 0.30 reports twice.
///
/// A wheel of XTEST (xdotool, or a viewer inside another remote desktop) is no axis but the buttons 4 to 7, and winit
/// makes a wheel event of their press and another of their release. The raw release comes right before the latter.
#[derive(Default)]
struct WheelEcho {
    released: bool,
}

impl WheelEcho {
    fn raw_button(&mut self, number: u32, state: ElementState) {
        if (4..=7).contains(&number) {
            self.released = !state.is_pressed();
        }
    }
    fn swallows(&mut self) -> bool {
        std::mem::take(&mut self.released)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::picture::{Hidden, Scale};
    use rfb::Size;
    use winit::dpi::PhysicalPosition;

    const DOWN: ElementState = ElementState::Pressed;
    const UP: ElementState = ElementState::Released;

    fn placement() -> Placement {
        placed(Size::new(100, 100))
    }

    fn placed(desktop: Size) -> Placement {
        let window = Size::new(200, 100);
        Placement::new(desktop, window, Scale::Auto, Hidden::default())
    }

    fn inside() -> Pointer {
        let mut pointer = Pointer::default();
        let moved = pointer.moved(60.0, 20.0, &placement());
        assert_eq!(moved, Some(event(10, 20, 0)));
        pointer
    }

    fn event(x: u16, y: u16, buttons: u16) -> Input {
        let at = Point::new(x, y);
        Input::Pointer { at, buttons }
    }

    #[test]
    fn a_drag_goes_on_at_the_edge_of_the_desktop() {
        let mut pointer = inside();
        assert_eq!(pointer.moved(10.0, 20.0, &placement()), None);
        pointer.moved(60.0, 20.0, &placement());
        assert_eq!(
            pointer.button(DOWN, MouseButton::Left),
            Some(event(10, 20, 1))
        );
        assert_eq!(
            pointer.moved(10.0, 20.0, &placement()),
            Some(event(0, 20, 1))
        );
        assert_eq!(pointer.button(UP, MouseButton::Left), Some(event(0, 20, 0)));
        assert_eq!(pointer.button(DOWN, MouseButton::Left), None);
    }

    #[test]
    fn what_the_server_put_the_pointer_on_is_not_sent_back() {
        let smaller = placed(Size::new(1000, 500));
        let mut pointer = Pointer::default();
        assert_eq!(pointer.put(Point::new(1, 1), &smaller), None);
        pointer.moved(100.0, 50.0, &smaller);
        let (x, y) = pointer.put(Point::new(333, 77), &smaller).unwrap();
        assert_eq!(pointer.moved(x.floor(), y.floor(), &smaller), None);
        assert_eq!(
            pointer.button(DOWN, MouseButton::Left),
            Some(event(333, 77, 1))
        );
        assert_eq!(pointer.put(Point::new(1, 1), &smaller), None);
        pointer.release_all();
        assert_eq!(pointer.put(Point::new(333, 77), &smaller), None);
        let moved = pointer.moved(x + 5.0, y, &smaller);
        assert_eq!(moved, Some(event(358, 77, 0)));
    }

    #[test]
    fn buttons_are_bits_and_let_go_together() {
        let mut pointer = inside();
        pointer.button(DOWN, MouseButton::Left);
        assert_eq!(
            pointer.button(DOWN, MouseButton::Right),
            Some(event(10, 20, 5))
        );
        assert_eq!(pointer.release_all(), Some(event(10, 20, 0)));
        assert_eq!(pointer.release_all(), None);
        assert_eq!(pointer.button(UP, MouseButton::Right), None);
    }

    #[test]
    fn the_buttons_of_the_thumb_are_sent() {
        let mut pointer = inside();
        assert_eq!(
            pointer.button(DOWN, MouseButton::Back),
            Some(event(10, 20, 1 << 7))
        );
        assert_eq!(
            pointer.button(DOWN, MouseButton::Forward),
            Some(event(10, 20, 3 << 7))
        );
        assert_eq!(pointer.button(DOWN, MouseButton::Other(12)), None);
        assert_eq!(pointer.release_all(), Some(event(10, 20, 0)));
    }

    #[test]
    fn a_step_of_the_wheel_is_a_click_of_its_button() {
        let mut pointer = inside();
        let lines = |x, y| MouseScrollDelta::LineDelta(x, y);
        assert_eq!(
            pointer.wheel(lines(0.0, 1.0)),
            [event(10, 20, 8), event(10, 20, 0)]
        );
        assert_eq!(pointer.wheel(lines(0.0, -2.0)).len(), 4);
        assert_eq!(pointer.wheel(lines(0.0, -1.0))[0], event(10, 20, 16));
        assert_eq!(pointer.wheel(lines(1.0, 0.0))[0], event(10, 20, 32));
        assert_eq!(pointer.wheel(lines(-1.0, 0.0))[0], event(10, 20, 64));
        pointer.button(DOWN, MouseButton::Left);
        assert_eq!(
            pointer.wheel(lines(0.0, 1.0)),
            [event(10, 20, 9), event(10, 20, 1)]
        );
    }

    #[test]
    fn small_movements_of_a_touchpad_add_up_to_steps() {
        let mut pointer = inside();
        let pixels = |y| MouseScrollDelta::PixelDelta(PhysicalPosition::new(0.0, y));
        assert_eq!(pointer.wheel(pixels(-25.0)), []);
        assert_eq!(pointer.wheel(pixels(-25.0))[0], event(10, 20, 16));
        assert_eq!(pointer.wheel(pixels(-25.0)), []);
        assert_eq!(pointer.wheel(pixels(-10.0)).len(), 2);
        assert_eq!(pointer.wheel(pixels(1e12)).len(), 40);
    }

    #[test]
    fn a_wheel_of_buttons_turns_once_a_click() {
        let mut pointer = inside();
        let up = MouseScrollDelta::LineDelta(0.0, 1.0);
        pointer.raw_button(4, DOWN);
        assert_eq!(pointer.wheel(up).len(), 2);
        pointer.raw_button(4, UP);
        assert_eq!(pointer.wheel(up), []);
        assert_eq!(pointer.wheel(up).len(), 2);
        // The wheel was turned over another window.
        pointer.raw_button(4, UP);
        pointer.moved(61.0, 20.0, &placement());
        assert_eq!(pointer.wheel(up).len(), 2);
    }
}
