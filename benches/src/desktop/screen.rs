//! An X server that somebody else started, and how a program gets onto it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

/// The way to an X server: what DISPLAY and XAUTHORITY say.
#[derive(Clone, Debug)]
pub(crate) struct Screen {
    /// As `:7`.
    pub(crate) name: String,
    /// The file that lets programs in; none if it is the user's own, or not needed.
    pub(crate) authority: Option<PathBuf>,
}

impl Screen {
    /// The display of this name, which lets in whoever may ask.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            authority: None,
        }
    }

    /// This program, to be run on that display.
    pub(crate) fn own_command(&self) -> Result<Command> {
        let own = std::env::current_exe().context("where is this program?")?;
        Ok(self.take(Command::new(own)))
    }

    /// The command, to be run on that display.
    pub(crate) fn take(&self, mut command: Command) -> Command {
        command
            .env("DISPLAY", &self.name)
            .env_remove("WAYLAND_DISPLAY");
        if let Some(authority) = &self.authority {
            command.env("XAUTHORITY", authority);
        }
        command
    }
}
