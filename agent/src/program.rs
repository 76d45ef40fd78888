//! The program: from its command line to its exit code.

use std::io::IsTerminal;
use std::process::ExitCode;

use tokio::runtime::Builder;
use tracing_subscriber::filter::LevelFilter;

use crate::agent;
use crate::args::Args;
use crate::credentials::Announcement;
use crate::failure::Failure;
use crate::sound::{Plan, print_devices};

/// Does what `args` ask for until it is over. To be called by `main`, before anything else: it takes file descriptors over,
/// and sets the environment.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    // First of all: a descriptor that is not ours yet must not become another file's.
    let announcement = Announcement::new(args);
    log_to_standard_error(args.verbose);
    let result = match args.list_sound_devices {
        true => print_devices(&mut std::io::stdout()),
        false => announcement.and_then(|announcement| serve(args, announcement)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tracing::error!("{failure}");
            ExitCode::from(failure.code)
        }
    }
}

fn serve(args: &Args, announcement: Announcement) -> Result<(), Failure> {
    // It may change the environment, so while there is no other thread.
    let sound = Plan::new(args)?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::error)?;
    runtime.block_on(agent::run(args, announcement, sound))
}

fn log_to_standard_error(verbose: bool) {
    let level = if verbose {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .with_max_level(level)
        .init();
}
