//! The menu over the desktop: what it offers, and what keys and the mouse do in it.

mod paint;
mod rows;

use super::picture::Overlay;
use super::picture::Scale;
use paint::{Painted, Part};
use rfb::{PowerAction, Size};
pub(crate) use rows::State;
use rows::{Control, Row};

/// What a person chose in the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Full screen, or a window.
    FullScreen(bool),
    /// How large the desktop is shown.
    Scale(Scale),
    /// Whether the desktop is asked to take the window's size.
    Follow(bool),
    /// JPEG quality from now on; `None` for lossless.
    Quality(Option<u8>),
    /// Compression from now on.
    Compression(u8),
    /// The whole picture anew.
    Refresh,
    /// Whether nothing that acts is sent.
    ViewOnly(bool),
    /// Whether keys of the window manager go to the desktop too.
    Grab(bool),
    /// Whether sound is heard.
    Sound(bool),
    /// How loud, in percent.
    Volume(u8),
    /// Whether what the microphone hears is sent.
    Microphone(bool),
    /// Ctrl, Alt and Delete.
    SendCtrlAltDel,
    /// The key that opens the menu.
    SendMenuKey,
    /// Ends or restarts the machine there.
    Power(PowerAction),
    /// Ends the session.
    Disconnect,
    /// Closes the menu.
    Close,
}

impl Action {
    /// Whether the menu goes away with it; else one sees in the menu what it did.
    pub(crate) fn closes(self) -> bool {
        !matches!(
            self,
            Self::Scale(_)
                | Self::Follow(_)
                | Self::Quality(_)
                | Self::Compression(_)
                | Self::ViewOnly(_)
                | Self::Grab(_)
                | Self::Sound(_)
                | Self::Volume(_)
                | Self::Microphone(_)
        )
    }
}

/// A key in the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Press {
    Up,
    Down,
    Left,
    Right,
    First,
    Last,
    Enter,
    Escape,
    /// The key that opens the menu.
    Menu,
}

/// The open menu.
pub(crate) struct Menu {
    rows: Vec<Row>,
    selected: usize,
    /// The selected row acts when it is chosen once more.
    armed: bool,
    /// How it was last drawn.
    look: Option<Look>,
    /// It looks different now.
    stale: bool,
    version: u64,
}

/// How the menu looks in a window of `window` pixels and a monitor of `factor`.
struct Look {
    window: Size,
    factor: f64,
    overlay: Overlay,
    parts: Vec<Part>,
}

