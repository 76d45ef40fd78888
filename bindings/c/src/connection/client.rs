//! A client's connection: its life, its bytes, its events.

use std::ffi::c_char;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tightrope::rfb::handshake::Challenge;
use tightrope::rfb::{
    ClientConfig, ClientConnection, ClientEvent, Encoding, LocalTime, SoundStream,
};
use tightrope::transport::credentials::vnc_auth;
use tightrope::{Secret, tight};

use super::output::Output;
use super::{check_options, fill, methods_of, stats_of, tr_connection_stats};
use crate::client::{self, compression, quality, tr_cursor, tr_picture};
use crate::codec::workers;
use crate::error::{Fault, tr_result};
use crate::event::{Told, place, tr_event, tr_event_kind as kind};
use crate::guard::guard;
use crate::handle::{self, Noun};
use crate::memory::{self, out, slice, start_of, text};
use crate::time::in_micros;

/// The client's side of one connection. It opens no socket and reads no clock.
///
/// Give it what comes from the socket by tr_client_connection_handle_bytes(), take events by tr_client_connection_poll_event()
/// until there are none, and write what tr_client_connection_poll_output() gives. Any order of calls is allowed. It asks for
/// updates by itself.
pub type tr_client_connection = u64;

pub(super) struct Client(Mutex<State>);

impl Noun for Client {
    const NAME: &'static str = "client connection";
}

pub(super) struct State {
    pub(super) inner: ClientConnection,
    output: Output,
    /// What the server asked, until it is answered.
    challenge: Option<Challenge>,
}

impl Client {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Other clients of the desktop are to go. Many servers do not listen.
pub const TR_CLIENT_CONNECTION_EXCLUSIVE: u32 = 1;
/// Sound is wanted, if there is any: see TR_EVENT_SOUND_OFFERED.
pub const TR_CLIENT_CONNECTION_SOUND: u32 = 2;
/// The quality is what is wanted, however slow the link; else it is the most that is wanted.
pub const TR_CLIENT_CONNECTION_FIXED_QUALITY: u32 = 4;
/// Only pixels and the desktop's size are asked for, and no extension.
pub const TR_CLIENT_CONNECTION_PLAIN: u32 = 8;

/// Makes the client's side of a connection. `methods` (TR_METHOD_* together) are the ways in that will do. Of all encodings,
/// `encoding` (TR_ENCODING_*) is asked for first: TR_ENCODING_TIGHT is a good one. `quality` is the JPEG quality level, 0 to 9, or
/// -1 for no loss; `compression` how hard the server tries, 0 to 9. `options` are TR_CLIENT_CONNECTION_* together, and `threads` is
/// how many may decode (0: as many as there are processors). It ends by tr_client_connection_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_create(
    methods: u32,
    encoding: i32,
    quality: i32,
    compression: u32,
    options: u32,
    threads: u32,
    connection: *mut tr_client_connection,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(connection, "connection") }?;
        check_options(
            options,
            TR_CLIENT_CONNECTION_EXCLUSIVE
                | TR_CLIENT_CONNECTION_SOUND
                | TR_CLIENT_CONNECTION_FIXED_QUALITY
                | TR_CLIENT_CONNECTION_PLAIN,
        )?;
        let has = |option| options & option != 0;
        let decoders = tight::decoders().preferring(Encoding(encoding));
        if decoders.encodings().next() != Some(Encoding(encoding)) {
            let expected = format_args!("{encoding} is no TR_ENCODING_* that is decoded");
            return Err(Fault::argument("encoding", expected));
        }
        let config = ClientConfig {
            shared: !has(TR_CLIENT_CONNECTION_EXCLUSIVE),
            methods: methods_of(methods)?,
            quality: self::quality(quality)?,
            compression: self::compression(compression)?,
            adapts: !has(TR_CLIENT_CONNECTION_FIXED_QUALITY),
            plain: has(TR_CLIENT_CONNECTION_PLAIN),
            sound: has(TR_CLIENT_CONNECTION_SOUND),
            workers: workers(threads),
            ..ClientConfig::default()
        };
        place.set(handle::insert(Client(Mutex::new(State {
            inner: ClientConnection::new(config, decoders),
            output: Output::default(),
            challenge: None,
        })))?);
        Ok(())
    })
}

