//! The Python package: built as a wheel, installed into an environment of its own, and tested there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process::{SHORT, command_line, run};
use crate::workspace::Workspace;

/// How long pip may take to download what tests need.
const INSTALL_LIMIT: Duration = Duration::from_secs(600);

/// Builds the package, installs it, checks its types and runs its tests.
///
/// # Errors
/// What failed; its own messages were shown.
pub(crate) fn step(workspace: &Workspace) -> Result<()> {
    let environment = Environment::new(workspace)?;
    environment.install(workspace)?;
    let sources = sources(workspace);
    let mut types = environment.python();
    types.current_dir(&sources).args(["-P", "-m", "mypy"]);
    types
        .args(["--cache-dir"])
        .arg(environment.path.join("mypy"));
    show(types.args(["tightrope", "tests", "examples"]))?;
    let mut stubs = environment.python();
    stubs
        .current_dir(&environment.path)
        .args(["-P", "-m", "mypy.stubtest"]);
    stubs
        .arg("--allowlist")
        .arg(sources.join("tests/stubtest-allowed.txt"));
    let options = ["--concise", "--ignore-unused-allowlist"];
    show(stubs.args(options).arg("tightrope._tightrope"))?;
    let mut tests = environment.python();
    tests.current_dir(&sources);
    // What the instrument and an example run.
    let programs = workspace.build_for_tests()?;
    let bench = programs.agent.with_file_name("tightrope-bench");
    tests.env("TIGHTROPE_AGENT", &programs.agent);
    tests.env("TIGHTROPE_BENCH", bench);
    // Without the current directory in the path: it is the installed package that is tested.
    show(tests.args(["-P", "-X", "dev", "-m", "pytest", "-p", "no:cacheprovider"]))
}

/// The largest wheel that is given out, in bytes.
const WHEEL_LIMIT: u64 = 15 << 20;

/// What a wheel is tried with, by an interpreter that sees nothing but what was installed.
const TRIAL: &str = "import numpy, tightrope
picture = numpy.arange(64 * 48 * 4, dtype=numpy.uint8).reshape(48, 64, 4)
picture[..., 3] = 0
shown = numpy.zeros_like(picture)
tightrope.TightDecoder().decode(tightrope.TightEncoder().encode(picture), shown)
assert (shown == picture).all()
with tightrope.Server(picture, sound=True) as server:
    url = f'{server.url}/?fingerprint={server.fingerprint}'
    with tightrope.Client(url, password=server.password, sound=True) as client:
        client.screenshot('desktop.png')
        assert client.expect(None, 'desktop.png') == 0.0
        for heard in client.audio:
            server.push_sound(numpy.full((960, 2), 0.25, numpy.float32))
            if abs(heard).max() > 0.1:
                break";

/// What wheels are called that work on any Linux of the C library's version that the name tells, or a later one.
const PORTABLE: &str = "-manylinux_";

/// Builds a wheel in release into the directory `out`, and tries it in an environment of its own, in which nothing can
/// be compiled.
///
/// # Errors
/// It does not build, is too large, links to libraries that not every Linux has, or does not work where it is installed.
pub(crate) fn wheel(workspace: &Workspace, out: &Path) -> Result<PathBuf> {
    let scratch = workspace.scratch("wheel")?;
    let built = scratch.path().join("wheels");
    // Without a wish for what it is called, maturin looks at what it links to.
    let options = ["--profile", "release"];
    Environment::new(workspace)?.build(workspace, &built, &options)?;
    let wheel = only_file(&built)?;
    ensure!(
        wheel.to_string_lossy().contains(PORTABLE),
        "{} links to libraries that not every Linux has: maturin's messages name them",
        wheel.display()
    );
    let bytes = fs::metadata(&wheel)?.len();
    ensure!(
        bytes <= WHEEL_LIMIT,
        "the wheel has {bytes} bytes, more than {WHEEL_LIMIT}"
    );
    let clean = Environment {
        path: scratch.path().join("clean"),
    };
    let mut make = Command::new("python3");
    run(make.args(["-m", "venv"]).arg(&clean.path), INSTALL_LIMIT)?;
    let mut pip = clean.pip();
    run(
        pip.args(["--only-binary", ":all:"]).arg(&wheel),
        INSTALL_LIMIT,
    )?;
    let mut trial = clean.python();
    trial.current_dir(scratch.path());
    run(trial.args(["-I", "-c", TRIAL]), SHORT).context("the wheel does not work")?;
    fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let installed = out.join(wheel.file_name().context("a wheel without a name")?);
    fs::copy(&wheel, &installed)
        .with_context(|| format!("cannot write {}", installed.display()))?;
    eprintln!("wheel: {} ({bytes} bytes)", installed.display());
    Ok(installed)
}

