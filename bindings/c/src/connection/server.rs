//! A server's connection: its life, its bytes, its events.

use std::ffi::c_char;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tightrope::rfb::handshake::Challenge;
use tightrope::rfb::server::{Proof, Security};
use tightrope::rfb::sound::SoundCodec;
use tightrope::rfb::{
    Limits, LocalTime, ServerConfig, ServerConnection, ServerEvent, SoundFeed, SoundOffer,
    SoundStream,
};
use tightrope::transport::credentials::vnc_auth;
use tightrope::{Secret, Size, tight};

use super::output::Output;
use super::{
    TR_METHOD_PLAIN, TR_METHOD_VNC_AUTH, check_options, fill, methods_of, stats_of,
    tr_connection_stats,
};
use crate::codec::workers;
use crate::error::{Fault, tr_result};
use crate::event::{Told, place, tr_event, tr_event_kind as kind};
use crate::guard::guard;
use crate::handle::{self, Noun};
use crate::memory::{self, optional_text, out, size, slice, text};
use crate::time::in_micros;

/// The server's side of one connection. It opens no socket and reads no clock.
///
/// Give it what comes from the socket by tr_server_connection_handle_bytes(), take events by tr_server_connection_poll_event()
/// until there are none, say what changed by tr_server_connection_add_damage(), have an update made by
/// tr_server_connection_update(), and write what tr_server_connection_poll_output() gives. Any order of calls is allowed.
pub type tr_server_connection = u64;

pub(super) struct Server(Mutex<State>);

impl Noun for Server {
    const NAME: &'static str = "server connection";
}

pub(super) struct State {
    pub(super) inner: ServerConnection,
    /// Of the desktop.
    pub(super) size: Size,
    output: Output,
    /// What is to be judged.
    proof: Option<Proof>,
}

impl Server {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// There is sound for clients that want it: see TR_EVENT_SOUND_STARTED.
pub const TR_SERVER_CONNECTION_SOUND: u32 = 1;
/// The client may send what its microphone hears. Only with sound.
pub const TR_SERVER_CONNECTION_MICROPHONE: u32 = 2;
/// The client may ask for a shutdown or restart: see TR_EVENT_POWER.
pub const TR_SERVER_CONNECTION_POWER: u32 = 4;

/// Makes the server's side of a connection, with a desktop of `width` by `height` pixels called `name`. What it says first is in
/// its output already.
///
/// `methods` (TR_METHOD_* together) are the ways in that are offered: see TR_EVENT_PROOF. `challenge` is what VncAuth asks, 16
/// random bytes that were never used; NULL to have the system make them. `options` are TR_SERVER_CONNECTION_* together, and
/// `threads` is how many may encode (0: as many as there are processors). It ends by tr_server_connection_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_create(
    width: u32,
    height: u32,
    name: *const c_char,
    methods: u32,
    challenge: *const u8,
    options: u32,
    threads: u32,
    connection: *mut tr_server_connection,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(connection, "connection") }?;
        let size = size(width, height)?;
        // SAFETY: the caller promises text that ends with a zero byte.
        let name = unsafe { text(name, "name") }?;
        let methods = methods_of(methods)?;
        check_options(
            options,
            TR_SERVER_CONNECTION_SOUND
                | TR_SERVER_CONNECTION_MICROPHONE
                | TR_SERVER_CONNECTION_POWER,
        )?;
        let challenge = match challenge.is_null() {
            true => random()?,
            // SAFETY: the caller promises 16 readable bytes.
            false => challenge_of(unsafe { slice(challenge, 16, "challenge") }?),
        };
        let config = ServerConfig {
            size,
            name: name.to_owned(),
            security: Security::Offer { methods, challenge },
            power: options & TR_SERVER_CONNECTION_POWER != 0,
            sound: (options & TR_SERVER_CONNECTION_SOUND != 0).then(|| SoundOffer {
                codecs: vec![SoundCodec::OPUS],
                channels: 2,
                microphone: options & TR_SERVER_CONNECTION_MICROPHONE != 0,
            }),
            limits: Limits::default(),
        };
        let shared = tight::Shared::new(workers(threads));
        let encoders = tight::encoders_sharing(&shared);
        place.set(handle::insert(Server(Mutex::new(State {
            inner: ServerConnection::new(config, encoders),
            size,
            output: Output::default(),
            proof: None,
        })))?);
        Ok(())
    })
}

/// Random bytes of the system's.
fn random() -> Result<Challenge, Fault> {
    let mut challenge = Challenge::default();
    getrandom::fill(&mut challenge)
        .map_err(|error| Fault::new(tr_result::TR_ERROR_SYSTEM, error))?;
    Ok(challenge)
}

fn challenge_of(bytes: &[u8]) -> Challenge {
    bytes.first_chunk().copied().unwrap_or_default()
}

/// Ends a connection, and with it what it has given. Jobs that are out go on, for nothing.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_destroy(connection: tr_server_connection) -> tr_result {
    guard(|| handle::remove::<Server>(connection).map(drop))
}

