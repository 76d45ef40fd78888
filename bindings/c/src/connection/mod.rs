//! Connections without sockets: bytes and time in, bytes and events out. Whoever uses them brings the socket, the loop and the
//! clock.

mod client;
mod client_commands;
mod job;
mod output;
mod server;
mod server_commands;

pub use client::*;
pub use client_commands::*;
pub use job::*;
pub use server::*;
pub use server_commands::*;

use tightrope::rfb::handshake::Method;
use tightrope::rfb::{RoundTrips, Traffic};

use crate::error::Fault;
use crate::event::tr_event;
use crate::memory::Out;
use crate::stats::tr_traffic;
use crate::time::in_micros;

/// Nobody has to prove anything.
pub const TR_METHOD_NONE: u32 = 1;
/// A challenge answered with the password, of which eight bytes count. It does not encrypt.
pub const TR_METHOD_VNC_AUTH: u32 = 2;
/// User and password as they are: only where the stream is protected by something else.
pub const TR_METHOD_PLAIN: u32 = 4;

/// The methods of a mask, those that prove most first.
fn methods_of(mask: u32) -> Result<Vec<Method>, Fault> {
    let all = [
        (TR_METHOD_PLAIN, Method::Plain),
        (TR_METHOD_VNC_AUTH, Method::VncAuth),
        (TR_METHOD_NONE, Method::None),
    ];
    let known = all.iter().fold(0, |known, (bit, _)| known | bit);
    if mask == 0 || mask & !known != 0 {
        let expected = format_args!("{mask:#x} is not some of TR_METHOD_* together");
        return Err(Fault::argument("methods", expected));
    }
    let chosen = all.into_iter().filter(|(bit, _)| mask & bit != 0);
    Ok(chosen.map(|(_, method)| method).collect())
}

/// Checks that `options` are some of `known`.
fn check_options(options: u32, known: u32) -> Result<(), Fault> {
    match options & !known {
        0 => Ok(()),
        unknown => Err(Fault::argument(
            "options",
            format_args!("{unknown:#x} is none of those there are"),
        )),
    }
}

/// What a connection has moved, and how long it takes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct tr_connection_stats {
    /// Bytes given to be written.
    pub sent: tr_traffic,
    /// Bytes understood.
    pub received: tr_traffic,
    /// The last round trip; 0 until one was measured.
    pub round_trip_us: u64,
    /// The shortest of late.
    pub round_trip_minimum_us: u64,
    /// How old pictures are when the client shows them, smoothed; 0 until it has told. Server.
    pub picture_age_us: u64,
    /// Pixels that the client does not hold yet. Server.
    pub damaged_pixels: u64,
    /// Rectangles drawn. Client.
    pub rectangles: u64,
    /// For later versions.
    pub reserved: [u64; 4],
}

fn stats_of(sent: Traffic, received: Traffic, trips: Option<RoundTrips>) -> tr_connection_stats {
    tr_connection_stats {
        sent: sent.into(),
        received: received.into(),
        round_trip_us: trips.map_or(0, |own| in_micros(own.latest)),
        round_trip_minimum_us: trips.map_or(0, |own| in_micros(own.minimum)),
        ..tr_connection_stats::default()
    }
}

/// Puts an event in its place; none at all if there was an error instead, as what the one before pointed to is gone.
fn fill(place: Out<'_, tr_event>, event: Result<tr_event, Fault>) -> Result<(), Fault> {
    let (event, result) = match event {
        Ok(event) => (event, Ok(())),
        Err(fault) => (tr_event::default(), Err(fault)),
    };
    place.set(event);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_a_mask_of_those_there_are() {
        assert_eq!(methods_of(TR_METHOD_NONE).unwrap(), [Method::None]);
        assert_eq!(
            methods_of(7).unwrap(),
            [Method::Plain, Method::VncAuth, Method::None]
        );
        for wrong in [0, 8, u32::MAX] {
            let fault = methods_of(wrong).unwrap_err();
            assert!(fault.message.starts_with("methods: "), "{}", fault.message);
        }
    }
}
