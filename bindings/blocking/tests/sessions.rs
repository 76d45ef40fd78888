//! A client and a server of callers without async, with each other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use blocking::{Client, Server};
use tightrope::{ClientConfig, ClientEvent, ConnectError, Rect, Region, SessionError, Size};
use tightrope::{Framebuffer, ServerConfig, ServerEvent};

const LIMIT: Option<Duration> = Some(Duration::from_secs(20));
const SIZE: Size = Size::new(320, 200);

fn desktop() -> Server {
    Server::bind(ServerConfig::new(SIZE).unwrap()).unwrap()
}

fn viewer(server: &Server) -> Client {
    let mut config = ClientConfig::new(&server.url()).unwrap();
    config.fingerprint = server.fingerprint();
    config.password = server.password().cloned();
    Client::connect(config, LIMIT).unwrap()
}

/// Waits for what `wanted` is true of.
fn wait_for(client: &Client, wanted: impl Fn(&ClientEvent) -> bool) -> ClientEvent {
    loop {
        let event = client.wait(LIMIT).unwrap().expect("nothing happened");
        if wanted(&event) {
            return event;
        }
    }
}

fn wait_for_input(server: &Server, wanted: impl Fn(&ServerEvent) -> bool) {
    while !wanted(&server.wait(LIMIT).expect("nothing happened")) {}
}

fn is_readable(of: impl AsFd) -> bool {
    let of = of.as_fd();
    let mut polled = [rustix::event::PollFd::new(
        &of,
        rustix::event::PollFlags::IN,
    )];
    rustix::event::poll(&mut polled, Some(&rustix::event::Timespec::default())).unwrap() == 1
}

fn painted(shade: u8) -> Framebuffer {
    let mut desktop = Framebuffer::new(SIZE);
    let whole = Rect::new(0, 0, SIZE.width, SIZE.height);
    desktop
        .view_mut(whole)
        .unwrap()
        .fill([shade, shade, shade, 0]);
    desktop
}

fn shows(client: &Client, shade: u8) -> bool {
    client.picture().read(|view| {
        let mut rows = view.rows(Rect::new(0, 0, SIZE.width, SIZE.height));
        rows.all(|row| row.chunks(4).all(|pixel| pixel[..3] == [shade; 3]))
    })
}

#[test]
fn the_picture_changes_in_wait_alone_and_never_moves() {
    let server = desktop();
    server.update(painted(10).view(), &Region::from(SIZE));
    let client = viewer(&server);
    while !shows(&client, 10) {
        wait_for(&client, |event| {
            matches!(event, ClientEvent::Updated { .. })
        });
    }
    let before = client.picture().as_ptr();
    server.update(painted(99).view(), &Region::from(SIZE));
    while !is_readable(&client) {
        thread::yield_now();
    }
    assert!(shows(&client, 10));
    while !shows(&client, 99) {
        wait_for(&client, |event| {
            matches!(event, ClientEvent::Updated { .. })
        });
    }
    assert_eq!(client.picture().as_ptr(), before);
}

#[test]
fn another_size_is_another_picture() {
    let server = desktop();
    server.update(painted(10).view(), &Region::from(SIZE));
    let client = viewer(&server);
    wait_for(&client, |event| {
        matches!(event, ClientEvent::Updated { .. })
    });
    let before = client.picture();
    server.resize(Size::new(64, 48), None);
    wait_for(&client, |event| {
        matches!(event, ClientEvent::Resized { .. })
    });
    assert_eq!(client.picture().size(), Size::new(64, 48));
    assert_eq!(before.size(), SIZE);
}

