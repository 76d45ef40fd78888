//! Moving bytes: one stream, both ways at once, cancel safe.

mod clock;
mod counted;
mod limit;
mod link;
mod prefixed;

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

pub(crate) use clock::Clock;
pub(crate) use counted::{Counted, Counters};
pub(crate) use limit::Limit;
pub(crate) use link::{Link, Moved};
pub(crate) use prefixed::Prefixed;

/// Anything that carries bytes both ways.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Bytes kept unsent in the kernel at most: newer pixels should not wait behind older ones.
#[cfg(target_os = "linux")]
const UNSENT_IN_KERNEL: u32 = 128 << 10;
/// A peer that acknowledges nothing of what was sent for so long is gone.
#[cfg(target_os = "linux")]
const PEER_TIMEOUT: Duration = Duration::from_secs(15);
/// A silent peer is asked whether it is there after so long, then so often.
const SILENCE: Duration = Duration::from_secs(6);
const ASKED_AGAIN: Duration = Duration::from_secs(3);
/// Questions without an answer after which it is gone: after 15 s of silence.
const QUESTIONS: u32 = 3;

/// Sets a TCP stream up for interactive use, and for noticing that the peer is gone.
pub(crate) fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = socket2::SockRef::from(stream);
    let keepalive = socket2::TcpKeepalive::new()
        .with_time(SILENCE)
        .with_interval(ASKED_AGAIN)
        .with_retries(QUESTIONS);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    {
        socket.set_tcp_user_timeout(Some(PEER_TIMEOUT))?;
        socket.set_tcp_notsent_lowat(UNSENT_IN_KERNEL)?;
    }
    Ok(())
}
