//! A server in a process of its own, that shows a recording: what its encryption costs.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lab::measure::cpu;
use serde::{Deserialize, Serialize};
use tightrope::{Client, Fingerprint, Framebuffer, Point, Rect, Server, ServerConfig, Size, View};

use super::over::{Over, Pair, client};
use crate::recording;

/// How long the last picture has to leave.
const TAIL: Duration = Duration::from_millis(100);

/// What the process is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[arg(long)]
    over: String,
    #[arg(long)]
    session: PathBuf,
}

/// Its first line.
#[derive(Serialize, Deserialize)]
struct Listening {
    address: SocketAddr,
    fingerprint: String,
}

/// Its last line.
#[derive(Serialize, Deserialize)]
struct Shown {
    cpu_s: f64,
}

/// Plays the recording at its own pace to one viewer; gives the server's CPU time, from the second picture on.
pub(super) async fn measure(over: Over, session: &Path) -> Result<Duration> {
    let mut agent = Agent::start(over, session)?;
    let Listening {
        address,
        fingerprint,
    } = agent.read()?;
    let pin: Fingerprint = fingerprint.parse()?;
    let mut viewer = Client::connect(client(over, address, pin)?).await?;
    viewer.next_event().await?;
    agent.go()?;
    let shown = tokio::task::spawn_blocking(move || agent.read::<Shown>());
    tokio::pin!(shown);
    let mut is_there = true;
    let shown = loop {
        tokio::select! {
            shown = &mut shown => break shown??,
            // It goes when it has shown everything.
            event = viewer.next_event(), if is_there => is_there = event.is_ok(),
        }
    };
    Ok(Duration::from_secs_f64(shown.cpu_s))
}

/// The process, as seen from outside. It ends when its input does.
struct Agent {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Agent {
    fn start(over: Over, session: &Path) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["transport-agent", "--over", over.name(), "--session"])
            .arg(session)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().context("no input")?;
        let output = process.stdout.take().context("no output")?;
        Ok(Self {
            process,
            input,
            output: BufReader::new(output),
        })
    }

    fn read<T: serde::de::DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the server of the measurement ended");
        Ok(serde_json::from_str(&line)?)
    }

    fn go(&mut self) -> Result<()> {
        Ok(self.input.write_all(b"go\n")?)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It has ended, or nobody needs it any more.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

/// The process itself.
pub(crate) fn run(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(options))
}

async fn serve(options: &Options) -> Result<()> {
    let (size, scenes) = load(&options.session)?;
    let config = ServerConfig {
        // Whoever finds the port may look: what is shown is a recording.
        password: None,
        trusted_clients: Vec::new(),
        ..Pair::new(Over::read(&options.over)?, size)?.server
    };
    let fingerprint = config.identity.fingerprint().to_string();
    let server = Server::bind(config).await?;
    let (first, rest) = scenes.split_first().context("the recording is empty")?;
    show(&server, first);
    let address = server.address();
    print(&Listening {
        address,
        fingerprint,
    })?;
    let go = || std::io::stdin().lock().read_line(&mut String::new());
    ensure!(
        tokio::task::spawn_blocking(go).await?? > 0,
        "nobody watches"
    );
    let before = cpu::process_time();
    let start = Instant::now();
    for scene in rest {
        let due = start + scene.at.saturating_sub(first.at);
        tokio::time::sleep_until(due.into()).await;
        tokio::task::block_in_place(|| show(&server, scene));
    }
    tokio::time::sleep(TAIL).await;
    let cpu = cpu::process_time().saturating_sub(before);
    print(&Shown {
        cpu_s: cpu.as_secs_f64(),
    })
}

fn print(line: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(line)?);
    Ok(())
}

/// What changed at some time.
struct Scene {
    at: Duration,
    patches: Vec<(Point, Framebuffer)>,
}

/// Reads it all beforehand: reading is not what is measured.
fn load(session: &Path) -> Result<(Size, Vec<Scene>)> {
    let mut reader = recording::open(session)?;
    let size = reader.size();
    let mut scenes = Vec::new();
    while let Some(frame) = reader.next_frame()? {
        let mut patches = Vec::new();
        for rect in frame.merged() {
            patches.push((rect.origin(), part(frame.picture, rect)?));
        }
        scenes.push(Scene {
            at: frame.time,
            patches,
        });
    }
    Ok((size, scenes))
}

/// The pixels of `rect`.
fn part(picture: &Framebuffer, rect: Rect) -> Result<Framebuffer> {
    let size = rect.size();
    let mut part = Framebuffer::new(size);
    let whole = Rect::new(0, 0, size.width, size.height);
    let mut view = part.view_mut(whole).context("an empty tile")?;
    for (to, from) in view.rows_mut().zip(picture.view().rows(rect)) {
        to.copy_from_slice(from);
    }
    Ok(part)
}

fn show(server: &Server, scene: &Scene) {
    let patches: Vec<(Point, View<'_>)> = scene
        .patches
        .iter()
        .map(|(at, part)| (*at, part.view()))
        .collect();
    server.show(&patches);
}
