//! One line of figures, as any of our commands prints it.

use std::time::Duration;

use lab::link::Rates;
use serde_json::Value;

use crate::desktop::foreign::XTIGERVNC;
use crate::figures::{megabits, rounded};

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A recording, over a link.
    Link,
    /// Paint to pixel.
    Latency,
    /// Sound and picture in step.
    Av,
    /// A browser, over a link.
    Browser,
    /// Encoders alone.
    Codec,
    /// A measurement that failed.
    Failed,
}

/// A line of figures.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) kind: Kind,
    value: Value,
}

/// What runs may differ in: how it is called in tables, and its text, if it is known.
pub(super) struct Trait {
    pub(super) name: &'static str,
    pub(super) text: fn(&Run) -> Option<String>,
}

/// What is measured, and on which link: each combination is a plot of its own.
pub(super) const CONDITIONS: [Trait; 9] = [
    Trait {
        name: "recording",
        text: |run| run.word("session"),
    },
    Trait {
        name: "load",
        text: |run| run.word("load"),
    },
    Trait {
        name: "size",
        text: |run| run.word("size"),
    },
    Trait {
        name: "rate",
        text: Run::rate_text,
    },
    Trait {
        name: "round trip",
        text: |run| Some(milliseconds(run.round_trip()?, "RTT")),
    },
    Trait {
        name: "jitter",
        text: |run| above_zero(run, "jitter_ms").map(|own| milliseconds(own, "jitter")),
    },
    Trait {
        name: "loss",
        text: |run| {
            above_zero(run, "loss").map(|own| format!("{} % loss", rounded(own * 100.0, 3)))
        },
    },
    Trait {
        name: "speed",
        text: |run| {
            run.number("speed")
                .or_else(|| run.number("load_speed"))
                .filter(|own| (own - 1.0).abs() > 1e-9)
                .map(|own| format!("{own} × speed"))
        },
    },
    Trait {
        name: "sound",
        text: Run::sound_text,
    },
];

/// Who is measured, and how it is set: each combination is a line in a plot.
pub(super) const SERIES: [Trait; 7] = [
    Trait {
        name: "server",
        text: |run| Some(run.server()),
    },
    Trait {
        name: "transport",
        text: |run| run.word("transport"),
    },
    Trait {
        name: "encoding",
        text: |run| run.word("encoding"),
    },
    Trait {
        name: "quality",
        text: Run::quality_text,
    },
    Trait {
        name: "compression",
        text: |run| {
            run.number("compress")
                .map(|own| format!("compression {own}"))
        },
    },
    Trait {
        name: "cap",
        text: |run| {
            let cap = run.number("max_rate_mbit")?;
            Some(format!("cap {cap} Mbit/s"))
        },
    },
    Trait {
        name: "threads",
        text: |run| run.number("threads").map(|own| format!("{own} threads")),
    },
];

impl Run {
    /// The run that a line of JSON tells of; none if it is about nothing known here.
    pub(super) fn read(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        value.is_object().then_some(())?;
        let mut run = Self {
            kind: Kind::Failed,
            value,
        };
        run.kind = run.find_kind()?;
        Some(run)
    }

    fn find_kind(&self) -> Option<Kind> {
        let has = |name: &str| self.value.get(name).is_some();
        if has("error") {
            return Some(Kind::Failed);
        }
        if self.word("experiment").as_deref() == Some("browser") {
            return Some(Kind::Browser);
        }
        if has("mbit_mean") {
            return Some(Kind::Link);
        }
        if has("skew_ms") {
            return Some(Kind::Av);
        }
        if has("latency_ms") {
            return Some(Kind::Latency);
        }
        (has("bytes") && has("psnr_db")).then_some(Kind::Codec)
    }

