//! Plots as SVG: panels side by side, ours against theirs.

mod axis;
pub(crate) mod chart;
mod frame;
mod legend;
pub(crate) mod rows;
mod svg;
pub(crate) mod theme;

use axis::Axis;
use frame::Frame;
use svg::{Anchor, Canvas, Style};

pub(crate) use svg::escaped;

/// Theirs is drawn in this, ours in the other.
const THEIRS: &str = "#8a8f98";
const OURS: &str = "#0b62c4";
/// Panels in a row.
const COLUMNS: usize = 3;
/// Above the panels: title and legend.
const HEAD: f64 = 64.0;
/// About the width of a letter of the legend.
const LETTER: f64 = 6.5;
/// Recordings by turns; told apart by those who see few colours, too.
const COLOURS: [&str; 8] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#4d4d4d",
];
/// Of the legend, where colours mean something else.
const NEUTRAL: &str = "#23272e";

/// A part of a plot with axes of its own.
pub(crate) struct Panel<T> {
    pub(crate) title: String,
    pub(crate) items: Vec<T>,
}

/// What both need for a recording: milliseconds of CPU for a changed megapixel, and bytes for a changed pixel.
pub(crate) struct CpuPair {
    pub(crate) name: String,
    pub(crate) theirs: (f64, f64),
    pub(crate) ours: (f64, f64),
}

/// Bytes for a changed pixel and PSNR in dB, level by level.
pub(crate) struct Series {
    pub(crate) is_ours: bool,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Bytes against time: a line of its own colour for each recording, from theirs to ours.
pub(crate) fn cpu(panels: &[Panel<CpuPair>]) -> String {
    let all = || panels.iter().flat_map(|panel| &panel.items);
    let x = Axis::logarithmic(all().flat_map(|pair| [pair.theirs.0, pair.ours.0]));
    let y = Axis::logarithmic(all().flat_map(|pair| [pair.theirs.1, pair.ours.1]));
    let labels = [
        "encoder CPU, ms per changed Mpixel",
        "bytes per changed pixel",
    ];
    let title = "Bytes against encoder CPU: down and left is better";
    let mut canvas = canvas(panels.len(), title, NEUTRAL, NEUTRAL);
    if let Some(panel) = panels.first() {
        name_colours(&mut canvas, &panel.items);
    }
    for (index, panel) in panels.iter().enumerate() {
        let frame = place(index, x.clone(), y.clone());
        frame.draw(&mut canvas, &panel.title, labels);
        for (pair, colour) in panel.items.iter().zip(COLOURS.iter().cycle()) {
            let (from, to) = (frame.at(pair.theirs), frame.at(pair.ours));
            canvas.line(from, to, Style::thin(colour));
            canvas.circle(from, Style::hollow(colour));
            canvas.circle(to, Style::filled(colour));
        }
    }
    canvas.finish()
}

/// Which colour is which recording.
fn name_colours(canvas: &mut Canvas, pairs: &[CpuPair]) {
    let mut left = 262.0;
    for (pair, colour) in pairs.iter().zip(COLOURS.iter().cycle()) {
        canvas.line((left, 45.0), (left + 18.0, 45.0), Style::thick(colour));
        canvas.text((left + 24.0, 49.0), &pair.name, 12.0, Anchor::Start);
        left += 44.0 + LETTER * count(pair.name.chars().count());
    }
}

/// Bytes against PSNR: a line for each encoder.
pub(crate) fn psnr(panels: &[Panel<Series>]) -> String {
    let labels = ["bytes per changed pixel", "PSNR, dB"];
    let title = "PSNR against bytes: up and left is better";
    let mut canvas = canvas(panels.len(), title, THEIRS, OURS);
    for (index, panel) in panels.iter().enumerate() {
        let points = || panel.items.iter().flat_map(|series| series.points.iter());
        let x = Axis::logarithmic(points().map(|point| point.0));
        let y = Axis::linear(points().map(|point| point.1));
        let frame = place(index, x, y);
        frame.draw(&mut canvas, &panel.title, labels);
        for series in &panel.items {
            let (line, dot) = match series.is_ours {
                true => (Style::thick(OURS), Style::filled(OURS)),
                false => (Style::thick(THEIRS), Style::hollow(THEIRS)),
            };
            let points: Vec<_> = series.points.iter().map(|&point| frame.at(point)).collect();
            for (&from, &to) in points.iter().zip(points.iter().skip(1)) {
                canvas.line(from, to, line);
            }
            for &point in &points {
                canvas.circle(point, dot);
            }
        }
    }
    canvas.finish()
}

/// An empty sheet for so many panels, with title and legend.
fn canvas(panels: usize, title: &str, theirs: &'static str, ours: &'static str) -> Canvas {
    let columns = panels.clamp(1, COLUMNS);
    let rows = panels.div_ceil(COLUMNS).max(1);
    let (width, height) = (
        frame::OUTER_WIDTH * count(columns),
        HEAD + frame::OUTER_HEIGHT * count(rows),
    );
    let mut canvas = Canvas::new(width, height, title);
    canvas.text((16.0, 26.0), title, 16.0, Anchor::Start);
    canvas.circle((22.0, 45.0), Style::hollow(theirs));
    canvas.text((32.0, 49.0), "LibVNCServer", 12.0, Anchor::Start);
    canvas.circle((132.0, 45.0), Style::filled(ours));
    canvas.text((142.0, 49.0), "Tightrope", 12.0, Anchor::Start);
    canvas
}

fn place(index: usize, x: Axis, y: Axis) -> Frame {
    let left = frame::OUTER_WIDTH * count(index % COLUMNS);
    let top = HEAD + frame::OUTER_HEIGHT * count(index / COLUMNS);
    Frame::new((left, top), x, y)
}

#[expect(clippy::cast_precision_loss, reason = "a number of things on a sheet")]
fn count(number: usize) -> f64 {
    number as f64
}
