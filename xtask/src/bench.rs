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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    #[command(disable_help_flag = true)]
    struct Wrapped {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn all_arguments_go_to_the_instrument_whatever_they_look_like() {
        let arguments = ["codec", "--session", "a b.vtz", "--quality", "8", "--help"];
        let wrapped = Wrapped::try_parse_from(["bench"].iter().chain(&arguments)).unwrap();
        assert_eq!(wrapped.options.arguments, arguments.map(OsString::from));
        let none = Wrapped::try_parse_from(["bench", "--help"]).unwrap();
        assert_eq!(none.options.arguments, [OsString::from("--help")]);
    }
}
