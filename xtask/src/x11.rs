//! X servers seen from outside: screenshots, windows, keys, the clipboard; all by the usual small programs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::picture::Picture;
use crate::process::{SHORT, Service, run, run_with_input};

/// The way to an X server: what DISPLAY and XAUTHORITY say.
#[derive(Clone)]
pub(crate) struct Display {
    name: String,
    authority: Option<PathBuf>,
}

/// A window's place on the screen, without its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

impl Display {
    /// The file has two lines, DISPLAY and XAUTHORITY (which may be empty); none if it is not there or not whole.
    pub(crate) fn from_file(file: &Path) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(file).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (name, authority) = (lines.next()?, lines.next()?);
        let authority = (!authority.is_empty()).then(|| PathBuf::from(authority));
        (!name.is_empty()).then(|| Self {
            name: name.to_owned(),
            authority,
        })
    }

    /// The display of this name (`:7`), which lets in whoever asks.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            authority: None,
        }
    }

    /// A program that will run on this display.
    pub(crate) fn command(&self, program: &str) -> Command {
        self.take(Command::new(program))
    }

    /// The command, to be run on this display.
    pub(crate) fn take(&self, mut command: Command) -> Command {
        command
            .env("DISPLAY", &self.name)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XAUTHORITY");
        if let Some(authority) = &self.authority {
            command.env("XAUTHORITY", authority);
        }
        command
    }

    /// What the X server shows, without the pointer; also left in `file` as PNG.
    pub(crate) fn screenshot(&self, file: &Path) -> Result<Picture> {
        let mut target = std::ffi::OsString::from("PNG24:");
        target.push(file);
        run(
            self.command("import")
                .args(["-silent", "-window", "root"])
                .arg(target),
            SHORT,
        )?;
        Picture::read(file)
    }

    /// Width and height of the screen.
    pub(crate) fn size(&self) -> Result<(usize, usize)> {
        // Not by xdotool, which needs extensions that old X servers lack.
        let text = run(self.command("xwininfo").arg("-root"), SHORT)?;
        let place = parse_place(&text).with_context(|| format!("no size in {text:?}"))?;
        Ok((place.width.try_into()?, place.height.try_into()?))
    }

    /// Makes `picture` the background of the screen.
    pub(crate) fn set_wallpaper(&self, picture: &Path) -> Result<()> {
        run(self.command("hsetroot").arg("-fill").arg(picture), SHORT).map(drop)
    }

    /// A visible window whose class or name matches the pattern; none if there is none yet.
    pub(crate) fn window(&self, pattern: &str) -> Result<Option<String>> {
        // xdotool fails when it finds nothing.
        let found = self.xdotool(&["search", "--onlyvisible", "--class", pattern]);
        Ok(found
            .ok()
            .and_then(|text| text.lines().next_back().map(str::to_owned)))
    }

    /// A visible window whose title matches the pattern; none if there is none yet.
    pub(crate) fn window_named(&self, pattern: &str) -> Result<Option<String>> {
        let found = self.xdotool(&["search", "--onlyvisible", "--name", pattern]);
        Ok(found
            .ok()
            .and_then(|text| text.lines().next_back().map(str::to_owned)))
    }

    /// Whether a window of this class is shown. Unlike [`Self::window`] it needs no extension of the X server.
    pub(crate) fn shows_window(&self, class: &str) -> Result<bool> {
        let tree = run(self.command("xwininfo").args(["-root", "-tree"]), SHORT)?;
        let class = format!(" \"{class}\")");
        let line = tree.lines().find(|line| line.contains(&class));
        let Some(id) = line.and_then(|line| line.split_whitespace().next()) else {
            return Ok(false);
        };
        // It may have gone meanwhile: then it is not shown.
        let window = run(self.command("xwininfo").args(["-id", id]), SHORT);
        Ok(window.is_ok_and(|text| text.contains("IsViewable")))
    }

    /// Where a window stands now.
    pub(crate) fn place(&self, window: &str) -> Result<Place> {
        // Not by xdotool: it counts the frame twice.
        let text = run(self.command("xwininfo").args(["-id", window]), SHORT)?;
        parse_place(&text).with_context(|| format!("no place in {text:?}"))
    }

    /// The window that the window manager gives the keys to; none if it names none.
    pub(crate) fn active_window(&self) -> Result<Option<String>> {
        // xdotool fails when there is none.
        let found = self.xdotool(&["getactivewindow"]);
        Ok(found.ok().map(|text| text.trim().to_owned()))
    }

    /// Runs xdotool with these words.
    pub(crate) fn xdotool(&self, words: &[&str]) -> Result<String> {
        run(self.command("xdotool").args(words), SHORT)
    }

    /// Puts text on the clipboard; it stays while the service lives.
    pub(crate) fn offer_clipboard(&self, text: &str, logs: &Path) -> Result<Service> {
        let file = logs.join("clipboard.txt");
        std::fs::write(&file, text)?;
        let mut command = self.command("xclip");
        command
            .args(["-quiet", "-in", "-selection", "clipboard"])
            .arg(file); // -quiet keeps it in the foreground
        Service::start("xclip", &mut command, logs)
    }

    /// Puts text into the old cut buffer of the root window, which is Latin-1 and outlives its owner.
    pub(crate) fn set_cut_buffer(&self, text: &str) -> Result<()> {
        let bytes: Option<Vec<u8>> = text
            .chars()
            .map(|character| u8::try_from(character).ok())
            .collect();
        let bytes = bytes.context("a cut buffer holds only Latin-1")?;
        let mut command = self.command("xclip");
        command.args(["-in", "-selection", "buffer-cut"]);
        run_with_input(&mut command, &bytes, SHORT).map(drop)
    }

    /// The text of the old cut buffer; none if there is none.
    pub(crate) fn cut_buffer(&self) -> Option<String> {
        let mut command = self.command("xclip");
        command.args(["-out", "-selection", "buffer-cut"]);
        let bytes = run_with_input(&mut command, &[], SHORT).ok()?;
        Some(bytes.into_iter().map(char::from).collect())
    }

    /// The text on the clipboard; none if nobody offers any.
    pub(crate) fn clipboard(&self) -> Option<String> {
        let mut command = self.command("xclip");
        command.args(["-out", "-selection", "clipboard", "-target", "UTF8_STRING"]);
        let bytes = run_with_input(&mut command, &[], Duration::from_secs(3)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Writes a picture of clouds between two colours (as `#RRGGBB-#RRGGBB`), always the same ones: thousands of colours,
/// so that an encoder may want JPEG for them.
pub(crate) fn make_wallpaper(file: &Path, size: (usize, usize), colours: &str) -> Result<()> {
    let mut convert = Command::new("convert");
    convert.args([
        "-size",
        &format!("{}x{}", size.0 / 4, size.1 / 4),
        "-seed",
        "7",
        &format!("plasma:{colours}"),
    ]);
    convert.args(["-modulate", "80,40", "-resize", "400%", "-depth", "8"]);
    convert.arg(file);
    run(&mut convert, SHORT).map(drop)
}

fn parse_place(text: &str) -> Option<Place> {
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key));
        line.and_then(|number| number.trim().parse().ok())
    };
    Some(Place {
        x: value("Absolute upper-left X:")?,
        y: value("Absolute upper-left Y:")?,
        width: value("Width:")?,
        height: value("Height:")?,
    })
}

