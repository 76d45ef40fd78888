//! The rows of the menu.

use super::Action;
use crate::sound::SoundState;
use crate::window::picture::Scale;
use rfb::PowerAction;

/// What the menu tells and offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// The desktop's name.
    pub(crate) name: String,
    pub(crate) full_screen: bool,
    pub(crate) scale: Scale,
    /// The desktop is asked to take the window's size.
    pub(crate) follow: bool,
    /// JPEG quality; `None` for lossless.
    pub(crate) quality: Option<u8>,
    pub(crate) compression: u8,
    pub(crate) view_only: bool,
    /// Whether the keyboard is grabbed; `None` if it cannot be.
    pub(crate) grab: Option<bool>,
    /// The name of the key that opens the menu, if one does.
    pub(crate) menu_key: Option<String>,
    /// How the desktop's sound is played, if it has any.
    pub(crate) sound: Option<SoundState>,
    /// The server takes [`Action::Power`].
    pub(crate) can_power: bool,
    /// Figures, or what happened.
    pub(crate) status: String,
}

/// One line of the menu.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) label: String,
    pub(crate) control: Control,
}

/// What one can do in a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Control {
    /// Only to be read.
    Text,
    /// A line between groups.
    Line,
    /// Does something; `twice` if it has to be chosen once more. `hint` is a key that does the same.
    Button {
        action: Action,
        hint: String,
        twice: bool,
    },
    /// On or off, and what makes it the other.
    Switch {
        on: bool,
        flip: Action,
        hint: String,
    },
    /// One of several.
    Choice {
        options: Vec<(String, Action)>,
        current: Option<usize>,
    },
}

impl Row {
    fn new(label: impl Into<String>, control: Control) -> Self {
        let label = label.into();
        Self { label, control }
    }
    /// Whether there is anything to choose.
    pub(crate) fn is_choosable(&self) -> bool {
        !matches!(self.control, Control::Text | Control::Line)
    }
}

/// The two values of a switch as they are shown, and the place of the second.
pub(super) const SWITCH: [&str; 2] = ["Off", "On"];
pub(super) const ON: usize = 1;

/// The rows for `state`, top to bottom.
pub(super) fn of(state: &State) -> Vec<Row> {
    let line = || Row::new("", Control::Line);
    let mut rows = vec![Row::new(&*state.name, Control::Text), line()];
    rows.extend(picture(state));
    rows.push(line());
    rows.extend(input(state));
    rows.push(line());
    if let Some(own) = &state.sound {
        rows.extend(sound(own, state.view_only));
        rows.push(line());
    }
    if state.can_power && !state.view_only {
        rows.extend(power());
        rows.push(line());
    }
    rows.push(button("Disconnect", Action::Disconnect));
    rows.push(line());
    rows.push(Row::new(&*state.status, Control::Text));
    rows
}

fn picture(state: &State) -> Vec<Row> {
    let mut rows = vec![hinted(
        "Full screen",
        state.full_screen,
        Action::FullScreen,
        "F11",
    )];
    let scales = [
        ("Auto", Scale::Auto),
        ("Fit", Scale::Fit),
        ("100%", Scale::Times(1)),
        ("200%", Scale::Times(2)),
    ];
    let mut scales: Vec<_> = scales
        .into_iter()
        .map(|(name, scale)| (name.to_owned(), scale))
        .collect();
    if let Scale::Times(times @ 3..) = state.scale {
        scales.push((format!("{times}00%"), state.scale));
    }
    rows.push(choice("Scale", scales, state.scale, Action::Scale));
    rows.push(switch("Resize the desktop", state.follow, Action::Follow));
    let mut qualities = vec![None, Some(9), Some(8), Some(6), Some(4), Some(2)];
    if !qualities.contains(&state.quality) {
        qualities.push(state.quality);
        // Lossless, then the best first.
        qualities.sort_by_key(|quality| std::cmp::Reverse(quality.unwrap_or(u8::MAX)));
    }
    let named = |quality: Option<u8>| quality.map_or("Lossless".into(), |level| level.to_string());
    let qualities = qualities
        .into_iter()
        .map(|quality| (named(quality), quality))
        .collect();
    rows.push(choice("Quality", qualities, state.quality, Action::Quality));
    let levels = (0..=9).map(|level| (level.to_string(), level)).collect();
    let level = state.compression;
    rows.push(choice("Compression", levels, level, Action::Compression));
    rows.push(button("Refresh the picture", Action::Refresh));
    rows
}

fn input(state: &State) -> Vec<Row> {
    let mut rows = vec![switch("View only", state.view_only, Action::ViewOnly)];
    if let Some(on) = state.grab {
        rows.push(switch("Grab the keyboard", on, Action::Grab));
    }
    if state.view_only {
        return rows;
    }
    rows.push(button("Send Ctrl+Alt+Del", Action::SendCtrlAltDel));
    if let Some(key) = &state.menu_key {
        let control = Control::Button {
            action: Action::SendMenuKey,
            hint: key.clone(),
            twice: false,
        };
        rows.push(Row::new(format!("Send {key}"), control));
    }
    rows
}

fn sound(state: &SoundState, view_only: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(trouble) = &state.trouble {
        rows.push(Row::new(&**trouble, Control::Text));
    }
    rows.push(switch("Sound", !state.is_muted, Action::Sound));
    let mut volumes: Vec<u8> = (0..=100).step_by(10).collect();
    if let Err(place) = volumes.binary_search(&state.volume) {
        volumes.insert(place, state.volume);
    }
    let volumes = volumes
        .into_iter()
        .map(|volume| (format!("{volume}%"), volume))
        .collect();
    rows.push(choice("Volume", volumes, state.volume, Action::Volume));
    if let Some(on) = state.microphone.filter(|_| !view_only) {
        rows.push(switch("Microphone", on, Action::Microphone));
    }
    rows
}

fn power() -> impl Iterator<Item = Row> {
    let actions = [
        ("Shut down", PowerAction::Shutdown),
        ("Reboot", PowerAction::Reboot),
        ("Reset", PowerAction::Reset),
    ];
    actions.into_iter().map(|(label, action)| {
        let control = Control::Button {
            action: Action::Power(action),
            hint: String::new(),
            twice: true,
        };
        Row::new(label, control)
    })
}

fn button(label: &str, action: Action) -> Row {
    let control = Control::Button {
        action,
        hint: String::new(),
        twice: false,
    };
    Row::new(label, control)
}

fn switch(label: &str, on: bool, action: fn(bool) -> Action) -> Row {
    hinted(label, on, action, "")
}

fn hinted(label: &str, on: bool, action: fn(bool) -> Action, hint: &str) -> Row {
    let hint = hint.to_owned();
    let flip = action(!on);
    Row::new(label, Control::Switch { on, flip, hint })
}

fn choice<T: Copy + PartialEq>(
    label: &str,
    values: Vec<(String, T)>,
    current: T,
    action: fn(T) -> Action,
) -> Row {
    let current = values.iter().position(|&(_, value)| value == current);
    let options = values
        .into_iter()
        .map(|(name, value)| (name, action(value)))
        .collect();
    Row::new(label, Control::Choice { options, current })
}
