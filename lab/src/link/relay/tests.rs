//! Streams and datagrams through a relay, mostly in virtual time.

use tokio::time::Instant;

use super::*;

fn settings(rtt: u64) -> LinkSettings {
    LinkSettings {
        rtt: Duration::from_millis(rtt),
        ..LinkSettings::default()
    }
}

/// Echoes what TCP clients say.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (mut reader, mut writer) = stream.into_split();
            tokio::spawn(async move {
                tokio::io::copy(&mut reader, &mut writer).await.unwrap();
            });
        }
    });
    address
}

// Time is virtual: it passes only while everybody waits.
#[tokio::test(start_paused = true)]
async fn a_stream_takes_a_round_trip_to_open_and_one_for_each_answer() {
    let relay = Relay::tcp(echo().await, &settings(100)).await.unwrap();
    let start = Instant::now();
    let mut stream = TcpStream::connect(relay.address()).await.unwrap();
    let mut trips = Vec::new();
    for _ in 0..3 {
        stream.write_u8(7).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), 7);
        trips.push(start.elapsed().as_millis() / 100);
    }
    assert_eq!(trips, [2, 3, 4]);
}

#[tokio::test]
async fn a_stream_arrives_whole_with_its_end() {
    let relay = Relay::tcp(echo().await, &settings(0)).await.unwrap();
    let stream = TcpStream::connect(relay.address()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let sent: Vec<u8> = (0..1_000_000u32).flat_map(u32::to_le_bytes).collect();
    let mut read = Vec::new();
    let write = async {
        writer.write_all(&sent).await.unwrap();
        writer.shutdown().await.unwrap();
    };
    tokio::join!(write, async {
        reader.read_to_end(&mut read).await.unwrap()
    });
    assert!(read == sent);
}

// What is sent at the new rate comes when it says, and what waited for room at the old one goes on at once.
#[tokio::test(start_paused = true)]
async fn a_link_that_is_changed_is_another_from_then_on() {
    let slow = LinkSettings {
        rate: crate::link::Rates::steady(80_000),
        queue: crate::link::Queue::Bytes(2000),
        ..settings(0)
    };
    let relay = Relay::tcp(echo().await, &slow).await.unwrap();
    let mut stream = TcpStream::connect(relay.address()).await.unwrap();
    let start = Instant::now();
    let seconds = async |stream: &mut TcpStream| {
        let before = start.elapsed();
        stream.write_all(&[7; 20_000]).await.unwrap();
        let mut back = vec![0; 20_000];
        stream.read_exact(&mut back).await.unwrap();
        (start.elapsed() - before).as_secs_f64()
    };
    let before = seconds(&mut stream).await;
    assert!(before >= 2.0, "{before}");
    let fast = LinkSettings {
        rate: crate::link::Rates::steady(8_000_000),
        ..settings(200)
    };
    relay.change(&fast);
    assert_eq!(relay.settings(), fast);
    let after = seconds(&mut stream).await;
    assert!((0.2..0.5).contains(&after), "{after}");
}

#[tokio::test(start_paused = true)]
async fn a_full_link_has_a_queue_that_becomes_empty() {
    let slow = LinkSettings {
        rate: crate::link::Rates::steady(8_000_000),
        ..settings(0)
    };
    let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let relay = Relay::udp(server.local_addr().unwrap(), &slow)
        .await
        .unwrap();
    let client = towards(relay.address()).await.unwrap();
    for _ in 0..20 {
        client.send(&[0; 1000]).await.unwrap();
    }
    let mut buffer = [0; 1000];
    server.recv(&mut buffer).await.unwrap();
    let queues = relay.queues();
    assert!(queues.up > Duration::from_millis(5), "{queues:?}");
    assert_eq!(queues.down, Duration::ZERO);
    for _ in 1..20 {
        server.recv(&mut buffer).await.unwrap();
    }
    assert_eq!(relay.queues(), Queues::default());
}

#[tokio::test]
async fn streams_and_datagrams_share_a_number_and_a_link() {
    let listener = TcpListener::bind(SOME_PORT).await.unwrap();
    let target = listener.local_addr().unwrap();
    let server = UdpSocket::bind(target).await.unwrap();
    let relay = Relay::listen(SOME_PORT, target, &settings(0), Protocols::Both)
        .await
        .unwrap();
    assert_ne!(relay.address().port(), 0);
    let mut stream = TcpStream::connect(relay.address()).await.unwrap();
    stream.write_u8(7).await.unwrap();
    let (mut accepted, _) = listener.accept().await.unwrap();
    assert_eq!(accepted.read_u8().await.unwrap(), 7);
    let client = towards(relay.address()).await.unwrap();
    client.send(&[8]).await.unwrap();
    let mut came = [0; 2];
    assert_eq!(server.recv(&mut came).await.unwrap(), 1);
    let up = relay.up();
    assert_eq!((up.bytes, up.datagrams, up.lost), (53 + 29, 1, 0));
}

#[tokio::test]
async fn a_number_that_is_taken_is_an_error() {
    let taken = TcpListener::bind(SOME_PORT).await.unwrap();
    let at = taken.local_addr().unwrap();
    for protocols in [Protocols::Tcp, Protocols::Both] {
        let relay = Relay::listen(at, at, &settings(0), protocols).await;
        assert_eq!(relay.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}

#[tokio::test]
async fn datagrams_that_get_lost_are_counted() {
    let server = UdpSocket::bind(SOME_PORT).await.unwrap();
    let lossy = LinkSettings {
        loss: 1.0,
        ..settings(0)
    };
    let relay = Relay::udp(server.local_addr().unwrap(), &lossy)
        .await
        .unwrap();
    let client = towards(relay.address()).await.unwrap();
    while relay.up().lost < 3 {
        client.send(&[1]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(server.try_recv(&mut [0]).is_err());
}

#[tokio::test]
async fn a_connection_to_nobody_is_closed() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let relay = Relay::tcp(nobody, &settings(0)).await.unwrap();
    let mut stream = TcpStream::connect(relay.address()).await.unwrap();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn datagrams_take_the_round_trip_and_find_their_way_back() {
    let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let target = server.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 100];
        loop {
            let (length, from) = server.recv_from(&mut buffer).await.unwrap();
            server.send_to(&buffer[..length], from).await.unwrap();
        }
    });
    let relay = Relay::udp(target, &settings(50)).await.unwrap();
    let (one, two) = (towards(relay.address()), towards(relay.address()));
    let clients = [one.await.unwrap(), two.await.unwrap()];
    let start = Instant::now();
    for (number, client) in (0..).zip(&clients) {
        client.send(&[number]).await.unwrap();
    }
    for (number, client) in (0..).zip(&clients) {
        let mut came = [0];
        client.recv(&mut came).await.unwrap();
        assert_eq!(came, [number]);
    }
    // One byte each, and the headers of IP and UDP.
    assert_eq!(relay.traffic(), Traffic { up: 58, down: 58 });
    assert_eq!(relay.payload(), Traffic { up: 2, down: 2 });
    assert_eq!(start.elapsed().as_millis() / 50, 1);
}
