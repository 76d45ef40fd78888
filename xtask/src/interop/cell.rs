//! One cell of the matrix: a peer, one way of talking with it, and what was checked.

use anyhow::Result;
use serde::Serialize;

/// Which side of the connection is ours.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    Server,
    Client,
}

/// The outcome of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    Pass,
    Fail,
    /// Nothing is wrong, but the peer cannot do all of it; the note says what.
    PeerLimit,
}

/// What a cell can check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Check {
    /// The desktop's pixels, all of them, exactly.
    Picture,
    /// The client asks for another size and the desktop gets it.
    Resize,
    /// The shape of the pointer.
    Cursor,
    /// Text, both ways.
    Clipboard,
    /// What is typed at one end arrives at the other.
    Keys,
    /// A tone that is played at the desktop is heard at the other end.
    Sound,
}

/// None: does not apply, or was not reached.
#[derive(Default, Serialize)]
struct Checks {
    picture: Option<bool>,
    resize: Option<bool>,
    cursor: Option<bool>,
    clipboard: Option<bool>,
    keys: Option<bool>,
    sound: Option<bool>,
}

/// See the module.
pub(super) struct Cell {
    peer: &'static str,
    version: String,
    side: Side,
    security: &'static str,
    encoding: &'static str,
    checks: Checks,
    failed: bool,
    limited: bool,
    notes: Vec<String>,
}

/// The cell as a line of JSON; the names are relied on from outside.
#[derive(Serialize)]
struct Line<'a> {
    peer: &'a str,
    version: &'a str,
    side: Side,
    security: &'a str,
    encoding: &'a str,
    checks: &'a Checks,
    result: Verdict,
    note: String,
}

impl Cell {
    /// A cell with nothing checked yet.
    pub(super) fn new(
        peer: &'static str,
        version: &str,
        side: Side,
        security: &'static str,
        encoding: &'static str,
    ) -> Self {
        let checks = Checks::default();
        let (version, notes) = (version.to_owned(), Vec::new());
        Self {
            peer,
            version,
            side,
            security,
            encoding,
            checks,
            failed: false,
            limited: false,
            notes,
        }
    }

    /// Records the outcome of one check.
    pub(super) fn record(&mut self, check: Check, outcome: Result<()>) {
        let field = match check {
            Check::Picture => &mut self.checks.picture,
            Check::Resize => &mut self.checks.resize,
            Check::Cursor => &mut self.checks.cursor,
            Check::Clipboard => &mut self.checks.clipboard,
            Check::Keys => &mut self.checks.keys,
            Check::Sound => &mut self.checks.sound,
        };
        *field = Some(outcome.is_ok());
        if let Err(error) = outcome {
            self.failed = true;
            self.notes.push(format!(
                "{}: {error:#}",
                format!("{check:?}").to_lowercase()
            ));
        }
    }

    /// Records that it could not be played.
    pub(super) fn fail(&mut self, error: &anyhow::Error) {
        self.failed = true;
        self.notes.push(format!("{error:#}"));
    }

    /// Records what the peer cannot do.
    pub(super) fn limit(&mut self, note: &str) {
        self.limited = true;
        self.notes.push(note.to_owned());
    }

    /// The outcome so far.
    pub(super) fn verdict(&self) -> Verdict {
        match (self.failed, self.limited) {
            (true, _) => Verdict::Fail,
            (false, true) => Verdict::PeerLimit,
            (false, false) => Verdict::Pass,
        }
    }

    /// For programs.
    pub(super) fn json(&self) -> String {
        let line = Line {
            peer: self.peer,
            version: &self.version,
            side: self.side,
            security: self.security,
            encoding: self.encoding,
            checks: &self.checks,
            result: self.verdict(),
            note: self.notes.join("; "),
        };
        serde_json::to_string(&line).unwrap_or_else(|error| format!("{{\"note\":\"{error}\"}}"))
    }

    /// The head of the table for people.
    pub(super) fn heading() -> String {
        let checks = "picture resize cursor clipboard keys sound";
        format!(
            "{:<22} {:<8} {:<6} {:<12} {:<15} {checks}  result",
            "peer", "version", "ours", "security", "encoding"
        )
    }

    /// A row of the table; the notes on lines of their own.
    pub(super) fn row(&self) -> String {
        let mark = |check: Option<bool>| match check {
            Some(true) => "ok",
            Some(false) => "FAIL",
            None => "-",
        };
        let side = if self.side == Side::Server {
            "server"
        } else {
            "client"
        };
        let result = match self.verdict() {
            Verdict::Pass => "pass",
            Verdict::Fail => "FAIL",
            Verdict::PeerLimit => "peer-limit",
        };
        let c = &self.checks;
        let mut row = format!(
            "{:<22} {:<8} {side:<6} {:<12} {:<15} {:<7} {:<6} {:<6} {:<9} {:<4} {:<5}  {result}",
            self.peer,
            self.version,
            self.security,
            self.encoding,
            mark(c.picture),
            mark(c.resize),
            mark(c.cursor),
            mark(c.clipboard),
            mark(c.keys),
            mark(c.sound),
        );
        for note in &self.notes {
            row.push_str(&format!("\n    {}", note.replace('\n', "\n    ")));
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell() -> Cell {
        Cell::new("x11vnc", "0.9.16", Side::Client, "None", "Tight")
    }

    #[test]
    fn a_cell_is_a_line_with_the_names_others_rely_on() {
        let mut cell = cell();
        cell.record(Check::Picture, Ok(()));
        cell.record(Check::Keys, Err(anyhow::anyhow!("nothing arrived")));
        let line: serde_json::Value = serde_json::from_str(&cell.json()).unwrap();
        let checks = serde_json::json!({
            "picture": true, "resize": null, "cursor": null, "clipboard": null, "keys": false, "sound": null,
        });
        let expected = serde_json::json!({
            "peer": "x11vnc", "version": "0.9.16", "side": "client", "security": "None", "encoding": "Tight",
            "checks": checks, "result": "fail", "note": "keys: nothing arrived",
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn a_limit_of_the_peer_is_no_failure_but_hides_none() {
        let mut cell = cell();
        assert_eq!(cell.verdict(), Verdict::Pass);
        cell.limit("it knows no resizing");
        assert_eq!(cell.verdict(), Verdict::PeerLimit);
        assert!(cell.json().contains("\"peer-limit\""));
        cell.record(Check::Picture, Err(anyhow::anyhow!("3 pixels differ")));
        assert_eq!(cell.verdict(), Verdict::Fail);
    }
}
