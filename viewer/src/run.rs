//! Runs a session until it ends: what the server sends, what the window asks for, the script, the time limit, signals.

use crate::command::Command;
use crate::ending::{self, Ended, Failure, Outcome};
use crate::player::Player;
use crate::reconnect::Outage;
use crate::recording::Recording;
use crate::session::{Event, Session};
use crate::snapshot;
use rfb::MediaTime;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

/// What is to be done with a session.
pub(crate) struct Plan {
    /// End after so long.
    pub(crate) limit: Option<Duration>,
    /// A script to play, and whether its failed commands make the program fail.
    pub(crate) script: Option<(Player, bool)>,
    /// Send nothing that acts.
    pub(crate) view_only: bool,
    /// Write the last picture there.
    pub(crate) snapshot: Option<PathBuf>,
    /// Write the statistics.
    pub(crate) stats: bool,
    /// Record it.
    pub(crate) recording: Option<Recording>,
    /// Try to get a lost connection back for so long.
    pub(crate) patience: Duration,
}

/// Who is shown the session.
pub(crate) trait Audience: Send {
    /// Something happened.
    fn show(&mut self, event: &Event, session: &Session);
    /// The window has drawn, or the time of [`Self::due`] has come: what could not be shown yet can be now.
    fn catch_up(&mut self, session: &Session);
    /// When there is something to show besides.
    fn due(&self, session: &Session) -> Option<std::time::Instant>;
    /// The person did something.
    fn note_input(&mut self, session: &Session);
    /// The last picture that was shown whole and not asked for.
    fn presented(&mut self) -> Option<MediaTime>;
    /// The connection is lost: nothing more comes for a while.
    fn handle_loss(&mut self, session: &Session);
    /// The window wants to know how the session is.
    fn tell_status(&mut self, session: &Session);
    /// The connection is lost, or back if there is no outage.
    fn tell_outage(&mut self, outage: Option<Outage>);
}

/// Nobody looks: headless.
#[derive(Default)]
pub(crate) struct Nobody {
    ended: Option<MediaTime>,
}

impl Audience for Nobody {
    fn show(&mut self, event: &Event, _session: &Session) {
        if let Event::PictureEnded(captured) = event {
            self.ended = Some(*captured);
        }
    }
    fn presented(&mut self) -> Option<MediaTime> {
        self.ended.take()
    }
    fn catch_up(&mut self, _session: &Session) {}
    fn due(&self, _session: &Session) -> Option<std::time::Instant> {
        None
    }
    fn note_input(&mut self, _session: &Session) {}
    fn handle_loss(&mut self, _session: &Session) {}
    fn tell_status(&mut self, _session: &Session) {}
    fn tell_outage(&mut self, _outage: Option<Outage>) {}
}

/// Runs `session` to its end, writes what `plan` asks for, and closes it.
pub(crate) async fn run(
    mut session: Session,
    mut plan: Plan,
    commands: UnboundedReceiver<Command>,
    audience: impl Audience,
) -> Result<Outcome, Failure> {
    let end = Run {
        session: &mut session,
        commands,
        audience,
        view_only: plan.view_only,
        recording: plan.recording.as_ref(),
        player: plan.script.as_mut().map(|(player, _)| player),
        patience: plan.patience,
    }
    .until_end(plan.limit)
    .await;
    let promised = plan.limit.is_some() || plan.script.is_some();
    let (ended, mut outcome) = match end {
        Ok(ended) => (ended, outcome(ended, &session, promised)),
        Err(failure) => (
            Ended::Closed,
            Outcome {
                code: failure.code,
                reason: Some(failure.text),
            },
        ),
    };
    if let Some((player, true)) = &plan.script
        && player.has_failed()
        && outcome.code == ending::OK
    {
        outcome.code = ending::ERROR;
    }
    let written = write_results(&plan, &session, ended);
    session.close().await;
    let recorded = plan.recording.map_or(Ok(()), Recording::finish);
    written.and(recorded).map(|()| outcome)
}

fn outcome(ended: Ended, session: &Session, promised: bool) -> Outcome {
    match (ended, session.goodbye()) {
        (Ended::Goodbye, Some(goodbye)) => Outcome {
            code: session.goodbye_code(promised),
            reason: Some(goodbye.text.clone()),
        },
        _ => Outcome {
            code: ending::OK,
            reason: None,
        },
    }
}

fn write_results(plan: &Plan, session: &Session, ended: Ended) -> Result<(), Failure> {
    if plan.stats {
        let statistics = serde_json::to_value(session.statistics(Some(ended)));
        let statistics = statistics.map_err(Failure::error)?;
        ending::answer(&statistics).map_err(|error| {
            Failure::error(format_args!("the statistics cannot be written: {error}"))
        })?;
    }
    if let Some(path) = &plan.snapshot {
        snapshot::write(path, session.framebuffer().view()).map_err(|error| {
            Failure::error(format_args!(
                "{} cannot be written: {error}",
                path.display()
            ))
        })?;
    }
    Ok(())
}

