//! Small programs of ours around the libraries of others: they obey line by line, as our viewer's scripts do.
//!
//! Every command is answered with one line, `ok` and what was asked for, or `error` and the reason:
//! `still MS LIMIT-MS`, `dump FILE` (a picture), `key KEYSYM 0|1`, `pointer X Y MASK`, `cut TEXT` and `cut?`, `resize W H`
//! and `size?`, `cursor?` (see cursor/shape.py), `security?` (numbers of RFB), `quit`.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::cell::{Cell, Check};
use super::compare::Closeness;
use super::cursor::{self, Cursor};
use super::stage::{ARRIVAL, BESIDE_TERMINAL, IN_TERMINAL, OTHER_SIZE, QUIET, SIZE, Stage};
use crate::picture::Picture;
use crate::process::{Service, Talk, wait_until};

/// See the module.
pub(super) struct Puppet {
    service: Service,
    talk: Talk,
}

/// Which texts a puppet's library can carry.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) typed: &'a str,
    pub(super) there: &'a str,
    pub(super) back: &'a str,
}

impl Puppet {
    /// Starts it; its log is `NAME.log` in the directory.
    pub(super) fn start(name: &str, command: &mut Command, directory: &Path) -> Result<Self> {
        let (service, talk) = Service::start_talking(name, command, directory)?;
        Ok(Self { service, talk })
    }

    /// Gives a command; what follows `ok` in the answer.
    ///
    /// # Errors
    /// The answer is `error`, or there is none.
    pub(super) fn tell(&mut self, command: &str) -> Result<String> {
        let answer = self.talk.say(command).and_then(|()| {
            let line = self.talk.hear(ARRIVAL * 3)?;
            line.context("it ended")
        });
        let answer = answer.with_context(|| format!("`{command}`"));
        let answer = answer.map_err(|error| self.service.explain(error))?;
        match answer.split_once(' ').unwrap_or((&answer, "")) {
            ("ok", rest) => Ok(rest.to_owned()),
            _ => bail!("`{command}`: {answer}"),
        }
    }

    /// Asks, and sees that this is the answer.
    pub(super) fn expect(&mut self, question: &str, answer: &str) -> Result<()> {
        let said = self.tell(question)?;
        ensure!(said == answer, "`{question}`: {said:?}, not {answer:?}");
        Ok(())
    }

    /// The next line it writes by itself.
    pub(super) fn hear(&mut self) -> Result<String> {
        let line = self
            .talk
            .hear(ARRIVAL)
            .and_then(|line| line.context("it ended"));
        line.map_err(|error| self.service.explain(error))
    }

    /// What it holds, once nothing more comes.
    pub(super) fn still_picture(&mut self, file: &Path) -> Result<Picture> {
        let (quiet, limit) = (QUIET.as_millis(), ARRIVAL.as_millis());
        self.tell(&format!("still {quiet} {limit}"))?;
        self.picture(file)
    }

    /// What it holds now.
    pub(super) fn picture(&mut self, file: &Path) -> Result<Picture> {
        self.tell(&format!("dump {}", file.display()))?;
        Picture::read(file)
    }

    /// Compares the picture, paints at random, and compares it again.
    pub(super) fn check_picture(&mut self, stage: &Stage, name: &str, seed: usize) -> Result<()> {
        self.point(BESIDE_TERMINAL)?;
        stage.expect(name, Closeness::Exact, |file| self.still_picture(file))?;
        stage.paint(seed)?;
        let painted =
            stage.expect_same(&format!("{name}-painted"), |file| self.still_picture(file));
        painted.with_context(|| format!("painted with seed {seed}"))
    }

    /// Checks all but the picture.
    pub(super) fn check_rest(&mut self, cell: &mut Cell, stage: &Stage, texts: Texts<'_>) {
        cell.record(Check::Keys, self.check_keys(stage, texts.typed));
        cell.record(Check::Cursor, self.check_cursor(stage));
        cell.record(Check::Clipboard, self.check_clipboard(stage, texts));
        cell.record(Check::Resize, self.check_resize(stage));
    }

    fn point(&mut self, (x, y): (i32, i32)) -> Result<()> {
        self.tell(&format!("pointer {x} {y} 0")).map(drop)
    }

    /// Checks what shows that bytes come and go: the picture and the keys.
    pub(super) fn check_first(&mut self, cell: &mut Cell, stage: &Stage, typed: &str) {
        let picture = self.check_picture(stage, "encrypted", typed.len());
        cell.record(Check::Picture, picture);
        cell.record(Check::Keys, self.check_keys(stage, typed));
    }

    /// Clicks into the terminal, so that the pointer counts as well, and types a line.
    fn check_keys(&mut self, stage: &Stage, text: &str) -> Result<()> {
        let (x, y) = IN_TERMINAL;
        for mask in [0, 1, 0] {
            self.tell(&format!("pointer {x} {y} {mask}"))?;
        }
        for keysym in text.chars().map(keysym).chain([RETURN]) {
            self.tell(&format!("key {keysym} 1"))?;
            self.tell(&format!("key {keysym} 0"))?;
        }
        stage.expect_typed(text)
    }

    fn check_cursor(&mut self, stage: &Stage) -> Result<()> {
        self.point(BESIDE_TERMINAL)?;
        let wanted = || cursor::shown(&stage.display);
        cursor::expect(wanted, || {
            Cursor::described(serde_json::from_str(&self.tell("cursor?")?)?)
        })
    }

    fn check_clipboard(&mut self, stage: &Stage, texts: Texts<'_>) -> Result<()> {
        self.tell(&format!("cut {}", texts.there))?;
        let there = stage.expect_clipboard(texts.there);
        there.context("to our agent")?;
        let _owner = stage
            .display
            .offer_clipboard(texts.back, &stage.directory)?;
        self.expect_clipboard(texts.back)
    }

    /// Waits until its clipboard holds this text.
    pub(super) fn expect_clipboard(&mut self, text: &str) -> Result<()> {
        let mut last = String::new();
        let arrived = wait_until("its clipboard", ARRIVAL, || {
            last = self.tell("cut?")?;
            sleep(POLL);
            Ok((last == text).then_some(()))
        });
        arrived.with_context(|| format!("its clipboard should hold {text:?} and holds {last:?}"))
    }

    fn check_resize(&mut self, stage: &Stage) -> Result<()> {
        for (width, height) in [OTHER_SIZE, SIZE] {
            self.tell(&format!("resize {width} {height}"))?;
            let size = || Ok((stage.display.size()? == (width, height)).then_some(()));
            wait_until(&format!("the desktop is {width}x{height}"), ARRIVAL, size)?;
            stage.expect_same(&format!("{width}x{height}"), |file| {
                self.still_picture(file)
            })?;
        }
        Ok(())
    }

    /// Ends the session.
    pub(super) fn quit(mut self) -> Result<()> {
        self.tell("quit")?;
        self.talk.close_input();
        let status = self.service.wait(ARRIVAL)?;
        ensure!(status.success(), "it ended with {status}");
        Ok(())
    }
}

const RETURN: u32 = 0xff0d;
const POLL: Duration = Duration::from_millis(50);

/// Characters of Latin-1 are their own keysyms; the others have the Unicode ones.
fn keysym(character: char) -> u32 {
    match u32::from(character) {
        latin @ 0..=0xff => latin,
        code => code | 0x0100_0000,
    }
}
