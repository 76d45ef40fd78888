//! `tightrope-agent`: an X11 desktop, served. See `tightrope-agent --help`.

use std::process::ExitCode;

use clap::Parser;
use tightrope_agent::args::Args;

fn main() -> ExitCode {
    tightrope_agent::program::run(&Args::parse())
}
