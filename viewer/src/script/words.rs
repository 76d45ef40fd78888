//! What follows the name of a command.

use super::PATIENCE;
use crate::input::button;
use rfb::{Point, Size};
use std::time::Duration;

/// The longest `wait`, and the longest time-out, in seconds: a day.
const LONGEST_WAIT: f64 = 86_400.0;

/// The words after a command, taken one by one.
pub(super) struct Words<'a> {
    command: &'a str,
    words: std::str::SplitWhitespace<'a>,
}

impl<'a> Words<'a> {
    pub(super) fn new(command: &'a str, rest: &'a str) -> Self {
        Self {
            command,
            words: rest.split_whitespace(),
        }
    }
    pub(super) fn required(&mut self, what: &str) -> Result<&'a str, String> {
        let missing = || format!("{}: {what} is missing", self.command);
        self.words.next().ok_or_else(missing)
    }
    pub(super) fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, String> {
        let word = self.required(what)?;
        word.parse()
            .map_err(|_| format!("{}: {what}: invalid value {word:?}", self.command))
    }
    pub(super) fn seconds(&mut self, what: &str) -> Result<Duration, String> {
        let seconds: f64 = self.number(what)?;
        if !(0.0..=LONGEST_WAIT).contains(&seconds) {
            return Err(format!("{}: {what}: invalid value {seconds}", self.command));
        }
        Ok(Duration::from_secs_f64(seconds))
    }
    pub(super) fn patience(&mut self) -> Result<Duration, String> {
        if self.words.clone().next().is_none() {
            return Ok(PATIENCE);
        }
        self.seconds("time-out")
    }
    pub(super) fn point(&mut self) -> Result<Point, String> {
        Ok(Point::new(self.number("x")?, self.number("y")?))
    }
    pub(super) fn button(&mut self) -> Result<u16, String> {
        match self.words.next() {
            None | Some("1" | "left") => Ok(button::LEFT),
            Some("2" | "middle") => Ok(button::MIDDLE),
            Some("3" | "right") => Ok(button::RIGHT),
            Some("8" | "back") => Ok(button::BACK),
            Some("9" | "forward") => Ok(button::FORWARD),
            Some(other) => Err(format!("{}: there is no button {other:?}", self.command)),
        }
    }
    pub(super) fn size(&mut self) -> Result<Size, String> {
        let word = self.required("a size")?;
        let size = word
            .split_once('x')
            .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
            .filter(|&(width, height): &(u16, u16)| width > 0 && height > 0);
        let (width, height) = size.ok_or_else(|| {
            format!(
                "{}: a size is WIDTHxHEIGHT in pixels, not {word:?}",
                self.command
            )
        })?;
        Ok(Size::new(width, height))
    }
    pub(super) fn switch(&mut self) -> Result<bool, String> {
        match self.required("on or off")? {
            "on" => Ok(true),
            "off" => Ok(false),
            other => Err(format!("{}: on or off, not {other:?}", self.command)),
        }
    }
    pub(super) fn percent(&mut self) -> Result<u8, String> {
        match self.number("a number from 0 to 100")? {
            percent @ 0..=100 => Ok(percent),
            other => Err(format!("{}: from 0 to 100, not {other}", self.command)),
        }
    }
    pub(super) fn end(&mut self) -> Result<(), String> {
        match self.words.next() {
            None => Ok(()),
            Some(word) => Err(format!("{}: {word:?} is too much", self.command)),
        }
    }
}
