//! A session with a server and its figures. The one place that touches [`tightrope::Client`].

use crate::ending::{self, Ended, Failure, PEER_ENDED};
use crate::input::Input;
use crate::playing::Stream;
use crate::sound::{Sound, SoundState, Target, Wishes};
use crate::statistics::{Farewell, SoundStatistics, Statistics};
use crate::window::Status;
use rfb::clipboard::Content;
use rfb::{Cursor, Framebuffer, Leds, LocalTime, MediaTime, Point, PowerAction, Region, Size};
use std::time::{Duration, Instant};
use tightrope::{
    Client, ClientConfig, ClientEvent, ConnectError, Fingerprint, GoodbyeCode, SessionError,
};

/// One session.
pub(crate) struct Session {
    client: Client,
    url: String,
    connecting: Duration,
    connected: Instant,
    /// The pixels that have not come yet.
    missing: Region,
    first_picture: Option<Duration>,
    goodbye: Option<Farewell>,
    /// What waits until the server has said what it takes: it does so before its first update.
    waiting_clipboard: Option<Content>,
    updated: bool,
    /// Quality and compression, if others than at first are wanted.
    chosen: Option<(Option<u8>, u8)>,
    sound: Sound,
    /// It is a recording.
    is_played: bool,
    /// It is a recording that has ended.
    is_played_out: bool,
}

/// What there is to know of an event besides [`Session`]'s own state.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// These pixels changed. `due`: when the sound of that moment is heard, if any is. `captured`: which picture they belong
    /// to, if the server tells.
    Updated {
        damage: Region,
        due: Option<LocalTime>,
        captured: Option<MediaTime>,
    },
    /// All has come of this picture.
    PictureEnded(MediaTime),
    /// The desktop has another size.
    Resized(Size),
    /// The size asked for is refused.
    ResizeRefused,
    /// The pointer's shape changed.
    CursorChanged,
    /// The desktop has another name.
    Renamed,
    /// The server rang.
    Bell,
    /// The server's clipboard has something new.
    Clipboard(Content),
    /// The image that [`Session::request_clipboard_image`] asked for, a DIB; none if it is no longer there.
    ClipboardImage(Option<Vec<u8>>),
    /// The desktop moved the pointer itself.
    PointerMoved(Point),
    /// The lights of the desktop's keyboard changed.
    LedsChanged(Leds),
    /// [`Session::sound_state`] is another.
    SoundChanged,
    /// The server does not do what [`Session::power`] asked for.
    PowerRefused,
    /// There is another connection in the place of one that was lost.
    Reconnected,
    /// The server ends the session.
    Goodbye,
}

/// The connection is lost.
pub(crate) struct Lost {
    /// How the program ends if it stays so.
    pub(crate) failure: Failure,
    /// Another connection may help.
    pub(crate) is_worth_retrying: bool,
}

/// Why there is no session.
pub(crate) enum NotConnected {
    /// The server asks for a password and there is none.
    PasswordNeeded(Failure),
    /// The server at `address` is not known, or not the one that is: it showed `found`.
    OtherServer {
        address: String,
        found: Fingerprint,
        failure: Failure,
    },
    /// Anything else.
    Failed(Failure),
}

