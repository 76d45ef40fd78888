//! `setup`: the system packages, a Python and a JavaScript program, that building, the demo and the tests need.

use std::collections::HashSet;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process::{self, SHORT, command_line};
use crate::workspace::Workspace;

/// Packages that are needed for one reason.
struct Group {
    reason: &'static str,
    packages: &'static [&'static str],
}

/// The names are Debian's and Ubuntu's.
const GROUPS: &[Group] = &[
    Group {
        reason: "to build: a C compiler and cmake for libjpeg-turbo, nasm for its SIMD code",
        packages: &["build-essential", "pkg-config", "cmake", "nasm"],
    },
    Group {
        reason: "to build: sound cards",
        packages: &["libasound2-dev"],
    },
    Group {
        reason: "to run the agent: the X server of --exec and its access control",
        packages: &["xvfb", "xauth"],
    },
    Group {
        reason: "to run the agent: the sound server of --exec",
        packages: &["pulseaudio"],
    },
    Group {
        reason: "to play into sound servers, and to measure what comes out",
        packages: &["pulseaudio-utils", "sox"],
    },
    Group {
        reason: "to run the viewer in a window",
        packages: &[
            "libx11-6",
            "libx11-xcb1",
            "libxcursor1",
            "libxi6",
            "libxrandr2",
            "libxkbcommon0",
            "libxkbcommon-x11-0",
        ],
    },
    Group {
        reason: "the desktop of the demo",
        packages: &[
            "openbox",
            "xterm",
            "mousepad",
            "procps",
            "fonts-dejavu-core",
        ],
    },
    Group {
        reason: "to look at X servers and act on them from outside",
        packages: &[
            "hsetroot",
            "imagemagick",
            "x11-utils",
            "x11-xserver-utils",
            "xclip",
            "xdotool",
        ],
    },
    Group {
        reason: "programs in C around the library, and what looks at their memory",
        packages: &["libsdl2-dev", "valgrind"],
    },
    Group {
        reason: "networks of the tests' own, whose addresses change",
        packages: &["iproute2"],
    },
    Group {
        reason: "the peers of the interop tests",
        packages: &[
            "tigervnc-standalone-server",
            "tigervnc-common",
            "tigervnc-tools",
            "tigervnc-viewer",
            "tigervnc-scraping-server",
            "tightvncserver",
            "xfonts-base",
            "x11vnc",
            "libvncserver-dev",
            "gvncviewer",
            "qemu-system-x86",
            "openssl",
            "openssh-client",
            "openssh-server",
            "python3-pip",
            "python3-venv",
        ],
    },
    Group {
        reason: "the desktop of Wayland that is a peer of the interop tests",
        packages: &["wayvnc", "sway", "swaybg", "foot", "grim", "wl-clipboard"],
    },
    Group {
        reason: "the browser that is a peer of the interop tests, and its way to plain VNC",
        packages: &["chromium", "websockify"],
    },
    Group {
        reason: "the newer system whose peers `interop --all` plays",
        packages: &["mmdebstrap"],
    },
];

/// What brings `npm`, unless there is one from elsewhere, which would be in conflict with it.
const NPM_PACKAGE: &str = "npm";
const NOVNC: &str = "@novnc/novnc@1.7.0";

const VNCDOTOOL: &str = "vncdotool==1.4.2";
const INSTALL_LIMIT: Duration = Duration::from_secs(600);

/// Installs what is missing; prints the list where there is no apt.
///
/// # Errors
/// apt or pip failed, or root rights are needed and cannot be had.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    if exists("apt-get") && exists("dpkg-query") {
        install_packages()?;
    } else {
        eprint!("{}", list());
    }
    install_vncdotool(workspace)?;
    install_novnc(workspace)
}

/// Where `vncdo` is, the program of vncdotool.
pub(crate) fn vncdo(workspace: &Workspace) -> PathBuf {
    environment(workspace).join("bin").join("vncdo")
}

/// Where noVNC is: its `package.json` and `core/`.
pub(crate) fn novnc(workspace: &Workspace) -> PathBuf {
    novnc_prefix(workspace).join("node_modules/@novnc/novnc")
}

