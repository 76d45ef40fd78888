//! What is combined with what, and how `link` is told.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Result, ensure};
use lab::link::{Queue, Rates, parse_duration, parse_share};
use serde::{Deserialize, Serialize};

use crate::desktop::served::Against;
use crate::desktop::transport::Transport;
use crate::encoding::Encoding;
use crate::quality::Quality;
use crate::recording;

/// What a sweep goes through: every combination of the values of these flags.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Axes {
    /// Recordings (.vtz).
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub(super) session: Vec<PathBuf>,
    /// How fast the link is; a rate with steps is one value: 20mbit,20mbit,5mbit@10s are two.
    #[arg(long, value_name = "RATE,…", default_value = "20mbit")]
    rate: RateList,
    /// Its round trip.
    #[arg(long, value_name = "TIME,…", value_delimiter = ',', default_value = "40ms", value_parser = checked_time)]
    rtt: Vec<String>,
    /// The share of datagrams that get lost.
    #[arg(long, value_name = "SHARE,…", value_delimiter = ',', default_value = "0%", value_parser = checked_share)]
    loss: Vec<String>,
    /// A quality level, lossless, or auto: at most level 8, and less where the link is too slow for that.
    #[arg(long, value_name = "auto|0-9|lossless,…", value_delimiter = ',', default_value = "auto", value_parser = checked_quality)]
    quality: Vec<String>,
    /// The encoding that the client asks for; all of them if nothing is said.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    encoding: Vec<Encoding>,
    /// What carries the sessions of our server.
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "tls"
    )]
    transport: Vec<Transport>,
    /// Measure these beside our server, where they can do the same: without transports, sound and adapting.
    #[arg(long, value_name = "xtigervnc,…", value_delimiter = ',')]
    against: Vec<Against>,
    /// Each combination so many times.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// How much earlier or later packets come, at most.
    #[arg(long, value_name = "TIME", default_value = "0ms", value_parser = checked_time)]
    jitter: String,
    /// How much may wait for the link.
    #[arg(long, value_name = "200ms", default_value = "200ms", value_parser = checked_queue)]
    queue: String,
    /// How much faster than they were recorded.
    #[arg(long, value_name = "X", default_value = "1")]
    speed: f64,
    /// Play music beside the recordings.
    #[arg(long)]
    audio: bool,
}

/// Rates, some of them with steps.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RateList(Vec<String>);

impl FromStr for RateList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut rates: Vec<String> = Vec::new();
        for part in text.split(',') {
            match rates.last_mut() {
                // A step belongs to the rate before it.
                Some(rate) if part.contains('@') => {
                    rate.push(',');
                    rate.push_str(part);
                }
                _ => rates.push(part.to_owned()),
            }
        }
        for rate in &rates {
            rate.parse::<Rates>().map_err(|error| error.to_string())?;
        }
        Ok(Self(rates))
    }
}

/// One measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Combination {
    /// What the recording is called.
    session: String,
    rate: String,
    rtt: String,
    jitter: String,
    loss: String,
    queue: String,
    speed: f64,
    /// A level, or lossless, or auto.
    quality: String,
    /// None: whatever both know.
    encoding: Option<String>,
    /// None with others' servers.
    transport: Option<String>,
    /// None: our server.
    against: Option<String>,
    audio: bool,
    /// Which time, from 1.
    repeat: u32,
}

impl Axes {
    /// All combinations and their recordings, in an order in which those to be compared follow each other.
    ///
    /// # Errors
    /// Two recordings have the same name, by which results are told apart.
    pub(super) fn combinations(&self) -> Result<Vec<(Combination, PathBuf)>> {
        let mut names = BTreeSet::new();
        for session in &self.session {
            let name = recording::name(session);
            ensure!(
                names.insert(name.clone()),
                "--session: two recordings are called {name}, and results could not be told apart; rename one"
            );
        }
        let mut all = Vec::new();
        for (repeat, session) in
            (1..=self.repeat).flat_map(|n| self.session.iter().map(move |own| (n, own)))
        {
            for rate in &self.rate.0 {
                for rtt in &self.rtt {
                    for loss in &self.loss {
                        let link = Combination {
                            session: recording::name(session),
                            rate: rate.clone(),
                            rtt: rtt.clone(),
                            jitter: self.jitter.clone(),
                            loss: loss.clone(),
                            queue: self.queue.clone(),
                            speed: self.speed,
                            quality: String::new(),
                            encoding: None,
                            transport: None,
                            against: None,
                            audio: false,
                            repeat,
                        };
                        let settings = self.settings(&link);
                        all.extend(settings.into_iter().map(|own| (own, session.clone())));
                    }
                }
            }
        }
        Ok(all)
    }

    /// Everybody, in all settings, on one link.
    fn settings(&self, link: &Combination) -> Vec<Combination> {
        let encodings: Vec<Option<Encoding>> = match self.encoding.as_slice() {
            [] => vec![None],
            names => names.iter().copied().map(Some).collect(),
        };
        let mut all = Vec::new();
        for encoding in encodings {
            for quality in &self.quality {
                let setting = Combination {
                    quality: quality.clone(),
                    encoding: encoding.map(|own| own.name().to_owned()),
                    ..link.clone()
                };
                for transport in &self.transport {
                    all.push(Combination {
                        transport: Some(transport.name().to_owned()),
                        audio: self.audio,
                        ..setting.clone()
                    });
                }
                // Others do not adapt: they are asked for a level, and the highest stands for all if there is none.
                let fixed = self.quality.iter().find(|own| *own != "auto");
                if quality == "auto" && fixed.is_some() {
                    continue;
                }
                for against in &self.against {
                    all.push(Combination {
                        against: Some(name(against).to_owned()),
                        ..setting.clone()
                    });
                }
            }
        }
        all
    }
}

