//! The few shapes of SVG that a plot needs.

use std::fmt::Write;

use super::theme::{self, INK, PAPER};

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
    /// Lengths of dashes and of what is between; empty: none.
    dashes: &'static str,
}

impl Style {
    pub(super) fn thin(colour: &'static str) -> Self {
        Self {
            stroke: colour,
            width: 1.0,
            fill: "none",
            dashes: "",
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
            fill: PAPER,
            ..Self::thick(colour)
        }
    }
    pub(super) fn filled(colour: &'static str) -> Self {
        Self {
            fill: colour,
            ..Self::thick(colour)
        }
    }
    pub(super) fn dashed(self) -> Self {
        Self {
            dashes: "6 3",
            ..self
        }
    }
    pub(super) fn dotted(self) -> Self {
        Self {
            dashes: "2 3",
            ..self
        }
    }
    pub(super) fn width(self, width: f64) -> Self {
        Self { width, ..self }
    }

    /// As attributes of an element.
    fn attributes(&self) -> String {
        let dashes = match self.dashes {
            "" => String::new(),
            lengths => format!(" stroke-dasharray=\"{lengths}\""),
        };
        let Self {
            stroke,
            width,
            fill,
            ..
        } = self;
        format!("stroke=\"{stroke}\" stroke-width=\"{width}\" fill=\"{fill}\"{dashes}")
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

/// A text that is drawn.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) size: f64,
    pub(super) anchor: Anchor,
    pub(super) colour: &'static str,
    pub(super) is_bold: bool,
}

impl<'a> Text<'a> {
    pub(super) fn new(text: &'a str, size: f64, anchor: Anchor) -> Self {
        Self {
            text,
            size,
            anchor,
            colour: INK,
            is_bold: false,
        }
    }
}

impl Canvas {
    /// An empty sheet, which grows no larger than the page it is on. `title` is what it shows, for those who cannot
    /// see it.
    pub(super) fn new(width: f64, height: f64, title: &str) -> Self {
        let title = escaped(title);
        let mut text = String::new();
        let _infallible = writeln!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"sans-serif\" fill=\"{INK}\" role=\"img\" aria-label=\"{title}\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"{PAPER}\"/>"
        );
        Self { text }
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), style: Style) {
        let _infallible = writeln!(
            self.text,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" {}/>",
            from.0,
            from.1,
            to.0,
            to.1,
            style.attributes()
        );
    }

    /// A line through all of `points`.
    pub(super) fn path(&mut self, points: &[(f64, f64)], style: Style) {
        let mut places = String::new();
        for (x, y) in points {
            let _infallible = write!(places, "{x:.1},{y:.1} ");
        }
        let _infallible = writeln!(
            self.text,
            "<polyline points=\"{}\" stroke-linejoin=\"round\" {}/>",
            places.trim_end(),
            style.attributes()
        );
    }

    pub(super) fn circle(&mut self, centre: (f64, f64), style: Style) {
        let _infallible = writeln!(
            self.text,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" {}/>",
            centre.0,
            centre.1,
            style.attributes()
        );
    }

    /// A rectangle from its upper left corner.
    pub(super) fn bar(&mut self, corner: (f64, f64), (width, height): (f64, f64), style: Style) {
        let _infallible = writeln!(
            self.text,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {}/>",
            corner.0,
            corner.1,
            style.attributes()
        );
    }

    pub(super) fn text(&mut self, at: (f64, f64), text: &str, size: f64, anchor: Anchor) {
        self.write(at, Text::new(text, size, anchor));
    }

    pub(super) fn write(&mut self, at: (f64, f64), text: Text<'_>) {
        let weight = match text.is_bold {
            true => " font-weight=\"600\"",
            false => "",
        };
        let colour = match text.colour {
            INK => String::new(),
            colour => format!(" fill=\"{colour}\""),
        };
        let _infallible = writeln!(
            self.text,
            "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{}\" text-anchor=\"{}\"{weight}{colour}>{}</text>",
            at.0,
            at.1,
            text.size,
            text.anchor.name(),
            escaped(text.text)
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

    /// The document, with colours of its own.
    pub(super) fn finish(self) -> String {
        theme::alone(&self.finish_named())
    }

    /// The document, for a page that gives the names of colours theirs.
    pub(super) fn finish_named(self) -> String {
        self.text + "</svg>\n"
    }
}

/// `text` for XML, in elements and in attributes; what XML cannot say at all is left out.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() && !matches!(letter, '\n' | '\t') => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}
