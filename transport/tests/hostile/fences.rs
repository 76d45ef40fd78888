//! Clients that answer fences as they like, over real sockets: the session lives, or ends with a reason, and others are served.

use rfb::message::{ClockStamps, Fence, FenceFlags};
use rfb::wire::{Encode as _, Reader};
use rfb::{ClientConfig, ClientConnection, ClientMessage, Framebuffer, Limits, LocalTime};
use testkit::scenes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use transport::{Protocol, Scheme, Server, ServerConfig, ServerEvent};

use super::{PATIENCE, SIZE, config, invitation, picture, see, serve, wire};

/// What is said instead of a message.
type Lies = fn(ClientMessage) -> Vec<ClientMessage>;

struct Liar {
    stream: TcpStream,
    connection: ClientConnection,
    lies: Lies,
    clock: u64,
}

impl Liar {
    async fn connect(server: &Server, lies: Lies) -> Self {
        let config = ClientConfig {
            quality: None,
            ..ClientConfig::default()
        };
        Self {
            stream: wire::tcp(server.address()).await,
            connection: ClientConnection::new(config, tight::decoders()),
            lies,
            clock: 0,
        }
    }

    /// Follows until it holds `picture`.
    async fn see(&mut self, picture: &Framebuffer) {
        let follow = async {
            while self.connection.framebuffer() != picture {
                self.step().await;
            }
        };
        timeout(PATIENCE, follow).await.expect("it is served");
    }

    async fn step(&mut self) {
        let mut buffer = [0; 4096];
        let length = self.stream.read(&mut buffer).await.unwrap();
        assert_ne!(length, 0, "the server ended it");
        self.clock += 1000;
        self.connection
            .handle_bytes(LocalTime::from_micros(self.clock), &buffer[..length]);
        while self.connection.poll_event().unwrap().is_some() {}
        while let Some(bytes) = self.connection.poll_output() {
            let said = self.said(&bytes);
            self.stream.write_all(&said).await.unwrap();
        }
    }

    /// The same messages with lies among them; the handshake as it is.
    fn said(&self, bytes: &[u8]) -> Vec<u8> {
        if self.connection.framebuffer().size().area() == 0 {
            return bytes.to_vec();
        }
        let mut reader = Reader::new(bytes);
        let mut said = Vec::new();
        while !reader.rest().is_empty() {
            let message = ClientMessage::decode(&mut reader, &Limits::default(), false).unwrap();
            for lie in (self.lies)(message) {
                lie.encode(&mut said);
            }
        }
        said
    }
}

fn open() -> ServerConfig {
    ServerConfig {
        password: None,
        ..config(&[Protocol::Plain])
    }
}

async fn assert_others_are_served(server: &Server) {
    let mut honest = invitation(server, Scheme::Vnc, server.address());
    honest.insecure = true;
    see(honest).await.unwrap();
}

fn fence(flags: FenceFlags, payload: &[u8]) -> ClientMessage {
    ClientMessage::Fence(Fence {
        flags,
        payload: payload.to_vec(),
    })
}

fn answer(payload: &[u8]) -> ClientMessage {
    fence(FenceFlags::BLOCK_BEFORE, payload)
}

fn twice(message: ClientMessage) -> Vec<ClientMessage> {
    match message {
        ClientMessage::Fence(_) => vec![message.clone(), message],
        _ => vec![message],
    }
}

fn from_the_future(message: ClientMessage) -> Vec<ClientMessage> {
    match message {
        ClientMessage::Fence(_) => vec![
            answer(&u64::MAX.to_be_bytes()),
            answer(&(1_u64 << 40).to_be_bytes()),
            answer(&[]),
            answer(&[7; 64]),
            message,
        ],
        _ => vec![message],
    }
}

fn flooding(message: ClientMessage) -> Vec<ClientMessage> {
    let flood = (0..200).map(|_| fence(FenceFlags::REQUEST, &[9; 64]));
    std::iter::once(message).chain(flood).collect()
}

fn at_impossible_times(message: ClientMessage) -> Vec<ClientMessage> {
    let stamps = ClockStamps {
        asked: u32::MAX,
        received: 1,
        answered: 0,
        returned: u32::MAX,
    };
    vec![
        message,
        ClientMessage::Clock(stamps),
        ClientMessage::Clock(ClockStamps::default()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_answers_say_the_session_lives() {
    for lies in [twice, from_the_future, flooding, at_impossible_times] {
        let server = serve(open()).await;
        let mut liar = Liar::connect(&server, lies).await;
        liar.see(&picture()).await;
        let other = scenes::noise(SIZE);
        server.update(other.view(), &SIZE.into());
        liar.see(&other).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_answers_gets_the_beginning_and_keeps_nobody_else_waiting() {
    let server = serve(open()).await;
    let silent: Lies = |message| match message {
        ClientMessage::Fence(_) => Vec::new(),
        message => vec![message],
    };
    let mut liar = Liar::connect(&server, silent).await;
    // The first update comes before any answer is due.
    let began = async {
        while liar.connection.rectangles() == 0 {
            liar.step().await;
        }
    };
    timeout(PATIENCE, began).await.unwrap();
    assert_others_are_served(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_answers_without_reading_them_is_ended_with_the_reason() {
    let server = serve(open()).await;
    let mut liar = Liar::connect(&server, |message| vec![message]).await;
    liar.see(&picture()).await;
    let mut flood = Vec::new();
    for _ in 0..1000 {
        fence(FenceFlags::REQUEST, &[9; 64]).encode(&mut flood);
    }
    let write = async { while liar.stream.write_all(&flood).await.is_ok() {} };
    timeout(PATIENCE, write).await.expect("it is ended");
    let ended = async {
        loop {
            if let ServerEvent::Disconnected { reason, .. } = server.next_event().await {
                return reason;
            }
        }
    };
    let reason = timeout(PATIENCE, ended).await.unwrap();
    assert!(reason.contains("unread answers"), "{reason}");
    assert_others_are_served(&server).await;
}
