//! Keys and pointer of every session, played to the X server by XTest.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Instant;

use anyhow::{Result, bail};
use tightrope::Point;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT,
    KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::{self, ConnectionExt as _};

use crate::display::{Display, Link};
use crate::keymap::{Keymap, Plan, State};
use crate::keysym::is_valid;
use crate::spares::Spares;

/// Plays input. `Session` names who it came from; what a session holds down is its own.
#[derive(Debug)]
pub struct Input<Session> {
    link: Link,
    keymap: Keymap,
    spares: Spares,
    sessions: HashMap<Session, Held>,
}

/// What one session holds down.
#[derive(Debug, Default)]
struct Held {
    /// The key that was pressed for each keysym.
    keys: HashMap<u32, u8>,
    /// The buttons, as the RFB pointer message has them.
    buttons: u8,
}

impl<Session: Copy + Eq + Hash> Input<Session> {
    /// Connects to `display` and reads its keyboard. Fails if the X server lacks XTEST.
    pub fn new(display: &Display) -> Result<Self> {
        let link = display.connect()?;
        let x = link.x();
        if x.extension_information(xtest::X11_EXTENSION_NAME)?
            .is_none()
        {
            bail!("the X server on {} lacks the extension XTEST", display.name);
        }
        x.xtest_get_version(2, 2)?.reply()?;
        let keymap = read_keymap(&link)?;
        let mut spares = Spares::default();
        spares.update(&keymap);
        Ok(Self {
            link,
            keymap,
            spares,
            sessions: HashMap::new(),
        })
    }

    /// The connection, to wait on.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Takes in what the X server has said since the last call: mostly that the keyboard has changed.
    pub fn handle_events(&mut self) -> Result<()> {
        let mut changed = false;
        while let Some(event) = self.link.poll_event()? {
            match event {
                Event::MappingNotify(_) => changed = true,
                Event::Error(error) => tracing::debug!(?error, "input: a request failed"),
                _ => {}
            }
        }
        if changed {
            self.keymap = read_keymap(&self.link)?;
            self.spares.update(&self.keymap);
        }
        Ok(())
    }

    /// Presses or releases `keysym`. A keysym that cannot be had is left out; so is one that is down already, because the
    /// X server itself repeats keys. May wait a moment before it gives a spare key another keysym.
    pub async fn key(&mut self, session: Session, keysym: u32, down: bool) -> Result<()> {
        if !is_valid(keysym) {
            return Ok(());
        }
        if down {
            self.press(session, keysym).await?;
        } else if let Some(keycode) = self.forget(session, keysym) {
            self.release(keycode)?;
        }
        Ok(self.link.x().flush()?)
    }

    /// Moves the pointer, and presses and releases buttons. Bit 0 is left, 1 middle, 2 right, 3 to 6 the wheel.
    pub fn pointer(&mut self, session: Session, at: Point, buttons: u8) -> Result<()> {
        let cut = |edge: u16| i16::try_from(edge).unwrap_or(i16::MAX);
        self.link.x().xtest_fake_input(
            MOTION_NOTIFY_EVENT,
            0,
            x11rb::CURRENT_TIME,
            self.link.root(),
            cut(at.x),
            cut(at.y),
            0,
        )?;
        self.buttons(session, buttons & 0x7f)?;
        Ok(self.link.x().flush()?)
    }

    /// Releases all that `session` holds down.
    pub fn leave(&mut self, session: Session) -> Result<()> {
        self.buttons(session, 0)?;
        let Some(held) = self.sessions.remove(&session) else {
            return Ok(());
        };
        for keycode in held.keys.into_values() {
            self.release(keycode)?;
        }
        Ok(self.link.x().flush()?)
    }

    /// Releases everything and gives spare keys back.
    pub fn end(&mut self) -> Result<()> {
        let sessions: Vec<Session> = self.sessions.keys().copied().collect();
        for session in sessions {
            self.leave(session)?;
        }
        let x = self.link.x();
        for keycode in self.spares.lent() {
            x.change_keyboard_mapping(1, keycode, 1, &[x11rb::NO_SYMBOL])?;
        }
        Ok(x.flush()?)
    }

    async fn press(&mut self, session: Session, keysym: u32) -> Result<()> {
        let held = self.sessions.entry(session).or_default();
        if held.keys.contains_key(&keysym) {
            return Ok(());
        }
        self.handle_events()?;
        let mut state = self.state()?;
        let mut plan = self.keymap.plan(keysym, &state);
        if plan.is_none() && self.lend_key(keysym, &state).await? {
            state = self.state()?;
            plan = self.keymap.plan(keysym, &state);
        }
        let Some(plan) = plan else {
            tracing::warn!("a key was left out: no key carries it and none is free to");
            return Ok(());
        };
        self.play(&plan, &state)?;
        self.spares.pressed(plan.keycode, Instant::now());
        let held = self.sessions.entry(session).or_default();
        held.keys.insert(keysym, plan.keycode);
        Ok(())
    }