/// The package's sources.
pub(crate) fn sources(workspace: &Workspace) -> PathBuf {
    workspace.root().join("bindings/python")
}

/// A virtual environment under target/ with what builds and tests the package.
pub(crate) struct Environment {
    path: PathBuf,
}

impl Environment {
    /// The environment, made anew if it holds other versions than are asked for.
    ///
    /// # Errors
    /// There is no Python, or PyPI is out of reach.
    pub(crate) fn new(workspace: &Workspace) -> Result<Self> {
        let path = workspace.target().join("python-venv");
        let wanted = sources(workspace).join("requirements-tests.txt");
        let wanted_text = fs::read(&wanted).context("cannot read requirements-tests.txt")?;
        let installed = path.join("requirements.txt");
        let environment = Self { path };
        if fs::read(&installed).is_ok_and(|text| text == wanted_text) {
            return Ok(environment);
        }
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(&environment.path);
        run(&mut make, INSTALL_LIMIT)?;
        let mut pip = environment.pip();
        pip.arg("--requirement").arg(&wanted);
        run(&mut pip, INSTALL_LIMIT).context("they come from PyPI, which must be within reach")?;
        fs::write(&installed, wanted_text)?;
        Ok(environment)
    }

    /// Its Python, which looks at nothing that the caller's environment says of other ones.
    pub(crate) fn python(&self) -> Command {
        let mut python = Command::new(self.path.join("bin/python"));
        python.env("VIRTUAL_ENV", &self.path);
        python.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
        // Nothing is written beside the sources.
        python.env("PYTHONDONTWRITEBYTECODE", "1");
        python
    }

    fn pip(&self) -> Command {
        let mut pip = self.python();
        pip.args(["-m", "pip", "install", "--quiet", "--no-input"]);
        pip.arg("--disable-pip-version-check");
        pip
    }

    /// Builds the package in the dev profile and installs it.
    fn install(&self, workspace: &Workspace) -> Result<()> {
        let wheels = workspace.target().join("python-wheels");
        if wheels.exists() {
            fs::remove_dir_all(&wheels).context("cannot remove the old wheel")?;
        }
        // It stays on this machine, so what it links to is not looked at.
        let options = ["--profile", "dev", "--compatibility", "linux"];
        self.build(workspace, &wheels, &options)?;
        let wheel = only_file(&wheels)?;
        let mut pip = self.pip();
        pip.args(["--no-deps", "--no-index", "--force-reinstall"]);
        run(pip.arg(&wheel), SHORT)?;
        Ok(())
    }

    /// Builds a wheel into `out`, of what cargo has built already but for the crates that look at Python, whose variables
    /// maturin sets.
    ///
    /// # Errors
    /// It does not build; maturin's own messages were shown.
    pub(crate) fn build(&self, workspace: &Workspace, out: &Path, options: &[&str]) -> Result<()> {
        let mut maturin = self.python();
        maturin.current_dir(sources(workspace));
        maturin.args(["-m", "maturin", "build", "--locked", "--quiet"]);
        maturin.args(options).arg("--out").arg(out);
        show(maturin.env("CARGO_TARGET_DIR", workspace.target()))
    }
}

fn only_file(directory: &Path) -> Result<PathBuf> {
    let files: Vec<_> = fs::read_dir(directory)
        .with_context(|| format!("cannot list {}", directory.display()))?
        .collect::<Result<_, _>>()?;
    match &files[..] {
        [file] => Ok(file.path()),
        _ => anyhow::bail!("one wheel is expected in {}", directory.display()),
    }
}

/// Runs a program whose messages the reader wants to see as they come.
fn show(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    ensure!(
        status.success(),
        "`{line}` failed; its own messages are above"
    );
    Ok(())
}
