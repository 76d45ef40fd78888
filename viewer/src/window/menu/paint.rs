//! How the menu looks, and where in it what is.

use super::rows::{Control, ON, Row, SWITCH};
use crate::window::text::{Area, Colour, EDGE, FAINT_INK, Font, INK, PANEL, Sheet};
use rfb::{Rect, Size};

const SELECTED: Colour = 0x001f_5fbf;
const WARNING: Colour = 0x00b3_261e;
/// The value that is set, and its letters.
const MARK: Colour = 0x00f4_f6f8;
const MARK_INK: Colour = 0x0010_1418;

/// The finished menu.
pub(super) struct Painted {
    pub(super) size: Size,
    /// Rows of `size`.
    pub(super) pixels: Vec<Colour>,
    pub(super) parts: Vec<Part>,
}

/// A place of the menu that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) place: Rect,
    /// Which row.
    pub(super) row: usize,
    /// Which of its values, if one.
    pub(super) option: Option<usize>,
}

/// Draws the menu for a window and a monitor's `factor`: smaller where it would not fit, and around the selected row
/// where even that does not.
pub(super) fn paint(
    rows: &[Row],
    selected: usize,
    armed: bool,
    window: Size,
    factor: f64,
) -> Painted {
    let layout = Layout::fitting(rows, window, factor);
    let mut painter = Painter {
        sheet: Sheet::new(layout.width, layout.height, PANEL),
        layout: &layout,
        parts: Vec::new(),
    };
    let whole = Area {
        width: layout.width,
        height: layout.height,
        ..Area::default()
    };
    painter.sheet.frame(whole, layout.thin, EDGE);
    for (index, (row, area)) in rows.iter().zip(&layout.areas).enumerate() {
        let state = match index == selected {
            true if armed => Chosen::Armed,
            true => Chosen::Yes,
            false => Chosen::No,
        };
        painter.row(index, row, *area, state);
    }
    let Painter { sheet, parts, .. } = painter;
    cut_to(window, selected, &layout, sheet.into_pixels(), &parts)
}

/// Leaves out what is too high for the window, as far from the selected row as can be.
fn cut_to(
    window: Size,
    selected: usize,
    layout: &Layout,
    mut pixels: Vec<Colour>,
    parts: &[Part],
) -> Painted {
    let room = usize::from(window.height).min(layout.height);
    let selected = layout.areas.get(selected).copied().unwrap_or_default();
    let middle = selected.top + selected.height / 2;
    let above = middle.saturating_sub(room / 2).min(layout.height - room);
    pixels.drain(..above * layout.width);
    pixels.truncate(room * layout.width);
    let above = u32::from(short(above));
    let size = Size::new(short(layout.width), short(room));
    let moved = |part: &Part| {
        let Rect { left, top, .. } = part.place;
        let edge = |edge: u32| edge.saturating_sub(above);
        let (top, bottom) = (edge(top.into()), edge(part.place.bottom()));
        let place = Rect::from_edges(left.into(), top, part.place.right(), bottom);
        let place = place.intersection(size.into());
        (!place.is_empty()).then_some(Part { place, ..*part })
    };
    let parts = parts.iter().filter_map(moved).collect();
    Painted {
        size,
        pixels,
        parts,
    }
}

/// A side or an offset; menus are smaller than the largest window.
fn short(pixels: usize) -> u16 {
    u16::try_from(pixels).unwrap_or(u16::MAX)
}

/// Where everything goes.
struct Layout {
    font: Font,
    width: usize,
    height: usize,
    /// Space at the sides and around words.
    space: usize,
    /// The thickness of a line.
    thin: usize,
    /// Where values begin.
    values: usize,
    /// One for every row.
    areas: Vec<Area>,
}

