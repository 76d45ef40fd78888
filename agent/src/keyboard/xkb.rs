//! Reads the X server's keyboard through the X Keyboard Extension.

use std::sync::Arc;

use anyhow::{Result, bail};
use tightrope::rfb::Leds;
use x11rb::connection::RequestConnection;
use x11rb::protocol::Event;
use x11rb::protocol::xkb::{
    self, Action, ConnectionExt as _, EventType, GetMapReply, KeySymMap, KeyType, MapPart,
    NameDetail, SAType, SelectEventsAux, SelectEventsAuxBellNotify,
    SelectEventsAuxIndicatorStateNotify, SelectEventsAuxNewKeyboardNotify,
};
use x11rb::protocol::xproto::ConnectionExt as _;

use super::keymap::{Group, Key, Keymap, Level, OutOfRange, State};
use crate::display::{Display, Link};

/// The device that all requests mean: what the keyboards together do.
pub(super) const KEYBOARD: u16 = 0x100;

/// What the lights are called (XKB protocol, "Standard Names").
const LIGHTS: [(&[u8], Leds); 3] = [
    (b"Caps Lock", Leds::CAPS),
    (b"Num Lock", Leds::NUM),
    (b"Scroll Lock", Leds::SCROLL),
];

/// What an event says of the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Keys carry something else.
    Map,
    /// Lights went on or off: a bit for each.
    Lights(u32),
    /// A program rang the bell.
    Bell,
}

/// Which of the keyboard's 32 lights are which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lights(Vec<(u32, Leds)>);

impl Lights {
    /// What is on, of the bits that the X server gives.
    #[must_use]
    pub fn leds(&self, on: u32) -> Leds {
        let lit = self.0.iter().filter(|(bit, _)| on & bit != 0);
        lit.fold(Leds::default(), |all, (_, light)| all.with(*light))
    }
}

/// Makes `link` hear of changes. Fails if the X server lacks XKEYBOARD.
pub fn watch(link: &Link, display: &Display) -> Result<()> {
    let x = link.x();
    if x.extension_information(xkb::X11_EXTENSION_NAME)?.is_none()
        || !x.xkb_use_extension(1, 0)?.reply()?.supported
    {
        bail!(
            "the X server on {} lacks the extension XKEYBOARD",
            display.name
        );
    }
    let keyboard = xkb::NKNDetail::KEYCODES;
    const BELLS: u8 = 1;
    let details = SelectEventsAux::new()
        .bell_notify(SelectEventsAuxBellNotify {
            affect_bell: BELLS,
            bell_details: BELLS,
        })
        .new_keyboard_notify(SelectEventsAuxNewKeyboardNotify {
            affect_new_keyboard: keyboard,
            new_keyboard_details: keyboard,
        })
        .indicator_state_notify(SelectEventsAuxIndicatorStateNotify {
            affect_indicator_state: u32::MAX,
            indicator_state_details: u32::MAX,
        });
    let map = MapPart::KEY_TYPES | MapPart::KEY_SYMS | MapPart::MODIFIER_MAP | MapPart::KEY_ACTIONS;
    let nothing = EventType::from(0_u16);
    x.xkb_select_events(KEYBOARD, nothing, EventType::MAP_NOTIFY, map, map, &details)?;
    Ok(())
}

/// What `event` says of the keyboard, if anything.
#[must_use]
pub fn news(event: &Event) -> Option<News> {
    match event {
        Event::MappingNotify(_) | Event::XkbMapNotify(_) | Event::XkbNewKeyboardNotify(_) => {
            Some(News::Map)
        }
        Event::XkbIndicatorStateNotify(lights) => Some(News::Lights(lights.state)),
        Event::XkbBellNotify(_) => Some(News::Bell),
        _ => None,
    }
}

/// What the keys carry.
pub fn keymap(link: &Link) -> Result<Keymap> {
    let parts =
        MapPart::KEY_TYPES | MapPart::KEY_SYMS | MapPart::KEY_ACTIONS | MapPart::MODIFIER_MAP;
    let none = MapPart::from(0_u16);
    let reply = link.x().xkb_get_map(
        KEYBOARD,
        parts,
        none,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        xkb::VMod::from(0_u16),
        0,
        0,
        0,
        0,
        0,
        0,
    )?;
    Ok(from_reply(&reply.reply()?))
}

/// What the keyboard is doing, after everything played so far.
pub fn state(link: &Link) -> Result<State> {
    let x = link.x();
    let state = x.xkb_get_state(KEYBOARD)?;
    let keys = x.query_keymap()?;
    let state = state.reply()?;
    Ok(State {
        modifiers: bits(state.mods),
        group: state.group.into(),
        down: keys.reply()?.keys,
    })
}