#[test]
fn a_size_that_came_and_went_unseen_leaves_nothing_behind() {
    let server = desktop();
    server.update(painted(10).view(), &Region::from(SIZE));
    let client = viewer(&server);
    while !shows(&client, 10) {
        client.wait(LIMIT).unwrap().expect("nothing happened");
    }
    let before = client.picture().as_ptr();
    let larger = Size::new(500, 333);
    for (size, shade) in [(larger, 20), (SIZE, 30)] {
        server.resize(size, None);
        let mut desktop = Framebuffer::new(size);
        let whole = Rect::from(size);
        let pixels = [shade, shade, shade, 0];
        desktop.view_mut(whole).unwrap().fill(pixels);
        server.update(desktop.view(), &Region::from(size));
        // Nothing is fetched meanwhile.
        let has_come = move |client: &mut tightrope::Client| {
            let shown = client.framebuffer();
            client.size() == size
                && shown
                    .bytes()
                    .chunks(4)
                    .all(|pixel| pixel[..3] == pixels[..3])
        };
        while !client.with(has_come).unwrap() {
            thread::yield_now();
        }
    }
    while !shows(&client, 30) {
        let event = client.wait(LIMIT).unwrap().expect("nothing happened");
        if let ClientEvent::Updated { damage, .. } = event {
            assert!(damage.rects().iter().all(|rect| rect.fits(SIZE)));
        }
    }
    assert_eq!(client.picture().as_ptr(), before);
}

#[test]
fn the_descriptor_is_readable_while_something_waits() {
    let server = desktop();
    assert!(!is_readable(&server));
    let client = viewer(&server);
    client
        .with(|client| client.key(u32::from(b'a'), true))
        .unwrap();
    wait_for_input(&server, |event| {
        matches!(event, ServerEvent::Key { down: true, .. })
    });
    while server.wait(Some(Duration::ZERO)).is_some() {}
    assert!(!is_readable(&server));
}

#[test]
fn one_thread_types_while_another_waits() {
    let server = desktop();
    let client = Arc::new(viewer(&server));
    let waiting = Arc::clone(&client);
    let waits = thread::spawn(move || while waiting.wait(LIMIT).is_ok() {});
    for _ in 0..100 {
        client
            .with(|client| client.key(u32::from(b'a'), true))
            .unwrap();
        client
            .with(|client| client.key(u32::from(b'a'), false))
            .unwrap();
    }
    for _ in 0..100 {
        wait_for_input(&server, |event| {
            matches!(event, ServerEvent::Key { down: false, .. })
        });
    }
    client.close();
    waits.join().unwrap();
}

#[test]
fn a_session_that_is_over_says_so_again_and_again() {
    let server = desktop();
    let client = viewer(&server);
    client.close();
    for _ in 0..3 {
        while let Ok(event) = client.wait(LIMIT) {
            assert!(event.is_some(), "it is not over");
        }
    }
    assert!(matches!(client.with(|_| ()), Err(SessionError::Closed)));
}

/// A server that was there once and answers nobody any more: who connects waits for it.
fn silent_from_now_on(server: Server) -> TcpListener {
    let at = server.address();
    drop(server);
    // The engine lets go of its port a moment later.
    loop {
        match TcpListener::bind(at) {
            Ok(listener) => return listener,
            Err(error) => assert_eq!(error.kind(), ErrorKind::AddrInUse),
        }
        thread::yield_now();
    }
}

fn wait_for_the_end(client: &Client) {
    while client.wait(LIMIT).is_ok_and(|event| event.is_some()) {}
    assert!(client.is_over());
}

#[test]
fn a_try_to_reconnect_ends_when_its_time_is_over_and_may_be_repeated() {
    let server = desktop();
    let client = viewer(&server);
    let _silent = silent_from_now_on(server);
    wait_for_the_end(&client);
    for _ in 0..2 {
        let tried = client.reconnect_within(Some(Duration::from_millis(50)));
        let error = tried.unwrap_err();
        assert!(error.is_worth_retrying(), "{error}");
    }
    assert!(client.is_over());
    assert!(client.with(|client| client.size()).is_ok());
}