/// An X server of our own, on a display number it picks itself.
pub(crate) struct XServer {
    pub(crate) display: Display,
    _service: Service,
}

impl XServer {
    /// Xvfb with one screen of this size.
    pub(crate) fn xvfb(size: (usize, usize), logs: &Path) -> Result<Self> {
        let mut command = Command::new("Xvfb");
        command.args([
            "-screen",
            "0",
            &format!("{}x{}x24", size.0, size.1),
            "-noreset",
            "-nolisten",
            "tcp",
        ]);
        // With SECURITY nobody may read a pointer's shape whose maker has gone.
        command.args(["-extension", "SECURITY"]);
        Self::start("xvfb", &mut command, logs)
    }

    /// Any X server program; it is told to write its display number to standard output once it is up.
    pub(crate) fn start(name: &str, command: &mut Command, logs: &Path) -> Result<Self> {
        let (service, talk) =
            Service::start_talking(name, command.args(["-displayfd", "1"]), logs)?;
        let number = talk.hear(SHORT).and_then(|line| line.context("it ended"));
        let number = number
            .with_context(|| format!("{name} did not come up"))
            .map_err(|e| service.explain(e))?;
        Ok(Self {
            display: Display::named(&format!(":{}", number.trim())),
            _service: service,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_comes_from_two_lines() {
        let display = Display::parse(":7\n/tmp/authority\n").unwrap();
        assert_eq!(
            (display.name.as_str(), display.authority),
            (":7", Some(PathBuf::from("/tmp/authority")))
        );
        assert!(Display::parse(":7\n\n").unwrap().authority.is_none());
        assert!(Display::parse(":7").is_none());
        assert!(Display::parse("\n\n").is_none());
    }

    #[test]
    fn a_place_is_read_from_what_xwininfo_says() {
        let text = "xwininfo: Window id: 0x60000c \"a log\"\n\n  Absolute upper-left X:  -3\n  \
            Absolute upper-left Y:  600\n  Relative upper-left X:  2\n  Width: 634\n  Height: 403\n  Depth: 24\n";
        let place = Place {
            x: -3,
            y: 600,
            width: 634,
            height: 403,
        };
        assert_eq!(parse_place(text), Some(place));
        assert_eq!(parse_place("  Width: 634\n"), None);
    }
}
