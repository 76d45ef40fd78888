//! `demo`: the main job on real parts. A desktop with programs people know is served by the agent over the
//! encrypted link, driven through a headless viewer with real key and pointer events, and at the end the pixels
//! the viewer holds are compared with those the X server shows, and the sound it stored with what was played.

mod actions;
mod cut;
mod desktop;
mod figures;
mod report;
mod sound;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::picture::{Difference, Picture};
use crate::process::SHORT;
use crate::programs::{Agent, Viewer};
use crate::setup;
use crate::workspace::{Programs, Workspace};
use crate::x11::Display;
use figures::{cpu_time, resident_mib};
use report::Report;

const GEOMETRY: (usize, usize) = (1920, 1080);
const IDLE: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(1500); // no update for so long: the lossless refresh is over too
const LONG: Duration = Duration::from_secs(60);
const FEW_COLOURS: usize = 1000; // a picture with fewer would prove nothing about JPEG and its refresh

/// What `demo` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long the desktop's own programs keep it busy.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Where report.json, screen.png, desktop.png and sound.wav go [default: target/demo].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the demo; the code is a failure if what arrived is not what was sent.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    setup::run(workspace)?;
    say("building agent and viewer (release)");
    let programs = workspace.build_release()?;
    let out = options
        .out
        .clone()
        .unwrap_or_else(|| workspace.target().join("demo"));
    std::fs::create_dir_all(&out).with_context(|| format!("cannot create {}", out.display()))?;
    let out = out.canonicalize()?;
    let scratch = workspace.scratch("demo")?;
    let directory = scratch.path();
    let report = Demo::start(&programs, directory, &out, options.seconds)?.play(&out)?;
    report.write(&out.join("report.json"))?;
    println!("{}\n{}", report.table(), out.display());
    Ok(if report.passed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// One line of progress.
fn say(text: &str) {
    eprintln!("demo: {text}");
}

/// A running desktop with its first viewer.
struct Demo<'a> {
    programs: &'a Programs,
    directory: &'a Path,
    /// What viewers have instead of a password.
    client: String,
    agent: Agent,
    viewer: Viewer,
    display: Display,
    /// When the desktop's programs come to rest.
    rest: Instant,
    start_ms: f64,
}

impl<'a> Demo<'a> {
    fn start(
        programs: &'a Programs,
        directory: &'a Path,
        out: &Path,
        seconds: u64,
    ) -> Result<Self> {
        say("preparing the desktop's files");
        desktop::prepare(directory)?;
        sound::prepare(directory)?;
        say("starting the agent, and a viewer as soon as it listens");
        let script = desktop::script(directory, seconds);
        let (pod, client) = make_credentials(programs, directory)?;
        let flags = [
            "--name",
            "Tightrope demo",
            "--credentials",
            &pod,
            "--uses",
            "3",
        ];
        let mut agent = Agent::start(programs, &script, GEOMETRY, &flags, directory)?;
        let stored = sound::stored(out).display().to_string();
        let url = &*agent.credentials.url;
        let flags = [url, "--credentials", &client, "--sound", &stored];
        let mut viewer = Viewer::start(programs, &flags, directory)?;
        viewer.tell("stats")?; // answered after the handshake
        let start_ms = agent.started.elapsed().as_secs_f64() * 1000.0;
        let display = agent.display()?;
        let rest = Instant::now() + Duration::from_secs(seconds);
        Ok(Self {
            programs,
            directory,
            client,
            agent,
            viewer,
            display,
            rest,
            start_ms,
        })
    }

    fn play(mut self, out: &Path) -> Result<Report> {
        let (text, delay_ms) = self.drive()?;
        say("waiting until the desktop's programs have come to rest and everything is still");
        thread::sleep(self.rest.saturating_duration_since(Instant::now()));
        self.viewer.wait_until_still(QUIET, LONG)?;
        let (difference, colours) = self.compare(out)?;
        let idle = self.idle()?;
        let resident = resident_mib(self.agent.service.id())?;
        let statistics = self.viewer.tell("stats")?;
        self.viewer.quit()?;
        let heard = sound::listen(&sound::stored(out), delay_ms, &statistics)?;
        let second = first_picture(self.programs, &self.agent, &self.client, self.directory)?;
        let desktop = Picture::read(&out.join("desktop.png"))?;
        let resumed = cut::cut(
            self.programs,
            &self.agent,
            &self.client,
            &desktop,
            self.directory,
        )?;
        say("ending the agent");
        let status = self.agent.service.terminate()?;
        ensure!(
            status.success(),
            "the agent did not end cleanly when asked to: {status}"
        );
        Ok(Report {
            picture_equal: difference == Difference::None,
            picture: difference.to_string(),
            colours,
            typed_text_equal: text,
            encrypted: flag(&statistics, "encrypted")?
                && self.agent.credentials.url.starts_with("vncs://"),
            sound_heard: heard.whole,
            sound_frequency_hz: heard.hertz,
            sound_delay_ms: heard.delay_ms,
            sound_underruns: heard.underruns,
            resumed_equal: resumed.equal,
            resumed_ms: resumed.milliseconds,
            resumed_bytes: resumed.bytes,
            start_ms: self.start_ms,
            first_picture_ms: second,
            first_picture_at_start_ms: number(&statistics, "first_picture_ms")?,
            agent_rss_mib: resident,
            idle_seconds: IDLE.as_secs_f64(),
            idle_cpu_percent: idle.cpu_percent,
            idle_bytes: idle.bytes,
            updates: count(&statistics, "updates")?,
            bytes_received: count(&statistics, "bytes_received")?,
            bytes_sent: count(&statistics, "bytes_sent")?,
        })
    }

