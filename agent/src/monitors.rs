//! Several screens on one desktop: RandR's monitors, which window managers go by.

use anyhow::Result;
use tightrope::{Rect, Screen, Size};
use x11rb::connection::RequestConnection;
use x11rb::protocol::randr::{self, ConnectionExt as _, MonitorInfo};
use x11rb::protocol::xproto::{Atom, ConnectionExt as _};

use crate::display::Link;
use crate::resize::millimetres;

/// The first version of RandR with monitors.
const VERSION: (u32, u32) = (1, 5);
/// Monitors whose names begin like this were made here; the screen's number follows.
const NAME_PREFIX: &str = "tightrope-screen-";
/// More screens than these are nobody's desk.
const SCREENS: usize = 16;

/// Whether `screens` is a layout that can be shown on a desktop of `size`: at least one screen, at most sixteen, none
/// empty, none beyond the desktop, and no number twice.
#[must_use]
pub fn is_possible(size: Size, screens: &[Screen]) -> bool {
    let sound = |screen: &Screen| !screen.rect.is_empty() && screen.rect.fits(size);
    let mut numbers: Vec<u32> = screens.iter().map(|screen| screen.id).collect();
    numbers.sort_unstable();
    numbers.dedup();
    (1..=SCREENS).contains(&screens.len())
        && numbers.len() == screens.len()
        && screens.iter().all(sound)
}

/// The layout that a client means by `screens`: one as large as the desktop covers it, wherever it is said to stand.
///
/// LibVNCClient 0.9.14 sets no place, number or flags and sends what is in memory there.
#[must_use]
pub fn meant(size: Size, screens: Vec<Screen>) -> Vec<Screen> {
    match screens.as_slice() {
        [only] if only.rect.size() == size => vec![Screen::whole(size)],
        _ => screens,
    }
}

/// The screens of the desktop, which is of `size` now: what RandR says, or one that covers it all.
///
/// An error only if the X server is gone.
pub fn layout(link: &Link, size: Size) -> Result<Vec<Screen>> {
    let mut screens = Vec::new();
    for monitor in monitors(link)? {
        let coordinate = |value: i16| u16::try_from(value).unwrap_or(0);
        let rect = Rect::new(
            coordinate(monitor.x),
            coordinate(monitor.y),
            monitor.width,
            monitor.height,
        );
        let id = match our_number(link, monitor.name)? {
            Some(number) => number,
            None => monitor.name,
        };
        let rect = rect.intersection(size.into());
        screens.push(Screen { id, rect, flags: 0 });
    }
    match screens.as_slice() {
        [only] if only.rect == Rect::from(size) => Ok(vec![Screen::whole(size)]),
        screens if is_possible(size, screens) => Ok(screens.to_vec()),
        _ => Ok(vec![Screen::whole(size)]),
    }
}

/// Divides the desktop, which has the right size already, into `screens`. One that covers it all needs no monitor.
///
/// Without RandR 1.5 nothing happens. An error only if the X server is gone.
pub fn divide(link: &Link, size: Size, screens: &[Screen]) -> Result<()> {
    let x = link.x();
    let old = monitors(link)?;
    let outputs: Vec<randr::Output> = old.iter().flat_map(|own| own.outputs.clone()).collect();
    for monitor in &old {
        if our_number(link, monitor.name)?.is_some() {
            x.randr_delete_monitor(link.root(), monitor.name)?;
        }
    }
    if matches!(screens, [only] if only.rect == Rect::from(size)) || !has_monitors(link)? {
        x.get_input_focus()?.reply()?;
        return Ok(());
    }
    for (index, screen) in screens.iter().enumerate() {
        let name = format!("{NAME_PREFIX}{}", screen.id);
        let name = x.intern_atom(false, name.as_bytes())?.reply()?.atom;
        let first = index == 0;
        let place = |value: u16| i16::try_from(value).unwrap_or(i16::MAX);
        let monitor = MonitorInfo {
            name,
            primary: first,
            automatic: false,
            x: place(screen.rect.left),
            y: place(screen.rect.top),
            width: screen.rect.width,
            height: screen.rect.height,
            width_in_millimeters: millimetres(screen.rect.width),
            height_in_millimeters: millimetres(screen.rect.height),
            // An output without a monitor of its own would get one that covers everything.
            outputs: if first { outputs.clone() } else { Vec::new() },
        };
        if let Err(error) = x.randr_set_monitor(link.root(), monitor)?.check() {
            tracing::warn!(%error, "RandR does not take this screen");
        }
    }
    Ok(())
}

fn has_monitors(link: &Link) -> Result<bool> {
    let x = link.x();
    if x.extension_information(randr::X11_EXTENSION_NAME)?
        .is_none()
    {
        return Ok(false);
    }
    let (major, minor) = VERSION;
    let known = x.randr_query_version(major, minor)?.reply()?;
    Ok((known.major_version, known.minor_version) >= VERSION)
}

fn monitors(link: &Link) -> Result<Vec<MonitorInfo>> {
    if !has_monitors(link)? {
        return Ok(Vec::new());
    }
    let reply = link.x().randr_get_monitors(link.root(), true)?.reply()?;
    Ok(reply.monitors)
}

/// The screen's number, if the monitor of this name was made here.
fn our_number(link: &Link, name: Atom) -> Result<Option<u32>> {
    let name = link.x().get_atom_name(name)?.reply()?.name;
    let name = String::from_utf8_lossy(&name);
    let number = name.strip_prefix(NAME_PREFIX);
    Ok(number.and_then(|number| number.parse().ok()))
}
