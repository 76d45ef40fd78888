//! The monitors, and how large a window is on them.

use super::picture::{Scale, fitted};
use rfb::{Rect, Size};
use winit::dpi::PhysicalSize;
use winit::event_loop::ActiveEventLoop;

/// The main monitor's pixels; `None` if it is not known.
pub(crate) fn main_size(event_loop: &ActiveEventLoop) -> Option<Size> {
    let primary = event_loop.primary_monitor();
    let monitor = primary.or_else(|| event_loop.available_monitors().next())?;
    Some(cut(monitor.size())).filter(|size| size.area() > 0)
}

/// The window for `desktop`: of its size at `scale`, or smaller where the monitor, or a title bar on it, leaves no
/// room.
pub(crate) fn window_size(desktop: Size, scale: Scale, monitor: Option<Size>) -> Size {
    let share = |side: u16, percent: u32| {
        u16::try_from(u32::from(side) * percent / 100).unwrap_or(u16::MAX)
    };
    let times = scale.times();
    let wanted = Size::new(
        desktop.width.saturating_mul(times),
        desktop.height.saturating_mul(times),
    );
    let Some(monitor) = monitor else {
        return wanted;
    };
    let room = Size::new(monitor.width, share(monitor.height, 95));
    if Rect::from(wanted).fits(room) {
        return wanted;
    }
    let room = Size::new(share(monitor.width, 90), share(monitor.height, 90));
    match scale {
        Scale::Times(_) => Size::new(wanted.width.min(room.width), wanted.height.min(room.height)),
        Scale::Auto | Scale::Fit => fitted(wanted, room),
    }
}

/// A size of the window system; no window is larger than the protocol's largest desktop.
pub(crate) fn cut(size: PhysicalSize<u32>) -> Size {
    let side = |pixels: u32| u16::try_from(pixels).unwrap_or(u16::MAX);
    Size::new(side(size.width), side(size.height))
}

/// A size for the window system.
pub(crate) fn physical(size: Size) -> PhysicalSize<u32> {
    PhysicalSize::new(size.width.into(), size.height.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_leaves_room_on_the_monitor() {
        let monitor = Some(Size::new(1000, 1000));
        let size = |width, height| window_size(Size::new(width, height), Scale::default(), monitor);
        assert_eq!(size(1000, 950), Size::new(1000, 950));
        assert_eq!(size(1000, 951), Size::new(900, 856));
        assert_eq!(size(2000, 500), Size::new(900, 225));
        let nowhere = window_size(Size::new(9, 9), Scale::default(), None);
        assert_eq!(nowhere, Size::new(9, 9));
    }

    #[test]
    fn a_fixed_scale_makes_the_window_larger_as_long_as_there_is_room() {
        let monitor = Some(Size::new(1000, 1000));
        let size = |width, height| window_size(Size::new(width, height), Scale::Times(2), monitor);
        assert_eq!(size(500, 300), Size::new(1000, 600));
        assert_eq!(size(600, 300), Size::new(900, 600));
        assert_eq!(size(40_000, 40_000), Size::new(900, 900));
    }
}
