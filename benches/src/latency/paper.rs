//! The program on the desktop: paints what it is told, or what a key asks for, and says when.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::messages::{News, Order};
use super::picture::{Extent, Pictures};
use crate::desktop::load::{self, Load};
use crate::desktop::painter::{Layer, Painter};

/// What the program is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The socket of whoever measures.
    #[arg(long)]
    socket: PathBuf,
    #[arg(long)]
    size: Extent,
    #[command(flatten)]
    load: Load,
}

/// The program itself. It ends when the socket does.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut socket = UnixStream::connect(&options.socket).context("nobody measures")?;
    let mut pictures = Pictures::new(options.size, options.load.file.is_some());
    let mut painter = Painter::new(pictures.place(), Layer::Above)?;
    painter.take_keys()?;
    if let Some(path) = options.load.file.clone() {
        let speed = options.load.speed;
        std::thread::spawn(move || {
            let Err(error) = load::play(&path, speed);
            // A measurement without its load is none.
            eprintln!("error: the load: {error:#}");
            std::process::exit(1);
        });
    }
    say(&mut socket, News::Ready)?;
    let orders = BufReader::new(socket.try_clone()?);
    for order in orders.lines() {
        let order: Order = serde_json::from_str(&order?)?;
        let (Order::Paint(number) | Order::Echo(number)) = order;
        pictures.turn_to(number);
        let part = pictures.part(number);
        if matches!(order, Order::Echo(_)) {
            painter.wait_for_key()?;
        }
        let painted = painter.paint(pictures.shown().view(), &[part])?;
        say(&mut socket, News::Painted(number, painted))?;
    }
    Ok(())
}

fn say(socket: &mut UnixStream, news: News) -> Result<()> {
    let line = serde_json::to_string(&news)? + "\n";
    Ok(socket.write_all(line.as_bytes())?)
}
