//! Giving the screen another size, by RandR.

use anyhow::Result;
use tightrope::Size;
use tightrope::rfb::screen::ResizeStatus;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::ReplyError;
use x11rb::protocol::randr::{self, ConnectionExt as _, ModeInfo, Rotation, SetConfig};
use x11rb::protocol::xproto::ConnectionExt as _;

use crate::display::Link;

/// What so many pixels measure at 96 dots an inch.
pub(crate) fn millimetres(pixels: u16) -> u32 {
    u32::from(pixels) * 254 / 960
}

/// Makes the screen `size`, if its one output allows it.
///
/// `OK`: it has that size now. Otherwise why not, and it is as it was: `PROHIBITED` without RandR or with several
/// outputs in use, `OUT_OF_RESOURCES` beyond the largest size, `INVALID_LAYOUT` below the smallest.
/// An error only if the X server is gone.
pub fn resize(link: &Link, size: Size) -> Result<ResizeStatus> {
    let x = link.x();
    if x.extension_information(randr::X11_EXTENSION_NAME)?
        .is_none()
    {
        return Ok(ResizeStatus::PROHIBITED);
    }
    let range = x.randr_get_screen_size_range(link.root())?.reply()?;
    if size.width > range.max_width || size.height > range.max_height {
        return Ok(ResizeStatus::OUT_OF_RESOURCES);
    }
    if size.width < range.min_width || size.height < range.min_height || size.area() == 0 {
        return Ok(ResizeStatus::INVALID_LAYOUT);
    }
    // Nobody may see or change the screen while its only output is off.
    x.grab_server()?;
    let resized = resize_grabbed(link, size);
    x.ungrab_server()?;
    // Everybody waits until the X server has read that.
    x.flush()?;
    match resized {
        Ok(status) => Ok(status),
        Err(ReplyError::X11Error(error)) => {
            tracing::warn!(?error, %size, "the X server refuses this size");
            Ok(ResizeStatus::PROHIBITED)
        }
        Err(error) => Err(error.into()),
    }
}

/// The one output in use and what drives it.
struct Head {
    output: randr::Output,
    crtc: randr::Crtc,
    mode: randr::Mode,
    modes: Vec<randr::Mode>,
}

fn resize_grabbed(link: &Link, size: Size) -> Result<ResizeStatus, ReplyError> {
    let x = link.x();
    let resources = x.randr_get_screen_resources_current(link.root())?.reply()?;
    let Some(head) = only_head(link, &resources)? else {
        return Ok(ResizeStatus::PROHIBITED);
    };
    let before = x.get_geometry(link.root())?.reply()?;
    let (mode, created) = match known_mode(&resources, &head, size) {
        Some(mode) => (mode, false),
        None => (create_mode(link, head.output, size)?, true),
    };
    let switch = |mode, size: Size| -> Result<(), ReplyError> {
        set_mode(link, &head, resources.config_timestamp, x11rb::NONE)?;
        set_screen_size(link, size)?;
        set_mode(link, &head, resources.config_timestamp, mode)
    };
    if let Err(error) = switch(mode, size) {
        switch(head.mode, Size::new(before.width, before.height))?;
        if created {
            remove_mode(link, head.output, mode)?;
        }
        return Err(error);
    }
    if ours(&resources, head.mode) && head.mode != mode {
        remove_mode(link, head.output, head.mode)?;
    }
    Ok(ResizeStatus::OK)
}

