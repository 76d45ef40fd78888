//! The shaped link between a client and a server on this machine: the client connects to the relay instead.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::LinkSettings;
use super::sockets::{bind, dial, piece, towards};
use super::way::{Exit, Passed, Way};

/// Any port of this machine.
const SOME_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Bytes of one stream on the way at most, each way.
const UNDERWAY: usize = 64 << 20;
/// Clients of a UDP relay at most.
const CLIENTS: usize = 1024;
/// Wait before reading on from a server that was not there.
const PAUSE: Duration = Duration::from_millis(10);

/// A running relay. It ends, with all its connections, when this is dropped.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    link: Link,
    _tasks: JoinSet<()>,
}

/// How long what reaches a link now waits until it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queues {
    /// To the server.
    pub up: Duration,
    /// To the clients.
    pub down: Duration,
}

/// What a link was given so far, in bytes: with the headers of IP and of UDP or TCP, but without the segments that TCP
/// only acknowledges with. Lost datagrams count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// To the server.
    pub up: u64,
    /// To the clients.
    pub down: u64,
}

/// What a relay takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocols {
    /// TCP connections.
    Tcp,
    /// Datagrams.
    Udp,
    /// Both, at the same number, over one link that they share.
    Both,
}

impl Relay {
    /// Takes TCP connections at some port of this machine and passes them on to `target` over a link: see
    /// [`Self::listen`].
    pub async fn tcp(target: SocketAddr, settings: &LinkSettings) -> io::Result<Self> {
        Self::listen(SOME_PORT, target, settings, Protocols::Tcp).await
    }

    /// Takes datagrams at some port of this machine and passes them on to `target` over a link: see [`Self::listen`].
    pub async fn udp(target: SocketAddr, settings: &LinkSettings) -> io::Result<Self> {
        Self::listen(SOME_PORT, target, settings, Protocols::Udp).await
    }

    /// Listens at `own`, where port 0 is any that is free, and passes on to `target` over a link.
    ///
    /// The system answers a client of TCP at once; so that everything still takes the time it would, what the client
    /// says first is held back by one round trip, and the server hears of the connection when its first byte could
    /// arrive. For datagrams each address of a client has a port of its own towards the server, as behind a network
    /// address translation.
    pub async fn listen(
        own: SocketAddr,
        target: SocketAddr,
        settings: &LinkSettings,
        protocols: Protocols,
    ) -> io::Result<Self> {
        let (streams, datagrams) = bind(own, settings, protocols).await?;
        let address = match (&streams, &datagrams) {
            (Some(listener), _) => listener.local_addr()?,
            (None, Some(socket)) => socket.local_addr()?,
            (None, None) => own,
        };
        let link = Link::new(settings);
        let mut tasks = link.run();
        if let Some(listener) = streams {
            tasks.spawn(accept(listener, target, link.clone()));
        }
        if let Some(socket) = datagrams {
            tasks.spawn(pass_datagrams(Arc::new(socket), target, link.clone()));
        }
        Ok(Self {
            address,
            link,
            _tasks: tasks,
        })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What went through it so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        Traffic {
            up: self.link.up.passed().bytes,
            down: self.link.down.passed().bytes,
        }
    }

    /// The same without any headers: what was read of streams, and the contents of datagrams.
    #[must_use]
    pub fn payload(&self) -> Traffic {
        Traffic {
            up: self.link.up.passed().payload,
            down: self.link.down.passed().payload,
        }
    }

    /// How long its queues are.
    #[must_use]
    pub fn queues(&self) -> Queues {
        Queues {
            up: self.link.up.queue(),
            down: self.link.down.queue(),
        }
    }

    /// The steps of the rate count from now on, rather than from when it started. Once only.
    pub fn begin(&self) {
        self.link.up.begin();
        self.link.down.begin();
    }

    /// Makes the link another from now on, both ways: the steps of its rate count from now. What is on it goes on as it
    /// would have; what the system keeps for streams stays as long as the rate asked for when they began.
    pub fn change(&self, settings: &LinkSettings) {
        let mut own = self
            .link
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        own.clone_from(settings);
        drop(own);
        self.link.up.change(settings.clone());
        self.link.down.change(settings.clone());
    }

    /// What the link is like now.
    #[must_use]
    pub fn settings(&self) -> LinkSettings {
        self.link.settings()
    }

    /// What became of all that went to the server so far.
    #[must_use]
    pub fn up(&self) -> Passed {
        self.link.up.passed()
    }

    /// What became of all that went to the clients so far.
    #[must_use]
    pub fn down(&self) -> Passed {
        self.link.down.passed()
    }
}

#[derive(Clone, Debug)]
struct Link {
    up: Arc<Way>,
    down: Arc<Way>,
    settings: Arc<RwLock<LinkSettings>>,
}

