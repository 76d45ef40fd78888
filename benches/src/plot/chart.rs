//! A chart: lines and dots over two axes, with a legend.

use super::axis::{Axis, LARGEST};
use super::frame::Frame;
use super::legend::{self, Entry};
use super::svg::{Anchor, Canvas, Style, Text};
use super::theme::{LIMIT, SERIES, SOFT};

/// The width of a chart, and its height without title and legend, in pixels.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 290.0;
/// Beside the title and the legend.
const MARGIN: f64 = 14.0;
/// What title and subtitle take.
const TITLE: f64 = 28.0;
/// Values whose ratio is less are on a linear axis.
const NEAR: f64 = 4.0;
/// Of a line at most; more are joined, each keeping its peak.
const POINTS: usize = 1200;

/// What is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) x: Scale,
    pub(crate) y: Scale,
    pub(crate) lines: Vec<Line>,
}

/// An axis of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) label: &'static str,
    /// Equal steps for equal ratios, if the values are far enough apart for that; only for values above zero.
    pub(crate) is_logarithmic: bool,
    /// Begins at zero, if it is not logarithmic.
    pub(crate) has_zero: bool,
}

/// A line of it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) look: Look,
    /// What does not lie on both axes is not drawn.
    pub(crate) points: Vec<(f64, f64)>,
    /// Beside each point; empty: points are not marked.
    pub(crate) labels: Vec<String>,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Of ours, in a colour of its own.
    Ours(usize),
    /// Of somebody else's: dashed, its dots hollow.
    Theirs(usize),
    /// What the others are held to.
    Limit,
}

impl Look {
    pub(super) fn colour(self) -> &'static str {
        match self {
            Self::Ours(index) | Self::Theirs(index) => SERIES
                .iter()
                .cycle()
                .nth(index % SERIES.len())
                .unwrap_or(&SOFT),
            Self::Limit => LIMIT,
        }
    }

    fn line(self, is_fine: bool) -> Style {
        let width = if is_fine { 1.4 } else { 2.0 };
        let style = Style::thick(self.colour()).width(width);
        match self {
            Self::Ours(_) => style,
            Self::Theirs(_) => style.dashed(),
            Self::Limit => style.dotted(),
        }
    }

    pub(super) fn dot(self) -> Style {
        match self {
            Self::Theirs(_) => Style::hollow(self.colour()),
            _ => Style::filled(self.colour()),
        }
    }
}

impl Scale {
    /// From zero on.
    pub(crate) const fn from_zero(label: &'static str) -> Self {
        Self {
            label,
            is_logarithmic: false,
            has_zero: true,
        }
    }

    fn takes(&self, value: f64) -> bool {
        value.abs() <= LARGEST && !(self.is_logarithmic && value <= 0.0)
    }

    /// The axis for `values`, with so much room beyond the most of them if it begins at zero.
    fn axis(&self, values: impl Iterator<Item = f64> + Clone, room: f64) -> Axis {
        if self.is_logarithmic {
            let least = values.clone().fold(f64::INFINITY, f64::min);
            let most = values.clone().fold(0.0, f64::max);
            // Round numbers would be too far apart.
            return match most > least * NEAR {
                true => Axis::logarithmic(values),
                false => Axis::linear(values),
            };
        }
        let most = values.clone().fold(0.0, f64::max);
        match self.has_zero {
            true => Axis::linear(values.chain([0.0, most * room])),
            false => Axis::linear(values),
        }
    }
}

impl Chart {
    /// The drawing, for a page that names colours.
    pub(crate) fn draw(&self) -> String {
        let lines: Vec<(&Line, Vec<(f64, f64)>)> = self
            .lines
            .iter()
            .map(|line| (line, self.kept(line)))
            .collect();
        let entries: Vec<Entry<'_>> = self.lines.iter().map(entry).collect();
        let inner = WIDTH - 2.0 * MARGIN;
        let head = TITLE + legend::height(&entries, inner);
        let mut canvas = Canvas::new(WIDTH, HEIGHT + head - 14.0, &self.title);
        let title = legend::shortened(&self.title, 13.0, inner);
        let mut text = Text::new(&title, 13.0, Anchor::Start);
        text.is_bold = true;
        canvas.write((MARGIN, 20.0), text);
        legend::draw(&mut canvas, &entries, (MARGIN, TITLE), inner);
        let all = || lines.iter().flat_map(|(_, points)| points.iter());
        let x = self.x.axis(all().map(|point| point.0), 1.0);
        // A line along the upper edge is not seen.
        let y = self.y.axis(all().map(|point| point.1), 1.02);
        let frame = Frame::sized((0.0, head - 14.0), (WIDTH, HEIGHT), x, y);
        frame.draw(&mut canvas, "", [self.x.label, self.y.label]);
        for (line, points) in &lines {
            draw_line(&mut canvas, &frame, line, points);
        }
        self.label(&mut canvas, &frame);
        canvas.finish_named()
    }

