//! What flashes: a window on a real X server.

use anyhow::{Context, Result};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ConnectionExt, CreateGCAux, CreateWindowAux, EventMask, Gcontext, Rectangle, Window,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT};

use crate::av::messages::colour;

/// Where it is, and how large: a square.
const CORNER: i16 = 128;
const SIDE: u16 = 200;

/// A square above all other windows.
pub(super) struct Square {
    connection: RustConnection,
    window: Window,
    pen: Gcontext,
}

impl Square {
    /// Puts it, black, on the display of the environment.
    pub(super) fn new() -> Result<Self> {
        let (connection, screen) =
            x11rb::connect(None).context("cannot connect to the X server")?;
        let root = connection
            .setup()
            .roots
            .get(screen)
            .context("the X server has no screen")?
            .root;
        let window = connection.generate_id()?;
        let looks = CreateWindowAux::new()
            .background_pixel(0)
            .override_redirect(1)
            .event_mask(EventMask::EXPOSURE);
        let class = WindowClass::INPUT_OUTPUT;
        connection.create_window(
            COPY_DEPTH_FROM_PARENT,
            window,
            root,
            CORNER,
            CORNER,
            SIDE,
            SIDE,
            0,
            class,
            COPY_FROM_PARENT,
            &looks,
        )?;
        connection.map_window(window)?;
        let pen = connection.generate_id()?;
        connection.create_gc(pen, window, &CreateGCAux::new())?;
        connection.flush()?;
        let square = Self {
            connection,
            window,
            pen,
        };
        while !matches!(
            square.connection.wait_for_event()?,
            x11rb::protocol::Event::Expose(_)
        ) {}
        Ok(square)
    }

    /// A pixel in its middle, on the screen.
    pub(super) fn middle() -> (u16, u16) {
        let middle = CORNER.unsigned_abs() + SIDE / 2;
        (middle, middle)
    }

    /// Fills it with the colour of flash `number`; returns when the X server has.
    pub(super) fn flash(&self, number: u32) -> Result<()> {
        let fill = x11rb::protocol::xproto::ChangeGCAux::new().foreground(colour(number));
        self.connection.change_gc(self.pen, &fill)?;
        let all = Rectangle {
            x: 0,
            y: 0,
            width: SIDE,
            height: SIDE,
        };
        self.connection
            .poly_fill_rectangle(self.window, self.pen, &[all])?;
        // Whatever has an answer: requests of a client are done in order.
        self.connection.get_input_focus()?.reply()?;
        Ok(())
    }
}