#[test]
fn who_reconnects_gives_up_when_the_client_is_closed_or_waits_end() {
    for give_up in [Client::close, Client::end_waits] {
        let server = desktop();
        let client = Arc::new(viewer(&server));
        let silent = silent_from_now_on(server);
        wait_for_the_end(&client);
        let other = Arc::clone(&client);
        let tries = thread::spawn(move || other.reconnect_within(None));
        // It has begun.
        let _connection = silent.accept().unwrap();
        give_up(&client);
        assert!(matches!(
            tries.join().unwrap(),
            Err(ConnectError::NoEndpoint)
        ));
        let again = client.reconnect_within(LIMIT);
        assert!(matches!(again, Err(ConnectError::NoEndpoint)));
    }
}

#[test]
fn a_session_that_is_told_to_reconnect_in_time_goes_on() {
    let server = desktop();
    let client = viewer(&server);
    client.reconnect_within(LIMIT).unwrap();
    assert_eq!(client.with(|client| client.stats().reconnects).unwrap(), 1);
}

#[test]
fn who_cannot_be_reached_is_named() {
    let mut config = ClientConfig::new("vnc://127.0.0.1:1").unwrap();
    config.insecure = true;
    let error = Client::connect(config, LIMIT).err().unwrap().to_string();
    assert!(error.contains("127.0.0.1:1"), "{error}");
}

#[test]
fn callers_may_run_async_code_of_their_own() {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let size = runtime.unwrap().block_on(async {
        let server = desktop();
        viewer(&server).with(|client| client.size()).unwrap()
    });
    assert_eq!(size, SIZE);
}

#[test]
fn who_waits_is_woken_when_waits_end() {
    let server = Arc::new(desktop());
    let client = Arc::new(viewer(&server));
    let (one, other) = (Arc::clone(&server), Arc::clone(&client));
    let waits = [
        thread::spawn(move || while one.wait(None).is_some() {}),
        thread::spawn(move || while let Ok(Some(_)) = other.wait(None) {}),
    ];
    server.end_waits();
    client.end_waits();
    for waits in waits {
        waits.join().unwrap();
    }
    assert!(server.waits_ended() && client.waits_ended());
}

#[test]
fn damage_of_another_size_is_not_told_before_that_size() {
    let server = desktop();
    server.update(painted(10).view(), &Region::from(SIZE));
    let client = viewer(&server);
    let small = Size::new(64, 48);
    // What it is told of waits in the inbox while the desktop becomes another.
    server.resize(small, None);
    while client.with(|client| client.size()).unwrap() != small {}
    loop {
        let size = client.picture().size();
        match client.wait(LIMIT).unwrap().expect("nothing happened") {
            ClientEvent::Updated { damage, .. } => {
                let all = Rect::new(0, 0, size.width, size.height);
                assert_eq!(damage.bounds().intersection(all), damage.bounds());
            }
            ClientEvent::Resized { size, .. } if size == small => break,
            _ => {}
        }
    }
    assert_eq!(client.picture().size(), small);
}

/// Whether each of the engine's threads is spared SIGPIPE, of which there are any.
fn all_are_spared() -> bool {
    const SIGPIPE: u32 = 13;
    let mut spared = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let folder = task.unwrap().path();
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        // One that has ended meanwhile has no name any more.
        if read("comm").trim() != "tightrope" {
            continue;
        }
        let status = read("status");
        let Some((_, blocked)) = status.split_once("SigBlk:\t") else {
            continue;
        };
        let blocked = u64::from_str_radix(&blocked[..16], 16).unwrap();
        spared.push(blocked & 1 << (SIGPIPE - 1) != 0);
    }
    !spared.is_empty() && spared.iter().all(|own| *own)
}

#[test]
fn a_connection_that_is_closed_does_not_end_programs_that_know_nothing_of_sigpipe() {
    let _server = desktop();
    let begun = Instant::now();
    // A thread has its name a moment before it begins.
    while !all_are_spared() {
        assert!(Some(begun.elapsed()) < LIMIT, "a thread is not spared");
        thread::yield_now();
    }
}
