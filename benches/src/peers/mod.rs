//! `peers`: LibVNCServer's encoder and LibVNCClient's decoder beside ours, on the same recordings in the same run.

mod comparison;
mod compile;
mod foreign;
mod report;
mod tables;

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Result;
use serde::Serialize;

use crate::figures::Figures;
use crate::plot;
use crate::quality::Quality;
use crate::recording::name;
use comparison::{Closeness, Comparison, Level, Made, Row};
use foreign::Foreign;
use report::Report;

/// Quality levels of the plot of bytes against PSNR.
const SWEEP: [u8; 5] = [1, 3, 5, 7, 9];
const SWEEP_COMPRESSION: u8 = 2;

/// What `peers` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The recordings (.vtz).
    #[arg(long = "session", value_name = "FILE", required = true, num_args = 1..)]
    sessions: Vec<PathBuf>,
    /// What is asked of the encoders: quality and compression level, such as 8/2.
    #[arg(long = "at", value_name = "QUALITY/COMPRESS", num_args = 1.., default_values = ["lossless/2", "8/2", "4/3"])]
    levels: Vec<Level>,
    /// Threads that share our work on one picture.
    #[arg(long, value_name = "N", default_value = "1")]
    threads: NonZeroUsize,
    /// Everything so many times, by turns: times are those of the best.
    #[arg(long, value_name = "N", default_value = "3")]
    repeat: NonZeroU32,
    /// Keep the streams there, as RECORDING-QUALITY-COMPRESS-ENCODER.rfbs.
    #[arg(long, value_name = "DIR")]
    streams_out: Option<PathBuf>,
    /// Write plots there: cpu.svg (bytes against time) and psnr.svg (bytes against PSNR, at more levels).
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// Write the tables into this file, in place of those that are there.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a level is a quality and a compression level, such as 8/2".to_owned();
        let (quality, compression) = text.split_once('/').ok_or_else(wrong)?;
        match compression.parse() {
            Ok(compression @ 0..=9) => Ok(Self {
                quality: quality.parse()?,
                compression,
            }),
            _ => Err(wrong()),
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let foreign = Foreign::compile()?;
    for directory in options.svg.iter().chain(&options.streams_out) {
        std::fs::create_dir_all(directory)?;
    }
    let mut report = Report::new(options.threads, options.repeat)?;
    for &level in &options.levels {
        let rows = compare(options, &foreign, level)?;
        for row in &rows {
            print(row)?;
        }
        let part = report::part(level, &rows);
        eprintln!("{part}");
        report.add(level, rows, part);
    }
    if let Some(directory) = &options.svg {
        let path = directory.join("cpu.svg");
        std::fs::write(path, plot::cpu(&report.cpu_panels()))?;
        let sweep = sweep(options, &foreign)?;
        let path = directory.join("psnr.svg");
        let names: Vec<String> = options.sessions.iter().map(|path| name(path)).collect();
        std::fs::write(path, plot::psnr(&report::psnr_panels(&names, &sweep)))?;
    }
    if let Some(file) = &options.markdown {
        report.write(file)?;
    }
    Ok(())
}

fn compare(options: &Options, foreign: &Foreign, level: Level) -> Result<Vec<Row>> {
    let comparison = comparison(options, foreign, level);
    let run = |path: &PathBuf| {
        eprintln!("{}, {} …", path.display(), level.quality);
        comparison.run(path)
    };
    options.sessions.iter().map(run).collect()
}

/// Every recording at more levels, for the plot.
fn sweep(options: &Options, foreign: &Foreign) -> Result<Vec<Vec<Closeness>>> {
    let level = |quality| Level {
        quality: Quality::at(quality),
        compression: SWEEP_COMPRESSION,
    };
    let run = |level: Level| {
        eprintln!("{}, for the plot …", level.quality);
        let comparison = comparison(options, foreign, level);
        let points = options
            .sessions
            .iter()
            .map(|path| comparison.closeness(path));
        points.collect()
    };
    SWEEP.map(level).into_iter().map(run).collect()
}

fn comparison<'a>(options: &'a Options, foreign: &'a Foreign, level: Level) -> Comparison<'a> {
    Comparison {
        foreign,
        level,
        threads: options.threads,
        repeat: options.repeat,
        streams: options.streams_out.as_ref(),
    }
}

/// A line of figures with who made them.
#[derive(Serialize)]
struct Line<'a> {
    encoder: &'static str,
    copy: bool,
    #[serde(flatten)]
    figures: &'a Figures,
    libvncclient_decode_cpu_s: f64,
}

fn print(row: &Row) -> Result<()> {
    let made: [(&'static str, bool, &Made); 3] = [
        ("libvncserver", false, &row.theirs),
        ("tightrope", true, &row.ours),
        ("tightrope", false, &row.without_copies),
    ];
    for (encoder, copy, made) in made {
        let line = Line {
            encoder,
            copy,
            figures: &made.figures,
            libvncclient_decode_cpu_s: made.their_decode_cpu_s,
        };
        println!("{}", serde_json::to_string(&line)?);
    }
    Ok(())
}