/// Ends a connection, and with it what it has given, its picture too.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_connection_destroy(connection: tr_client_connection) -> tr_result {
    guard(|| handle::remove::<Client>(connection).map(drop))
}

/// Takes bytes that came from the server at `now_us`, however they were cut. They are copied. The picture does not change before
/// tr_client_connection_poll_event().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_handle_bytes(
    connection: tr_client_connection,
    now_us: u64,
    bytes: *const u8,
    bytes_length: usize,
) -> tr_result {
    guard(|| {
        let connection = handle::get::<Client>(connection)?;
        // SAFETY: the caller promises so many readable bytes.
        let bytes = unsafe { slice(bytes, bytes_length, "bytes") }?;
        let now = LocalTime::from_micros(now_us);
        connection.lock().inner.handle_bytes(now, bytes);
        Ok(())
    })
}

/// Gives what happened next, and draws it; TR_EVENT_NONE if nothing has. `event` must be zero, or come from the library.
///
/// An error is the end of the connection, and comes again and again: the server sent what cannot be read (TR_ERROR_DATA) or what
/// is not allowed (TR_ERROR_PROTOCOL), or refused us (TR_ERROR_REFUSED). Close the socket.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_poll_event(
    connection: tr_client_connection,
    event: *mut tr_event,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises an event, zero or filled by the library.
        let place = unsafe { place(event) }?;
        let next = || {
            let connection = handle::get::<Client>(connection)?;
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
    fn tell(&mut self, event: ClientEvent) -> Option<Told> {
        Some(match event {
            ClientEvent::Challenge(challenge) => {
                self.challenge = Some(challenge);
                Told::new(kind::TR_EVENT_PASSWORD_WANTED)
            }
            ClientEvent::CredentialsWanted => Told::new(kind::TR_EVENT_CREDENTIALS_WANTED),
            ClientEvent::SoundOffered(offer) => Told::new(kind::TR_EVENT_SOUND_OFFERED)
                .with(|event| event.code = offer.microphone.into()),
            ClientEvent::SoundStarted(SoundStream::Desktop, format) => {
                Told::new(kind::TR_EVENT_SOUND_STARTED).with(|event| event.format = format.into())
            }
            ClientEvent::SoundStarted(SoundStream::Microphone, format) => {
                Told::new(kind::TR_EVENT_MICROPHONE_STARTED)
                    .with(|event| event.format = format.into())
            }
            ClientEvent::Sound(packet) => Told::new(kind::TR_EVENT_SOUND_PACKET).packet(&packet),
            ClientEvent::SoundVolume(volume) => {
                Told::new(kind::TR_EVENT_SOUND_VOLUME).with(|event| {
                    event.code = if volume.muted {
                        0
                    } else {
                        volume.volume.into()
                    };
                })
            }
            ClientEvent::RoundTrip(trip) => Told::new(kind::TR_EVENT_ROUND_TRIP)
                .with(|event| event.duration_us = in_micros(trip)),
            ClientEvent::ClockCompared(sample) => {
                Told::new(kind::TR_EVENT_CLOCK).with(|event| event.clock = (&sample).into())
            }
            other => return client::tell(other),
        })
    }
}

/// Answers TR_EVENT_PASSWORD_WANTED: the server learns that we know the password, of which eight bytes count, and not the password.
/// TR_ERROR_STATE if it has not asked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_give_password(
    connection: tr_client_connection,
    password: *const c_char,
) -> tr_result {
    guard(|| {
        let connection = handle::get::<Client>(connection)?;
        // SAFETY: the caller promises text that ends with a zero byte.
        let password = Secret::from(unsafe { text(password, "password") }?);
        let mut state = connection.lock();
        let challenge = state.challenge.take().ok_or_else(nobody_asked)?;
        let answer = vnc_auth::answer(&challenge, &password);
        Ok(state.inner.answer(answer)?)
    })
}

