//! A crowd at the door: thousands who say nothing or half a word, and hundreds of wrong passwords a second.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rfb::Size;
use testkit::scenes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use transport::{Client, ClientConfig, Identity, Server, ServerConfig};

const SIZE: Size = Size::new(320, 200);
/// Connections that come to nothing, all at once.
const IDLE: usize = 2000;
/// Time between two wrong passwords.
const BETWEEN_GUESSES: Duration = Duration::from_millis(5);
/// Wrong passwords in all: three seconds of them.
const GUESSES: usize = 600;
/// Bytes the whole program, the crowd included, may grow by.
const MEMORY: u64 = 96 << 20;
/// Long enough for anything that works; a test that waits it out has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many of the crowd have come.
#[derive(Clone, Copy, Debug, Default)]
struct Came {
    idle: usize,
    guesses: usize,
}

/// Bytes of memory this program has.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

async fn connect_from(own: IpAddr, server: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(own, 0))?;
    socket.connect(server).await
}

/// Says `bytes` and nothing more, until it is thrown out; then comes again.
async fn idle(own: IpAddr, server: SocketAddr, bytes: &'static [u8], came: watch::Sender<Came>) {
    loop {
        let Ok(mut stream) = connect_from(own, server).await else {
            return;
        };
        came.send_modify(|came| came.idle += 1);
        let _thrown_out = stream.write_all(bytes).await;
        let mut answer = [0; 64];
        while let Ok(1..) = stream.read(&mut answer).await {}
        // A crowd that comes back at once would be more than two thousand.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

/// One wrong password, by VeNCrypt, up to its answer.
async fn guess(own: IpAddr, server: SocketAddr, config: Arc<ClientConfig>) {
    // Our client has no way to choose its own address: this one carries for it.
    let Ok(mut there) = connect_from(own, server).await else {
        return;
    };
    let (near, mut far) = tokio::io::duplex(1 << 14);
    let client = Client::over(near, (*config).clone(), Arc::new(tight::decoders));
    tokio::select! {
        refused = client => assert!(refused.is_err(), "a wrong password let in"),
        _ = tokio::io::copy_bidirectional(&mut far, &mut there) => {}
    }
}

/// The crowd, at `own` address, and how many have come. It ends when it is dropped.
fn crowd(own: IpAddr, server: &Server) -> (JoinSet<()>, watch::Receiver<Came>) {
    const WORDS: [&[u8]; 4] = [b"", b"\x16\x03\x01\x02", b"RFB 003.", b"GET / HTTP/1.1\r\n"];
    let (came, told) = watch::channel(Came::default());
    let mut crowd = JoinSet::new();
    for number in 0..IDLE {
        let words = WORDS[number % WORDS.len()];
        crowd.spawn(idle(own, server.address(), words, came.clone()));
    }
    let mut config = ClientConfig::new(&server.url()).unwrap();
    config.fingerprint = server.fingerprint();
    config.password = Some("a wrong one".into());
    let (config, address) = (Arc::new(config), server.address());
    crowd.spawn(async move {
        let mut guesses = JoinSet::new();
        let mut pace = interval(BETWEEN_GUESSES);
        pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            pace.tick().await;
            guesses.spawn(guess(own, address, Arc::clone(&config)));
            came.send_modify(|came| came.guesses += 1);
            while guesses.try_join_next().is_some() {}
        }
    });
    (crowd, told)
}

/// Connects, again if it is pushed out, and sees the picture; gives how long it took.
async fn see(config: ClientConfig) -> Duration {
    let begun = Instant::now();
    let seen = async {
        let mut client = loop {
            match Client::connect(config.clone(), Arc::new(tight::decoders)).await {
                Ok(client) => break client,
                Err(error) => assert!(error.is_worth_retrying(), "{error}"),
            }
        };
        while client.framebuffer() != &scenes::desktop(SIZE) {
            client.next_event().await.unwrap();
        }
    };
    timeout(PATIENCE, seen).await.expect("no picture");
    begun.elapsed()
}

async fn serve(config: ServerConfig) -> Server {
    let server = Server::bind(config, Arc::new(tight::encoders))
        .await
        .unwrap();
    server.update(scenes::desktop(SIZE).view(), &SIZE.into());
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn honest_clients_get_their_picture_whoever_crowds_the_door() {
    let identity = Identity::generate().unwrap();
    let config = || ServerConfig {
        trusted_clients: vec![identity.fingerprint()],
        // What is kept for honest clients is not the crowd's doing.
        linger: Duration::ZERO,
        ..ServerConfig::new(SIZE).unwrap()
    };
    // The crowd at another address, and at the same: then a certificate is what tells an honest client.
    for (own, with_certificate) in [([127, 0, 0, 2], false), ([127, 0, 0, 1], true)] {
        let server = serve(config()).await;
        let mut invited = ClientConfig::new(&server.url()).unwrap();
        invited.fingerprint = server.fingerprint();
        invited.quality = None;
        match with_certificate {
            true => invited.identity = Some(identity.clone()),
            false => invited.password = server.password().cloned(),
        }
        let alone = see(invited.clone()).await;
        let before = resident();
        let (crowd, mut came) = crowd(own.into(), &server);
        let all = came.wait_for(|came| came.idle >= IDLE);
        timeout(PATIENCE, all).await.unwrap().unwrap();
        let (mut times, mut grown) = (Vec::new(), 0);
        while came.borrow().guesses < GUESSES {
            times.push(see(invited.clone()).await);
            grown = resident().saturating_sub(before).max(grown);
        }
        times.sort();
        let part = |of: usize| times[(times.len() - 1) * of / 100];
        println!(
            "crowd at {own:?}: alone {alone:?}; {} honest clients: median {:?}, 95 % {:?}, longest {:?}; {grown} bytes more",
            times.len(),
            part(50),
            part(95),
            part(100),
        );
        assert!(grown < MEMORY, "{grown} bytes");
        drop(crowd);
        see(invited).await;
    }
}