/// Takes bytes that came from the client at `now_us`, however they were cut. They are copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_handle_bytes(
    connection: tr_server_connection,
    now_us: u64,
    bytes: *const u8,
    bytes_length: usize,
) -> tr_result {
    guard(|| {
        let connection = handle::get::<Server>(connection)?;
        // SAFETY: the caller promises so many readable bytes.
        let bytes = unsafe { slice(bytes, bytes_length, "bytes") }?;
        let now = LocalTime::from_micros(now_us);
        connection.lock().inner.handle_bytes(now, bytes);
        Ok(())
    })
}

/// Gives what happened next; TR_EVENT_NONE if nothing has. `event` must be zero, or come from the library.
///
/// An error is the end of the connection, and comes again and again: the client sent what cannot be read (TR_ERROR_DATA) or
/// what is not allowed (TR_ERROR_PROTOCOL). Write the output that is left, and close the socket.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_poll_event(
    connection: tr_server_connection,
    event: *mut tr_event,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises an event, zero or filled by the library.
        let place = unsafe { place(event) }?;
        let next = || {
            let connection = handle::get::<Server>(connection)?;
            let mut state = connection.lock();
            while let Some(event) = state.inner.poll_event()? {
                if let Some(told) = state.tell(event) {
                    return told.finish();
                }
            }
            Ok(tr_event::default())
        };
        fill(place, next())
    })
}

impl State {
    /// What C is told; nothing of what it has no use for.
    fn tell(&mut self, event: ServerEvent) -> Option<Told> {
        Some(match event {
            ServerEvent::Authenticate(proof) => self.judge(proof),
            ServerEvent::Connected { .. } => Told::new(kind::TR_EVENT_CONNECTED),
            ServerEvent::Refused => Told::new(kind::TR_EVENT_REFUSED),
            ServerEvent::Key {
                keysym,
                keycode,
                down,
            } => Told::new(kind::TR_EVENT_KEY).with(|event| {
                (event.keysym, event.keycode) = (keysym, keycode.unwrap_or_default());
                event.down = down;
            }),
            ServerEvent::Pointer { at, buttons } => {
                Told::new(kind::TR_EVENT_POINTER).with(|event| {
                    (event.x, event.y) = (at.x.into(), at.y.into());
                    event.buttons = buttons.into();
                })
            }
            ServerEvent::Clipboard(content) => {
                Told::new(kind::TR_EVENT_CLIPBOARD).content(&content)
            }
            ServerEvent::ClipboardImage(image) => {
                Told::new(kind::TR_EVENT_CLIPBOARD_IMAGE).image(image.as_deref())
            }
            ServerEvent::ClipboardImageWanted => Told::new(kind::TR_EVENT_CLIPBOARD_IMAGE_WANTED),
            ServerEvent::ResizeRequested { size, screens } => {
                Told::new(kind::TR_EVENT_RESIZE_REQUESTED)
                    .with(|event| {
                        (event.width, event.height) = (size.width.into(), size.height.into());
                    })
                    .rects(screens.iter().map(|screen| screen.rect))
            }
            ServerEvent::Power(action) => Told::new(kind::TR_EVENT_POWER)
                .with(|event| event.code = crate::server::power_code(action)),
            ServerEvent::Presented { captured, age } => {
                Told::new(kind::TR_EVENT_PRESENTED).with(|event| {
                    event.captured_us = captured.as_micros();
                    event.duration_us = in_micros(age);
                })
            }
            ServerEvent::SoundStarted(SoundFeed::Packets(format)) => {
                Told::new(kind::TR_EVENT_SOUND_STARTED).with(|event| event.format = format.into())
            }
            ServerEvent::SoundStopped => Told::new(kind::TR_EVENT_SOUND_STOPPED),
            ServerEvent::MicrophoneStarted(format) => Told::new(kind::TR_EVENT_MICROPHONE_STARTED)
                .with(|event| event.format = format.into()),
            ServerEvent::MicrophoneStopped => Told::new(kind::TR_EVENT_MICROPHONE_STOPPED),
            ServerEvent::Sound(packet) => Told::new(kind::TR_EVENT_SOUND_PACKET).packet(&packet),
            ServerEvent::SoundVolume(SoundStream::Desktop, volume) => {
                Told::new(kind::TR_EVENT_SOUND_VOLUME).with(|event| {
                    event.code = if volume.muted {
                        0
                    } else {
                        volume.volume.into()
                    };
                })
            }
            ServerEvent::Goodbye(goodbye) => Told::new(kind::TR_EVENT_GOODBYE)
                .with(|event| event.code = goodbye.code.0.into())
                .text(&goodbye.text),
            // Samples that are not coded are for the complete server.
            ServerEvent::SoundStarted(SoundFeed::Pcm(_)) => {
                self.inner.end_sound(tightrope::rfb::SoundEnd::UNAVAILABLE);
                return None;
            }
            _ => return None,
        })
    }

    fn judge(&mut self, proof: Proof) -> Told {
        let told = Told::new(kind::TR_EVENT_PROOF);
        let told = match &proof {
            Proof::Plain { user, password } => told
                .with(|event| event.code = code(TR_METHOD_PLAIN))
                .credentials(Some(user), Some(&String::from_utf8_lossy(password)), None),
            _ => told.with(|event| event.code = code(TR_METHOD_VNC_AUTH)),
        };
        self.proof = Some(proof);
        told
    }
}

