//! All that was compared, as the text of a document and as what is plotted.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;

use anyhow::{Context, Result};

use super::comparison::{Closeness, Level, Made, Row};
use super::{compile, tables};
use crate::plot::{CpuPair, Panel, Series};

/// What stands around the tables in the document.
const BEGIN: &str = "<!-- figures: begin -->\n";
const END: &str = "<!-- figures: end -->\n";

/// What was compared so far.
pub(super) struct Report {
    /// On what, and how.
    conditions: String,
    levels: Vec<(Level, Vec<Row>)>,
    text: String,
}

impl Report {
    pub(super) fn new(threads: NonZeroUsize, repeat: NonZeroU32) -> Result<Self> {
        let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let mut lines = processor.lines();
        let model = lines.find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let model = model.map_or("an unknown processor", |(_, model)| model);
        let conditions = format!(
            "On {model}; LibVNCServer {}, Tightrope {} on {threads} thread{}; best of {repeat}, by turns.\n",
            compile::SERVER.version()?,
            env!("CARGO_PKG_VERSION"),
            if threads.get() == 1 { "" } else { "s" },
        );
        Ok(Self {
            conditions,
            levels: Vec::new(),
            text: String::new(),
        })
    }

    pub(super) fn add(&mut self, level: Level, rows: Vec<Row>, text: String) {
        self.levels.push((level, rows));
        self.text += "\n";
        self.text += &text;
    }

    /// Puts the tables into `file`, between the marks.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let name = file.display();
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
        let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
            let (_, after) = rest.split_once(END)?;
            Some((before, after))
        });
        let (before, after) = parts.with_context(|| {
            format!(
                "{name} has no lines \"{}\" and \"{}\"",
                BEGIN.trim(),
                END.trim()
            )
        })?;
        let own = format!("{}{}", self.conditions, self.text);
        let text = format!("{before}{BEGIN}\n{own}\n{END}{after}");
        std::fs::write(file, text).with_context(|| format!("cannot write {name}"))
    }

    /// A panel for each level: who takes how long and how many bytes for a recording.
    pub(super) fn cpu_panels(&self) -> Vec<Panel<CpuPair>> {
        let pair = |row: &Row| CpuPair {
            name: row.session.clone(),
            theirs: cost(&row.theirs),
            ours: cost(&row.ours),
        };
        let panel = |(level, rows): &(Level, Vec<Row>)| Panel {
            title: title(*level),
            items: rows.iter().map(pair).collect(),
        };
        self.levels.iter().map(panel).collect()
    }
}

/// The tables of one level.
pub(super) fn part(level: Level, rows: &[Row]) -> String {
    let quality = match level.quality.is_lossless() {
        true => String::new(),
        false => tables::qualities(rows) + "\n",
    };
    format!(
        "### {}\n\nEncoders:\n\n{}\n{quality}Decoders:\n\n{}",
        title(level),
        tables::encoders(rows),
        tables::decoders(rows)
    )
}

fn title(level: Level) -> String {
    let quality = match level.quality.level() {
        None => "Lossless".to_owned(),
        Some(level) => format!("Quality {level}"),
    };
    format!("{quality}, compression {}", level.compression)
}

/// CPU in milliseconds for a changed megapixel, and bytes for a changed pixel.
fn cost(made: &Made) -> (f64, f64) {
    let figures = &made.figures;
    let cpu = figures.encode_cpu_s.unwrap_or_default() * 1000.0;
    (cpu / figures.changed_mpx, figures.bytes_per_pixel())
}

/// A panel for each recording of these names: bytes and PSNR at every level of the sweep.
pub(super) fn psnr_panels(names: &[String], sweep: &[Vec<Closeness>]) -> Vec<Panel<Series>> {
    let series = |index: usize, is_ours: bool| {
        let pairs = sweep.iter().filter_map(move |level| level.get(index));
        let points = pairs.map(|pair| if is_ours { pair.ours } else { pair.theirs });
        Series {
            is_ours,
            points: points.collect(),
        }
    };
    let panel = |(index, name): (usize, &String)| Panel {
        title: name.clone(),
        items: vec![series(index, false), series(index, true)],
    };
    names.iter().enumerate().map(panel).collect()
}