    /// Presses the key of `plan`, with modifiers changed around it.
    fn play(&self, plan: &Plan, state: &State) -> Result<()> {
        if state.is_down(plan.keycode) {
            if self.keymap.is_modifier(plan.keycode) {
                return Ok(());
            }
            // It is down for another keysym or another session; only a press types.
            self.fake(KEY_RELEASE_EVENT, plan.keycode)?;
        }
        for &key in &plan.let_go {
            self.fake(KEY_RELEASE_EVENT, key)?;
        }
        for &key in &plan.hold {
            self.fake(KEY_PRESS_EVENT, key)?;
        }
        self.fake(KEY_PRESS_EVENT, plan.keycode)?;
        for &key in plan.hold.iter().rev() {
            self.fake(KEY_RELEASE_EVENT, key)?;
        }
        for &key in plan.let_go.iter().rev() {
            self.fake(KEY_PRESS_EVENT, key)?;
        }
        Ok(())
    }

    /// Puts `keysym` on a spare key. `false` if there is none. Every program hears of it before it sees the key.
    async fn lend_key(&mut self, keysym: u32, state: &State) -> Result<bool> {
        let lent = self
            .spares
            .lend(keysym, Instant::now(), |keycode| state.is_down(keycode));
        let Some((keycode, carries, wait)) = lent else {
            return Ok(false);
        };
        tokio::time::sleep(wait).await;
        self.link
            .x()
            .change_keyboard_mapping(1, keycode, 2, &carries)?
            .check()?;
        self.keymap.assign(keycode, carries);
        Ok(true)
    }

    /// Forgets that `session` holds `keysym`; gives the key that was pressed for it.
    fn forget(&mut self, session: Session, keysym: u32) -> Option<u8> {
        let held = self.sessions.get_mut(&session)?;
        if let Some(keycode) = held.keys.remove(&keysym) {
            return Some(keycode);
        }
        // Pressed as A and released as a: Shift came or went in between.
        let keymap = &self.keymap;
        let pressed = held
            .keys
            .iter()
            .find(|&(_, &keycode)| keymap.carries(keycode, keysym))
            .map(|(&pressed, _)| pressed)?;
        held.keys.remove(&pressed)
    }

    /// Releases a key unless somebody still holds it.
    fn release(&self, keycode: u8) -> Result<()> {
        let mut held = self.sessions.values().flat_map(|held| held.keys.values());
        if held.any(|&key| key == keycode) {
            return Ok(());
        }
        self.fake(KEY_RELEASE_EVENT, keycode)
    }

    fn buttons(&mut self, session: Session, buttons: u8) -> Result<()> {
        let before = self.held_buttons();
        self.sessions.entry(session).or_default().buttons = buttons;
        let after = self.held_buttons();
        for number in 0..7_u8 {
            let bit = 1 << number;
            let kind = match (before & bit != 0, after & bit != 0) {
                (false, true) => BUTTON_PRESS_EVENT,
                (true, false) => BUTTON_RELEASE_EVENT,
                _ => continue,
            };
            self.fake(kind, number + 1)?;
        }
        Ok(())
    }

    fn held_buttons(&self) -> u8 {
        let buttons = self.sessions.values().map(|held| held.buttons);
        buttons.fold(0, |all, own| all | own)
    }

    fn fake(&self, kind: u8, detail: u8) -> Result<()> {
        self.link
            .x()
            .xtest_fake_input(kind, detail, x11rb::CURRENT_TIME, x11rb::NONE, 0, 0, 0)?;
        Ok(())
    }

    /// What the keyboard is doing, after everything played so far.
    fn state(&self) -> Result<State> {
        let x = self.link.x();
        let pointer = x.query_pointer(self.link.root())?;
        let keys = x.query_keymap()?;
        let [modifiers, high] = u16::from(pointer.reply()?.mask).to_le_bytes();
        Ok(State {
            modifiers,
            // Bits 13 and 14 (XKB protocol, "Computing a State Field from an XKB State").
            group: (high >> 5) & 3,
            down: keys.reply()?.keys,
        })
    }
}

fn read_keymap(link: &Link) -> Result<Keymap> {
    let x = link.x();
    let (first, last) = (x.setup().min_keycode, x.setup().max_keycode);
    let count = last.saturating_sub(first).saturating_add(1);
    let mapping = x.get_keyboard_mapping(first, count)?;
    let modifiers = x.get_modifier_mapping()?;
    let mapping = mapping.reply()?;
    Ok(Keymap::new(
        first,
        mapping.keysyms_per_keycode,
        mapping.keysyms,
        &modifiers.reply()?.keycodes,
    ))
}
