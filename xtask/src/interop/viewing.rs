//! Our viewer against a foreign server: ways to ask it for pixels, and what is checked with each.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Kit;
use super::cell::{Cell, Side};
use super::compare::{Closeness, JPEG, WAVELETS};
use super::matrix::Matrix;
use super::stage::{
    ARRIVAL, BESIDE_TERMINAL, IN_TERMINAL, OTHER_SIZE, PASSWORD, QUIET, SIZE, Stage, USER,
};
use super::{cursor, cursor::Cursor};
use crate::picture::Picture;
use crate::process::wait_until;
use crate::programs::{Viewer, typed, write_secret};

/// A way to ask for pixels: one encoding, with or without loss.
#[derive(Clone, Copy)]
pub(super) struct Way {
    /// The encoding's name, for the matrix.
    pub(super) name: &'static str,
    /// What our viewer's `--encoding` calls it.
    flag: &'static str,
    /// Its number.
    number: i32,
    quality: &'static str,
    /// How equal the picture has to be.
    pub(super) closeness: Closeness,
}

impl Way {
    const fn exact(name: &'static str, flag: &'static str, number: i32) -> Self {
        Self {
            name,
            flag,
            number,
            quality: "lossless",
            closeness: Closeness::Exact,
        }
    }

    const fn jpeg(name: &'static str, flag: &'static str, number: i32) -> Self {
        Self {
            quality: "8",
            closeness: JPEG,
            ..Self::exact(name, flag, number)
        }
    }
}

/// Tight without JPEG.
pub(super) const TIGHT: Way = Way::exact("Tight", "tight", 7);
/// Tight with JPEG of quality level 8.
pub(super) const TIGHT_JPEG: Way = Way::jpeg("Tight JPEG", "tight", 7);
/// TightPNG without JPEG.
pub(super) const TIGHT_PNG: Way = Way::exact("TightPNG", "tight-png", -260);
/// ZRLE.
pub(super) const ZRLE: Way = Way::exact("ZRLE", "zrle", 16);
/// Zlib.
pub(super) const ZLIB: Way = Way::exact("Zlib", "zlib", 6);
/// Hextile.
pub(super) const HEXTILE: Way = Way::exact("Hextile", "hextile", 5);
/// CoRRE.
pub(super) const CORRE: Way = Way::exact("CoRRE", "corre", 4);
/// RRE.
pub(super) const RRE: Way = Way::exact("RRE", "rre", 2);
/// Raw.
pub(super) const RAW: Way = Way::exact("Raw", "raw", 0);
/// ZYWRLE, which always loses something.
pub(super) const ZYWRLE: Way = Way {
    closeness: WAVELETS,
    ..Way::exact("ZYWRLE", "zywrle", 17)
};

/// A server of others that our viewer connects to.
pub(super) struct Foreign<'a> {
    pub(super) kit: &'a Kit,
    pub(super) name: &'static str,
    pub(super) version: &'a str,
    /// The security type; the scheme of its address stands before it, if that is not `vnc`.
    pub(super) security: &'static str,
    pub(super) port: u16,
    /// The fingerprint it has to have, if it encrypts.
    pub(super) pin: Option<&'a str>,
    /// Takes logs and pictures.
    pub(super) directory: &'a Path,
}

impl Foreign<'_> {
    /// Plays a cell for each of these ways.
    pub(super) fn play(
        &self,
        matrix: &Matrix,
        ways: &[Way],
        mut check: impl FnMut(&mut Cell, &mut Viewer, &Way),
    ) {
        for way in ways {
            let mut cell = Cell::new(
                self.name,
                self.version,
                Side::Client,
                self.security,
                way.name,
            );
            match self.connect(way) {
                Ok(mut viewer) => {
                    check(&mut cell, &mut viewer, way);
                    if let Err(error) = viewer.expect_used(way).and_then(|()| viewer.quit()) {
                        cell.fail(&error);
                    }
                }
                Err(error) => cell.fail(&error),
            }
            matrix.add(cell);
        }
    }

    fn connect(&self, way: &Way) -> Result<Viewer> {
        let (scheme, _) = self.security.split_once(' ').unwrap_or(("vnc", ""));
        let url = format!("{scheme}://127.0.0.1:{}", self.port);
        let file = self.directory.join("password");
        write_secret(&file, PASSWORD)?;
        let file = file.display().to_string();
        let mut flags = vec![url.as_str()];
        flags.extend(["--encoding", way.flag, "--only", "--quality", way.quality]);
        match self.pin {
            Some(pin) => flags.extend(["--fingerprint", pin, "--user", USER]),
            None => flags.push("--insecure"),
        }
        if self.security.starts_with("RA2ne") {
            flags.push("--insecure");
        }
        if !self.security.ends_with("None") {
            flags.extend(["--password-file", file.as_str()]);
        }
        let mut viewer = Viewer::start(&self.kit.programs, &flags, self.directory)?;
        viewer.tell("stats")?;
        Ok(viewer)
    }

    /// The desktop's picture as it stands and, without loss, again after random painting.
    pub(super) fn check_picture(
        &self,
        viewer: &mut Viewer,
        stage: &Stage,
        way: &Way,
    ) -> Result<()> {
        let (name, closeness) = (self.picture_name(way), way.closeness);
        stage.expect(&name, closeness, |file| {
            viewer.point_beside_terminal()?; // again each time, as a busy server may take both movements for one
            viewer.still_picture(file)
        })?;
        if closeness != Closeness::Exact {
            return Ok(()); // noise is beyond what JPEG promises
        }
        let seed = way.number.unsigned_abs() as usize;
        stage.paint(seed)?;
        let painted = stage.expect(&format!("{name}-painted"), closeness, |file| {
            viewer.still_picture(file)
        });
        painted.with_context(|| format!("painted with seed {seed}"))
    }

    /// What pictures of this way are called.
    pub(super) fn picture_name(&self, way: &Way) -> String {
        format!("{}-{}", self.security, way.name).replace(' ', "-")
    }
}

