//! `--play`: a recording in the place of a server.

use crate::ending::Failure;
use lab::playback::{Coding, Playback};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tightrope::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep_until};

/// How fast a recording is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Speed {
    /// So many times as fast as it was recorded.
    Times(f64),
    /// As fast as it goes.
    Full,
}

impl Speed {
    /// When what came `time` after the start is played.
    fn played(self, time: Duration) -> Duration {
        match self {
            Self::Times(times) => {
                let seconds = time.as_secs_f64() / times;
                Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
            }
            Self::Full => Duration::ZERO,
        }
    }
}

/// Starts playing `path`, on the tokio runtime this is called on. At the end the stream ends, or with `hold` stays as it
/// is. Also gives how a client must be set up to understand it.
pub(crate) fn play(
    path: &Path,
    speed: Speed,
    hold: bool,
) -> Result<(Stream, ClientConfig), Failure> {
    let refused = |error: &dyn std::fmt::Display| {
        Failure::error(format_args!("{} cannot be played: {error}", path.display()))
    };
    let playback = Playback::open(path, Coding::Raw).map_err(|error| refused(&error))?;
    let mut config = ClientConfig::new("vnc://recording").map_err(|error| refused(&error))?;
    config.format = playback.start().format;
    let (sender, chunks) = channel(2);
    tokio::spawn(feed(playback, speed, hold, sender));
    let current = Vec::new();
    let stream = Stream {
        chunks,
        current,
        read: 0,
    };
    Ok((stream, config))
}

/// Sends what `playback` has, when its time has come.
async fn feed(
    mut playback: Playback,
    speed: Speed,
    hold: bool,
    sender: Sender<io::Result<Vec<u8>>>,
) {
    let start = Instant::now();
    loop {
        // Reading and unpacking may take a while.
        let next = tokio::task::spawn_blocking(move || {
            let next = playback.next_bytes();
            (playback, next)
        });
        let Ok((given_back, next)) = next.await else {
            return;
        };
        playback = given_back;
        let item = match next {
            Ok(Some((time, bytes))) => {
                if let Some(due) = start.checked_add(speed.played(time)) {
                    sleep_until(due).await;
                }
                Ok(bytes)
            }
            Ok(None) => break,
            Err(error) => Err(io::Error::other(error.to_string())),
        };
        if sender.send(item).await.is_err() {
            return;
        }
    }
    if playback.is_cut_short() {
        tracing::warn!("the recording was cut short");
    }
    if hold {
        sender.closed().await;
    }
}

/// The server's side of a recording; what a client says to it is dropped.
pub(crate) struct Stream {
    chunks: Receiver<io::Result<Vec<u8>>>,
    current: Vec<u8>,
    /// Bytes of `current` that have been read.
    read: usize,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read >= self.current.len() {
            match self.chunks.poll_recv(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Ready(Some(Ok(bytes))) => {
                    self.current = bytes;
                    self.read = 0;
                }
            }
        }
        let rest = self.current.get(self.read..).unwrap_or_default();
        let some = rest.get(..buffer.remaining()).unwrap_or(rest);
        buffer.put_slice(some);
        self.read += some.len();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_shortens_time() {
        let played = |speed: Speed| speed.played(Duration::from_secs(6));
        assert_eq!(played(Speed::Times(1.0)), Duration::from_secs(6));
        assert_eq!(played(Speed::Times(4.0)), Duration::from_millis(1500));
        assert_eq!(played(Speed::Times(0.5)), Duration::from_secs(12));
        assert_eq!(played(Speed::Full), Duration::ZERO);
    }
}