    /// Everything a hand would do, while there is sound; whether the text arrived exactly, and the sound's delay.
    fn drive(&mut self) -> Result<(bool, f64)> {
        say("waiting for the windows of the desktop");
        let windows = desktop::Windows::wait(&self.display)?;
        say("playing a tone and a few notes on the desktop");
        let delay_ms = sound::play(&mut self.viewer, self.directory)?;
        say(
            "dragging a window and choosing from the desktop's menu, through the viewer's connection",
        );
        actions::drag_window(&mut self.viewer, &self.display, &windows.log)?;
        actions::choose_from_menu(
            &mut self.viewer,
            &desktop::wallpaper_changed(self.directory),
        )?;
        say("typing into the editor and saving, through the viewer's connection");
        let text = actions::type_and_save(
            &mut self.viewer,
            &self.display,
            &windows.editor,
            &desktop::notes(self.directory),
        )?;
        sound::wait_until_played(self.directory)?;
        Ok((text, delay_ms))
    }

    /// What the viewer holds against what the X server shows; how they differ, and how many colours there are.
    fn compare(&mut self, out: &Path) -> Result<(Difference, usize)> {
        say("comparing the viewer's picture with the X server's");
        let screen = self.viewer.snapshot(&out.join("screen.png"))?;
        let desktop = self.display.screenshot(&out.join("desktop.png"))?;
        let difference = desktop.difference(&screen);
        let marks = out.join("difference.png");
        if let Difference::Pixels(_) = difference {
            desktop.marked(&screen).write(&marks)?;
            say(&format!("{difference}: see {}", marks.display()));
        } else if marks.exists() {
            std::fs::remove_file(&marks)?;
        }
        ensure!(
            desktop.size() == GEOMETRY,
            "the desktop is not {}x{}",
            GEOMETRY.0,
            GEOMETRY.1
        );
        let colours = Picture::colours(&desktop);
        ensure!(
            colours >= FEW_COLOURS,
            "the desktop shows only {colours} colours: the wallpaper is missing"
        );
        Ok((difference, colours))
    }

    /// What a still desktop costs.
    fn idle(&mut self) -> Result<Idle> {
        say(&format!("leaving it alone for {} s", IDLE.as_secs()));
        let traffic = |viewer: &mut Viewer| -> Result<u64> {
            let statistics = viewer.tell("stats")?;
            Ok(count(&statistics, "bytes_received")? + count(&statistics, "bytes_sent")?)
        };
        let (bytes, cpu, start) = (
            traffic(&mut self.viewer)?,
            cpu_time(self.agent.service.id())?,
            Instant::now(),
        );
        thread::sleep(IDLE);
        let cpu = cpu_time(self.agent.service.id())? - cpu;
        let cpu_percent = 100.0 * cpu.as_secs_f64() / start.elapsed().as_secs_f64();
        Ok(Idle {
            cpu_percent,
            bytes: traffic(&mut self.viewer)? - bytes,
        })
    }
}

struct Idle {
    cpu_percent: f64,
    bytes: u64,
}

/// Milliseconds from a new viewer's handshake to the whole picture, of the desktop as it now is, wallpaper and all.
fn first_picture(
    programs: &Programs,
    agent: &Agent,
    client: &str,
    directory: &Path,
) -> Result<f64> {
    say("connecting a second viewer to the full desktop");
    let flags = [&*agent.credentials.url, "--credentials", client];
    let mut viewer = Viewer::start(programs, &flags, directory)?;
    viewer.wait_until_still(QUIET, SHORT)?;
    let statistics = viewer.tell("stats")?;
    viewer.quit()?;
    number(&statistics, "first_picture_ms")
}

/// The credentials of one session: the agent's directory, and the viewers'.
fn make_credentials(programs: &Programs, directory: &Path) -> Result<(String, String)> {
    let pod = directory.join("pod");
    let mut command = Command::new(&programs.viewer);
    command.args(["credentials", "new"]).arg(&pod);
    let made = command
        .output()
        .context("tightrope-viewer credentials new")?;
    let told = String::from_utf8_lossy(&made.stderr);
    ensure!(
        made.status.success(),
        "tightrope-viewer credentials new: {told}"
    );
    let side = |name| pod.join(name).display().to_string();
    Ok((side("agent"), side("client")))
}

fn number(statistics: &Value, field: &str) -> Result<f64> {
    let value = statistics.get(field).and_then(Value::as_f64);
    value.with_context(|| format!("the viewer's statistics give no number {field}: {statistics}"))
}

fn count(statistics: &Value, field: &str) -> Result<u64> {
    let value = statistics.get(field).and_then(Value::as_u64);
    value.with_context(|| format!("the viewer's statistics give no count {field}: {statistics}"))
}

fn flag(statistics: &Value, field: &str) -> Result<bool> {
    let value = statistics.get(field).and_then(Value::as_bool);
    value.with_context(|| format!("the viewer's statistics do not say {field}: {statistics}"))
}
