//! Sessions with a peer, over TCP, that leave its bytes or ours behind. Blocking, one at a time, without a password.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use lab::fbs::{Start, Writer};
use rfb::wire::Encode;
use rfb::{
    ClientConnection, ClientEvent, ClientMessage, Encoding, Framebuffer, LocalTime, Region,
    ServerConnection,
};

use super::{decoders, encoding, format};
use crate::pair::open_server;

/// How long a peer may take to send its picture, or to come.
const LIMIT: Duration = Duration::from_secs(20);
/// Nothing more comes if nothing came for so long.
const QUIET: Duration = Duration::from_millis(700);

/// What is asked of a server.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// By name: see [`encoding`]. Nothing else is announced.
    pub encoding: String,
    /// By name: see [`format`].
    pub format: String,
    /// JPEG quality level.
    pub quality: Option<u8>,
}

/// Asks the server on `port` of this machine for its picture, writes what it sends to `file` and gives the picture.
pub fn record(port: u16, wanted: &Wanted, file: &Path) -> io::Result<Framebuffer> {
    let mut socket = TcpStream::connect(("127.0.0.1", port))?;
    socket.set_read_timeout(Some(QUIET))?;
    let config = rfb::ClientConfig {
        format: format(&wanted.format),
        quality: wanted.quality,
        ..rfb::ClientConfig::default()
    };
    let encoding = encoding(&wanted.encoding);
    let mut client = ClientConnection::new(config, decoders(encoding));
    let start = Start {
        size: shake_hands(&mut socket, &mut client)?,
        name: client.name().to_owned(),
        format: format(&wanted.format),
    };
    let mut recording = Writer::new(File::create(file)?, &start)?;
    // The client's own requests are not sent: it would announce more, and ask for more.
    client.poll_output();
    socket.write_all(&requests(wanted, encoding, &start))?;
    let mut missing = Region::from(start.size);
    let begun = Instant::now();
    while !missing.is_empty() || begun.elapsed() < QUIET {
        let Some(bytes) = receive(&mut socket)? else {
            if missing.is_empty() {
                break;
            }
            if begun.elapsed() > LIMIT {
                return Err(io::Error::other("the picture never became whole"));
            }
            continue;
        };
        recording.add(Duration::ZERO, &bytes)?;
        client.handle_bytes(LocalTime::default(), &bytes);
        while let Some(event) = client.poll_event().map_err(io::Error::other)? {
            if let ClientEvent::Updated { damage, .. } = event {
                missing = missing.difference(&damage);
            }
        }
        client.poll_output();
    }
    recording.flush()?;
    Ok(client.framebuffer().clone())
}

fn shake_hands(socket: &mut TcpStream, client: &mut ClientConnection) -> io::Result<rfb::Size> {
    let begun = Instant::now();
    while begun.elapsed() < LIMIT {
        while let Some(event) = client.poll_event().map_err(io::Error::other)? {
            if let ClientEvent::Connected { size, .. } = event {
                return Ok(size);
            }
        }
        if let Some(bytes) = client.poll_output() {
            socket.write_all(&bytes)?;
        }
        // Byte by byte: what follows is recorded, none of it is to be taken here.
        let mut byte = [0];
        match socket.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => client.handle_bytes(LocalTime::default(), &byte),
            Err(error) if is_timeout(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("no handshake"))
}

fn requests(wanted: &Wanted, encoding: Encoding, start: &Start) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Without the pointer's shape, servers draw the pointer into the picture.
    let mut encodings = vec![encoding, Encoding::CURSOR, Encoding::LAST_RECT];
    encodings.push(Encoding::compression(2));
    encodings.extend(wanted.quality.map(Encoding::quality));
    let rect = start.size.into();
    for message in [
        ClientMessage::SetPixelFormat(start.format),
        ClientMessage::SetEncodings(encodings),
        ClientMessage::UpdateRequest {
            incremental: false,
            rect,
        },
    ] {
        message.encode(&mut bytes);
    }
    bytes
}

/// Bytes that came; `None` if none did for a while.
fn receive(socket: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut buffer = vec![0; 1 << 16];
    match socket.read(&mut buffer) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(length) => {
            buffer.truncate(length);
            Ok(Some(buffer))
        }
        Err(error) if is_timeout(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// Shows `picture` to the first client that comes to `listener`, until it goes; writes the first update to `file`, in
/// the pixel format the client is known to ask for. (What was sent with loss is sent again, finer; that is not kept.)
pub fn serve(
    listener: &TcpListener,
    picture: &Framebuffer,
    format_name: &str,
    file: &Path,
) -> io::Result<()> {
    let (mut socket, _) = listener.accept()?;
    socket.set_read_timeout(Some(Duration::from_millis(50)))?;
    let mut server = ServerConnection::new(open_server(picture.size()), tight::encoders());
    let start = Start {
        size: picture.size(),
        name: "golden".to_owned(),
        format: format(format_name),
    };
    let mut recording = Some(Writer::new(File::create(file)?, &start)?);
    let begun = Instant::now();
    loop {
        let now = LocalTime::default() + begun.elapsed();
        while server.poll_event().map_err(io::Error::other)?.is_some() {}
        if let Some(bytes) = server.poll_output() {
            // Answers to the client's handshake and extensions are no part of it.
            socket.write_all(&bytes)?;
        }
        if let Some(job) = server.begin_update(now, usize::MAX) {
            let update = job.run(picture.view());
            server.finish_update(now, update);
            if let Some(bytes) = server.poll_output() {
                if let Some(mut recording) = recording.take() {
                    recording.add(Duration::ZERO, &bytes)?;
                    recording.flush()?;
                }
                socket.write_all(&bytes)?;
            }
        }
        match receive(&mut socket) {
            Ok(Some(bytes)) => server.handle_bytes(now, &bytes),
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
        if begun.elapsed() > 3 * LIMIT {
            return Err(io::Error::other("the client does not go"));
        }
    }
}