fn code(method: u32) -> i32 {
    i32::try_from(method).unwrap_or_default()
}

/// Whether what the client shows (TR_EVENT_PROOF) is this password: of VncAuth the answer to its challenge, for which eight bytes
/// count; of Plain the password itself. It takes the same time wherever it is wrong. TR_ERROR_STATE if nothing is to be
/// judged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_check_password(
    connection: tr_server_connection,
    password: *const c_char,
    is_right: *mut bool,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for the answer.
        let place = unsafe { out(is_right, "is_right") }?;
        let connection = handle::get::<Server>(connection)?;
        // SAFETY: the caller promises text that ends with a zero byte.
        let password = Secret::from(unsafe { text(password, "password") }?);
        let state = connection.lock();
        place.set(match &state.proof {
            Some(Proof::VncAuth { challenge, answer }) => {
                vnc_auth::is_right(challenge, answer, &password)
            }
            Some(Proof::Plain { password: own, .. }) => {
                let own = std::str::from_utf8(own);
                own.is_ok_and(|own| Secret::from(own) == password)
            }
            _ => return Err(nothing_to_judge()),
        });
        Ok(())
    })
}

fn nothing_to_judge() -> Fault {
    let told = "connection: the client has shown nothing that is to be judged";
    Fault::new(tr_result::TR_ERROR_STATE, told)
}

/// Lets the client in that showed its proof. TR_ERROR_STATE if nothing is to be judged.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_accept(connection: tr_server_connection) -> tr_result {
    guard(|| verdict(connection, ServerConnection::accept))
}

/// Turns the client away that showed its proof: it is told `reason` (NULL: a wrong password). Write the output, and close.
/// TR_ERROR_STATE if nothing is to be judged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_refuse(
    connection: tr_server_connection,
    reason: *const c_char,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        let reason = unsafe { optional_text(reason, "reason") }?;
        let reason = reason.unwrap_or("wrong password");
        verdict(connection, |inner| inner.refuse(reason))
    })
}

fn verdict(
    connection: tr_server_connection,
    say: impl FnOnce(&mut ServerConnection) -> Result<(), tightrope::rfb::Error>,
) -> Result<(), Fault> {
    let connection = handle::get::<Server>(connection)?;
    let mut state = connection.lock();
    if state.proof.take().is_none() {
        return Err(nothing_to_judge());
    }
    Ok(say(&mut state.inner)?)
}

/// Gives bytes to write to the client, whole messages; NULL and 0 if there are none. They are the connection's: valid until the
/// next call of this function or tr_server_connection_read_output(). Ask again only when they are written: what waits in here
/// can still be overtaken by what is more urgent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_poll_output(
    connection: tr_server_connection,
    bytes: *mut *const u8,
    bytes_length: *mut usize,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for an address.
        let bytes = unsafe { out(bytes, "bytes") }?;
        // SAFETY: the caller promises a place for a length.
        let length = unsafe { out(bytes_length, "bytes_length") }?;
        let connection = handle::get::<Server>(connection)?;
        let State { inner, output, .. } = &mut *connection.lock();
        output.give(|| inner.poll_output(), bytes, length);
        Ok(())
    })
}

/// The same, copied to `buffer`, which has room for `room` bytes; `length` is how many there were, 0 for none. What had no room
/// comes next time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_read_output(
    connection: tr_server_connection,
    buffer: *mut u8,
    room: usize,
    length: *mut usize,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a length.
        let place = unsafe { out(length, "length") }?;
        let connection = handle::get::<Server>(connection)?;
        // SAFETY: the caller promises room for so many bytes.
        let buffer = unsafe { memory::room(buffer, room, "buffer") }?;
        let State { inner, output, .. } = &mut *connection.lock();
        place.set(output.copy(|| inner.poll_output(), buffer));
        Ok(())
    })
}

/// Gives when tr_server_connection_update() may have something to do though nothing has happened (a still picture is sent again
/// without loss); 0 for never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_poll_timeout(
    connection: tr_server_connection,
    at_us: *mut u64,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a moment.
        let place = unsafe { out(at_us, "at_us") }?;
        let connection = handle::get::<Server>(connection)?;
        let at = connection.lock().inner.poll_timeout();
        place.set(at.map_or(0, LocalTime::as_micros));
        Ok(())
    })
}

/// Gives what the connection has moved.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_get_stats(
    connection: tr_server_connection,
    stats: *mut tr_connection_stats,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for statistics.
        let place = unsafe { out(stats, "stats") }?;
        let connection = handle::get::<Server>(connection)?;
        let inner = &connection.lock().inner;
        place.set(tr_connection_stats {
            picture_age_us: inner.picture_age().map_or(0, in_micros),
            damaged_pixels: inner.damage().area() as u64,
            ..stats_of(inner.sent(), inner.received(), inner.round_trips())
        });
        Ok(())
    })
}
