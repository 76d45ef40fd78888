//! The four conversations with the X server, one task each, and what the server's clients want of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Error, Result};
use lab::recorder::Recorder;
use tightrope::audio::device::InputConfig;
use tightrope::{Point, ResizeStatus, Screen, Server, ServerEvent, SessionId, Size, View};
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, sleep_until, timeout};

use crate::capture::Capture;
use crate::clipboard::{self, Clipboard};
use crate::input::{ClientKey, Input};
use crate::monitors;
use crate::pointer::PointerWatch;
use crate::power;
use crate::resize::resize;
use crate::rhythm::Rhythm;
use crate::sound;

/// Orders that may wait for a task. Beyond that the clients' events wait.
const ORDERS: usize = 256;
/// The same of clipboards, each of which may be megabytes.
const COPIES: usize = 16;

/// Pixels that are shown at once, whatever else is waiting: a few lines of text. To capture them takes a fraction of a
/// millisecond.
const LITTLE: usize = 32 << 10;

/// How long the tasks may take to tidy up.
const TIDY_LIMIT: Duration = Duration::from_secs(1);

/// Who is shown the screen.
pub(crate) struct Watchers {
    /// The clients of this server.
    pub(crate) server: Server,
    /// A recording, whether there are clients or not.
    pub(crate) recorder: Option<Arc<Recorder>>,
}

/// The running tasks.
#[derive(Debug)]
pub(crate) struct Tasks {
    all: JoinSet<Result<()>>,
    /// The tasks that wait for no orders, and have nothing to tidy up.
    endless: [AbortHandle; 2],
    power: Receiver<power::Order>,
    /// For the task of the sound, once it is started.
    microphones: Option<Receiver<sound::Order>>,
}

/// What happens in the tasks that is not theirs to deal with.
#[derive(Debug)]
pub(crate) enum News {
    /// The first has ended, which none does by itself; with its error.
    Ended(Option<Error>),
    /// A client wants the application ended or restarted.
    Power(power::Order),
}

impl Tasks {
    /// Serves `capture` to `watchers`, at most `fps` pictures a second, and plays what its clients do.
    pub(crate) fn start(
        fps: u32,
        watchers: Watchers,
        capture: Capture,
        input: Input<SessionId>,
        pointer: PointerWatch,
        clipboard: Clipboard,
    ) -> Self {
        let (touches, touches_in) = channel(ORDERS);
        let (wishes, wishes_in) = channel(ORDERS);
        let (copies, copies_in) = channel(COPIES);
        // While one is being carried out, others make no sense.
        let (power, power_in) = channel(1);
        let (microphones, microphones_in) = channel(ORDERS);
        let orders = Orders {
            touches,
            wishes,
            copies,
            power,
            microphones,
        };
        let interval = Duration::from_secs(1) / fps;
        let server = watchers.server.clone();
        let pictures = Arc::new(Notify::new());
        let mut all = JoinSet::new();
        all.spawn(show(
            capture,
            watchers,
            wishes_in,
            Pace {
                interval,
                pictures: Arc::clone(&pictures),
            },
        ));
        all.spawn(play(input, server.clone(), touches_in));
        let follow_pointer = all.spawn(follow_pointer(
            pointer,
            server.clone(),
            Pace { interval, pictures },
        ));
        all.spawn(clipboard::share(clipboard, server.clone(), copies_in));
        let dispatch = all.spawn(dispatch(server.clone(), orders));
        let endless = [dispatch, follow_pointer];
        Self {
            all,
            endless,
            power: power_in,
            microphones: Some(microphones_in),
        }
    }

    /// Lets clients hear what `source` hears, and plays their microphones.
    pub(crate) fn play_sound(&mut self, server: Server, source: Option<InputConfig>) {
        if let Some(orders) = self.microphones.take() {
            self.all.spawn(sound::play(source, server, orders));
        }
    }

    /// The next of [`News`]. Cancel safe.
    pub(crate) async fn next(&mut self) -> News {
        tokio::select! {
            ended = self.all.join_next() => News::Ended(match ended {
                Some(Ok(result)) => result.err(),
                Some(Err(panicked)) => Some(panicked.into()),
                None => None,
            }),
            Some(order) = self.power.recv() => News::Power(order),
        }
    }

    /// Ends all tasks; keys are released and spare keys given back.
    pub(crate) async fn tidy_up(mut self) {
        // Who waits for orders sees that there will be no more.
        self.endless.iter().for_each(AbortHandle::abort);
        let all = async { while self.all.join_next().await.is_some() {} };
        let _late = timeout(TIDY_LIMIT, all).await;
    }
}

/// What a client does with keyboard and pointer.
#[derive(Debug)]
enum Touch {
    Key {
        session: SessionId,
        key: ClientKey,
        down: bool,
    },
    Pointer {
        session: SessionId,
        at: Point,
        buttons: u16,
    },
    /// It is gone.
    Leave { session: SessionId },
}

