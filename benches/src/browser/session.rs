//! One session: a desktop, who serves it, a browser on it, and a client that counts.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tightrope::{Client, Framebuffer, Size};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Options;
use super::line::Line;
use super::rate::{STEP, Samples};
use super::site::{News, Site};
use super::window::Window;
use crate::desktop::served::{Foreign, Served};

/// The screen.
const SCREEN: Size = Size::new(1920, 1080);
/// How long the browser may take to show the first page.
const START: Duration = Duration::from_secs(90);

/// What was counted.
pub(super) struct Seen {
    pub(super) to_client: Samples,
    pub(super) to_server: Samples,
    /// From the first page to the end of the last.
    pub(super) time: Duration,
    /// Pictures that the browser painted.
    pub(super) painted: u64,
    /// Updates with pixels.
    pub(super) updates: u64,
    /// The server's processor time; none if it is not a process of ours.
    pub(super) cpu: Option<Duration>,
}

/// Lets the browser go through its pages once.
pub(super) async fn measure(
    options: &Options,
    foreign: &Foreign,
    photographs: &[Framebuffer],
) -> Result<Line> {
    let directory = tempfile::tempdir()?;
    let link = options.link();
    let served = Served::start(
        directory.path(),
        SCREEN,
        foreign,
        (options.transport, &["--sound", "off"]),
    )
    .await?;
    let run = async {
        let mut site = Site::start(photographs).await?;
        let relay = served.always_relay(&link).await?;
        let mut config = served.client(Some(&relay), options.quality)?;
        config.compression = options.compress;
        config.adapts = false;
        let client = Client::connect(config).await?;
        let browser = options.browser.as_deref();
        let url = site.url(options.seconds);
        let window = Window::open(browser, served.screen(), (SCREEN, &url), directory.path())?;
        let mut session = Session {
            client,
            window,
            served: &served,
        };
        let limit = Duration::from_secs(options.seconds) * 3 + START;
        let seen = timeout(limit, session.watch(&mut site)).await;
        let seen = seen.unwrap_or_else(|_| bail!("it took longer than {} s", limit.as_secs()));
        let seen = seen.with_context(|| format!("browser: {}", session.window.last_words()));
        session.client.close().await;
        seen
    };
    let seen = run.await.with_context(|| served.last_words())?;
    if let Some(keep) = &options.logs {
        keep_logs(directory.path(), keep)?;
    }
    Ok(Line::new(options, &served, &seen))
}

struct Session<'a> {
    client: Client,
    window: Window,
    served: &'a Served,
}

impl Session<'_> {
    /// Counts from the first page to the end of the last.
    async fn watch(&mut self, site: &mut Site) -> Result<Seen> {
        let begun = timeout(START, self.wait(site)).await;
        let begun = begun.context("the browser did not show its first page")??;
        ensure!(
            begun == News::Begun,
            "the browser's pages end before they begin"
        );
        let (start, updates) = (Instant::now(), self.client.stats().updates);
        let cpu = self.served.cpu_time();
        let (mut to_client, mut to_server) = (Samples::default(), Samples::default());
        let mut ticks = interval(STEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let painted = loop {
            tokio::select! {
                event = self.client.next_event() => { event?; }
                _ = ticks.tick() => {
                    let (stats, time) = (self.client.stats(), start.elapsed());
                    to_client.add(time, stats.bytes_received);
                    to_server.add(time, stats.bytes_sent);
                    self.window.check()?;
                }
                news = site.news.recv() => match news.context("the pages are gone")? {
                    News::Ended(painted) => break painted,
                    News::Begun => bail!("the browser began again"),
                },
            }
        };
        let spent = self.served.cpu_time().zip(cpu);
        Ok(Seen {
            to_client,
            to_server,
            time: start.elapsed(),
            painted,
            updates: self.client.stats().updates - updates,
            cpu: spent.map(|(after, before)| after.saturating_sub(before)),
        })
    }

    /// The next that a page says, while the client goes on.
    async fn wait(&mut self, site: &mut Site) -> Result<News> {
        let mut looks = interval(STEP);
        loop {
            tokio::select! {
                event = self.client.next_event() => { event?; }
                _ = looks.tick() => self.window.check()?,
                news = site.news.recv() => return news.context("the pages are gone"),
            }
        }
    }
}

/// Copies what everybody said into `to`.
fn keep_logs(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        if let (Some("log"), Some(name)) = (
            path.extension().and_then(|own| own.to_str()),
            path.file_name(),
        ) {
            std::fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
