//! Figures in rows: a name, and its values on an axis that all rows share.

use super::axis::{Axis, LARGEST};
use super::chart::Look;
use super::count;
use super::legend::{self, Entry};
use super::svg::{Anchor, Canvas, Style, Text};
use super::theme::{GRID, INK, SOFT};

/// The width of the drawing, in pixels, and of a row.
const WIDTH: f64 = 900.0;
const ROW: f64 = 19.0;
/// Of the letters of a row.
const SIZE: f64 = 11.0;
/// The most that names and figures take.
const NAMES: f64 = 330.0;
const FIGURES: f64 = 150.0;
const MARGIN: f64 = 14.0;
const TITLE: f64 = 28.0;
const BELOW: f64 = 44.0;

/// What is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) title: String,
    pub(crate) label: &'static str,
    pub(crate) is_logarithmic: bool,
    pub(crate) kind: Kind,
    pub(crate) rows: Vec<Row>,
}

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ascending, as percentiles: a dot, ticks, and a line through them. What each is called.
    Range(&'static [&'static str]),
    /// A bar to the first, and a tick at the second. What each is called.
    Bar(&'static [&'static str]),
}

/// A row of it.
#[derive(Clone, Debug)]
pub(crate) enum Row {
    /// Names what the next rows have in common.
    Heading(String),
    /// Values, one for each that the kind names; none where nothing was measured.
    Values {
        name: String,
        look: Look,
        values: Vec<Option<f64>>,
        /// Written beside them.
        note: String,
    },
}

/// Where things are.
struct Layout {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    axis: Axis,
}

impl Layout {
    fn x(&self, value: f64) -> f64 {
        self.left + self.axis.place(value).clamp(0.0, 1.0) * (self.right - self.left)
    }
}

impl Rows {
    /// The drawing, for a page that names colours.
    pub(crate) fn draw(&self) -> String {
        let entries = self.entries();
        let inner = WIDTH - 2.0 * MARGIN;
        let head = TITLE + legend::height(&entries, inner) + 6.0;
        let body = ROW * count(self.rows.len());
        let mut canvas = Canvas::new(WIDTH, head + body + BELOW, &self.title);
        let title = legend::shortened(&self.title, 13.0, inner);
        let mut text = Text::new(&title, 13.0, Anchor::Start);
        text.is_bold = true;
        canvas.write((MARGIN, 20.0), text);
        legend::draw(&mut canvas, &entries, (MARGIN, TITLE), inner);
        let layout = Layout {
            left: MARGIN + self.names_width() + 10.0,
            right: WIDTH - MARGIN - FIGURES,
            top: head,
            bottom: head + body,
            axis: self.axis(),
        };
        self.draw_axis(&mut canvas, &layout);
        for (index, row) in self.rows.iter().enumerate() {
            let middle = layout.top + ROW * count(index) + ROW / 2.0;
            self.draw_row(&mut canvas, &layout, row, middle);
        }
        canvas.finish_named()
    }