/// Which lights there are, and the bits of those that are on.
pub fn lights(link: &Link) -> Result<(Lights, u32)> {
    let x = link.x();
    let names = x.xkb_get_names(KEYBOARD, NameDetail::INDICATOR_NAMES)?;
    let on = x.xkb_get_indicator_state(KEYBOARD)?;
    let atoms = LIGHTS.map(|(name, light)| (x.intern_atom(false, name), light));
    let names = names.reply()?;
    let named = names.value_list.indicator_names.unwrap_or_default();
    let places = (0..32)
        .map(|place| 1 << place)
        .filter(|bit| names.indicators & bit != 0);
    let named: Vec<(u32, u32)> = places.zip(named).collect();
    let mut lights = Vec::new();
    for (atom, light) in atoms {
        let atom = atom?.reply()?.atom;
        let found = named.iter().find(|(_, name)| *name == atom);
        lights.extend(found.map(|&(bit, _)| (bit, light)));
    }
    Ok((Lights(lights), on.reply()?.state))
}

fn from_reply(reply: &GetMapReply) -> Keymap {
    let map = &reply.map;
    let kinds: Vec<Kind> = map.types_rtrn.iter().flatten().map(Kind::new).collect();
    let keysyms = map.syms_rtrn.as_deref().unwrap_or_default();
    let mut keys: Vec<Key> = keysyms.iter().map(|keysyms| key(keysyms, &kinds)).collect();
    let place = |keycode: u8| usize::from(keycode.saturating_sub(reply.first_key_sym));
    for modifier in map.modmap_rtrn.iter().flatten() {
        if let Some(key) = keys.get_mut(place(modifier.keycode)) {
            key.is_modifier = bits(modifier.mods) != 0;
        }
    }
    if let Some(all) = &map.key_actions {
        let mut actions = &*all.acts_rtrn_acts;
        let keys = keys.iter_mut().skip(place(reply.first_key_action));
        for (key, &count) in keys.zip(&all.acts_rtrn_count) {
            let (own, rest) = actions.split_at_checked(count.into()).unwrap_or_default();
            actions = rest;
            // The unshifted level of the first layout comes first; a modifier does the same on all of them.
            if let Some(action) = own.first() {
                act(key, action);
            }
        }
    }
    Keymap::new(reply.first_key_sym, keys)
}

/// A key type: how modifiers choose a level.
struct Kind {
    mask: u8,
    levels: Arc<[Level]>,
}

impl Kind {
    fn new(kind: &KeyType) -> Self {
        let active = kind.map.iter().filter(|entry| entry.active);
        let levels = active.map(|entry| Level {
            modifiers: bits(entry.mods_mask),
            level: entry.level,
        });
        Self {
            mask: bits(kind.mods_mask),
            levels: levels.collect(),
        }
    }
}

fn key(keysyms: &KeySymMap, kinds: &[Kind]) -> Key {
    let width = usize::from(keysyms.width).max(1);
    let groups = keysyms.syms.chunks(width).zip(keysyms.kt_index);
    let groups = groups.map(|(keysyms, kind)| {
        let kind = kinds.get(usize::from(kind));
        Group {
            keysyms: keysyms.into(),
            mask: kind.map_or(0, |kind| kind.mask),
            levels: kind.map_or_else(|| [].into(), |kind| Arc::clone(&kind.levels)),
        }
    });
    Key {
        groups: groups.collect(),
        out_of_range: out_of_range(keysyms.group_info),
        ..Key::default()
    }
}

/// Bits 6 and 7 say how, bits 4 and 5 which group (XKB protocol, "KB_KEYSYMMAP").
fn out_of_range(group_info: u8) -> OutOfRange {
    match group_info >> 6 {
        1 => OutOfRange::Last,
        2 => OutOfRange::Group((group_info >> 4) & 3),
        _ => OutOfRange::Wrap,
    }
}

fn act(key: &mut Key, action: &Action) {
    let kind = action.as_type();
    key.is_modifier |= kind != SAType::NO_ACTION && u8::from(kind) <= u8::from(SAType::LOCK_GROUP);
    if kind == SAType::SET_MODS {
        key.holds = bits(action.as_setmods().mask);
    } else if kind == SAType::SET_GROUP {
        let switch = action.as_setgroup();
        let absolute = u8::from(switch.flags) & u8::from(xkb::SA::GROUP_ABSOLUTE) != 0;
        key.shifts_group = if absolute { 0 } else { switch.group };
    }
}

/// The eight modifiers of a mask that has room for more.
fn bits(mask: x11rb::protocol::xproto::ModMask) -> u8 {
    u16::from(mask).to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lights_are_known_by_their_place() {
        let lights = Lights(vec![(1, Leds::CAPS), (8, Leds::NUM)]);
        assert_eq!(lights.leds(0), Leds::default());
        assert_eq!(lights.leds(9), Leds::CAPS.with(Leds::NUM));
        assert_eq!(lights.leds(0xf6), Leds::default());
    }

    #[test]
    fn layouts_beyond_the_keys_own_are_read_from_its_flags() {
        assert_eq!(out_of_range(0x02), OutOfRange::Wrap);
        assert_eq!(out_of_range(0x42), OutOfRange::Last);
        assert_eq!(out_of_range(0x92), OutOfRange::Group(1));
    }
}
