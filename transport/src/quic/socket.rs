//! UDP sockets with room for a burst.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// What the system is asked to keep of what comes and goes, in bytes: at 1 Gbit/s, 33 ms of it.
const BUFFER: usize = 4 << 20;

/// A socket bound to `address`.
pub(super) fn bound(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    widen(&socket);
    Ok(socket)
}

/// A socket at any address from which `peer` may be reached.
pub(super) fn towards(peer: SocketAddr) -> io::Result<UdpSocket> {
    let any = match peer {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    bound(any)
}

/// As large as we are allowed to: past the system's limit with the right to, else up to it. Small buffers only cost
/// speed.
fn widen(socket: &UdpSocket) {
    #[cfg(target_os = "linux")]
    {
        use rustix::net::sockopt;
        let forced = sockopt::set_socket_recv_buffer_size_force(socket, BUFFER)
            .and_then(|()| sockopt::set_socket_send_buffer_size_force(socket, BUFFER));
        if forced.is_ok() {
            return;
        }
    }
    let socket = socket2::SockRef::from(socket);
    let widened = socket
        .set_recv_buffer_size(BUFFER)
        .and_then(|()| socket.set_send_buffer_size(BUFFER));
    if let Err(error) = widened {
        tracing::debug!("the UDP buffers stay small: {error}");
    }
}