impl Menu {
    /// What can be done, and how things are.
    pub(crate) fn new(state: &State) -> Self {
        let rows = rows::of(state);
        Self {
            selected: rows.iter().position(Row::is_choosable).unwrap_or_default(),
            rows,
            armed: false,
            look: None,
            stale: false,
            version: 0,
        }
    }
    /// Things are different now; whether one sees it.
    pub(crate) fn update(&mut self, state: &State) -> bool {
        let rows = rows::of(state);
        if rows == self.rows {
            return false;
        }
        let before = std::mem::replace(&mut self.rows, rows);
        let before = before.get(self.selected);
        let same = |row: &Row| before.is_some_and(|before| before.label == row.label);
        match self.rows.iter().position(same) {
            Some(selected) => self.selected = selected,
            None => {
                let first = choosable(&self.rows).next();
                self.select(first.unwrap_or_default());
            }
        }
        self.stale = true;
        true
    }
    /// A key went down: what is to be done.
    pub(crate) fn press(&mut self, press: Press) -> Option<Action> {
        match press {
            Press::Up | Press::Down | Press::First | Press::Last => {
                self.select(self.beside(press));
                None
            }
            Press::Left => self.turn(-1),
            Press::Right => self.turn(1),
            Press::Enter => self.choose(),
            Press::Escape => Some(Action::Close),
            Press::Menu => Some(Action::SendMenuKey),
        }
    }
    /// The row that an arrow leads to. Behind the last comes the first.
    fn beside(&self, press: Press) -> usize {
        let selected = self.selected;
        let mut rows = choosable(&self.rows);
        let near = match press {
            Press::Up => rows.clone().rfind(|&row| row < selected),
            Press::Down => rows.clone().find(|&row| row > selected),
            _ => None,
        };
        let end = match press {
            Press::Up | Press::Last => rows.next_back(),
            _ => rows.next(),
        };
        near.or(end).unwrap_or(selected)
    }
    /// The mouse is at this position of the window; whether the menu looks different now.
    pub(crate) fn hover(&mut self, x: f64, y: f64) -> bool {
        if let Some(part) = self.part_at(x, y) {
            self.select(part.row);
        }
        self.stale
    }
    /// The mouse was clicked there: what is to be done. Beside the menu it closes it.
    pub(crate) fn click(&mut self, x: f64, y: f64) -> Option<Action> {
        let look = self.look.as_ref()?;
        if look.overlay.at(x, y).is_none() {
            return Some(Action::Close);
        }
        let part = self.part_at(x, y)?;
        self.select(part.row);
        match (&self.rows.get(part.row)?.control, part.option) {
            (Control::Choice { options, .. }, option) => Some(options.get(option?)?.1),
            (Control::Switch { on, flip, .. }, Some(option)) => {
                ((option == rows::ON) != *on).then_some(*flip)
            }
            _ => self.choose(),
        }
    }
    /// Its picture for a window of `window` pixels on a monitor with so many pixels for one of a plain monitor.
    pub(crate) fn overlay(&mut self, window: Size, factor: f64) -> &Overlay {
        let is_for =
            |look: &Look| look.window == window && (look.factor - factor).abs() < f64::EPSILON;
        let is_fresh = !std::mem::take(&mut self.stale);
        let look = match self.look.take() {
            Some(look) if is_fresh && is_for(&look) => look,
            _ => {
                self.version += 1;
                let painted = paint::paint(&self.rows, self.selected, self.armed, window, factor);
                let Painted {
                    size,
                    pixels,
                    parts,
                } = painted;
                Look {
                    window,
                    factor,
                    overlay: Overlay::new(size, pixels, self.version, window),
                    parts,
                }
            }
        };
        &self.look.insert(look).overlay
    }
    fn part_at(&self, x: f64, y: f64) -> Option<Part> {
        let look = self.look.as_ref()?;
        let at = look.overlay.at(x, y)?;
        let hits = look.parts.iter().filter(|part| part.place.contains(at));
        // An option lies on its row.
        hits.max_by_key(|part| part.option.is_some()).copied()
    }
    fn select(&mut self, row: usize) {
        if self.selected != row {
            self.selected = row;
            self.armed = false;
            self.stale = true;
        }
    }
    /// The selected row is chosen.
    fn choose(&mut self) -> Option<Action> {
        match &self.rows.get(self.selected)?.control {
            Control::Button { action, twice, .. } => {
                if *twice && !self.armed {
                    self.armed = true;
                    self.stale = true;
                    return None;
                }
                Some(*action)
            }
            Control::Switch { flip, .. } => Some(*flip),
            Control::Choice { options, current } => {
                let next = current.map_or(0, |current| (current + 1) % options.len().max(1));
                Some(options.get(next)?.1)
            }
            Control::Text | Control::Line => None,
        }
    }
    /// The selected row's value goes one further to the left or the right.
    fn turn(&mut self, by: isize) -> Option<Action> {
        match &self.rows.get(self.selected)?.control {
            Control::Switch { on, flip, .. } => (*on != (by > 0)).then_some(*flip),
            Control::Choice { options, current } => {
                let next = current.map_or(Some(0), |current| current.checked_add_signed(by))?;
                Some(options.get(next)?.1)
            }
            Control::Button { .. } | Control::Text | Control::Line => None,
        }
    }
}

