//! The sockets of a relay, which keep little themselves.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;

use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

use super::way::SEGMENT;
use super::{LinkSettings, Protocols, Rates};

/// Tries to find a number that is free for TCP and for UDP.
const ATTEMPTS: usize = 16;
/// What the systems at both ends of the relay keep, in bytes.
const SYSTEM_BUFFER: RangeInclusive<u32> = 8 << 10..=64 << 10;
/// The most that is read at once, in bytes.
const PIECE: usize = 16 << 10;

/// The sockets of a relay: both at one number, if both are wanted.
pub(super) async fn bind(
    own: SocketAddr,
    settings: &LinkSettings,
    protocols: Protocols,
) -> io::Result<(Option<TcpListener>, Option<UdpSocket>)> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let streams = match protocols {
            Protocols::Udp => None,
            Protocols::Tcp | Protocols::Both => Some(listener(own, settings)?),
        };
        let at = match &streams {
            Some(listener) => listener.local_addr()?,
            None => own,
        };
        match protocols {
            Protocols::Tcp => return Ok((streams, None)),
            Protocols::Udp | Protocols::Both => match UdpSocket::bind(at).await {
                Ok(socket) => return Ok((streams, Some(socket))),
                // The system chose a number that somebody has for datagrams.
                Err(error)
                    if error.kind() == io::ErrorKind::AddrInUse
                        && own.port() == 0
                        && attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
            },
        }
    }
}

fn listener(own: SocketAddr, settings: &LinkSettings) -> io::Result<TcpListener> {
    let socket = stream_socket(own, settings)?;
    socket.set_reuseaddr(true)?;
    socket.bind(own)?;
    socket.listen(1024)
}

/// A socket for a stream to or from `peer` that takes in little beyond what the link's own queue takes.
fn stream_socket(peer: SocketAddr, settings: &LinkSettings) -> io::Result<TcpSocket> {
    let socket = match peer {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if let Some(rate) = &settings.rate {
        socket.set_recv_buffer_size(system_buffer(rate.fastest()))?;
    }
    Ok(socket)
}

/// What the system keeps of a stream, in bytes: about 20 ms of the link, as the queue is the link's own.
fn system_buffer(bits: u64) -> u32 {
    let bytes = bits / 8 / 50;
    u32::try_from(bytes)
        .unwrap_or(u32::MAX)
        .clamp(*SYSTEM_BUFFER.start(), *SYSTEM_BUFFER.end())
}

/// Bytes of a stream that are read, and arrive, at once: a segment on a slow link, and about a millisecond on a fast one.
pub(super) fn piece(settings: &LinkSettings) -> usize {
    let bits = settings.rate.as_ref().map_or(u64::MAX, Rates::fastest);
    let bytes = usize::try_from(bits / 8 / 1000).unwrap_or(usize::MAX);
    bytes.clamp(SEGMENT, PIECE)
}

/// A stream to the server.
pub(super) async fn dial(target: SocketAddr, settings: &LinkSettings) -> io::Result<TcpStream> {
    let stream = stream_socket(target, settings)?.connect(target).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A socket for datagrams of one client.
pub(super) async fn towards(target: SocketAddr) -> io::Result<UdpSocket> {
    let any: IpAddr = match target {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(target).await?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_link_takes_in_little_at_once() {
        let at = |rate: &str| LinkSettings {
            rate: Some(rate.parse().unwrap()),
            ..LinkSettings::default()
        };
        assert_eq!(piece(&at("2mbit")), SEGMENT);
        assert_eq!(piece(&at("20mbit")), 2500);
        assert_eq!(piece(&LinkSettings::default()), PIECE);
        assert_eq!(system_buffer(2_000_000), 8 << 10);
        assert_eq!(system_buffer(20_000_000), 50_000);
    }
}