fn nobody_asked() -> Fault {
    let told = "connection: the server has not asked for that";
    Fault::new(tr_result::TR_ERROR_STATE, told)
}

/// Answers TR_EVENT_CREDENTIALS_WANTED: both are sent as they are, each at most 1024 bytes. `user` may be empty.
/// TR_ERROR_STATE if the server has not asked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_give_credentials(
    connection: tr_client_connection,
    user: *const c_char,
    password: *const c_char,
) -> tr_result {
    guard(|| {
        let connection = handle::get::<Client>(connection)?;
        // SAFETY: the caller promises text that ends with a zero byte.
        let user = unsafe { text(user, "user") }?;
        // SAFETY: the caller promises text that ends with a zero byte.
        let password = unsafe { text(password, "password") }?;
        for (name, length) in [("user", user.len()), ("password", password.len())] {
            if length > 1024 {
                let told = format_args!("its {length} bytes are more than 1024");
                return Err(Fault::argument(name, told));
            }
        }
        let given = connection
            .lock()
            .inner
            .give_credentials(user, password.as_bytes());
        given.map_err(|_| nobody_asked())
    })
}

/// Gives bytes to write to the server, whole messages; NULL and 0 if there are none. They are the connection's: valid until the
/// next call of this function or tr_client_connection_read_output(). Ask again only when they are written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_poll_output(
    connection: tr_client_connection,
    bytes: *mut *const u8,
    bytes_length: *mut usize,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for an address.
        let bytes = unsafe { out(bytes, "bytes") }?;
        // SAFETY: the caller promises a place for a length.
        let length = unsafe { out(bytes_length, "bytes_length") }?;
        let connection = handle::get::<Client>(connection)?;
        let State { inner, output, .. } = &mut *connection.lock();
        output.give(|| inner.poll_output(), bytes, length);
        Ok(())
    })
}

/// The same, copied to `buffer`, which has room for `room` bytes; `length` is how many there were, 0 for none. What had no room
/// comes next time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_read_output(
    connection: tr_client_connection,
    buffer: *mut u8,
    room: usize,
    length: *mut usize,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a length.
        let place = unsafe { out(length, "length") }?;
        let connection = handle::get::<Client>(connection)?;
        // SAFETY: the caller promises room for so many bytes.
        let buffer = unsafe { memory::room(buffer, room, "buffer") }?;
        let State { inner, output, .. } = &mut *connection.lock();
        place.set(output.copy(|| inner.poll_output(), buffer));
        Ok(())
    })
}

/// Gives the desktop as it was last drawn. The pixels are the connection's: there, and unchanged, until the next
/// tr_client_connection_poll_event() or its end. There are none before TR_EVENT_CONNECTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_picture(
    connection: tr_client_connection,
    picture: *mut tr_picture,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a picture.
        let place = unsafe { out(picture, "picture") }?;
        let connection = handle::get::<Client>(connection)?;
        let state = connection.lock();
        let shown = state.inner.framebuffer();
        place.set(tr_picture {
            pixels: start_of(shown.bytes()).cast(),
            length: shown.bytes().len(),
            stride: usize::from(shown.size().width) * 4,
            width: shown.size().width.into(),
            height: shown.size().height.into(),
        });
        Ok(())
    })
}

/// Gives the pointer's shape. Its pixels are the connection's: there until the next tr_client_connection_poll_event() or its end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_cursor(
    connection: tr_client_connection,
    cursor: *mut tr_cursor,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a shape.
        let place = unsafe { out(cursor, "cursor") }?;
        let connection = handle::get::<Client>(connection)?;
        let state = connection.lock();
        place.set(tr_cursor::of(state.inner.cursor()));
        Ok(())
    })
}

/// Gives what the connection has moved.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_get_stats(
    connection: tr_client_connection,
    stats: *mut tr_connection_stats,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for statistics.
        let place = unsafe { out(stats, "stats") }?;
        let connection = handle::get::<Client>(connection)?;
        let inner = &connection.lock().inner;
        place.set(tr_connection_stats {
            rectangles: inner.rectangles(),
            ..stats_of(inner.sent(), inner.received(), inner.round_trips())
        });
        Ok(())
    })
}
