//! Keys and pointer of every session, played to the X server by XTest.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Instant;

use anyhow::{Result, bail};
use tightrope::Point;
use tightrope::rfb::{Leds, keycode};
use x11rb::connection::{Connection, RequestConnection};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT,
    KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::{self, ConnectionExt as _};

use crate::display::{Display, Link};
use crate::keyboard::xkb::{self, Lights, News};
use crate::keyboard::{Keymap, Plan, Repeat, State};
use crate::keysym::is_valid;
use crate::spares::Spares;

/// X servers with evdev number keys as Linux does, and this more.
const EVDEV_OFFSET: u8 = 8;

/// The bits of the pointer message that are buttons: left, middle, right, four of the wheel, back, forward.
const BUTTONS: u16 = 0x1ff;

/// Plays input. `Session` names who it came from; what a session holds down is its own.
#[derive(Debug)]
pub struct Input<Session> {
    link: Link,
    keymap: Keymap,
    spares: Spares,
    repeat: Repeat,
    lights: Lights,
    /// The lights that are on, by the X server's bits.
    on: u32,
    /// A program has rung the bell.
    rang: bool,
    sessions: HashMap<Session, Held>,
}

/// A key that a client pressed, or let go of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientKey {
    /// What it types at the client's side; 0 if that is not known.
    pub keysym: u32,
    /// Which key of the keyboard it is, in the numbers of [`tightrope::rfb::keycode`].
    pub keycode: Option<u32>,
}

/// What names a key to its session until it is let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Name {
    Key(u8),
    Keysym(u32),
}

impl ClientKey {
    /// A key of which only the meaning is known.
    #[must_use]
    pub fn of_keysym(keysym: u32) -> Self {
        Self {
            keysym,
            keycode: None,
        }
    }

    /// Keys without a number of the X server's go by keysym, so that there are not more names than keys.
    fn name(self) -> Name {
        let keysym = Name::Keysym(self.keysym);
        self.on_evdev().map_or(keysym, Name::Key)
    }

    /// The X server's number of the key, if it has one.
    fn on_evdev(self) -> Option<u8> {
        keycode::to_linux(self.keycode?)?.checked_add(EVDEV_OFFSET)
    }
}

/// What one session holds down.
#[derive(Debug, Default)]
struct Held {
    /// The X server's key that was pressed for each of the client's.
    keys: HashMap<Name, u8>,
    /// The buttons, as the pointer message has them.
    buttons: u16,
}

impl<Session: Copy + Eq + Hash> Input<Session> {
    /// Connects to `display` and reads its keyboard. Fails if the X server lacks XTEST or XKEYBOARD.
    pub fn new(display: &Display) -> Result<Self> {
        let link = display.connect()?;
        let x = link.x();
        if x.extension_information(xtest::X11_EXTENSION_NAME)?
            .is_none()
        {
            bail!("the X server on {} lacks the extension XTEST", display.name);
        }
        x.xtest_get_version(2, 2)?.reply()?;
        // Before the first look, so that no change is missed.
        xkb::watch(&link, display)?;
        let keymap = xkb::keymap(&link)?;
        let (lights, on) = xkb::lights(&link)?;
        let repeat = Repeat::new(&link)?;
        let mut spares = Spares::default();
        spares.update(&keymap);
        Ok(Self {
            link,
            keymap,
            spares,
            repeat,
            lights,
            on,
            rang: false,
            sessions: HashMap::new(),
        })
    }

    /// The connection, to wait on.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The keyboard's lights, as last heard of.
    #[must_use]
    pub fn leds(&self) -> Leds {
        self.lights.leds(self.on)
    }

    /// Whether a program has rung the bell since the last call.
    pub fn take_bell(&mut self) -> bool {
        std::mem::take(&mut self.rang)
    }

    /// Whether clients play. While they do the X server repeats none of their keys by itself: they say when one repeats,
    /// and a release that comes late must not have typed more. As it was before at the end.
    pub fn set_played(&mut self, is_played: bool) -> Result<()> {
        match is_played {
            true => self.repeat.take(&self.link)?,
            false => self.repeat.give_back(&self.link)?,
        }
        Ok(self.link.x().flush()?)
    }

    /// Takes in what the X server has said since the last call: that the keyboard has changed, its lights, or that the
    /// bell rang.
    pub fn handle_events(&mut self) -> Result<()> {
        let mut changed = false;
        while let Some(event) = self.link.poll_event()? {
            match xkb::news(&event) {
                Some(News::Map) => changed = true,
                Some(News::Lights(on)) => self.on = on,
                Some(News::Bell) => self.rang = true,
                None => {}
            }
            self.repeat.handle_event(&self.link, &event)?;
            if let Event::Error(error) = event {
                tracing::debug!(?error, "input: a request failed");
            }
        }
        if changed {
            self.keymap = xkb::keymap(&self.link)?;
            self.spares.update(&self.keymap);
            (self.lights, self.on) = xkb::lights(&self.link)?;
        }
        Ok(())
    }

