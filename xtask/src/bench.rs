//! `bench`: the instrument, built as a user's build is.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::setup;
use crate::workspace::Workspace;

/// What `bench` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// What `tightrope-bench` is told; `--help` says more.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS"
    )]
    arguments: Vec<OsString>,
}

/// Builds and runs it, in the directory this was called in; its exit code is ours.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    setup::run(workspace)?;
    let program = workspace.build_bench()?;
    let mut command = Command::new(&program);
    command.args(&options.arguments);
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
