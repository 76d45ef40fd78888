//! RFB inside a WebSocket (RFC 6455): what browsers can open, and what passes where only HTTP may.
//!
//! The bytes of RFB go in binary messages, cut anywhere: a [`Stream`] at both ends, as if there were no WebSocket. The
//! sub-protocol is `binary`; a client that asks for none is let in too. TLS, where there is some, is below.

mod error;
mod origins;
mod request;
mod stream;

pub use error::WebSocketError;
pub use origins::{OriginError, Origins};

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::stream::Stream;
use stream::Messages;

/// What the bytes inside are, as everybody calls it who carries RFB in a WebSocket.
const SUBPROTOCOL: &str = "binary";
/// The longest message and frame that is taken; checked when the length is known, before there is memory for it.
/// noVNC sends 10 KiB at most, other servers up to 64 KiB.
const MESSAGE_LIMIT: usize = 1 << 20;
/// The longest message we send.
const MESSAGE_BYTES: usize = 64 << 10;
/// Read from the stream at once.
const READ_BYTES: usize = 16 << 10;

/// The server's side: reads the request, answers it, and gives the stream of what the messages hold.
///
/// The path must end in `/` or `/websockify` (noVNC's default), whatever stands before it or in the query. Whoever is
/// not let in gets an HTTP answer with one line of text that says why.
///
/// # Errors
/// The stream fails; the request is longer than 16 KiB, no HTTP, no WebSocket request, without the sub-protocol
/// `binary`, or from a page that `origins` does not allow.
///
/// Dropping the future before it is ready loses the stream.
pub async fn accept(
    mut stream: Box<dyn Stream>,
    origins: &Origins,
) -> Result<Box<dyn Stream>, WebSocketError> {
    let judged = match request::read(&mut stream).await {
        Ok((head, rest)) => request::judge(&head, origins).map(|answer| (answer, rest)),
        Err(error) => Err(error),
    };
    let (answer, rest) = match judged {
        Ok(judged) => judged,
        Err(error) => {
            if let Some(answer) = request::refusal(&error) {
                // Whether or not the answer arrives: the request was refused.
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
            return Err(error);
        }
    };
    stream.write_all(&answer).await?;
    stream.flush().await?;
    let socket =
        WebSocketStream::from_partially_read(stream, rest, Role::Server, Some(config())).await;
    Ok(Box::new(Messages::new(socket)))
}

/// The client's side: asks `host` for `path` (with its query, if any) and gives the stream of what the messages hold.
/// `tls` says that `stream` is encrypted; encrypting is not done here. An IPv6 address stands without brackets.
///
/// # Errors
/// The stream fails, `host` and `path` make no URL, or the server answers anything but a WebSocket of the sub-protocol
/// `binary`.
pub async fn connect(
    stream: Box<dyn Stream>,
    tls: bool,
    host: &str,
    port: u16,
    path: &str,
) -> Result<Box<dyn Stream>, WebSocketError> {
    let scheme = if tls { "wss" } else { "ws" };
    let (open, close) = if host.contains(':') {
        ("[", "]")
    } else {
        ("", "")
    };
    let slash = if path.starts_with('/') { "" } else { "/" };
    let uri: Uri = format!("{scheme}://{open}{host}{close}:{port}{slash}{path}")
        .parse()
        .map_err(|_| WebSocketError::Address(format!("{host}:{port}{slash}{path}")))?;
    let request = ClientRequestBuilder::new(uri).with_sub_protocol(SUBPROTOCOL);
    let (socket, _) = client_async_with_config(request, stream, Some(config()))
        .await
        .map_err(WebSocketError::answer)?;
    Ok(Box::new(Messages::new(socket)))
}

fn config() -> WebSocketConfig {
    // Nothing is gathered before it is written, and `Messages` writes only when all before is gone: what waits is one
    // message of ours and a few answers to pings.
    WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * MESSAGE_BYTES)
        .max_message_size(Some(MESSAGE_LIMIT))
        .max_frame_size(Some(MESSAGE_LIMIT))
        .accept_unmasked_frames(false)
}

/// At most [`MESSAGE_BYTES`] of `bytes`, as the payload of a message.
fn payload(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes.get(..MESSAGE_BYTES).unwrap_or(bytes))
}