/// The places of the rows that do something.
fn choosable(rows: &[Row]) -> impl DoubleEndedIterator<Item = usize> + Clone + '_ {
    let rows = rows.iter().enumerate();
    rows.filter(|(_, row)| row.is_choosable())
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::SoundState;

    fn state() -> State {
        State {
            name: "pod".into(),
            full_screen: false,
            scale: Scale::Auto,
            follow: true,
            quality: Some(8),
            compression: 2,
            view_only: false,
            grab: None,
            menu_key: Some("F8".into()),
            sound: None,
            can_power: true,
            status: String::new(),
        }
    }

    /// Presses Down until the row `label` is selected.
    fn go_to(menu: &mut Menu, label: &str) {
        for _ in 0..menu.rows.len() {
            if menu.rows[menu.selected].label.starts_with(label) {
                return;
            }
            assert_eq!(menu.press(Press::Down), None);
        }
        panic!("no row {label}");
    }

    #[test]
    fn every_row_can_be_reached_and_the_end_leads_to_the_beginning() {
        let mut menu = Menu::new(&state());
        let first = menu.selected;
        let count = choosable(&menu.rows).count();
        for _ in 0..count {
            menu.press(Press::Down);
        }
        assert_eq!(menu.selected, first);
        menu.press(Press::Up);
        let last = menu.selected;
        menu.press(Press::First);
        assert_eq!(menu.selected, first);
        menu.press(Press::Last);
        assert_eq!(menu.selected, last);
        assert_eq!(menu.press(Press::Enter), Some(Action::Disconnect));
    }

    #[test]
    fn left_and_right_change_a_value_and_stop_at_its_ends() {
        let mut menu = Menu::new(&state());
        go_to(&mut menu, "Quality");
        assert_eq!(menu.press(Press::Left), Some(Action::Quality(Some(9))));
        assert_eq!(menu.press(Press::Right), Some(Action::Quality(Some(6))));
        menu.update(&State {
            quality: None,
            ..state()
        });
        assert_eq!(menu.press(Press::Left), None);
        assert_eq!(menu.press(Press::Enter), Some(Action::Quality(Some(9))));
        go_to(&mut menu, "View only");
        assert_eq!(menu.press(Press::Left), None);
        assert_eq!(menu.press(Press::Right), Some(Action::ViewOnly(true)));
        assert_eq!(menu.press(Press::Enter), Some(Action::ViewOnly(true)));
    }

    #[test]
    fn a_quality_from_the_command_line_is_among_the_choices() {
        let mut menu = Menu::new(&State {
            quality: Some(5),
            ..state()
        });
        go_to(&mut menu, "Quality");
        assert_eq!(menu.press(Press::Left), Some(Action::Quality(Some(6))));
        assert_eq!(menu.press(Press::Right), Some(Action::Quality(Some(4))));
    }

    #[test]
    fn a_machine_is_shut_down_only_when_chosen_twice_in_a_row() {
        let mut menu = Menu::new(&state());
        go_to(&mut menu, "Shut down");
        assert_eq!(menu.press(Press::Enter), None);
        menu.press(Press::Up);
        menu.press(Press::Down);
        assert_eq!(menu.press(Press::Enter), None);
        let shut_down = Action::Power(PowerAction::Shutdown);
        assert_eq!(menu.press(Press::Enter), Some(shut_down));
    }

    #[test]
    fn what_cannot_be_done_is_not_offered() {
        let labels = |state: &State| -> Vec<String> {
            Menu::new(state)
                .rows
                .into_iter()
                .map(|row| row.label)
                .collect()
        };
        let cannot = labels(&State {
            can_power: false,
            menu_key: None,
            ..state()
        });
        for label in ["Shut down", "Grab", "Send F8", "Sound", "Microphone"] {
            assert!(!cannot.iter().any(|row| row.starts_with(label)), "{label}");
        }
        let can = labels(&State {
            grab: Some(true),
            ..state()
        });
        for label in ["Shut down", "Grab", "Send F8"] {
            assert!(can.iter().any(|row| row.starts_with(label)), "{label}");
        }
    }

    #[test]
    fn sound_is_made_louder_and_quieter_and_switched_off_where_there_is_any() {
        let sound = SoundState {
            is_muted: false,
            volume: 85,
            microphone: None,
            trouble: None,
        };
        let with = |sound: SoundState| State {
            sound: Some(sound),
            ..state()
        };
        let mut menu = Menu::new(&with(sound.clone()));
        go_to(&mut menu, "Sound");
        assert_eq!(menu.press(Press::Enter), Some(Action::Sound(false)));
        menu.press(Press::Down);
        assert_eq!(menu.press(Press::Left), Some(Action::Volume(80)));
        assert_eq!(menu.press(Press::Right), Some(Action::Volume(90)));
        menu.update(&with(SoundState {
            volume: 100,
            microphone: Some(false),
            trouble: Some("The sound device is lost".into()),
            ..sound
        }));
        assert_eq!(menu.press(Press::Right), None);
        menu.press(Press::Down);
        assert_eq!(menu.press(Press::Enter), Some(Action::Microphone(true)));
        assert!(menu.rows.iter().any(|row| row.label.contains("lost")));
    }

    #[test]
    fn the_mouse_chooses_what_it_is_on_and_closes_the_menu_beside_it() {
        for (width, height, factor) in [(800, 600, 1.0), (1600, 1400, 2.0), (300, 200, 1.0)] {
            let window = Size::new(width, height);
            let mut menu = Menu::new(&state());
            let mut chosen = Vec::new();
            for _ in 0..menu.rows.len() {
                menu.press(Press::Down);
                let place = menu.overlay(window, factor).place();
                assert!(place.fits(window));
                let parts = menu.look.as_ref().unwrap().parts.clone();
                let of_row = parts.iter().filter(|part| part.row == menu.selected);
                let middle: Vec<_> = of_row
                    .map(|part| {
                        let Part { place: at, .. } = *part;
                        let x = place.left + at.left + at.width / 2;
                        let y = place.top + at.top + at.height / 2;
                        (f64::from(x), f64::from(y), part.option.is_some())
                    })
                    .collect();
                let has_options = middle.iter().any(|&(.., option)| option);
                for (x, y, option) in middle {
                    if option == has_options && x < width.into() && y < height.into() {
                        chosen.extend(menu.click(x, y));
                    }
                }
                if place.left > 0 && place.top > 0 {
                    assert_eq!(menu.click(0.0, 0.0), Some(Action::Close));
                }
            }
            for action in [
                Action::FullScreen(true),
                Action::Quality(Some(9)),
                Action::SendCtrlAltDel,
                Action::Disconnect,
            ] {
                assert!(chosen.contains(&action), "{action:?} at {width}");
            }
        }
    }

    #[test]
    fn the_picture_changes_only_when_the_menu_does() {
        let window = Size::new(800, 600);
        let mut menu = Menu::new(&state());
        let before = menu.overlay(window, 1.0).version();
        assert_eq!(menu.overlay(window, 1.0).version(), before);
        assert!(!menu.update(&state()));
        assert_eq!(menu.overlay(window, 1.0).version(), before);
        menu.press(Press::Down);
        assert_ne!(menu.overlay(window, 1.0).version(), before);
        let fuller = State {
            full_screen: true,
            ..state()
        };
        assert!(menu.update(&fuller));
    }
}