    /// The points that are drawn: those on both axes, joined if they are many.
    fn kept(&self, line: &Line) -> Vec<(f64, f64)> {
        let points = line.points.iter().copied();
        let points: Vec<_> = points
            .filter(|point| self.x.takes(point.0) && self.y.takes(point.1))
            .collect();
        let every = points.len().div_ceil(POINTS).max(1);
        let peak =
            |points: &[(f64, f64)]| points.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
        points.chunks(every).filter_map(peak).collect()
    }

    /// Writes what the points are, where there is room.
    fn label(&self, canvas: &mut Canvas, frame: &Frame) {
        let marked = |line: &&Line| !line.labels.is_empty();
        let mut taken: Vec<Place> = Vec::new();
        for line in self.lines.iter().filter(marked) {
            for point in &line.points {
                if self.x.takes(point.0) && self.y.takes(point.1) {
                    let (x, y) = frame.at(*point);
                    taken.push(Place::around(x, y));
                }
            }
        }
        for line in self.lines.iter().filter(marked) {
            for (point, label) in line.points.iter().zip(&line.labels) {
                if !(self.x.takes(point.0) && self.y.takes(point.1)) {
                    continue;
                }
                let width = legend::width_of(label, 9.5);
                let (x, y) = frame.at(*point);
                let free = Place::beside(x, y, width)
                    .into_iter()
                    .find(|place| frame.holds(place.left, place.right) && !place.meets(&taken));
                if let Some(place) = free {
                    let mut text = Text::new(label, 9.5, Anchor::Start);
                    text.colour = line.look.colour();
                    canvas.write((place.left, place.bottom - 2.0), text);
                    taken.push(place);
                }
            }
        }
    }
}

/// A part of the sheet that something is written or drawn in.
#[derive(Clone, Copy)]
struct Place {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Place {
    /// Of a dot.
    fn around(x: f64, y: f64) -> Self {
        Self {
            left: x - 5.0,
            right: x + 5.0,
            top: y - 5.0,
            bottom: y + 5.0,
        }
    }

    /// Where a label of `width` may be: above, below, right, left.
    fn beside(x: f64, y: f64, width: f64) -> [Self; 4] {
        let at = |left: f64, top: f64| Self {
            left,
            right: left + width,
            top,
            bottom: top + 11.0,
        };
        [
            at(x - width / 2.0, y - 17.0),
            at(x - width / 2.0, y + 6.0),
            at(x + 7.0, y - 6.0),
            at(x - 7.0 - width, y - 6.0),
        ]
    }

    fn meets(&self, others: &[Self]) -> bool {
        others.iter().any(|other| {
            self.left < other.right
                && other.left < self.right
                && self.top < other.bottom
                && other.top < self.bottom
        })
    }
}

fn entry(line: &Line) -> Entry<'_> {
    Entry {
        name: &line.name,
        line: Some(line.look.line(false)),
        dot: (!line.labels.is_empty()).then(|| line.look.dot()),
        tick: None,
    }
}

fn draw_line(canvas: &mut Canvas, frame: &Frame, line: &Line, points: &[(f64, f64)]) {
    let places: Vec<_> = points.iter().map(|point| frame.at(*point)).collect();
    if places.len() > 1 {
        canvas.path(&places, line.look.line(places.len() > 50));
    }
    // A single point would not be seen as a line.
    if !line.labels.is_empty() || places.len() == 1 {
        for place in places {
            canvas.circle(place, line.look.dot());
        }
    }
}
