//! The peers' programs: a few lines of C on their libraries, compiled when they are wanted.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

const PIPE: &str = include_str!("pipe.h");

/// A library with the program on it.
pub(super) struct Library {
    /// As pkg-config calls it, and its program is called.
    name: &'static str,
    source: &'static str,
}

pub(super) const SERVER: Library = Library {
    name: "libvncserver",
    source: include_str!("libvncserver.c"),
};
pub(super) const CLIENT: Library = Library {
    name: "libvncclient",
    source: include_str!("libvncclient.c"),
};

impl Library {
    /// Compiles the program in `directory`; gives its path.
    pub(super) fn compile(&self, directory: &Path) -> Result<PathBuf> {
        let flags = self.ask(&["--cflags", "--libs"])?;
        let (program, source) = (directory.join(self.name), format!("{}.c", self.name));
        std::fs::write(directory.join("pipe.h"), PIPE)?;
        std::fs::write(directory.join(&source), self.source)?;
        let mut compiler = Command::new("cc");
        compiler.current_dir(directory).arg("-o").arg(&program);
        // What the program defines stands in for the library's own only if the library can see it.
        compiler.args(["-std=gnu11", "-O2", "-rdynamic", &source]);
        compiler.args(flags.split_whitespace());
        run(&mut compiler)?;
        Ok(program)
    }

    /// The version that is installed.
    pub(super) fn version(&self) -> Result<String> {
        Ok(self.ask(&["--modversion"])?.trim().to_owned())
    }

    fn ask(&self, options: &[&str]) -> Result<String> {
        let mut command = Command::new("pkg-config");
        let output = run(command.args(options).arg(self.name));
        let output = output
            .with_context(|| format!("{} is needed: libvncserver-dev on Debian", self.name))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn run(command: &mut Command) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} failed: {}", errors.trim());
    Ok(output)
}