impl Combination {
    /// What `link` is told to measure it.
    pub(super) fn arguments(&self, session: &Path) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["link".into(), "--session".into(), session.into()];
        let mut tell = |flag: &str, value: &str| words.extend([flag.into(), value.into()]);
        tell("--rate", &self.rate);
        tell("--rtt", &self.rtt);
        tell("--jitter", &self.jitter);
        tell("--loss", &self.loss);
        tell("--queue", &self.queue);
        tell("--speed", &self.speed.to_string());
        if self.quality != "auto" {
            tell("--quality", &self.quality);
        }
        let named = [
            ("--encoding", &self.encoding),
            ("--transport", &self.transport),
            ("--against", &self.against),
        ];
        for (flag, value) in named {
            if let Some(value) = value {
                tell(flag, value);
            }
        }
        if self.audio {
            words.push("--audio".into());
        }
        words
    }

    /// For a person.
    pub(super) fn text(&self) -> String {
        let quality = match self.quality.as_str() {
            "auto" => "adapting".to_owned(),
            "lossless" => "lossless".to_owned(),
            level => format!("quality {level}"),
        };
        let who = self.against.as_ref().or(self.transport.as_ref());
        let texts = [
            Some(self.session.as_str()),
            Some(&self.rate),
            Some(&self.rtt),
            who.map(String::as_str),
            self.encoding.as_deref(),
            Some(&quality),
        ];
        texts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

fn name(against: &Against) -> &str {
    match against {
        Against::Xtigervnc => "xtigervnc",
        Against::Running(url) => url,
    }
}

fn checked_time(text: &str) -> std::result::Result<String, String> {
    let time = parse_duration(text).map_err(|error| error.to_string());
    time.map(|_| text.to_owned())
}

fn checked_share(text: &str) -> std::result::Result<String, String> {
    let share = parse_share(text).map_err(|error| error.to_string());
    share.map(|_| text.to_owned())
}

fn checked_queue(text: &str) -> Result<String, String> {
    let queue = text.parse::<Queue>().map_err(|error| error.to_string());
    queue.map(|_| text.to_owned())
}

fn checked_quality(text: &str) -> Result<String, String> {
    match text {
        "auto" => Ok(text.to_owned()),
        level => level
            .parse::<Quality>()
            .map(|_| text.to_owned())
            .map_err(|_| "a quality is auto, 0 to 9, or lossless".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        axes: Axes,
    }

    fn combinations(words: &str) -> Vec<Combination> {
        let words = ["sweep"].into_iter().chain(words.split_whitespace());
        let line = Line::try_parse_from(words).unwrap();
        let all = line.axes.combinations().unwrap().into_iter();
        all.map(|(own, _)| own).collect()
    }

    #[test]
    fn every_value_is_combined_with_every_other() {
        let all = combinations(
            "--session a.vtz b/c.vtz --rate 2mbit,20mbit,5mbit@10s --rtt 10ms,40ms --quality auto,8,4 \
             --encoding tight,zrle --transport tls,quic",
        );
        assert_eq!(all.len(), 2 * 2 * 2 * 3 * 2 * 2);
        let different: BTreeSet<_> = all.iter().map(Combination::text).collect();
        assert_eq!(different.len(), all.len());
        assert!(
            all.iter()
                .any(|own| own.rate == "20mbit,5mbit@10s" && own.session == "c")
        );
    }

    #[test]
    fn others_servers_are_measured_once_for_each_level() {
        let all = combinations(
            "--session a.vtz --quality auto,8,4 --transport tls,quic --against xtigervnc --audio",
        );
        let theirs: Vec<&Combination> = all.iter().filter(|own| own.against.is_some()).collect();
        let levels: Vec<&str> = theirs.iter().map(|own| own.quality.as_str()).collect();
        assert_eq!(levels, ["8", "4"]);
        assert!(
            theirs
                .iter()
                .all(|own| own.transport.is_none() && !own.audio)
        );
        assert_eq!(all.len(), 6 + 2);
        let alone = combinations("--session a.vtz --against xtigervnc");
        assert_eq!(alone.len(), 2);
    }

    #[test]
    fn link_is_told_what_is_not_left_to_it() {
        let all = combinations("--session a.vtz --quality 8 --encoding zrle --audio --rtt 80ms");
        let words = all[0].arguments(Path::new("dir/a.vtz"));
        let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
        assert_eq!(
            words.join(" "),
            "link --session dir/a.vtz --rate 20mbit --rtt 80ms --jitter 0ms --loss 0% --queue 200ms --speed 1 \
             --quality 8 --encoding zrle --transport tls --audio"
        );
        let free = combinations("--session a.vtz");
        let words = free[0].arguments(Path::new("a.vtz"));
        assert!(
            !words
                .iter()
                .any(|word| word == "--quality" || word == "--encoding")
        );
    }

    #[test]
    fn recordings_of_one_name_are_refused() {
        let line = Line::try_parse_from(["sweep", "--session", "a/c.vtz", "b/c.vtz"]).unwrap();
        let error = line.axes.combinations().unwrap_err().to_string();
        assert!(error.contains("two recordings are called c"), "{error}");
    }

    #[test]
    fn values_that_are_none_are_refused_before_anything_runs() {
        for wrong in [
            "--rate 2",
            "--rate 5mbit@10s",
            "--rtt 40",
            "--loss 2",
            "--quality 10",
            "--queue x",
            "--transport pigeon",
            "--encoding pigeon",
            "--against pigeon",
            "--repeat 0",
        ] {
            let words = format!("sweep --session a.vtz {wrong}");
            assert!(
                Line::try_parse_from(words.split_whitespace()).is_err(),
                "{wrong}"
            );
        }
    }
}