impl Link {
    /// What it is like now.
    fn settings(&self) -> LinkSettings {
        let settings = self.settings.read();
        settings.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn new(settings: &LinkSettings) -> Self {
        Self {
            up: Arc::new(Way::new(settings.clone(), 1)),
            down: Arc::new(Way::new(settings.clone(), 2)),
            settings: Arc::new(RwLock::new(settings.clone())),
        }
    }

    fn run(&self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for way in [&self.up, &self.down] {
            let way = Arc::clone(way);
            tasks.spawn(async move { way.run().await });
        }
        tasks
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, link: Link) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    connections.spawn(connection(client, target, link.clone()));
                }
                Err(error) => tracing::debug!("the link took no connection: {error}"),
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(client: TcpStream, target: SocketAddr, link: Link) {
    let settings = link.settings();
    let rtt = settings.rtt;
    if let Err(error) = client.set_nodelay(true) {
        tracing::debug!("small pieces may wait for each other: {error}");
    }
    // SYN, SYN and ACK: the client may speak after a round trip, and is heard half of one later.
    tokio::time::sleep(rtt).await;
    let (from_client, to_client) = client.into_split();
    let (up, up_end) = pipe(&link, &link.up);
    let reading = async {
        up.fill(from_client).await;
        std::future::pending::<()>().await;
    };
    let rest = async {
        tokio::time::sleep(rtt / 2).await;
        let (from_server, to_server) = dial(target, &settings).await?.into_split();
        let (down, down_end) = pipe(&link, &link.down);
        tokio::join!(
            up_end.empty(to_server),
            down.fill(from_server),
            down_end.empty(to_client),
        );
        Ok::<_, io::Error>(())
    };
    tokio::select! {
        () = reading => {}
        ended = rest => if let Err(error) = ended {
            tracing::debug!("nothing at the other end of the link: {error}");
        },
    }
}

/// One direction of a stream through a way.
fn pipe(link: &Link, way: &Arc<Way>) -> (Entrance, End) {
    let room = Arc::new(Semaphore::new(UNDERWAY));
    let (sender, receiver) = mpsc::unbounded_channel();
    let entrance = Entrance {
        settings: Arc::clone(&link.settings),
        way: Arc::clone(way),
        room: Arc::clone(&room),
        sender,
    };
    (entrance, End { room, receiver })
}

struct Entrance {
    settings: Arc<RwLock<LinkSettings>>,
    way: Arc<Way>,
    room: Arc<Semaphore>,
    sender: mpsc::UnboundedSender<Vec<u8>>,
}

struct End {
    room: Arc<Semaphore>,
    receiver: mpsc::UnboundedReceiver<Vec<u8>>,
}

impl Entrance {
    /// Sends what is read until the stream ends, then its end.
    async fn fill(self, mut reader: OwnedReadHalf) {
        let mut buffer = Vec::new();
        loop {
            self.way.room().await;
            buffer.resize(self.piece(), 0);
            // A stream that broke ends as well.
            let length = reader.read(&mut buffer).await.unwrap_or_default();
            let piece = buffer.get(..length).unwrap_or_default().to_vec();
            let places = u32::try_from(length).unwrap_or(u32::MAX);
            let Ok(places) = self.room.acquire_many(places).await else {
                return;
            };
            places.forget();
            self.way
                .send_piece(piece, Exit::Stream(self.sender.clone()));
            if length == 0 {
                return;
            }
        }
    }

    /// What is read at once, as the link is now.
    fn piece(&self) -> usize {
        piece(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl End {
    /// Writes what arrives until the end arrives.
    async fn empty(mut self, mut writer: OwnedWriteHalf) {
        while let Some(piece) = self.receiver.recv().await {
            if piece.is_empty() || writer.write_all(&piece).await.is_err() {
                break;
            }
            self.room.add_permits(piece.len());
        }
        let _closed = writer.shutdown().await;
    }
}

/// Passes on what clients send, and what comes back for each.
async fn pass_datagrams(socket: Arc<UdpSocket>, target: SocketAddr, link: Link) {
    let mut clients: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let mut returns = JoinSet::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        // An error is about a datagram sent before, to a client that is gone.
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        if !clients.contains_key(&from) {
            if clients.len() == CLIENTS {
                continue;
            }
            match towards(target).await {
                Ok(own) => {
                    let own = Arc::new(own);
                    clients.insert(from, Arc::clone(&own));
                    let home = Arc::clone(&socket);
                    returns.spawn(pass_back(own, home, from, Arc::clone(&link.down)));
                }
                Err(error) => tracing::debug!("no port for another client: {error}"),
            }
        }
        if let Some(own) = clients.get(&from) {
            let bytes = buffer.get(..length).unwrap_or_default().to_vec();
            let exit = Exit::Datagram(Arc::clone(own), None);
            link.up.send_datagram(bytes, exit);
        }
    }
}

async fn pass_back(own: Arc<UdpSocket>, home: Arc<UdpSocket>, client: SocketAddr, way: Arc<Way>) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match own.recv(&mut buffer).await {
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                let exit = Exit::Datagram(Arc::clone(&home), Some(client));
                way.send_datagram(bytes, exit);
            }
            // Nobody listens there just now; the next datagram may find somebody.
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

#[cfg(test)]
mod tests;