impl Session {
    /// Connects; the handshake is done when it returns.
    pub(crate) async fn connect(config: ClientConfig) -> Result<Self, NotConnected> {
        let url = config.endpoints.first().map(ToString::to_string);
        let url = url.unwrap_or_default();
        let start = Instant::now();
        let client = Client::connect(config).await.map_err(not_connected)?;
        Ok(Self::new(client, url, start))
    }
    /// A session with a recording, which `stream` plays and `url` names.
    pub(crate) async fn over(
        stream: Stream,
        config: ClientConfig,
        url: String,
    ) -> Result<Self, Failure> {
        let start = Instant::now();
        let client = Client::over(stream, config).await.map_err(Failure::error)?;
        let mut session = Self::new(client, url, start);
        session.is_played = true;
        Ok(session)
    }
    fn new(client: Client, url: String, start: Instant) -> Self {
        let connected = Instant::now();
        Self {
            url,
            connecting: connected - start,
            connected,
            missing: client.size().into(),
            first_picture: None,
            goodbye: None,
            waiting_clipboard: None,
            updated: false,
            chosen: None,
            sound: Sound::default(),
            is_played: false,
            is_played_out: false,
            client,
        }
    }
    /// Whether it was a recording, and is over.
    pub(crate) fn is_played_out(&self) -> bool {
        self.is_played_out
    }
    /// See [`tightrope::transport::Client::tap`].
    pub(crate) fn tap(&mut self, tap: impl FnMut(&[u8]) + Send + 'static) {
        self.client.tap(tap);
    }
    /// Moves bytes both ways until something happens. Cancel safe. An error is the end of the session.
    pub(crate) async fn next_event(&mut self) -> Result<Event, Lost> {
        loop {
            if self.sound.news() {
                return Ok(Event::SoundChanged);
            }
            let event = tokio::select! {
                event = self.client.next_event() => event.map_err(|error| self.lost(&error))?,
                told = self.sound.next_told() => {
                    self.sound.handle_told(&told, &mut self.client);
                    continue;
                }
            };
            self.sound.handle_event(&event, &mut self.client);
            if let Some(event) = self.noted(event) {
                return Ok(event);
            }
        }
    }
    fn lost(&mut self, error: &SessionError) -> Lost {
        let is_closed = matches!(error, SessionError::Closed);
        self.is_played_out = self.is_played && is_closed;
        Lost {
            failure: Failure {
                code: error.exit_code(),
                text: error.to_string(),
            },
            // A server that knows of no tickets closes a connection because the session is over, or because somebody
            // else wants it for himself: coming back would begin another one.
            is_worth_retrying: error.is_worth_retrying()
                && !self.is_played
                && (self.client.has_ticket() || !is_closed),
        }
    }
    /// Tries once to go on over another connection; what then is different comes as events. Cancel safe.
    pub(crate) async fn reconnect(&mut self) -> Result<(), Lost> {
        let result = self.client.reconnect().await;
        result.map_err(|error| Lost {
            is_worth_retrying: error.is_worth_retrying(),
            failure: Failure {
                code: error.exit_code(),
                text: told(&error),
            },
        })?;
        self.url = self.client.endpoint().to_string();
        if let Some((quality, compression)) = self.chosen {
            self.client.set_quality(quality, compression);
        }
        Ok(())
    }
    /// Waits, not any longer once the network may be back. Cancel safe.
    pub(crate) async fn pause(&mut self, at_most: Duration) {
        self.client.pause(at_most).await;
    }
    fn noted(&mut self, event: ClientEvent) -> Option<Event> {
        Some(match event {
            ClientEvent::Updated { damage, captured } => {
                self.note_pixels(&damage);
                self.updated = true;
                if let Some(content) = self.waiting_clipboard.take() {
                    self.client.set_clipboard(content);
                }
                let due = captured.and_then(|captured| self.sound.due(captured));
                Event::Updated {
                    damage,
                    due,
                    captured,
                }
            }
            ClientEvent::PictureEnded { captured } => Event::PictureEnded(captured),
            ClientEvent::Resized { size, .. } => {
                self.missing = match self.first_picture {
                    Some(_) => Region::default(),
                    None => size.into(),
                };
                Event::Resized(size)
            }
            ClientEvent::ResizeRefused { .. } => Event::ResizeRefused,
            ClientEvent::CursorChanged => Event::CursorChanged,
            ClientEvent::Renamed(_) => Event::Renamed,
            ClientEvent::Bell => Event::Bell,
            ClientEvent::PointerMoved(at) => Event::PointerMoved(at),
            ClientEvent::LedsChanged(leds) => Event::LedsChanged(leds),
            ClientEvent::PowerRefused => Event::PowerRefused,
            ClientEvent::Clipboard(content) => Event::Clipboard(content),
            ClientEvent::ClipboardImage(image) => Event::ClipboardImage(image.map(Into::into)),
            ClientEvent::Goodbye(goodbye) => {
                self.goodbye = Some(Farewell {
                    code: goodbye.code.0,
                    text: goodbye.text,
                });
                Event::Goodbye
            }
            _ => return None,
        })
    }
    fn note_pixels(&mut self, damage: &Region) {
        if self.first_picture.is_none() {
            self.missing = self.missing.difference(damage);
            if self.missing.is_empty() {
                self.first_picture = Some(self.connected.elapsed());
            }
        }
    }
    /// Plays the desktop's sound at `target`, if it has any.
    pub(crate) fn play_sound(&mut self, wishes: &Wishes, target: Target) {
        self.sound = Sound::new(wishes, target, &mut self.client);
    }
    /// How sound is played; `None` if the server has none, or none is wanted.
    pub(crate) fn sound_state(&self) -> Option<SoundState> {
        self.sound.state()
    }
    /// Whether no sound is heard from now on.
    pub(crate) fn set_muted(&mut self, muted: bool) {
        self.sound.set_muted(muted, &mut self.client);
    }
    /// How loud sound is from now on, in percent.
    pub(crate) fn set_volume(&mut self, percent: u8) {
        self.sound.set_volume(percent);
    }
    /// Whether the server takes what a microphone hears, and it is wanted here.
    pub(crate) fn can_speak(&self) -> bool {
        let state = self.sound.state();
        state.is_some_and(|state| state.microphone.is_some())
    }
    /// Whether what the microphone hears is sent from now on.
    pub(crate) fn set_microphone(&mut self, on: bool) {
        self.sound.set_microphone(on, &mut self.client);
    }
    /// The moment on the session's clock.
    pub(crate) fn local_time(&self, at: Instant) -> LocalTime {
        self.client.local_time(at)
    }
    /// The moment that a reading of the session's clock stands for.
    pub(crate) fn instant(&self, at: LocalTime) -> Instant {
        self.client.instant(at)
    }
    /// Sends a key or the pointer.
    pub(crate) fn input(&mut self, input: Input) {
        match input {
            Input::Key { key, down } => match key.keycode {
                Some(keycode) => self.client.extended_key(key.keysym, keycode, down),
                None => self.client.key(key.keysym, down),
            },
            Input::Pointer { at, buttons } => self.client.pointer(at, buttons),
        }
    }
    /// Makes `content` the server's clipboard.
    pub(crate) fn set_clipboard(&mut self, content: Content) {
        if self.updated {
            self.client.set_clipboard(content);
        } else {
            self.waiting_clipboard = Some(content);
        }
    }
    /// Tells the server that this picture is seen.
    pub(crate) fn presented(&mut self, captured: MediaTime) {
        self.client.presented(captured);
    }
    /// Asks for the image on the server's clipboard.
    pub(crate) fn request_clipboard_image(&mut self) {
        self.client.request_clipboard_image();
    }
    /// Whether the server takes [`Self::request_size`].
    pub(crate) fn can_resize(&self) -> bool {
        self.client.can_resize()
    }
    /// Asks for another desktop size.
    pub(crate) fn request_size(&mut self, size: Size) {
        self.client.request_size(size);
    }
    /// Asks for pictures of another JPEG quality (`None`: lossless) and compression from now on.
    pub(crate) fn set_quality(&mut self, quality: Option<u8>, compression: u8) {
        self.chosen = Some((quality, compression));
        self.client.set_quality(quality, compression);
    }
    /// Asks for the whole picture again.
    pub(crate) fn refresh(&mut self) {
        self.client.request_full_update();
    }
    /// Asks for what is shown to be shut down or restarted, if the server offers that.
    pub(crate) fn power(&mut self, action: PowerAction) {
        self.client.power(action);
    }
    /// Whether the server takes [`Self::power`].
    pub(crate) fn can_power(&self) -> bool {
        self.client.can_power()
    }
    /// How the session is, for a person.
    pub(crate) fn status(&self) -> Status {
        let stats = self.client.stats();
        Status {
            size: self.size(),
            encrypted: stats.encrypted,
            updates: stats.updates,
            bytes_received: stats.bytes_received,
        }
    }
    /// The desktop as last updated.
    pub(crate) fn framebuffer(&self) -> &Framebuffer {
        self.client.framebuffer()
    }
    /// The desktop's size.
    pub(crate) fn size(&self) -> Size {
        self.client.size()
    }
    /// The desktop's name.
    pub(crate) fn name(&self) -> &str {
        self.client.name()
    }
    /// The pointer's shape, if the server has sent one.
    pub(crate) fn cursor(&self) -> Option<&Cursor> {
        self.client.cursor()
    }
    /// The server's goodbye, once it came.
    pub(crate) fn goodbye(&self) -> Option<&Farewell> {
        self.goodbye.as_ref()
    }
    /// The exit code that the goodbye stands for. `promised`: the session was to last until something else ended it.
    pub(crate) fn goodbye_code(&self, promised: bool) -> u8 {
        match self
            .goodbye
            .as_ref()
            .map(|goodbye| GoodbyeCode(goodbye.code))
        {
            Some(GoodbyeCode::SHUTTING_DOWN | GoodbyeCode::APPLICATION_ENDED) if !promised => 0,
            _ => PEER_ENDED,
        }
    }
    /// The figures so far.
    pub(crate) fn statistics(&self, ended: Option<Ended>) -> Statistics {
        let stats = self.client.stats();
        let link = stats.link_quality();
        Statistics {
            url: self.url.clone(),
            size: self.size().to_string(),
            name: self.name().to_owned(),
            encrypted: stats.encrypted,
            connect_ms: milliseconds(self.connecting),
            first_picture_ms: self.first_picture.map(milliseconds),
            updates: stats.updates,
            rectangles: stats.rectangles,
            encodings: self
                .client
                .encodings_used()
                .map(|(encoding, count)| (encoding.0, count))
                .collect(),
            pixels: stats.pixels,
            bytes_received: stats.bytes_received,
            bytes_sent: stats.bytes_sent,
            handshake_ms: milliseconds(stats.handshake),
            rtt_ms: stats.round_trips.map(|trips| milliseconds(trips.smoothed)),
            jitter_ms: stats.round_trips.map(|trips| milliseconds(trips.jitter)),
            loss: stats.loss,
            rate_down_mbit: link.rate_down.map(mbit),
            grade: link.grade.to_string(),
            reconnects: stats.reconnects,
            migrations: stats.migrations,
            sound: self
                .sound
                .statistics()
                .map(|(format, stats)| SoundStatistics::new(format, &stats)),
            ended,
            goodbye: self.goodbye.clone(),
        }
    }
    /// Sends what is queued and closes.
    pub(crate) async fn close(self) {
        self.client.close().await;
    }
}

