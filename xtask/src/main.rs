//! `cargo xtask COMMAND`: everything this project is set up, shown and checked by, one command each.
//!
//! It is built before any system package is there, so it depends on no C library; what it needs from the
//! outside (X servers, viewers, screenshots) it gets by running programs, which `setup` installs.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program of the command line: its output is its purpose

mod arrows;
mod bench;
mod bindings;
mod demo;
mod dist;
mod fuzz;
mod goldens;
mod interop;
mod picture;
mod process;
mod programs;
mod setup;
mod site;
mod test;
mod workspace;
mod x11;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    about = "Sets up, shows and checks Tightrope",
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install the system packages that building, the demo and the tests need (the other commands call it).
    Setup,
    /// Serve a real desktop, drive it through the encrypted link, compare what arrives; writes a report.
    Demo(demo::Options),
    /// Everything that must hold: formatting, lints, arrows, tests, documentation, interop.
    Test,
    /// The Python package: built, installed into an environment under target/, types checked, tested.
    Python,
    /// Install header, libraries, pkg-config file, manual pages and programs, built in release, into a prefix.
    Dist(dist::Options),
    /// The documentation as a static site in target/site: guides, documents, C, Python and Rust references.
    Docs(site::Options),
    /// Measure: `tightrope-bench ARGS…`, built in release.
    #[command(disable_help_flag = true)]
    Bench(bench::Options),
    /// Check that each crate depends only on what it may.
    Arrows,
    /// Our agent and viewer against the real peers; a line a cell of the matrix.
    Interop(interop::Options),
    /// Play scenes to and from real peers and keep the bytes, which a test replays, in testkit/goldens.
    Goldens,
    /// Fuzz what reads bytes of others; needs nightly Rust and cargo-fuzz, and installs them.
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find()?;
    match command {
        Command::Setup => setup::run(&workspace)?,
        Command::Demo(options) => return demo::run(&workspace, &options),
        Command::Python => bindings::python::step(&workspace)?,
        Command::Test => return test::run(&workspace),
        Command::Dist(options) => dist::run(&workspace, &options)?,
        Command::Docs(options) => site::run(&workspace, &options)?,
        Command::Bench(options) => return bench::run(&workspace, &options),
        Command::Arrows => arrows::run(&workspace)?,
        Command::Interop(options) => return interop::run(&workspace, &options),
        Command::Goldens => goldens::run(&workspace)?,
        Command::Fuzz(options) => return fuzz::run(&workspace, &options),
    }
    Ok(ExitCode::SUCCESS)
}
