//! The desktop of the demo: a window manager, two terminals with running programs, a text editor, a wallpaper.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::GEOMETRY;
use crate::process::wait_until;
use crate::programs::quoted;
use crate::x11::{Display, make_wallpaper};

const WINDOWS_LIMIT: Duration = Duration::from_secs(30);
const GTK_SETTINGS: &str = "[Settings]\ngtk-cursor-blink=0\ngtk-enable-animations=0\n";
const EDITOR_SETTINGS: &str = "[org/xfce/mousepad/preferences/window]\npath-in-title=false\n";
const FILES: &[(&str, &str)] = &[
    ("log.sh", include_str!("log.sh")),
    ("notes.txt", ""),
    ("home/config/openbox/rc.xml", include_str!("openbox/rc.xml")),
    (
        "home/config/openbox/menu.xml",
        include_str!("openbox/menu.xml"),
    ),
    ("home/config/gtk-3.0/settings.ini", GTK_SETTINGS),
    ("home/config/glib-2.0/settings/keyfile", EDITOR_SETTINGS),
];
/// Clouds between two colours; they are sent as JPEG first.
const WALLPAPERS: &[(&str, &str)] = &[
    ("wallpaper-1.png", "#0b132b-#3a7ca5"),
    ("wallpaper-2.png", "#16425b-#d9b08c"),
];

/// Writes the files the desktop needs into `directory`.
pub(super) fn prepare(directory: &Path) -> Result<()> {
    for (name, text) in FILES {
        let file = directory.join(name);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    for (name, colours) in WALLPAPERS {
        make_wallpaper(&directory.join(name), GEOMETRY, colours)?;
    }
    Ok(())
}

/// The command of the desktop, whose programs are busy for some seconds.
pub(super) fn script(directory: &Path, seconds: u64) -> String {
    format!(
        "export DEMO={} BUSY={seconds}\n{}",
        quoted(directory),
        include_str!("desktop.sh")
    )
}

/// The file that is open in the editor.
pub(super) fn notes(directory: &Path) -> PathBuf {
    directory.join("notes.txt")
}

/// The file that the menu's entry leaves when it has changed the wallpaper.
pub(super) fn wallpaper_changed(directory: &Path) -> PathBuf {
    directory.join("wallpaper-changed")
}

/// The windows of the desktop, by their X ids.
pub(super) struct Windows {
    pub(super) editor: String,
    pub(super) log: String,
}

impl Windows {
    /// Waits until all of them can be seen.
    pub(super) fn wait(display: &Display) -> Result<Self> {
        let find = |class: &str| {
            wait_until(&format!("a window of class {class}"), WINDOWS_LIMIT, || {
                display.window(&format!("^{class}$"))
            })
        };
        find("Processes")?;
        Ok(Self {
            log: find("Log")?,
            editor: find("Mousepad")?,
        })
    }
}