/// How often there is something new, and when there was.
#[derive(Debug)]
struct Pace {
    /// Between two pictures on average, or two places of the pointer, at least.
    interval: Duration,
    /// Notified of every picture.
    pictures: Arc<Notify>,
}

/// A client wants another size.
#[derive(Debug)]
struct Wish {
    session: SessionId,
    size: Size,
    screens: Vec<Screen>,
}

/// Where the orders of clients go.
#[derive(Debug)]
struct Orders {
    touches: Sender<Touch>,
    wishes: Sender<Wish>,
    copies: Sender<clipboard::Order>,
    power: Sender<power::Order>,
    microphones: Sender<sound::Order>,
}

/// Hands on what clients do. Returns when a task has ended.
async fn dispatch(server: Server, orders: Orders) -> Result<()> {
    loop {
        let open = match server.next_event().await {
            ServerEvent::Connected {
                session,
                address,
                rights,
            } => {
                tracing::debug!(%session, %address, ?rights, "a client has come in");
                true
            }
            // Nothing stays pressed while nobody is there.
            ServerEvent::Parted { session, reason } => {
                tracing::debug!(%session, reason, "a client has lost its connection");
                orders.touches.send(Touch::Leave { session }).await.is_ok()
            }
            ServerEvent::Resumed { session, address } => {
                tracing::debug!(%session, %address, "a client is back");
                true
            }
            ServerEvent::Disconnected { session, reason } => {
                tracing::debug!(%session, reason, "a client has gone");
                let leave = clipboard::Order::Leave { session };
                orders.copies.send(leave).await.is_ok()
                    && orders.touches.send(Touch::Leave { session }).await.is_ok()
            }
            ServerEvent::MicrophoneStarted { session } => {
                let start = sound::Order::Start(session);
                orders.microphones.send(start).await.is_ok()
            }
            ServerEvent::MicrophoneStopped { session } => {
                let stop = sound::Order::Stop(session);
                orders.microphones.send(stop).await.is_ok()
            }
            ServerEvent::Key {
                session,
                keysym,
                keycode,
                down,
            } => {
                let touch = Touch::Key {
                    session,
                    key: ClientKey { keysym, keycode },
                    down,
                };
                orders.touches.send(touch).await.is_ok()
            }
            ServerEvent::Pointer {
                session,
                at,
                buttons,
            } => {
                let touch = Touch::Pointer {
                    session,
                    at,
                    buttons,
                };
                orders.touches.send(touch).await.is_ok()
            }
            ServerEvent::Clipboard { session, content } => {
                let offer = clipboard::Order::Offer { session, content };
                orders.copies.send(offer).await.is_ok()
            }
            ServerEvent::ClipboardImage { session, image } => {
                let dib = image.map(Into::into);
                let give = clipboard::Order::GiveImage { session, dib };
                orders.copies.send(give).await.is_ok()
            }
            ServerEvent::ClipboardImageWanted { session } => {
                let want = clipboard::Order::WantImage { session };
                orders.copies.send(want).await.is_ok()
            }
            ServerEvent::ResizeRequested {
                session,
                size,
                screens,
            } => {
                let wish = Wish {
                    session,
                    size,
                    screens: monitors::meant(size, screens),
                };
                orders.wishes.send(wish).await.is_ok()
            }
            ServerEvent::Power { session, action } => {
                let order = power::Order { session, action };
                if orders.power.try_send(order).is_err() {
                    server.refuse_power(session);
                }
                true
            }
            _ => true,
        };
        if !open {
            return Ok(());
        }
    }
}

/// Shows the screen while anybody looks, or it is recorded: at most one picture in `interval` on average, none while
/// nothing changes. What is little does not wait until it is a large picture's turn.
async fn show(
    mut capture: Capture,
    watchers: Watchers,
    mut wishes: Receiver<Wish>,
    pace: Pace,
) -> Result<()> {
    let Watchers { server, recorder } = watchers;
    let mut sessions = server.watch_sessions();
    let mut was_watched = false;
    let mut rhythm = Rhythm::new(Instant::now());
    show_cursor(&capture, &server)?;
    loop {
        let changes = capture.handle_events()?;
        if let Some(size) = changes.size {
            tracing::info!(%size, "the screen has another size");
            server.resize_screens(size, monitors::layout(capture.link(), size)?, None);
        }
        if changes.cursor {
            show_cursor(&capture, &server)?;
        }
        let is_watched = *sessions.borrow_and_update() > 0;
        match (was_watched, is_watched) {
            (false, true) => capture.invalidate(),
            (true, false) => server.invalidate(),
            _ => {}
        }
        was_watched = is_watched;
        let recorder = recorder.as_ref().filter(|own| !own.has_failed());
        let is_wanted = (is_watched || recorder.is_some()) && capture.is_pending();
        let interval = match recorder {
            Some(recorder) if !is_watched => recorder.interval().max(pace.interval),
            _ => pace.interval,
        };
        let now = Instant::now();
        let mut next = rhythm.picture_at();
        if is_wanted && now >= next {
            let server = is_watched.then(|| server.clone());
            let pixels;
            (capture, pixels) = show_picture(capture, server, recorder.cloned()).await?;
            rhythm.note_picture(now, interval, pixels > LITTLE);
            pace.pictures.notify_one();
            continue;
        }
        let early = rhythm
            .little_at()
            .filter(|_| is_watched && capture.has_news());
        if let Some(early) = early {
            if now >= early {
                let shown = show_little(&mut capture, &server, recorder)?;
                rhythm.note_look(now, interval, shown);
                continue;
            }
            next = next.min(early);
        }
        tokio::select! {
            waited = capture.link().wait() => waited?,
            changed = sessions.changed() => changed?,
            () = sleep_until(next.into()), if is_wanted => {}
            wish = wishes.recv() => match wish {
                Some(wish) => grant(&mut capture, &server, &wish)?,
                None => return Ok(()),
            },
        }
    }
}