impl Viewer {
    /// What our viewer holds, once nothing more comes.
    pub(super) fn still_picture(&mut self, file: &Path) -> Result<Picture> {
        self.wait_until_still(QUIET, ARRIVAL)?;
        self.snapshot(file)
    }

    /// Sees that the server has used the encoding that was asked for, and no other but Raw and CopyRect.
    fn expect_used(&mut self, way: &Way) -> Result<()> {
        let answer = self.tell("stats")?;
        let used = answer.get("encodings").and_then(Value::as_object);
        let used = used.context("the statistics tell no encodings")?;
        let number = way.number.to_string();
        ensure!(
            used.contains_key(&number),
            "the server never used it: rectangles by encoding {used:?}"
        );
        let allowed = [number.as_str(), "0", "1"];
        ensure!(
            used.keys().all(|key| allowed.contains(&key.as_str())),
            "the server used what it was not asked for: rectangles by encoding {used:?}"
        );
        Ok(())
    }

    /// Points at the wallpaper. A server may draw the pointer into the picture until its client has itself moved it
    /// from where it was (TigerVNC does).
    pub(super) fn point_beside_terminal(&mut self) -> Result<()> {
        let (x, y) = BESIDE_TERMINAL;
        self.tell(&format!("move {} {y}", x - 9))?;
        self.tell("wait 0.1")?; // else both are one movement, to where it was
        self.tell(&format!("move {x} {y}")).map(drop)
    }

    /// Types a line into the terminal of the stage and sees it arrive.
    pub(super) fn check_keys(&mut self, stage: &Stage, text: &str) -> Result<()> {
        self.tell(&format!("move {} {}", IN_TERMINAL.0, IN_TERMINAL.1))?;
        self.tell(&format!("type {}\\n", typed(text)))?;
        stage.expect_typed(text)
    }

    /// Sees that the shape of the pointer over the wallpaper is the desktop's.
    pub(super) fn check_cursor(&mut self, stage: &Stage) -> Result<()> {
        self.point_beside_terminal()?;
        let wanted = || cursor::shown(&stage.display);
        cursor::expect(wanted, || Cursor::described(self.tell("cursor")?))
    }

    /// Sends text to the desktop's clipboard, then gets other text from it.
    pub(super) fn check_clipboard(&mut self, stage: &Stage, there: &str, back: &str) -> Result<()> {
        self.send_clipboard(there)?;
        stage.expect_clipboard(there).context("to the server")?;
        self.check_clipboard_from(back, || {
            stage.display.offer_clipboard(back, &stage.directory)
        })
    }

    /// Sends text to the desktop's clipboard.
    pub(super) fn send_clipboard(&mut self, text: &str) -> Result<()> {
        self.tell(&format!("clipboard {text}")).map(drop)
    }

    /// Gets this text, which `offer` puts on the desktop's clipboard.
    pub(super) fn check_clipboard_from<T>(
        &mut self,
        text: &str,
        offer: impl FnOnce() -> Result<T>,
    ) -> Result<()> {
        let command = format!("clipboard-wait {}", ARRIVAL.as_secs());
        let answer = self.ask_during(&command, ARRIVAL * 2, offer);
        let (answer, _owner) = answer.context("from the server")?;
        let got = answer.get("text").and_then(Value::as_str);
        ensure!(
            got == Some(text),
            "from the server: should be {text:?} and is {got:?}"
        );
        Ok(())
    }

    /// Asks for another size of the desktop, gets it, and goes back.
    pub(super) fn check_resize(&mut self, stage: &Stage, name: &str) -> Result<()> {
        for (width, height) in [OTHER_SIZE, SIZE] {
            self.tell(&format!("resize {width}x{height}"))?;
            let size = || Ok((stage.display.size()? == (width, height)).then_some(()));
            wait_until(&format!("the desktop is {width}x{height}"), ARRIVAL, size)?;
            stage.expect_same(&format!("{name}-{width}x{height}"), |file| {
                self.still_picture(file)
            })?;
        }
        Ok(())
    }
}
