//! Who repeats a key that is held: the client, so that a release which comes late over a bad network types nothing.

use anyhow::Result;
use x11rb::protocol::Event;
use x11rb::protocol::xkb::{
    AXOption, BoolCtrl, ConnectionExt as _, Control, EventType, MapPart, SelectEventsAux,
    SelectEventsAuxControlsNotify, VMod,
};
use x11rb::protocol::xproto::ModMask;

use super::xkb::KEYBOARD;
use crate::display::Link;

/// Whether the X server repeats keys: all of its keyboards at once, as it repeats what they do together.
///
/// INVARIANT: [`Self::give_back`] leaves it as it was found, or as others have set it since.
#[derive(Debug)]
pub struct Repeat {
    /// It repeats, or would if it were not for us.
    repeats: bool,
    taken: bool,
}

impl Repeat {
    /// Looks at how `link`'s X server repeats now, and hears of changes. It must know XKEYBOARD.
    pub fn new(link: &Link) -> Result<Self> {
        let x = link.x();
        let details = SelectEventsAux::new().controls_notify(SelectEventsAuxControlsNotify {
            affect_ctrls: Control::CONTROLS_ENABLED,
            ctrl_details: Control::CONTROLS_ENABLED,
        });
        let (none, nothing) = (EventType::from(0_u16), MapPart::from(0_u16));
        x.xkb_select_events(KEYBOARD, none, none, nothing, nothing, &details)?;
        let controls = x.xkb_get_controls(KEYBOARD)?.reply()?;
        Ok(Self {
            repeats: repeats(controls.enabled_controls),
            taken: false,
        })
    }

    /// The X server repeats nothing from here on.
    pub fn take(&mut self, link: &Link) -> Result<()> {
        if !std::mem::replace(&mut self.taken, true) && self.repeats {
            set_repeat(link, false)?;
        }
        Ok(())
    }

    /// It repeats again, if it would without us.
    pub fn give_back(&mut self, link: &Link) -> Result<()> {
        if std::mem::replace(&mut self.taken, false) && self.repeats {
            set_repeat(link, true)?;
        }
        Ok(())
    }

    /// Takes in that others have turned it on or off.
    pub fn handle_event(&mut self, link: &Link, event: &Event) -> Result<()> {
        let Event::XkbControlsNotify(news) = event else {
            return Ok(());
        };
        let on = repeats(news.enabled_controls);
        match self.taken {
            false => self.repeats = on,
            // Whoever turns it on, as desktops do when they start, wants keys to repeat; and so they do.
            true if on => {
                self.repeats = true;
                set_repeat(link, false)?;
            }
            true => {}
        }
        Ok(())
    }
}

fn set_repeat(link: &Link, on: bool) -> Result<()> {
    let repeat = BoolCtrl::REPEAT_KEYS;
    let none = BoolCtrl::from(0_u32);
    let (modifiers, virtual_modifiers) = (ModMask::from(0_u16), VMod::from(0_u16));
    let options = AXOption::from(0_u16);
    link.x().xkb_set_controls(
        KEYBOARD,
        modifiers,
        modifiers,
        modifiers,
        modifiers,
        virtual_modifiers,
        virtual_modifiers,
        virtual_modifiers,
        virtual_modifiers,
        0,
        0,
        options,
        repeat,
        if on { repeat } else { none },
        Control::CONTROLS_ENABLED,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        none,
        none,
        options,
        options,
        &[0; 32],
    )?;
    Ok(())
}

fn repeats(enabled: BoolCtrl) -> bool {
    u32::from(enabled) & u32::from(BoolCtrl::REPEAT_KEYS) != 0
}