fn install_packages() -> Result<()> {
    let mut all: Vec<&str> = GROUPS
        .iter()
        .flat_map(|group| group.packages)
        .copied()
        .collect();
    if !exists("npm") {
        all.push(NPM_PACKAGE);
    }
    // dpkg-query fails when a name is unknown to it, but still lists the others.
    let known = Command::new("dpkg-query")
        .args([
            "--show",
            "--showformat",
            "${Package} ${db:Status-Status}\\n",
        ])
        .args(&all)
        .stderr(Stdio::null())
        .output()
        .context("cannot start dpkg-query")?;
    let missing = missing(&all, &String::from_utf8_lossy(&known.stdout));
    if missing.is_empty() {
        eprintln!("setup: all {} system packages are installed", all.len());
        return Ok(());
    }
    eprintln!("setup: installing {}", missing.join(" "));
    apt_get(&["update"])?;
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(missing);
    apt_get(&arguments)
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut command = as_root("env")?;
    command.args([
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "--quiet",
        "-o",
        "DPkg::Lock::Timeout=900",
    ]);
    command.args(arguments).stdin(Stdio::null());
    command.stdout(std::io::stderr()); // standard output is for what other programs read
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", command_line(&command)))?;
    ensure!(
        status.success(),
        "`{}` failed ({status}); its own messages are above",
        command_line(&command)
    );
    Ok(())
}

/// The program, by sudo unless we are root; sudo may ask for a password only where somebody can answer.
fn as_root(program: &str) -> Result<Command> {
    if run_id()? == "0" {
        return Ok(Command::new(program));
    }
    ensure!(
        exists("sudo"),
        "root rights are needed to install packages, and there is no sudo: run as root, or install\n{}",
        list()
    );
    let mut command = Command::new("sudo");
    if !std::io::stdin().is_terminal() {
        command.arg("--non-interactive");
    }
    command.arg(program);
    Ok(command)
}

fn run_id() -> Result<String> {
    Ok(process::run(Command::new("id").arg("-u"), SHORT)?
        .trim()
        .to_owned())
}

fn install_vncdotool(workspace: &Workspace) -> Result<()> {
    let directory = environment(workspace);
    if vncdo(workspace).exists() {
        return Ok(());
    }
    if !exists("python3") {
        eprintln!(
            "python3 with venv and pip, then {VNCDOTOOL} from PyPI in {}",
            directory.display()
        );
        return Ok(());
    }
    eprintln!("setup: installing {VNCDOTOOL} into {}", directory.display());
    process::run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&directory),
        INSTALL_LIMIT,
    )?;
    let mut pip = Command::new(directory.join("bin").join("pip"));
    pip.args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        VNCDOTOOL,
    ]);
    process::run(&mut pip, INSTALL_LIMIT)
        .context("vncdotool comes from PyPI, which must be within reach")?;
    Ok(())
}

fn install_novnc(workspace: &Workspace) -> Result<()> {
    if novnc(workspace).join("package.json").exists() {
        return Ok(());
    }
    let directory = novnc_prefix(workspace);
    if !exists("npm") {
        eprintln!("npm, then {NOVNC} from it in {}", directory.display());
        return Ok(());
    }
    eprintln!("setup: installing {NOVNC} into {}", directory.display());
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--no-audit",
        "--no-fund",
        "--no-save",
        "--prefix",
    ]);
    npm.arg(&directory).arg(NOVNC);
    process::run(&mut npm, INSTALL_LIMIT)
        .context("noVNC comes from the npm registry, which must be within reach")?;
    Ok(())
}

fn novnc_prefix(workspace: &Workspace) -> PathBuf {
    workspace.target().join("xtask").join("novnc")
}

fn environment(workspace: &Workspace) -> PathBuf {
    workspace.target().join("xtask").join("vncdotool")
}

fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// The packages with their reasons, for people whose system has no apt.
fn list() -> String {
    let mut text = String::from("These packages are needed (the names are Debian's):\n");
    for group in GROUPS {
        text.push_str(&format!(
            "  {}\n      {}\n",
            group.reason,
            group.packages.join(" ")
        ));
    }
    text
}

/// Those of `wanted` that `listing` (a line each: name, status) does not call installed.
fn missing<'a>(wanted: &[&'a str], listing: &str) -> Vec<&'a str> {
    let installed: HashSet<&str> = listing
        .lines()
        .filter_map(|line| line.strip_suffix(" installed"))
        .collect();
    wanted
        .iter()
        .copied()
        .filter(|name| !installed.contains(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_fully_installed_counts() {
        let listing =
            "cmake installed\nnasm config-files\nxvfb half-installed\nlibcmake installed\n";
        assert_eq!(
            missing(&["cmake", "nasm", "xvfb", "xterm"], listing),
            ["nasm", "xvfb", "xterm"]
        );
    }

    #[test]
    fn no_package_is_listed_twice() {
        let mut seen = HashSet::new();
        assert!(
            GROUPS
                .iter()
                .flat_map(|group| group.packages)
                .all(|name| seen.insert(name))
        );
    }

    #[test]
    fn the_printed_list_gives_every_package_and_reason() {
        let text = list();
        for group in GROUPS {
            assert!(
                text.contains(group.reason)
                    && group.packages.iter().all(|name| text.contains(name))
            );
        }
    }
}
