//! The source, as seen from whoever measures.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Options;
use super::messages::{News, PLAY, Report};
use crate::desktop::served::Served;
use crate::desktop::transport::Transport;

/// The process. Dropping it ends it.
pub(super) struct Source {
    process: Child,
    orders: ChildStdin,
    news: UnboundedReceiver<Result<News>>,
}

impl Source {
    /// Starts it: on the desktop that somebody else serves, or as a server of ours.
    pub(super) fn start(
        options: &Options,
        transport: Transport,
        served: Option<&Served>,
    ) -> Result<Self> {
        let mut command = match served {
            Some(served) => served.own_command()?,
            None => Command::new(std::env::current_exe()?),
        };
        command.args(["link-source", "--speed", &options.speed.to_string()]);
        command.arg("--session").arg(&options.session);
        if served.is_none() {
            command.args(["--serve", transport.name()]);
            if options.audio {
                command.arg("--audio");
            }
            if let Some(rate) = &options.max_rate {
                command.args(["--max-rate", &rate.first().to_string()]);
            }
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start myself")?;
        let orders = process.stdin.take().context("no input")?;
        let output = process.stdout.take().context("no output")?;
        let (sender, news) = unbounded_channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                let read = line.map_err(anyhow::Error::from);
                let read = read.and_then(|line| Ok(serde_json::from_str(&line)?));
                if sender.send(read).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            process,
            orders,
            news,
        })
    }

    /// What it says next. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<News> {
        let news = self.news.recv().await;
        news.context("what shows the recording has ended")?
    }

    /// Lets it play.
    pub(super) fn play(&mut self) -> Result<()> {
        Ok(writeln!(self.orders, "{PLAY}")?)
    }

    /// Ends it; gives what it saw.
    pub(super) async fn stop(mut self) -> Result<Report> {
        writeln!(self.orders, "stop")?;
        match self.next().await? {
            News::Report(report) => Ok(report),
            other => bail!("it said {other:?} instead of its report"),
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // It has ended, or nobody needs it any more.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}