/// The output in use if there is just one; else the first that could be.
fn only_head(
    link: &Link,
    resources: &randr::GetScreenResourcesCurrentReply,
) -> Result<Option<Head>, ReplyError> {
    let x = link.x();
    let mut heads = Vec::new();
    for &output in &resources.outputs {
        let info = x
            .randr_get_output_info(output, resources.config_timestamp)?
            .reply()?;
        let crtc = match info.crtc {
            x11rb::NONE => info.crtcs.first().copied().unwrap_or(x11rb::NONE),
            crtc => crtc,
        };
        if crtc == x11rb::NONE {
            continue;
        }
        let driver = x
            .randr_get_crtc_info(crtc, resources.config_timestamp)?
            .reply()?;
        let head = Head {
            output,
            crtc,
            mode: driver.mode,
            modes: info.modes,
        };
        heads.push((info.crtc != x11rb::NONE, head));
    }
    let used = heads.iter().filter(|(used, _)| *used).count();
    if used > 1 {
        tracing::warn!(outputs = used, "several outputs are in use: the size stays");
        return Ok(None);
    }
    heads.sort_by_key(|(used, _)| !used);
    Ok(heads.into_iter().next().map(|(_, head)| head))
}

fn known_mode(
    resources: &randr::GetScreenResourcesCurrentReply,
    head: &Head,
    size: Size,
) -> Option<randr::Mode> {
    let fits = |mode: &&ModeInfo| {
        mode.width == size.width && mode.height == size.height && head.modes.contains(&mode.id)
    };
    resources.modes.iter().find(fits).map(|mode| mode.id)
}

fn create_mode(link: &Link, output: randr::Output, size: Size) -> Result<randr::Mode, ReplyError> {
    let name = mode_name(size);
    // Blanking as small as may be; the clock of 60 Hz. Virtual outputs look at the size only.
    let (across, down) = (
        size.width.saturating_add(160),
        size.height.saturating_add(30),
    );
    let mode = ModeInfo {
        width: size.width,
        height: size.height,
        dot_clock: u32::from(across)
            .saturating_mul(u32::from(down))
            .saturating_mul(60),
        hsync_start: size.width.saturating_add(40),
        hsync_end: size.width.saturating_add(80),
        htotal: across,
        vsync_start: size.height.saturating_add(3),
        vsync_end: size.height.saturating_add(8),
        vtotal: down,
        name_len: u16::try_from(name.len()).unwrap_or(0),
        ..ModeInfo::default()
    };
    let x = link.x();
    let mode = x
        .randr_create_mode(link.root(), mode, name.as_bytes())?
        .reply()?
        .mode;
    x.randr_add_output_mode(output, mode)?.check()?;
    Ok(mode)
}

fn remove_mode(link: &Link, output: randr::Output, mode: randr::Mode) -> Result<(), ReplyError> {
    let x = link.x();
    x.randr_delete_output_mode(output, mode)?.check()?;
    x.randr_destroy_mode(mode)?.check()
}

const MODE_PREFIX: &str = "tightrope-";

fn mode_name(size: Size) -> String {
    format!("{MODE_PREFIX}{size}")
}

/// Whether `mode` was made here, by its name. Names follow each other in one list.
fn ours(resources: &randr::GetScreenResourcesCurrentReply, mode: randr::Mode) -> bool {
    let mut names = resources.names.as_slice();
    for info in &resources.modes {
        let (name, rest) = names
            .split_at_checked(usize::from(info.name_len))
            .unwrap_or_default();
        if info.id == mode {
            return name.starts_with(MODE_PREFIX.as_bytes());
        }
        names = rest;
    }
    false
}

fn set_mode(link: &Link, head: &Head, time: u32, mode: randr::Mode) -> Result<(), ReplyError> {
    let output = [head.output];
    let outputs = if mode == x11rb::NONE {
        &[][..]
    } else {
        &output[..]
    };
    let reply = link
        .x()
        .randr_set_crtc_config(head.crtc, 0, time, 0, 0, mode, Rotation::ROTATE0, outputs)?
        .reply()?;
    if reply.status != SetConfig::SUCCESS {
        tracing::warn!(status = ?reply.status, "RandR did not take the mode");
    }
    Ok(())
}

fn set_screen_size(link: &Link, size: Size) -> Result<(), ReplyError> {
    link.x()
        .randr_set_screen_size(
            link.root(),
            size.width,
            size.height,
            millimetres(size.width).max(1),
            millimetres(size.height).max(1),
        )?
        .check()
}