/// Shows the pointer's shape, or leaves the one before if it cannot be had.
fn show_cursor(capture: &Capture, server: &Server) -> Result<()> {
    if let Some(cursor) = capture.cursor()? {
        server.set_cursor(cursor);
    }
    Ok(())
}

/// Captures what changed, for those who watch; with how many pixels were fetched. On a thread that may block: a large
/// picture takes a while to compare.
async fn show_picture(
    mut capture: Capture,
    server: Option<Server>,
    recorder: Option<Arc<Recorder>>,
) -> Result<(Capture, usize)> {
    let captured = tokio::task::spawn_blocking(move || {
        let size = capture.size();
        let mut pixels = 0;
        capture.capture(|patches, drawn| {
            pixels = patches.iter().map(|(_, view)| view.size().area()).sum();
            if let Some(server) = server {
                server.show_drawn(patches, drawn);
            }
            record(recorder.as_deref(), size, patches);
        })?;
        Ok((capture, pixels))
    });
    captured.await?
}

/// Captures what was drawn just now if it is so little that another thread would take longer. Whether it was.
fn show_little(
    capture: &mut Capture,
    server: &Server,
    recorder: Option<&Arc<Recorder>>,
) -> Result<bool> {
    let size = capture.size();
    capture.capture_little(LITTLE, |patches, drawn| {
        server.show_drawn(patches, drawn);
        record(recorder.map(Arc::as_ref), size, patches);
    })
}

fn record(recorder: Option<&Recorder>, size: Size, patches: &[(Point, View<'_>)]) {
    if let Some(recorder) = recorder {
        let mut picture = recorder.picture(size);
        patches
            .iter()
            .for_each(|(at, pixels)| picture.put(*at, *pixels));
    }
}

/// Gives the screen the size a client asked for, or says why not.
fn grant(capture: &mut Capture, server: &Server, wish: &Wish) -> Result<()> {
    let status = match monitors::is_possible(wish.size, &wish.screens) {
        true => resize(capture.link(), wish.size)?,
        false => ResizeStatus::INVALID_LAYOUT,
    };
    tracing::info!(session = %wish.session, size = %wish.size, status = status.0, "a client has asked for another size");
    if status != ResizeStatus::OK {
        server.refuse_resize(wish.session, status);
        return Ok(());
    }
    capture.follow_size()?;
    let (link, size) = (capture.link(), capture.size());
    monitors::divide(link, size, &wish.screens)?;
    server.resize_screens(size, monitors::layout(link, size)?, Some(wish.session));
    Ok(())
}

/// Plays keys and pointers, until there will be no more, and tells of the keyboard's lights.
async fn play(
    mut input: Input<SessionId>,
    server: Server,
    mut touches: Receiver<Touch>,
) -> Result<()> {
    let mut sessions = server.watch_sessions();
    loop {
        input.handle_events()?;
        server.set_leds(input.leds());
        if input.take_bell() {
            server.bell();
        }
        // Before their first key is.
        input.set_played(*sessions.borrow_and_update() > 0)?;
        tokio::select! {
            waited = input.link().wait() => waited?,
            changed = sessions.changed() => changed?,
            touch = touches.recv() => match touch {
                Some(Touch::Key { session, key, down }) => input.key(session, key, down).await?,
                Some(Touch::Pointer { session, at, buttons }) => input.pointer(session, at, buttons)?,
                Some(Touch::Leave { session }) => input.leave(session)?,
                None => return input.end(),
            },
        }
    }
}

/// Tells where the pointer is while anybody looks: when it moves, and with every picture.
async fn follow_pointer(mut pointer: PointerWatch, server: Server, pace: Pace) -> Result<()> {
    let mut sessions = server.watch_sessions();
    loop {
        let is_watched = *sessions.borrow_and_update() > 0;
        pointer.watch(is_watched)?;
        if is_watched {
            server.set_pointer(pointer.place()?);
            // What happens meanwhile is looked at after it.
            sleep(pace.interval).await;
        }
        while !pointer.handle_events()? {
            tokio::select! {
                waited = pointer.link().wait() => waited?,
                () = pace.pictures.notified(), if is_watched => break,
                changed = sessions.changed() => {
                    changed?;
                    break;
                }
            }
        }
    }
}
