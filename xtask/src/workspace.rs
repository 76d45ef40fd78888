//! Where things are: the sources, the target directory, the programs cargo builds.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process::{SHORT, command_line, run};

/// The workspace this program was started in.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    metadata: Value,
}

/// The two programs of the project, built.
pub(crate) struct Programs {
    pub(crate) agent: PathBuf,
    pub(crate) viewer: PathBuf,
}

/// A directory that nobody else uses as long as this value lives; what is in it stays.
pub(crate) struct Scratch {
    path: PathBuf,
    _lock: File,
}

impl Scratch {
    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self> {
        let text = run(
            cargo().args(["metadata", "--no-deps", "--format-version", "1"]),
            SHORT,
        )?;
        let metadata: Value = serde_json::from_str(&text).context("reading `cargo metadata`")?;
        let path = |key: &str| {
            let value = metadata.get(key).and_then(Value::as_str);
            value
                .map(PathBuf::from)
                .with_context(|| format!("`cargo metadata` gives no {key}"))
        };
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
            metadata,
        })
    }

    /// What `cargo metadata --no-deps` says about the packages of the workspace.
    pub(crate) fn metadata(&self) -> &Value {
        &self.metadata
    }

    /// The target directory.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where its Cargo.toml is.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The fuzz targets and their saved inputs.
    pub(crate) fn fuzz(&self) -> PathBuf {
        self.root.join("fuzz")
    }

    /// `cargo`, to be run in the root of the workspace.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command
    }

    /// An empty directory under target/ for what a command makes and logs.
    ///
    /// # Errors
    /// The same command is running already: the two would write into each other's files.
    pub(crate) fn scratch(&self, name: &str) -> Result<Scratch> {
        let parent = self.target.join("xtask");
        std::fs::create_dir_all(&parent)
            .with_context(|| format!("cannot create {}", parent.display()))?;
        let lock = File::create(parent.join(format!("{name}.lock")))?;
        lock.try_lock()
            .with_context(|| format!("{name} is running already: try again when it has ended"))?;
        let path = parent.join(name);
        if path.exists() {
            std::fs::remove_dir_all(&path)
                .with_context(|| format!("cannot empty {}", path.display()))?;
        }
        std::fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Scratch { path, _lock: lock })
    }

    /// Agent and viewer, optimised and without anything the tests would add: what a user gets.
    pub(crate) fn build_release(&self) -> Result<Programs> {
        self.build(
            &[
                "build",
                "--release",
                "-p",
                "tightrope-agent",
                "-p",
                "tightrope-viewer",
            ],
            "release",
        )
    }

    /// Agent and viewer of the dev profile, built as `cargo test --workspace` builds them (the same features
    /// everywhere), so that nothing is compiled twice.
    pub(crate) fn build_for_tests(&self) -> Result<Programs> {
        self.build(&["build", "--workspace", "--bins", "--tests"], "debug")
    }

    /// The instrument, optimised.
    pub(crate) fn build_bench(&self) -> Result<PathBuf> {
        self.cargo_build(&["build", "--release", "-p", "tightrope-bench"])?;
        Ok(self.target.join("release/tightrope-bench"))
    }

    /// The libraries and programs that are installed, optimised; cargo's directory with them.
    pub(crate) fn build_for_dist(&self) -> Result<PathBuf> {
        let packages =
            ["c", "agent", "viewer", "bench"].map(|name| format!("--package=tightrope-{name}"));
        let mut arguments = vec!["build", "--release"];
        arguments.extend(packages.iter().map(String::as_str));
        self.cargo_build(&arguments)?;
        Ok(self.target.join("release"))
    }

    /// The same of the dev profile, as the tests have built them.
    pub(crate) fn build_for_dist_tests(&self) -> Result<PathBuf> {
        self.build_for_tests()?;
        Ok(self.target.join("debug"))
    }

    fn build(&self, arguments: &[&str], profile: &str) -> Result<Programs> {
        self.cargo_build(arguments)?;
        let directory = self.target.join(profile);
        Ok(Programs {
            agent: directory.join("tightrope-agent"),
            viewer: directory.join("tightrope-viewer"),
        })
    }

    fn cargo_build(&self, arguments: &[&str]) -> Result<()> {
        let mut command = self.cargo();
        command.args(arguments);
        let status = command.status().context("cannot start cargo")?;
        ensure!(
            status.success(),
            "`{}` failed: its own messages are above",
            command_line(&command)
        );
        Ok(())
    }
}

/// The cargo that runs us (it sets CARGO), so that the pinned toolchain is used throughout.
///
/// What `cargo run` told about our own package is taken out of its environment: build scripts that look at it would
/// run again, and all that depends on them be built again, each time somebody calls cargo by hand in between.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(tells_of_our_package) {
            command.env_remove(name);
        }
    }
    command
}

fn tells_of_our_package(variable: &str) -> bool {
    let prefixes = ["CARGO_PKG_", "CARGO_MANIFEST_"];
    prefixes.iter().any(|prefix| variable.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_not_told_of_our_package_but_keeps_its_settings() {
        assert!(
            tells_of_our_package("CARGO_PKG_NAME") && tells_of_our_package("CARGO_MANIFEST_DIR")
        );
        for setting in ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_BUILD_JOBS", "PATH"] {
            assert!(!tells_of_our_package(setting), "{setting}");
        }
    }
}