    fn entries(&self) -> Vec<Entry<'static>> {
        let (Kind::Range(names) | Kind::Bar(names)) = self.kind;
        let signs = names.iter().enumerate().map(|(index, name)| Entry {
            name,
            line: (index == 0).then(|| match self.kind {
                Kind::Bar(_) => Style::thick(SOFT).width(9.0),
                Kind::Range(_) => Style::thick(SOFT),
            }),
            dot: (index == 0 && matches!(self.kind, Kind::Range(_))).then(|| Style::filled(SOFT)),
            tick: match (self.kind, index) {
                (_, 0) => None,
                (Kind::Bar(_), _) => Some(Style::thick(INK)),
                (Kind::Range(_), index) => Some(tick(SOFT, index)),
            },
        });
        match names.len() {
            0 | 1 => Vec::new(),
            _ => signs.collect(),
        }
    }

    fn names_width(&self) -> f64 {
        let names = self.rows.iter().filter_map(|row| match row {
            Row::Values { name, .. } => Some(legend::width_of(name, SIZE)),
            Row::Heading(_) => None,
        });
        names.fold(60.0, f64::max).min(NAMES)
    }

    fn axis(&self) -> Axis {
        let values = self.rows.iter().flat_map(|row| match row {
            Row::Values { values, .. } => values.as_slice(),
            Row::Heading(_) => &[],
        });
        let values = values.copied().flatten();
        match self.is_logarithmic {
            true => Axis::logarithmic(values),
            false => Axis::linear(values.chain(std::iter::once(0.0))),
        }
    }

    fn draw_axis(&self, canvas: &mut Canvas, layout: &Layout) {
        for (value, label) in layout.axis.ticks() {
            let x = layout.x(value);
            canvas.line((x, layout.top), (x, layout.bottom), Style::thin(GRID));
            canvas.text((x, layout.bottom + 14.0), &label, 10.0, Anchor::Middle);
        }
        let corner = (layout.left, layout.bottom);
        canvas.line(corner, (layout.right, layout.bottom), Style::thin(SOFT));
        let middle = (layout.left + layout.right) / 2.0;
        canvas.text(
            (middle, layout.bottom + 32.0),
            self.label,
            11.0,
            Anchor::Middle,
        );
    }

    fn draw_row(&self, canvas: &mut Canvas, layout: &Layout, row: &Row, middle: f64) {
        let (name, look, values, note) = match row {
            Row::Heading(heading) => {
                let heading = legend::shortened(heading, SIZE, WIDTH - 2.0 * MARGIN);
                let mut text = Text::new(&heading, SIZE, Anchor::Start);
                text.is_bold = true;
                text.colour = SOFT;
                canvas.write((MARGIN, middle + 5.0), text);
                return;
            }
            Row::Values {
                name,
                look,
                values,
                note,
            } => (name, *look, values, note),
        };
        let name = legend::shortened(name, SIZE, NAMES);
        canvas.text((layout.left - 8.0, middle + 4.0), &name, SIZE, Anchor::End);
        let places: Vec<Option<f64>> = values
            .iter()
            .map(|value| self.place(layout, *value))
            .collect();
        match self.kind {
            Kind::Range(_) => draw_range(canvas, look, &places, middle),
            Kind::Bar(_) => draw_bar(canvas, look, layout.left, &places, middle),
        }
        let note = legend::shortened(note, 10.0, FIGURES + MARGIN - 12.0);
        canvas.text(
            (layout.right + 10.0, middle + 4.0),
            &note,
            10.0,
            Anchor::Start,
        );
    }

    fn place(&self, layout: &Layout, value: Option<f64>) -> Option<f64> {
        let value = value.filter(|value| value.abs() <= LARGEST)?;
        Some(layout.x(value))
    }
}

/// The mark of the value of that index: the further out, the finer.
fn tick(colour: &'static str, index: usize) -> Style {
    Style::thick(colour).width(if index == 1 { 3.5 } else { 1.5 })
}

fn draw_range(canvas: &mut Canvas, look: Look, places: &[Option<f64>], middle: f64) {
    let known = || places.iter().flatten().copied();
    if let (Some(first), Some(last)) = (known().next(), known().next_back()) {
        canvas.line((first, middle), (last, middle), Style::thick(look.colour()));
    }
    for (index, place) in places.iter().enumerate() {
        let Some(x) = *place else { continue };
        if index > 0 {
            let style = tick(look.colour(), index);
            canvas.line((x, middle - 6.0), (x, middle + 6.0), style);
        }
    }
    if let Some(Some(x)) = places.first() {
        canvas.circle((*x, middle), look.dot());
    }
}

fn draw_bar(canvas: &mut Canvas, look: Look, left: f64, places: &[Option<f64>], middle: f64) {
    let half = ROW / 2.0 - 4.0;
    if let Some(Some(x)) = places.first() {
        let size = ((x - left).max(0.0), 2.0 * half);
        canvas.bar((left, middle - half), size, look.dot().width(1.0));
    }
    for x in places.iter().skip(1).flatten() {
        let tick = Style::thick(INK);
        canvas.line((*x, middle - half - 2.0), (*x, middle + half + 2.0), tick);
    }
}