/// Of bits a second, with three digits after the point.
fn mbit(bits: f64) -> f64 {
    (bits / 1e3).round() / 1e3
}

/// With three digits after the point.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

pub(crate) fn not_connected(error: ConnectError) -> NotConnected {
    let code = match error {
        // It can be allowed by a flag.
        ConnectError::InsecureNotAllowed { .. } => ending::USAGE,
        _ => error.exit_code(),
    };
    let failure = Failure {
        code,
        text: told(&error),
    };
    match error {
        ConnectError::PasswordNeeded { .. } => NotConnected::PasswordNeeded(failure),
        ConnectError::UnknownServer { address, found }
        | ConnectError::WrongFingerprint { address, found, .. } => NotConnected::OtherServer {
            address,
            found,
            failure,
        },
        _ => NotConnected::Failed(failure),
    }
}

/// What happened, where, and what to do.
fn told(error: &ConnectError) -> String {
    match error {
        ConnectError::WrongFingerprint {
            address,
            expected,
            found,
        } => format!(
            "the certificate of {address} is {found}, not the one you pinned ({expected}): someone may be in between, \
             or the agent was restarted; nothing was sent"
        ),
        ConnectError::UnknownServer { address, found } => format!(
            "{address} is not known, and there is no terminal to ask you whether you trust it: its certificate is \
             {found}. Give --fingerprint or --credentials, with what the server printed when it started, or \
             --accept-new to trust and remember it; nothing was sent"
        ),
        ConnectError::PasswordNeeded { address } => format!(
            "{address} asks for a password: give --password-file or --credentials, or set TIGHTROPE_PASSWORD"
        ),
        ConnectError::InsecureNotAllowed { address } => format!(
            "{address} is not encrypted, anybody on the way can read and change it: use vncs://, or allow it with \
             --insecure"
        ),
        _ => format!("no session: {error}"),
    }
}