/// A session while it runs.
pub(crate) struct Run<'a, A> {
    pub(crate) session: &'a mut Session,
    pub(crate) commands: UnboundedReceiver<Command>,
    pub(crate) audience: A,
    /// For how long a lost connection is tried to be got back.
    pub(crate) patience: Duration,
    view_only: bool,
    recording: Option<&'a Recording>,
    player: Option<&'a mut Player>,
}

impl<A: Audience> Run<'_, A> {
    async fn until_end(&mut self, limit: Option<Duration>) -> Result<Ended, Failure> {
        let mut signals = Signals::new()?;
        let end = limit.map(|limit| Instant::now() + limit);
        loop {
            let due = self.player.as_ref().and_then(|player| player.due());
            let shown = self.audience.due(self.session).map(Instant::from_std);
            tokio::select! {
                event = self.session.next_event() => {
                    if self.session.is_played_out() {
                        return Ok(Ended::Closed);
                    }
                    match event {
                        Ok(event) => self.handle_event(&event),
                        Err(lost) => {
                            let ended = self.reconnect(lost, end, &mut signals).await?;
                            if let Some(ended) = ended {
                                return Ok(ended);
                            }
                        }
                    }
                    if self.session.goodbye().is_some() {
                        return Ok(Ended::Goodbye);
                    }
                }
                Some(command) = self.commands.recv() => {
                    if !self.obey(command) {
                        return Ok(Ended::Closed);
                    }
                }
                line = next_line(&mut self.player) => {
                    if let Some(player) = &mut self.player {
                        player.handle_line(line, self.session);
                    }
                }
                () = at(due) => {
                    if let Some(player) = &mut self.player {
                        player.handle_time(self.session);
                    }
                }
                () = at(shown) => self.audience.catch_up(self.session),
                () = at(end) => return Ok(Ended::For),
                () = signals.wait() => return Ok(Ended::Closed),
            }
            if let Some(captured) = self.audience.presented() {
                self.session.presented(captured);
            }
            if self.player.as_ref().is_some_and(|player| player.is_over()) {
                return Ok(Ended::Script);
            }
        }
    }
    /// Tells all who want to know.
    pub(crate) fn handle_event(&mut self, event: &Event) {
        if let Some(recording) = self.recording {
            recording.show(event, self.session);
        }
        self.audience.show(event, self.session);
        if let Some(player) = &mut self.player {
            player.handle_event(event, self.session);
        }
    }
    /// Does what the window asks for; `false` if that is to end.
    pub(crate) fn obey(&mut self, command: Command) -> bool {
        match command {
            Command::Quit => return false,
            // It is back already.
            Command::GiveUp => {}
            Command::Drawn => self.audience.catch_up(self.session),
            Command::Status => self.audience.tell_status(self.session),
            Command::Refresh => self.session.refresh(),
            Command::Quality {
                quality,
                compression,
            } => self.session.set_quality(quality, compression),
            Command::ViewOnly(on) => self.view_only = on,
            Command::Mute(on) => self.session.set_muted(on),
            Command::Volume(percent) => self.session.set_volume(percent),
            _ if self.view_only => {}
            Command::Input(input) => {
                self.audience.note_input(self.session);
                self.session.input(input);
            }
            Command::Clipboard(content) => self.session.set_clipboard(content),
            Command::ClipboardImage => self.session.request_clipboard_image(),
            Command::Power(action) => self.session.power(action),
            Command::Microphone(on) => self.session.set_microphone(on),
            Command::Resize(size) => {
                if self.session.can_resize() && self.session.size() != size {
                    self.session.request_size(size);
                }
            }
        }
        true
    }
}

async fn next_line(player: &mut Option<&mut Player>) -> Option<std::io::Result<String>> {
    match player {
        Some(player) => player.next_line().await,
        None => std::future::pending().await,
    }
}

/// Waits for `time`; for ever if there is none.
pub(crate) async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// The signals that end the program: SIGINT, and SIGTERM where there is one.
pub(crate) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| {
            signal(kind).map_err(|error| Failure::error(format_args!("no signals: {error}")))
        };
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }
    #[cfg(unix)]
    /// The next of them. Cancel safe.
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
    #[cfg(not(unix))]
    fn new() -> Result<Self, Failure> {
        Ok(Self {})
    }
    #[cfg(not(unix))]
    /// The next of them. Cancel safe.
    pub(crate) async fn wait(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
