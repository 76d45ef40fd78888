//! Plots as SVG: panels side by side, ours against theirs.

mod axis;
mod frame;
mod svg;

use axis::Axis;
use frame::Frame;
use svg::{Anchor, Canvas, Style};

/// Theirs is drawn in this, ours in the other.
const THEIRS: &str = "#8a8f98";
const OURS: &str = "#0b62c4";
/// Panels in a row.
const COLUMNS: usize = 3;
/// Above the panels: title and legend.
const HEAD: f64 = 64.0;
/// Least distance of two labels, one above the other.
const LABEL: f64 = 12.0;

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

/// Bytes against time: a line for each recording, from theirs to ours.
pub(crate) fn cpu(panels: &[Panel<CpuPair>]) -> String {
    let all = || panels.iter().flat_map(|panel| &panel.items);
    let x = Axis::logarithmic(all().flat_map(|pair| [pair.theirs.0, pair.ours.0]));
    let y = Axis::logarithmic(all().flat_map(|pair| [pair.theirs.1, pair.ours.1]));
    let labels = [
        "encoder CPU, ms per changed Mpixel",
        "bytes per changed pixel",
    ];
    let mut canvas = canvas(
        panels.len(),
        "Bytes against encoder CPU: down and left is better",
    );
    for (index, panel) in panels.iter().enumerate() {
        let frame = place(index, x.clone(), y.clone());
        frame.draw(&mut canvas, &panel.title, labels);
        let mut placed: Vec<f64> = Vec::new();
        for pair in by_height(&panel.items, &frame) {
            let (from, to) = (frame.at(pair.theirs), frame.at(pair.ours));
            canvas.line(from, to, Style::thin(OURS));
            canvas.circle(from, Style::hollow(THEIRS));
            canvas.circle(to, Style::filled(OURS));
            let lowest = placed.last().map_or(f64::MIN, |last| last + LABEL);
            let height = (to.1 + 4.0).max(lowest);
            placed.push(height);
            // On the side where the line is not.
            let (place, anchor) = match from.0 > to.0 {
                true => (to.0 - 8.0, Anchor::End),
                false => (to.0 + 8.0, Anchor::Start),
            };
            canvas.text((place, height), &pair.name, 10.0, anchor);
        }
    }
    canvas.finish()
}

/// From the top down, by where ours is.
fn by_height<'a>(pairs: &'a [CpuPair], frame: &Frame) -> Vec<&'a CpuPair> {
    let mut pairs: Vec<&CpuPair> = pairs.iter().collect();
    pairs.sort_by(|a, b| frame.at(a.ours).1.total_cmp(&frame.at(b.ours).1));
    pairs
}

/// Bytes against PSNR: a line for each encoder.
pub(crate) fn psnr(panels: &[Panel<Series>]) -> String {
    let labels = ["bytes per changed pixel", "PSNR, dB"];
    let mut canvas = canvas(panels.len(), "PSNR against bytes: up and left is better");
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
fn canvas(panels: usize, title: &str) -> Canvas {
    let columns = panels.clamp(1, COLUMNS);
    let rows = panels.div_ceil(COLUMNS).max(1);
    let (width, height) = (
        frame::OUTER_WIDTH * count(columns),
        HEAD + frame::OUTER_HEIGHT * count(rows),
    );
    let mut canvas = Canvas::new(width, height);
    canvas.text((16.0, 26.0), title, 16.0, Anchor::Start);
    canvas.circle((22.0, 45.0), Style::hollow(THEIRS));
    canvas.text((32.0, 49.0), "LibVNCServer", 12.0, Anchor::Start);
    canvas.circle((132.0, 45.0), Style::filled(OURS));
    canvas.text((142.0, 49.0), "Tightrope", 12.0, Anchor::Start);
    canvas
}

fn place(index: usize, x: Axis, y: Axis) -> Frame {
    let left = frame::OUTER_WIDTH * count(index % COLUMNS);
    let top = HEAD + frame::OUTER_HEIGHT * count(index / COLUMNS);
    Frame::new((left, top), x, y)
}

#[expect(clippy::cast_precision_loss, reason = "a number of panels")]
fn count(number: usize) -> f64 {
    number as f64
}