    /// Presses or releases a key. One that the client names by its place is pressed as such if it gives the client's
    /// keysym here and now; else what it types counts, and the keyboard is made to give that.
    ///
    /// A key that is down already repeats: it is let go of and pressed again, as programs see any key that repeats. Not so
    /// modifiers. A keysym that cannot be had is left out. May wait a moment before it gives a spare key another keysym.
    pub async fn key(&mut self, session: Session, key: ClientKey, down: bool) -> Result<()> {
        if down {
            self.press(session, key).await?;
        } else if let Some(keycode) = self.forget(session, key) {
            self.release(keycode)?;
        }
        Ok(self.link.x().flush()?)
    }

    /// Moves the pointer, and presses and releases buttons. Bit 0 is left, 1 middle, 2 right, 3 to 6 the wheel, 7 back, 8
    /// forward.
    pub fn pointer(&mut self, session: Session, at: Point, buttons: u16) -> Result<()> {
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
        self.buttons(session, buttons & BUTTONS)?;
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

    /// Releases everything, gives spare keys back, and lets the X server repeat as before.
    pub fn end(&mut self) -> Result<()> {
        let sessions: Vec<Session> = self.sessions.keys().copied().collect();
        for session in sessions {
            self.leave(session)?;
        }
        self.set_played(false)?;
        let x = self.link.x();
        for keycode in self.spares.lent() {
            x.change_keyboard_mapping(1, keycode, 1, &[x11rb::NO_SYMBOL])?;
        }
        Ok(x.flush()?)
    }

    async fn press(&mut self, session: Session, key: ClientKey) -> Result<()> {
        let held = self.sessions.entry(session).or_default();
        let before = held.keys.get(&key.name()).copied();
        if before.is_some_and(|keycode| self.keymap.is_modifier(keycode)) {
            return Ok(());
        }
        self.handle_events()?;
        let mut state = xkb::state(&self.link)?;
        let mut plan = self.plan(key, &state);
        if plan.is_none() && is_valid(key.keysym) && self.lend_key(key.keysym, &state).await? {
            state = xkb::state(&self.link)?;
            plan = self.keymap.plan(key.keysym, &state);
        }
        let Some(plan) = plan else {
            if is_valid(key.keysym) {
                tracing::warn!("a key was left out: no key carries it and none is free to");
            }
            return Ok(());
        };
        let held = self.sessions.entry(session).or_default();
        held.keys.insert(key.name(), plan.keycode);
        // It repeats as another key: the keyboard has changed meanwhile.
        if let Some(before) = before.filter(|&before| before != plan.keycode) {
            self.release(before)?;
        }
        self.play(&plan, &state)?;
        self.spares.pressed(plan.keycode, Instant::now());
        Ok(())
    }

    /// How to press a key with what the keyboard carries now.
    fn plan(&self, key: ClientKey, state: &State) -> Option<Plan> {
        let own = key.on_evdev();
        if !is_valid(key.keysym) {
            let own = own.filter(|&keycode| self.keymap.key(keycode).is_some());
            return own.map(Plan::of_key);
        }
        match own.filter(|&keycode| self.keymap.gives(keycode, key.keysym, state)) {
            Some(keycode) => Some(Plan::of_key(keycode)),
            None => self.keymap.plan(key.keysym, state),
        }
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

    /// Forgets that `session` holds a key; gives the one that was pressed for it.
    fn forget(&mut self, session: Session, key: ClientKey) -> Option<u8> {
        let held = self.sessions.get_mut(&session)?;
        let released = key.name();
        if let Some(keycode) = held.keys.remove(&released) {
            return Some(keycode);
        }
        // Pressed as A and released as a: Shift came or went in between. Or one of the two told no place.
        let is_placed = |name| matches!(name, Name::Key(_));
        let keymap = &self.keymap;
        let pressed = held
            .keys
            .iter()
            .filter(|&(&name, _)| !(is_placed(name) && is_placed(released)))
            .find(|&(_, &keycode)| keymap.carries(keycode, key.keysym))
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

    fn buttons(&mut self, session: Session, buttons: u16) -> Result<()> {
        let before = self.held_buttons();
        self.sessions.entry(session).or_default().buttons = buttons;
        let after = self.held_buttons();
        for (number, bit) in (1..).zip((0..9).map(|place| 1 << place)) {
            let kind = match (before & bit != 0, after & bit != 0) {
                (false, true) => BUTTON_PRESS_EVENT,
                (true, false) => BUTTON_RELEASE_EVENT,
                _ => continue,
            };
            self.fake(kind, number)?;
        }
        Ok(())
    }

    fn held_buttons(&self) -> u16 {
        let buttons = self.sessions.values().map(|held| held.buttons);
        buttons.fold(0, |all, own| all | own)
    }

    fn fake(&self, kind: u8, detail: u8) -> Result<()> {
        self.link
            .x()
            .xtest_fake_input(kind, detail, x11rb::CURRENT_TIME, x11rb::NONE, 0, 0, 0)?;
        Ok(())
    }
}
