//! The few shapes of SVG that a plot needs.

use std::fmt::Write;

/// A drawing; places are in pixels from the upper left corner.
pub(super) struct Canvas {
    text: String,
}

/// How lines and circles are drawn.
#[derive(Clone, Copy)]
pub(super) struct Style {
    stroke: &'static str,
    width: f64,
    fill: &'static str,
}

impl Style {
    pub(super) fn thin(colour: &'static str) -> Self {
        Self {
            stroke: colour,
            width: 1.0,
            fill: "none",
        }
    }
    pub(super) fn thick(colour: &'static str) -> Self {
        Self {
            width: 2.0,
            ..Self::thin(colour)
        }
    }
    pub(super) fn hollow(colour: &'static str) -> Self {
        Self {
            fill: "white",
            ..Self::thick(colour)
        }
    }
    pub(super) fn filled(colour: &'static str) -> Self {
        Self {
            fill: colour,
            ..Self::thick(colour)
        }
    }
}

/// Which end of a text is at its place.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

impl Canvas {
    /// An empty white sheet.
    pub(super) fn new(width: f64, height: f64) -> Self {
        let mut text = String::new();
        let _infallible = writeln!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"sans-serif\" fill=\"#23272e\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>"
        );
        Self { text }
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), style: Style) {
        let _infallible = writeln!(
            self.text,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{}\" stroke-width=\"{}\"/>",
            from.0, from.1, to.0, to.1, style.stroke, style.width
        );
    }

    pub(super) fn circle(&mut self, centre: (f64, f64), style: Style) {
        let _infallible = writeln!(
            self.text,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" stroke=\"{}\" stroke-width=\"{}\" fill=\"{}\"/>",
            centre.0, centre.1, style.stroke, style.width, style.fill
        );
    }

    pub(super) fn text(&mut self, at: (f64, f64), text: &str, size: f64, anchor: Anchor) {
        let _infallible = writeln!(
            self.text,
            "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{size}\" text-anchor=\"{}\">{}</text>",
            at.0,
            at.1,
            anchor.name(),
            escaped(text)
        );
    }

    /// A text that runs upwards, its middle at `at`.
    pub(super) fn upright(&mut self, at: (f64, f64), text: &str, size: f64) {
        let _infallible = writeln!(
            self.text,
            "<text transform=\"translate({:.1} {:.1}) rotate(-90)\" font-size=\"{size}\" \
             text-anchor=\"middle\">{}</text>",
            at.0,
            at.1,
            escaped(text)
        );
    }

    /// The document.
    pub(super) fn finish(self) -> String {
        self.text + "</svg>\n"
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
