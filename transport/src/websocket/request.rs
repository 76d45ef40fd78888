//! The HTTP request that opens a WebSocket, and its answer. RFC 6455 4.2.

use tokio::io::AsyncReadExt as _;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::machine::TryParse as _;
use tokio_tungstenite::tungstenite::handshake::server::{Request, create_response, write_response};
use tokio_tungstenite::tungstenite::http::header::{
    HOST, HeaderName, HeaderValue, ORIGIN, SEC_WEBSOCKET_PROTOCOL,
};

use super::{Origins, SUBPROTOCOL, WebSocketError};
use crate::stream::Stream;

/// The longest request: cookies of other programs on the same host come along.
const REQUEST_LIMIT: usize = 16 << 10;
const END: &[u8] = b"\r\n\r\n";
/// What a person sees who opens the address in a browser.
const NOT_A_WEBSOCKET: &str =
    "this is a VNC server: open it with a VNC client, or by WebSocket, as noVNC does";

/// Reads the request up to its empty line; gives it and what came behind it.
pub(super) async fn read(
    stream: &mut Box<dyn Stream>,
) -> Result<(Vec<u8>, Vec<u8>), WebSocketError> {
    let mut head = Vec::new();
    loop {
        let searched = head.len().saturating_sub(END.len() - 1);
        let mut part = [0; 2048];
        let read = stream.read(&mut part).await?;
        if read == 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        }
        head.extend_from_slice(part.get(..read).unwrap_or_default());
        let new = head.get(searched..).unwrap_or_default();
        let found = new.windows(END.len()).position(|window| window == END);
        let end = found.map(|at| searched + at + END.len());
        if end.unwrap_or(head.len()) > REQUEST_LIMIT {
            let reason = format!("the request is longer than {REQUEST_LIMIT} bytes");
            return Err(WebSocketError::refused(431, reason));
        }
        if let Some(end) = end {
            let rest = head.split_off(end);
            return Ok((head, rest));
        }
    }
}

/// The bytes of the answer that opens the WebSocket; or why there is none.
pub(super) fn judge(head: &[u8], origins: &Origins) -> Result<Vec<u8>, WebSocketError> {
    let request = match Request::try_parse(head) {
        Ok(Some((_, request))) => request,
        Ok(None) => return Err(WebSocketError::refused(400, "the request is cut short")),
        Err(error) => return Err(WebSocketError::refused(400, error.to_string())),
    };
    let path = request.uri().path();
    if !path.ends_with('/') && !path.ends_with("/websockify") {
        let reason = "no such path: the WebSocket is at / and at /websockify";
        return Err(WebSocketError::refused(404, reason));
    }
    let mut response = create_response(&request).map_err(|error| match error {
        Error::Protocol(
            ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader,
        ) => WebSocketError::refused(426, NOT_A_WEBSOCKET),
        Error::Protocol(error @ ProtocolError::MissingSecWebSocketVersionHeader) => {
            WebSocketError::refused(426, error.to_string())
        }
        error => WebSocketError::refused(400, error.to_string()),
    })?;
    check_origin(&request, origins)?;
    if offers_binary(&request)? {
        let chosen = HeaderValue::from_static(SUBPROTOCOL);
        response
            .headers_mut()
            .insert(SEC_WEBSOCKET_PROTOCOL, chosen);
    }
    let mut answer = Vec::new();
    write_response(&mut answer, &response).map_err(WebSocketError::in_session)?;
    Ok(answer)
}

/// The one value of a header, if it is there.
fn single(request: &Request, name: HeaderName) -> Result<Option<&str>, WebSocketError> {
    let unclear = || WebSocketError::refused(400, format!("the header {name} is not one text"));
    let mut values = request.headers().get_all(&name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(unclear());
    }
    value
        .map(|value| value.to_str().map_err(|_| unclear()))
        .transpose()
}

/// A request without an origin comes from no browser: nobody can have tricked a person into it.
fn check_origin(request: &Request, origins: &Origins) -> Result<(), WebSocketError> {
    let Some(origin) = single(request, ORIGIN)? else {
        return Ok(());
    };
    let host = single(request, HOST)?.unwrap_or_default();
    if origins.allow(origin, host) {
        return Ok(());
    }
    let reason = "pages of this origin may not connect: the server can be told to allow it";
    Err(WebSocketError::refused(403, reason))
}

/// Whether the sub-protocol is to be named in the answer: it must be if, and only if, some were offered.
fn offers_binary(request: &Request) -> Result<bool, WebSocketError> {
    let mut any = false;
    for value in request.headers().get_all(SEC_WEBSOCKET_PROTOCOL) {
        any = true;
        let offered = value.to_str().unwrap_or_default();
        if offered.split(',').any(|name| name.trim() == SUBPROTOCOL) {
            return Ok(true);
        }
    }
    if any {
        return Err(WebSocketError::refused(
            400,
            "the only sub-protocol here is binary",
        ));
    }
    Ok(false)
}

/// What to answer whoever was refused; nothing if there is nobody to answer.
pub(super) fn refusal(error: &WebSocketError) -> Option<Vec<u8>> {
    let WebSocketError::Refused { status, reason } = error else {
        return None;
    };
    let (name, more) = match status {
        403 => ("Forbidden", ""),
        404 => ("Not Found", ""),
        426 => (
            "Upgrade Required",
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        ),
        431 => ("Request Header Fields Too Large", ""),
        _ => ("Bad Request", ""),
    };
    let connection = if more.is_empty() {
        "close"
    } else {
        "Upgrade, close"
    };
    let length = reason.len() + 1;
    Some(
        format!(
            "HTTP/1.1 {status} {name}\r\nConnection: {connection}\r\n{more}\
             Content-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\r\n{reason}\n"
        )
        .into_bytes(),
    )
}
