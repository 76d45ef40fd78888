//! Where the pointer is, whoever moves it: a client, a program, a mouse.

use anyhow::{Result, bail};
use tightrope::Point;
use x11rb::connection::RequestConnection;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{self, ConnectionExt as _, Device, EventMask, XIEventMask};
use x11rb::protocol::xproto::ConnectionExt as _;

use crate::display::{Display, Link};

/// Follows the pointer. Motion wakes it; a program that only sets the pointer elsewhere does not, so whoever captures
/// the screen asks again with every picture.
#[derive(Debug)]
pub struct PointerWatch {
    link: Link,
    watched: bool,
}

impl PointerWatch {
    /// Connects to `display`; nothing is heard of until [`Self::watch`]. Fails if the X server lacks XInputExtension.
    pub fn new(display: &Display) -> Result<Self> {
        let link = display.connect()?;
        let x = link.x();
        let extension = x.extension_information(xinput::X11_EXTENSION_NAME)?;
        if extension.is_none() {
            bail!(
                "the X server on {} lacks the extension {}",
                display.name,
                xinput::X11_EXTENSION_NAME
            );
        }
        x.xinput_xi_query_version(2, 0)?.reply()?;
        Ok(Self {
            link,
            watched: false,
        })
    }

    /// The connection, to wait on.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Whether to be woken by motion.
    pub fn watch(&mut self, watched: bool) -> Result<()> {
        if watched != self.watched {
            let mask = match watched {
                true => XIEventMask::RAW_MOTION,
                false => XIEventMask::from(0_u32),
            };
            let masks = [EventMask {
                deviceid: Device::ALL_MASTER.into(),
                mask: vec![mask],
            }];
            let x = self.link.x();
            x.xinput_xi_select_events(self.link.root(), &masks)?;
            self.watched = watched;
        }
        Ok(())
    }

    /// Takes in what the X server has said since the last call: whether the pointer has moved.
    pub fn handle_events(&mut self) -> Result<bool> {
        let mut moved = false;
        while let Some(event) = self.link.poll_event()? {
            match event {
                Event::XinputRawMotion(_) => moved = true,
                Event::Error(error) => tracing::debug!(?error, "pointer: a request failed"),
                _ => {}
            }
        }
        Ok(moved)
    }

    /// The pointer's place now.
    pub fn place(&self) -> Result<Point> {
        let pointer = self.link.x().query_pointer(self.link.root())?.reply()?;
        let edge = |pixels: i16| u16::try_from(pixels).unwrap_or(0);
        Ok(Point::new(edge(pointer.root_x), edge(pointer.root_y)))
    }
}