impl Layout {
    /// With the largest letters that fit, the smallest if none do.
    fn fitting(rows: &[Row], window: Size, factor: f64) -> Self {
        let mut layout = Self::new(rows, Font::SMALLEST);
        for font in Font::up_to(factor) {
            let larger = Self::new(rows, font);
            if larger.fits(window) {
                layout = larger;
            }
        }
        layout
    }
    fn new(rows: &[Row], font: Font) -> Self {
        let (line, space) = (font.height(), font.width());
        let thin = (line / 16).max(1);
        let labels = rows.iter().filter(|row| !values(row).is_empty());
        let label_width = labels.map(|row| font.width_of(&row.label)).max();
        let values_at = space * 4 + label_width.unwrap_or_default();
        let needed = |row: &Row| {
            let values: usize = values(row)
                .iter()
                .map(|value| font.width_of(value) + space * 2)
                .sum();
            let label = font.width_of(&row.label);
            match &row.control {
                Control::Text | Control::Line => 0,
                Control::Choice { .. } => values_at + values,
                Control::Switch { hint, .. } => {
                    values_at + values + space * 2 + font.width_of(hint)
                }
                Control::Button { hint, twice, .. } => {
                    let again = if *twice { font.width_of(AGAIN) } else { 0 };
                    space * 4 + label + again + font.width_of(hint)
                }
            }
        };
        let width = rows.iter().map(needed).max().unwrap_or_default() + space * 2;
        let mut top = line / 2;
        let areas = rows
            .iter()
            .map(|row| {
                let height = match row.control {
                    Control::Line => line * 3 / 4,
                    _ => line + line / 2,
                };
                let area = Area {
                    left: 0,
                    top,
                    width,
                    height,
                };
                top += height;
                area
            })
            .collect();
        Self {
            font,
            width,
            height: top + line / 2,
            space,
            thin,
            values: values_at,
            areas,
        }
    }
    fn fits(&self, window: Size) -> bool {
        self.width <= window.width.into() && self.height <= window.height.into()
    }
}

/// Behind the label of a row that is to be chosen once more.
const AGAIN: &str = ": choose again to confirm";

/// The values of a row, as they are shown.
fn values(row: &Row) -> Vec<&str> {
    match &row.control {
        Control::Switch { .. } => SWITCH.to_vec(),
        Control::Choice { options, .. } => options.iter().map(|(name, _)| &**name).collect(),
        _ => Vec::new(),
    }
}

/// Whether a row is the selected one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chosen {
    No,
    Yes,
    /// And waits to be chosen again.
    Armed,
}

struct Painter<'a> {
    sheet: Sheet,
    layout: &'a Layout,
    parts: Vec<Part>,
}

impl Painter<'_> {
    fn row(&mut self, index: usize, row: &Row, area: Area, chosen: Chosen) {
        let Layout {
            font, space, thin, ..
        } = *self.layout;
        let inner = Area {
            left: space,
            width: area.width - space * 2,
            ..area
        };
        match &row.control {
            Control::Line => {
                let line = Area {
                    top: area.top + area.height / 2,
                    height: thin,
                    ..inner
                };
                return self.sheet.fill(line, EDGE);
            }
            Control::Text => {
                let text = font.cut(&row.label, inner.width - space * 2);
                return self.write(space * 2, area, &text, FAINT_INK);
            }
            _ => {}
        }
        self.part(index, None, inner);
        match chosen {
            Chosen::No => {}
            Chosen::Yes => self.sheet.fill(inner, SELECTED),
            Chosen::Armed => self.sheet.fill(inner, WARNING),
        }
        let label = match chosen {
            Chosen::Armed => format!("{}{AGAIN}", row.label),
            _ => row.label.clone(),
        };
        self.write(space * 2, area, &label, INK);
        self.values(index, row, area);
        if let Control::Button { hint, .. } | Control::Switch { hint, .. } = &row.control {
            let ink = if chosen == Chosen::No { FAINT_INK } else { INK };
            let left = area.width - space * 2 - font.width_of(hint);
            self.write(left, area, hint, ink);
        }
    }
    fn values(&mut self, index: usize, row: &Row, area: Area) {
        let Layout { font, space, .. } = *self.layout;
        let current = match &row.control {
            Control::Switch { on, .. } => Some(if *on { ON } else { 1 - ON }),
            Control::Choice { current, .. } => *current,
            _ => None,
        };
        let mut left = self.layout.values;
        for (option, value) in values(row).into_iter().enumerate() {
            let inset = area.height / 8;
            let place = Area {
                left,
                top: area.top + inset,
                width: font.width_of(value) + space * 2,
                height: area.height - inset * 2,
            };
            let is_current = current == Some(option);
            if is_current {
                self.sheet.fill(place, MARK);
            }
            let ink = if is_current { MARK_INK } else { INK };
            self.write(left + space, area, value, ink);
            self.part(index, Some(option), place);
            left += place.width;
        }
    }
    /// Writes in the middle of the height of `area`.
    fn write(&mut self, left: usize, area: Area, text: &str, ink: Colour) {
        let font = self.layout.font;
        let top = area.top + (area.height - font.height()) / 2;
        self.sheet.write(font, (left, top), text, ink);
    }
    fn part(&mut self, row: usize, option: Option<usize>, area: Area) {
        let place = Rect::new(
            short(area.left),
            short(area.top),
            short(area.width),
            short(area.height),
        );
        self.parts.push(Part { place, row, option });
    }
}