    /// What is at `path`, as `latency_ms.p50`. What was asked for stands in for what was not printed.
    fn at<'a>(&'a self, path: &str) -> Option<&'a Value> {
        let inside = |from: &'a Value| {
            let found = path
                .split('.')
                .try_fold(from, |value, name| value.get(name));
            found.filter(|value| !value.is_null())
        };
        inside(&self.value).or_else(|| inside(self.value.get("combination")?))
    }

    /// The number at `path`, if it is one.
    pub(super) fn number(&self, path: &str) -> Option<f64> {
        let number = self.at(path)?.as_f64()?;
        (number.abs() <= 1e12).then_some(number)
    }

    /// The numbers at `path`; what is none among them is none.
    pub(super) fn numbers(&self, path: &str) -> Vec<Option<f64>> {
        let values = self.at(path).and_then(Value::as_array);
        let finite = |value: &Value| value.as_f64().filter(|own| own.abs() <= 1e12);
        values.into_iter().flatten().map(finite).collect()
    }

    /// The text at `path`, or the number as text.
    pub(super) fn word(&self, path: &str) -> Option<String> {
        match self.at(path)? {
            Value::String(text) => Some(text.chars().take(80).collect()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Whose server it is.
    pub(super) fn server(&self) -> String {
        let named = self.word("against").or_else(|| self.word("server"));
        match named {
            Some(name) if name.eq_ignore_ascii_case(XTIGERVNC) => XTIGERVNC.to_owned(),
            named => named.unwrap_or_else(|| "Tightrope".to_owned()),
        }
    }

    /// Whether it is our own.
    pub(super) fn is_ours(&self) -> bool {
        self.server().starts_with("Tightrope")
    }

    /// In bits a second, with its steps.
    pub(super) fn rates(&self) -> Option<Rates> {
        let asked = self
            .value
            .get("combination")
            .and_then(|own| own.get("rate"));
        let asked = asked.or_else(|| self.value.get("rate"));
        if let Some(rates) = asked
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok())
        {
            return Some(rates);
        }
        let steps = self.steps();
        if let Ok(rates) = steps.parse() {
            return Some(rates);
        }
        let mbit = self.number("rate_mbit").filter(|mbit| *mbit > 0.0)?;
        format!("{mbit}mbit").parse().ok()
    }

    /// The steps of the rate that was printed, as they are written on a command line.
    fn steps(&self) -> String {
        let steps = self.at("rate_steps").and_then(Value::as_array);
        let texts = steps.into_iter().flatten().filter_map(|step| {
            let from = step.get(0)?.as_f64()?;
            let mbit = step.get(1)?.as_f64()?;
            Some(match from > 0.0 {
                true => format!("{mbit}mbit@{from}s"),
                false => format!("{mbit}mbit"),
            })
        });
        texts.collect::<Vec<_>>().join(",")
    }

    fn rate_text(&self) -> Option<String> {
        let rates = self.rates()?;
        let steps: Vec<String> = rates
            .steps()
            .map(|(_, bits)| megabits(bits).to_string())
            .collect();
        Some(format!("{} Mbit/s", steps.join(" → ")))
    }

    fn round_trip(&self) -> Option<f64> {
        if let Some(own) = self.number("rtt_ms") {
            return Some(own);
        }
        let time: Duration = lab::link::parse_duration(&self.word("rtt")?).ok()?;
        Some(time.as_secs_f64() * 1000.0)
    }

    fn sound_text(&self) -> Option<String> {
        let audio = self.at("audio")?;
        let is_on = audio.is_object() || audio.as_bool() == Some(true);
        is_on.then(|| "with sound".to_owned())
    }

    /// Quality as it was asked for, else as it was.
    pub(super) fn quality_text(&self) -> Option<String> {
        let asked = self
            .value
            .get("combination")
            .and_then(|own| own.get("quality"));
        let adapts = self.value.get("adapts").and_then(Value::as_bool);
        if asked.is_none() && adapts == Some(true) {
            return Some("adapting".to_owned());
        }
        let own = asked.or_else(|| self.value.get("quality"))?;
        Some(match own {
            Value::String(text) if text == "auto" => "adapting".to_owned(),
            Value::String(text) if text == "lossless" => text.clone(),
            Value::String(text) => format!("quality {}", text.chars().take(40).collect::<String>()),
            Value::Number(number) if number.as_i64() == Some(-1) => "lossless".to_owned(),
            Value::Number(number) => format!("quality {number}"),
            Value::Null if self.kind == Kind::Link => "adapting".to_owned(),
            _ => return None,
        })
    }

    /// How it is set, all of it.
    pub(super) fn setting(&self) -> String {
        let texts = SERIES.iter().filter_map(|own| (own.text)(self));
        texts.collect::<Vec<_>>().join(" · ")
    }

    /// Why it failed.
    pub(super) fn error(&self) -> String {
        let text = self.word("error").unwrap_or_default();
        match text.is_empty() {
            true => "it failed".to_owned(),
            false => text,
        }
    }
}

fn above_zero(run: &Run, path: &str) -> Option<f64> {
    run.number(path).filter(|own| *own > 0.0)
}

fn milliseconds(time: f64, what: &str) -> String {
    format!("{} ms {what}", rounded(time, 1))
}
