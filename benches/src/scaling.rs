//! `scaling`: what threads gain when all of the screen changes: one encoder on several threads, against as many encoders
//! on one thread each, side by side.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use serde::Serialize;

use crate::figures::{rounded, seconds};
use crate::grid::Grid;
use crate::quality::Quality;
use crate::recording;
use crate::server::{Server, Settings};

/// What `scaling` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The recordings (.vtz): each of their pictures is sent as if all of it were new.
    #[arg(long = "session", value_name = "FILE", required = true, num_args = 1..)]
    sessions: Vec<PathBuf>,
    /// JPEG quality level, or lossless.
    #[arg(long, value_name = "0-9|lossless")]
    quality: Quality,
    /// Compression level: 0 is fast, 9 is small.
    #[arg(long, value_name = "0-9", value_parser = clap::value_parser!(u8).range(0..=9))]
    compress: u8,
    /// Threads that share the work on one picture, and encoders side by side.
    #[arg(long, value_name = "N", default_value = "2")]
    threads: NonZeroUsize,
    /// At most so many pictures of a recording, spread over it.
    #[arg(long, value_name = "N", default_value = "20")]
    pictures: NonZeroU32,
    /// Everything so many times, by turns: times are those of the best.
    #[arg(long, value_name = "N", default_value = "3")]
    repeat: NonZeroU32,
}

/// A line of figures. Times are by the clock on the wall, for one picture.
#[derive(Serialize)]
struct Line {
    session: String,
    threads: usize,
    quality: i16,
    compress: u8,
    /// One encoder on one thread, alone.
    alone_s: f64,
    /// One encoder on all threads.
    together_s: f64,
    /// As many encoders as threads, side by side: what one picture of theirs comes to.
    beside_s: f64,
    /// `together_s` to `beside_s`: 1.0 is what cannot be bettered.
    ratio: f64,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut table = Grid::new([
        "recording",
        "alone ms",
        "together ms",
        "side by side ms",
        "ratio",
    ]);
    for path in &options.sessions {
        let line = measure(path, options)?;
        println!("{}", serde_json::to_string(&line)?);
        let milliseconds = |time: f64| format!("{:.1}", time * 1000.0);
        table.add([
            line.session.clone(),
            milliseconds(line.alone_s),
            milliseconds(line.together_s),
            milliseconds(line.beside_s),
            format!("{:.3}", line.ratio),
        ]);
    }
    eprint!("{table}");
    Ok(())
}

fn measure(path: &Path, options: &Options) -> Result<Line> {
    let name = recording::name(path);
    eprintln!("{name} …");
    let threads = options.threads;
    let one = NonZeroUsize::MIN;
    let mut best = [Duration::MAX; 3];
    for _ in 0..options.repeat.get() {
        let again = [
            side_by_side(path, options, one, one)?,
            side_by_side(path, options, one, threads)?,
            side_by_side(path, options, threads, one)?,
        ];
        best = [0, 1, 2].map(|index| {
            let time = |times: &[Duration; 3]| times.get(index).copied().unwrap_or_default();
            time(&best).min(time(&again))
        });
    }
    let [alone, together, beside] = best.map(seconds);
    Ok(Line {
        session: name,
        threads: threads.get(),
        quality: options.quality.number(),
        compress: options.compress,
        alone_s: alone,
        together_s: together,
        beside_s: beside,
        ratio: rounded(together / beside, 3),
    })
}

/// Runs `encoders` of `threads` threads each side by side; gives the time for one picture: each begins its next when all
/// have done the last, and the time until then is shared among the pictures made in it.
fn side_by_side(
    path: &Path,
    options: &Options,
    encoders: NonZeroUsize,
    threads: NonZeroUsize,
) -> Result<Duration> {
    let barrier = Barrier::new(encoders.get());
    let settings = Settings {
        quality: options.quality,
        compression: options.compress,
        threads,
        copies: false,
    };
    let work = || encode(path, &settings, options.pictures, &barrier);
    let times: Vec<Result<(Duration, u32)>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..encoders.get()).map(|_| scope.spawn(work)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| {
            let joined = worker.join();
            joined.unwrap_or_else(|_| Err(anyhow!("an encoder panicked")))
        };
        workers.into_iter().map(join).collect()
    });
    let mut longest = Duration::ZERO;
    let mut pictures = 0;
    for result in times {
        let (time, made) = result?;
        longest = longest.max(time);
        pictures += made;
    }
    Ok(longest / pictures.max(1))
}

/// Encodes whole pictures, as many as are wanted; gives the time until all encoders had done theirs, and their number.
fn encode(
    path: &Path,
    settings: &Settings,
    wanted: NonZeroU32,
    barrier: &Barrier,
) -> Result<(Duration, u32)> {
    let mut reader = recording::open(path)?;
    let mut server = Server::new(reader.size(), settings)?;
    let step = reader.frame_count().div_ceil(wanted.get()).max(1);
    let (mut time, mut pictures) = (Duration::ZERO, 0);
    // Whoever fails still comes to the barrier, or the others would wait for it without end.
    let mut failure = None;
    while let Some(frame) = reader.next_frame()? {
        if frame.index % step != 0 {
            server.skip(&frame)?;
            continue;
        }
        barrier.wait();
        let start = Instant::now();
        server.forget();
        if let Err(error) = server.encode(&frame) {
            failure.get_or_insert(error);
        }
        barrier.wait();
        time += start.elapsed();
        pictures += 1;
    }
    match failure {
        Some(error) => Err(error).with_context(|| format!("encoding {}", path.display())),
        None => Ok((time, pictures)),
    }
}
