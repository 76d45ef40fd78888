//! The source: a process that paints a recording's pictures when their times come, and says when it did.
//!
//! ```text
//! serve     to our own server, which it is
//! paint     on an X display that somebody else serves
//! music     beside it
//! ```

mod music;
mod serve;

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use lab::measure::cpu;
use tightrope::Framebuffer;

use super::messages::{News, PLAY, Painted, Report};
use super::scenes::{Scene, Scenes};
use crate::desktop::clock::{Clock, Micros};
use crate::desktop::painter::{Layer, Painter};
use crate::desktop::transport::Transport;

/// What the process is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[arg(long)]
    session: PathBuf,
    #[arg(long, default_value = "1")]
    speed: f64,
    /// What our server speaks; without it, the display of the environment is painted on.
    #[arg(long)]
    serve: Option<Transport>,
    #[arg(long)]
    audio: bool,
    /// Bits a second.
    #[arg(long)]
    max_rate: Option<u64>,
}

/// What shows pictures.
trait Canvas {
    /// Shows `scene`, after which the desktop looks like `picture`; gives when that began.
    fn show(&mut self, scene: &Scene, picture: &Framebuffer) -> Result<Micros>;
}

/// The process itself. It ends with its input.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut scenes = Scenes::open(&options.session)?;
    scenes.fill();
    match options.serve {
        Some(transport) => serve::run(options, transport, scenes),
        None => {
            let mut painter = Painter::new(scenes.size().into(), Layer::Above)?;
            let mut player = Player::begin(&mut scenes, &mut painter)?;
            say(&News::Ready {
                address: None,
                fingerprint: None,
            })?;
            listen()?;
            player.play(options.speed, &mut scenes, &mut painter)?;
            listen()?;
            say(&News::Report(player.report()))
        }
    }
}

impl Canvas for Painter {
    fn show(&mut self, scene: &Scene, picture: &Framebuffer) -> Result<Micros> {
        self.paint(picture.view(), scene.damage.rects())
    }
}

/// Plays scenes at their times.
struct Player {
    picture: Framebuffer,
    /// When the first was recorded.
    first: Duration,
    report: Report,
    clock: Clock,
    cpu: Duration,
}

impl Player {
    /// Shows the first picture.
    fn begin(scenes: &mut Scenes, canvas: &mut dyn Canvas) -> Result<Self> {
        let mut player = Self {
            picture: Framebuffer::new(scenes.size()),
            first: Duration::ZERO,
            report: Report::default(),
            clock: Clock::new(),
            cpu: Duration::ZERO,
        };
        if let Some(scene) = scenes.next()? {
            scene.draw(&mut player.picture);
            canvas.show(&scene, &player.picture)?;
            player.first = scene.time;
        }
        Ok(player)
    }

    /// Shows the others, `speed` times as fast as they were recorded, and says when it has. None is skipped: one that is
    /// late is shown late.
    fn play(&mut self, speed: f64, scenes: &mut Scenes, canvas: &mut dyn Canvas) -> Result<()> {
        let start = Instant::now();
        self.cpu = cpu::process_time();
        self.report.start = Some(self.clock.at(start));
        while let Some(scene) = scenes.next()? {
            // All work there is before its time comes.
            scene.draw(&mut self.picture);
            let since = scene.time.saturating_sub(self.first);
            let due = start + since.div_f64(speed);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let at = canvas.show(&scene, &self.picture)?;
            self.report.painted.push(Painted {
                number: scene.number,
                at,
                late_ms: at.milliseconds_since(self.clock.at(due)).max(0.0),
            });
        }
        ensure!(
            !self.report.painted.is_empty(),
            "the recording has one picture only"
        );
        say(&News::Played)
    }

    /// All that is known by now.
    fn report(mut self) -> Report {
        let cpu = cpu::process_time().saturating_sub(self.cpu);
        self.report.cpu_s = cpu.as_secs_f64();
        self.report
    }
}

fn say(news: &News) -> Result<()> {
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, news)?;
    output.write_all(b"\n")?;
    Ok(output.flush()?)
}

/// Waits for the next word.
fn listen() -> Result<()> {
    let mut line = String::new();
    let length = std::io::stdin().lock().read_line(&mut line)?;
    ensure!(length > 0, "nobody measures any more");
    ensure!(line.trim() == PLAY || line.trim() == "stop", "told {line}");
    Ok(())
}
