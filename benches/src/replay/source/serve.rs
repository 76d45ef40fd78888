//! The source as a server of ours.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tightrope::transport::{SessionId, SessionStats};
use tightrope::{Allow, Framebuffer, Protocol, Server, ServerConfig, ServerEvent, Size};

use super::{Canvas, News, Options, Player, listen, music, say};
use crate::desktop::clock::{Clock, Micros};
use crate::desktop::transport::Transport;
use crate::replay::messages::Sent;
use crate::replay::scenes::{Scene, Scenes};

/// How often what was sent is noted.
const LOOK: Duration = Duration::from_millis(10);

/// Shows the pictures of a server.
struct Shown {
    server: Server,
    clock: Clock,
}

impl Canvas for Shown {
    fn show(&mut self, scene: &Scene, picture: &Framebuffer) -> Result<Micros> {
        let at = self.clock.now();
        self.server.update(picture.view(), &scene.damage);
        Ok(at)
    }
}

pub(super) fn run(options: &Options, transport: Transport, mut scenes: Scenes) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let config = config(options, transport, scenes.size())?;
    let fingerprint = config.identity.fingerprint().to_string();
    let server = runtime.block_on(Server::bind(config))?;
    let counted = Arc::new(Mutex::new(Counted::default()));
    runtime.spawn(count(server.clone(), Arc::clone(&counted)));
    let address = server.address();
    let mut shown = Shown {
        server: server.clone(),
        clock: Clock::new(),
    };
    let mut player = Player::begin(&mut scenes, &mut shown)?;
    let is_over = Arc::new(AtomicBool::new(false));
    let music = options.audio.then(|| {
        let is_over = Arc::clone(&is_over);
        std::thread::spawn(move || music::play(&server, &is_over))
    });
    say(&News::Ready {
        address: Some(address),
        fingerprint: Some(fingerprint),
    })?;
    listen()?;
    let before = counted.lock().unwrap_or_else(PoisonError::into_inner).loss;
    player.play(options.speed, &mut scenes, &mut shown)?;
    listen()?;
    is_over.store(true, Ordering::Relaxed);
    if let Some(Err(panic)) = music.map(std::thread::JoinHandle::join) {
        std::panic::resume_unwind(panic);
    }
    let mut report = player.report();
    let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
    report.sent = std::mem::take(&mut counted.sent);
    report.quality_mean = counted.loss.mean_since(before);
    say(&News::Report(report))
}

fn config(options: &Options, transport: Transport, size: Size) -> Result<ServerConfig> {
    let protocol = match transport {
        Transport::Tls => Protocol::Tls,
        Transport::Quic => Protocol::Quic,
        Transport::Wss => Protocol::Wss,
        Transport::Ws => Protocol::Ws,
        Transport::Tcp => Protocol::Plain,
    };
    let mut config = ServerConfig::new(size)?;
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.allow = Allow::only(&[protocol]);
    // Whoever finds the port may look: what is shown is a recording.
    config.password = None;
    config.sound = options.audio;
    config.max_rate = options.max_rate;
    Ok(config)
}

/// What the one session has sent.
#[derive(Default)]
struct Counted {
    sent: Vec<Sent>,
    loss: Loss,
}

/// Pixels that were sent with loss, and the sum of their JPEG qualities.
#[derive(Clone, Copy, Default)]
struct Loss {
    pixels: f64,
    qualities: f64,
}

impl Loss {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    fn of(stats: &SessionStats) -> Self {
        let pixels = stats.lossy_pixels as f64;
        Self {
            pixels,
            qualities: pixels * stats.jpeg_quality.unwrap_or_default(),
        }
    }

    /// The mean quality of what was sent after `before`.
    fn mean_since(self, before: Self) -> Option<f64> {
        let pixels = self.pixels - before.pixels;
        (pixels > 0.0).then(|| (self.qualities - before.qualities) / pixels)
    }
}

/// Notes how much the one session has handed to its socket, for ever.
async fn count(server: Server, counted: Arc<Mutex<Counted>>) {
    let clock = Clock::new();
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut session: Option<SessionId> = None;
    loop {
        tokio::select! {
            event = server.next_event() => if let ServerEvent::Connected { session: own, .. } = event {
                session = Some(own);
            },
            _ = look.tick() => {
                let stats = session.and_then(|session| server.stats(session));
                if let Some(stats) = stats {
                    let (at, bytes) = (clock.now(), stats.bytes_sent);
                    let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
                    counted.sent.push(Sent { at, bytes });
                    counted.loss = Loss::of(&stats);
                }
            }
        }
    }
}
