//! What the demo found: a JSON file for programs, a table for people.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

/// Nothing but a keep-alive of the transport.
const IDLE_BYTES: u64 = 100;

/// A person takes what comes so soon for at once.
const SOUND_DELAY_MS: f64 = 70.0;

/// The figures of one run. The names are relied on from outside.
#[derive(Serialize)]
pub(super) struct Report {
    /// The viewer's picture equals the X server's, every pixel.
    pub(super) picture_equal: bool,
    /// How they differ, in words.
    pub(super) picture: String,
    /// Different colours on the desktop.
    pub(super) colours: usize,
    /// The saved file holds what was typed, every byte.
    pub(super) typed_text_equal: bool,
    pub(super) encrypted: bool,
    /// What the desktop played was heard, every note and as loud.
    pub(super) sound_heard: bool,
    /// Of the tone that was played at 440 Hz.
    pub(super) sound_frequency_hz: f64,
    /// From the desktop's device to the viewer's.
    pub(super) sound_delay_ms: f64,
    /// How often the viewer had no sound to play.
    pub(super) sound_underruns: u64,
    /// After its connection was cut, a viewer's picture equals the X server's over a new one.
    pub(super) resumed_equal: bool,
    /// From the cut to the viewer's first answer over the new connection.
    pub(super) resumed_ms: f64,
    /// What came over the new connection until then, with encryption.
    pub(super) resumed_bytes: u64,
    /// From the start of the agent's process to the answer of its first client's handshake.
    pub(super) start_ms: f64,
    /// From a viewer's handshake to the whole picture of the full desktop.
    pub(super) first_picture_ms: f64,
    /// The same for the first viewer, which found a desktop that was only just starting.
    pub(super) first_picture_at_start_ms: f64,
    pub(super) agent_rss_mib: f64,
    pub(super) idle_seconds: f64,
    pub(super) idle_cpu_percent: f64,
    /// Bytes in both directions while idle, below the encryption.
    pub(super) idle_bytes: u64,
    pub(super) updates: u64,
    pub(super) bytes_received: u64,
    pub(super) bytes_sent: u64,
}

impl Report {
    /// Whether what arrived is what was sent, and nobody could read it on the way.
    pub(super) fn passed(&self) -> bool {
        self.picture_equal
            && self.typed_text_equal
            && self.sound_heard
            && self.encrypted
            && self.resumed_equal
    }

    /// Writes the JSON file.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(file, text + "\n")
            .with_context(|| format!("cannot write {}", file.display()))
    }

    /// Figure, goal and verdict, a line each.
    pub(super) fn table(&self) -> String {
        let yes = |name, value| Line {
            name,
            value: if value { "yes" } else { "no" }.into(),
            goal: "yes".into(),
            met: Some(value),
        };
        let most = |name, value: f64, goal: f64, unit: &str, digits: usize| Line {
            name,
            value: format!("{value:.digits$}{unit}"),
            goal: format!("at most {goal}{unit}"),
            met: Some(value <= goal),
        };
        let told = |name, value: String| Line {
            name,
            value,
            goal: String::new(),
            met: None,
        };
        let lines = [
            yes("picture equal", self.picture_equal),
            yes("typed text equal", self.typed_text_equal),
            yes("sound heard", self.sound_heard),
            yes("encrypted", self.encrypted),
            yes("picture equal after a cut", self.resumed_equal),
            most(
                "agent started to handshake",
                self.start_ms,
                1500.0,
                " ms",
                0,
            ),
            most(
                "handshake to whole picture",
                self.first_picture_ms,
                100.0,
                " ms",
                0,
            ),
            most(
                "sound's delay",
                self.sound_delay_ms,
                SOUND_DELAY_MS,
                " ms",
                1,
            ),
            Line {
                name: "gaps in the sound",
                value: self.sound_underruns.to_string(),
                goal: "0".into(),
                met: Some(self.sound_underruns == 0),
            },
            most("agent's memory", self.agent_rss_mib, 60.0, " MiB", 1),
            most("agent's CPU when idle", self.idle_cpu_percent, 1.0, " %", 1),
            Line {
                name: "bytes when idle",
                value: self.idle_bytes.to_string(),
                goal: format!("at most {IDLE_BYTES}"),
                met: Some(self.idle_bytes <= IDLE_BYTES),
            },
            told(
                "cut connection resumed",
                format!("{:.0} ms, {} bytes", self.resumed_ms, self.resumed_bytes),
            ),
            told(
                "tone of 440 Hz",
                format!("{:.1} Hz", self.sound_frequency_hz),
            ),
            told("updates", self.updates.to_string()),
            told("received", format!("{} bytes", self.bytes_received)),
            told("sent", format!("{} bytes", self.bytes_sent)),
            told("colours on the desktop", self.colours.to_string()),
        ];
        lines.iter().map(Line::text).collect()
    }
}

struct Line {
    name: &'static str,
    value: String,
    goal: String,
    met: Option<bool>,
}

impl Line {
    fn text(&self) -> String {
        let verdict = match self.met {
            Some(true) => "ok",
            Some(false) => "MISSED",
            None => "",
        };
        let line = format!(
            "{:<28} {:>16}   {:<16} {verdict}",
            self.name, self.value, self.goal
        );
        format!("{}\n", line.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            picture_equal: true,
            picture: "equal".into(),
            colours: 5000,
            typed_text_equal: true,
            encrypted: true,
            sound_heard: true,
            sound_frequency_hz: 440.0,
            sound_delay_ms: 42.0,
            sound_underruns: 0,
            resumed_equal: true,
            resumed_ms: 60.0,
            resumed_bytes: 700,
            start_ms: 300.4,
            first_picture_ms: 140.0,
            first_picture_at_start_ms: 12.0,
            agent_rss_mib: 40.0,
            idle_seconds: 10.0,
            idle_cpu_percent: 0.1,
            idle_bytes: 0,
            updates: 100,
            bytes_received: 1_000_000,
            bytes_sent: 10_000,
        }
    }

    #[test]
    fn the_table_gives_figure_goal_and_verdict() {
        let table = report().table();
        let line = |name: &str| {
            table
                .lines()
                .find(|line| line.starts_with(name))
                .unwrap()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            line("agent started"),
            "agent started to handshake 300 ms at most 1500 ms ok"
        );
        assert_eq!(
            line("handshake to whole"),
            "handshake to whole picture 140 ms at most 100 ms MISSED"
        );
        assert_eq!(line("updates"), "updates 100");
    }

    #[test]
    fn a_slow_run_passes_and_a_wrong_one_does_not() {
        assert!(report().passed());
        for wrong in [
            Report {
                picture_equal: false,
                ..report()
            },
            Report {
                typed_text_equal: false,
                ..report()
            },
            Report {
                sound_heard: false,
                ..report()
            },
            Report {
                encrypted: false,
                ..report()
            },
            Report {
                resumed_equal: false,
                ..report()
            },
        ] {
            assert!(!wrong.passed());
        }
    }

    #[test]
    fn the_file_has_the_fields_others_rely_on() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("report.json");
        report().write(&file).unwrap();
        let value: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        for field in [
            "picture_equal",
            "typed_text_equal",
            "first_picture_ms",
            "start_ms",
            "agent_rss_mib",
            "idle_cpu_percent",
            "idle_bytes",
            "encrypted",
            "sound_heard",
            "sound_frequency_hz",
            "sound_delay_ms",
            "sound_underruns",
            "resumed_ms",
            "resumed_bytes",
        ] {
            assert!(!value[field].is_null(), "{field}");
        }
    }
}
