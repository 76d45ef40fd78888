//! What passes over the wire, seen by somebody in between.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rfb::{Encoding, Framebuffer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use transport::{Allow, Protocol, Scheme, ServerEvent};

use super::{SIZE, config, connect, event, invitation, serve, wait_for};

/// Everything that passed, both ways.
type Seen = Arc<Mutex<Vec<u8>>>;

/// Carries one connection to `server`, and keeps what passes.
async fn tap_tcp(server: SocketAddr, seen: Seen) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(server).await.unwrap();
        let (client, server) = (client.into_split(), server.into_split());
        let carry = |mut from: tokio::net::tcp::OwnedReadHalf,
                     mut to: tokio::net::tcp::OwnedWriteHalf| {
            let seen = Arc::clone(&seen);
            async move {
                let mut buffer = vec![0; 1 << 16];
                while let Ok(length @ 1..) = from.read(&mut buffer).await {
                    seen.lock().unwrap().extend_from_slice(&buffer[..length]);
                    if to.write_all(&buffer[..length]).await.is_err() {
                        return;
                    }
                }
            }
        };
        tokio::join!(carry(client.0, server.1), carry(server.0, client.1));
    });
    address
}

async fn tap_udp(server: SocketAddr, seen: Seen) -> SocketAddr {
    let near = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let far = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    far.connect(server).await.unwrap();
    let address = near.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        let mut client = None;
        loop {
            tokio::select! {
                Ok((length, from)) = near.recv_from(&mut up) => {
                    client = Some(from);
                    seen.lock().unwrap().extend_from_slice(&up[..length]);
                    // A datagram that is lost is sent again.
                    _ = far.send(&up[..length]).await;
                }
                Ok(length) = far.recv(&mut down) => {
                    seen.lock().unwrap().extend_from_slice(&down[..length]);
                    if let Some(client) = client {
                        _ = near.send_to(&down[..length], client).await;
                    }
                }
            }
        }
    });
    address
}

/// Pixels that are found again wherever they are in clear.
fn picture() -> Framebuffer {
    let mut picture = Framebuffer::new(SIZE);
    let all = SIZE.into();
    for (row, number) in picture.view_mut(all).unwrap().rows_mut().zip(1_u8..) {
        for (at, byte) in row.iter_mut().enumerate() {
            let shade = u8::try_from(at % 251).unwrap().wrapping_mul(number | 1);
            *byte = if at % 4 == 3 { 0 } else { shade };
        }
    }
    picture
}

/// What somebody in between sees of a session by `scheme`, of a picture sent as it is and of keys.
async fn seen_of(scheme: Scheme, allow: &[Protocol]) -> (Vec<u8>, String) {
    let mut config = config();
    config.allow = Allow::only(allow);
    let server = serve(config).await;
    server.update(picture().view(), &SIZE.into());
    let seen = Seen::default();
    let tap = match scheme {
        Scheme::Quic => tap_udp(server.address(), Arc::clone(&seen)).await,
        _ => tap_tcp(server.address(), Arc::clone(&seen)).await,
    };
    let mut invited = invitation(&server, scheme);
    invited.endpoints[0].port = tap.port();
    invited.insecure = allow.contains(&Protocol::Plain);
    (invited.prefer, invited.prefer_only) = (Some(Encoding::RAW), true);
    let mut client = connect(invited).await.unwrap();
    wait_for(&mut client, &picture()).await;
    for keysym in 0x61..0x7b {
        client.key(keysym, true);
    }
    client.set_clipboard("what was copied is nobody's business");
    let last = async {
        loop {
            if let ServerEvent::Clipboard { .. } = event(&server).await {
                return;
            }
        }
    };
    tokio::select! {
        () = last => {}
        () = async { loop { client.next_event().await.unwrap(); } } => {}
    }
    let password = server.password().unwrap().reveal().to_owned();
    let seen = seen.lock().unwrap().clone();
    (seen, password)
}

fn holds(seen: &[u8], part: &[u8]) -> bool {
    seen.windows(part.len()).any(|window| window == part)
}

/// Pieces of the picture, the keys and the copied text, as they would be in clear.
fn traces() -> Vec<Vec<u8>> {
    let picture = picture();
    let rows = picture.bytes().chunks(usize::from(SIZE.width) * 4);
    let mut traces: Vec<Vec<u8>> = rows.step_by(40).map(|row| row[400..432].to_vec()).collect();
    // Two KeyEvents, RFC 6143 7.5.4.
    traces.push(vec![4, 1, 0, 0, 0, 0, 0, 0x61, 4, 1, 0, 0, 0, 0, 0, 0x62]);
    traces.push(b"nobody's business".to_vec());
    traces
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_in_between_sees_pixels_keys_or_passwords() {
    let encrypted = [
        (Scheme::Vncs, Protocol::Tls),
        (Scheme::Wss, Protocol::Wss),
        (Scheme::Quic, Protocol::Quic),
        (Scheme::Vnc, Protocol::VeNCrypt),
    ];
    for (scheme, protocol) in encrypted {
        let (seen, password) = seen_of(scheme, &[protocol]).await;
        assert!(seen.len() > picture().bytes().len(), "{scheme}");
        assert!(!holds(&seen, &password.as_bytes()[..8]), "{scheme}");
        for trace in traces() {
            assert!(!holds(&seen, &trace), "{scheme}: {trace:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_clear_everything_would_be_seen() {
    let (seen, _) = seen_of(Scheme::Vnc, &[Protocol::Plain]).await;
    // What is copied is compressed, which hides it from this search alone.
    for trace in traces().iter().take(6) {
        assert!(holds(&seen, trace), "{trace:?}");
    }
}
