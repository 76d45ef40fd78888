//! Lost connections: the session goes on over another one, or ends as it is told to.

use crate::desk::{Desk, eventually};
use crate::headless::{pixels_of, rgb};
use crate::process::Viewer;
use crate::relay::Relay;
use crate::screen::Screen;
use crate::window::Scene;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tightrope::transport::Bundle;
use tightrope::{AgentCredentials, Rect, Secret, ServerConfig, Size};

const SIZE: Size = Size::new(400, 300);
const ESCAPE: u32 = 0xff1b;

/// A script that is told line by line, with every pixel as it is.
fn driven<'a>(flags: impl IntoIterator<Item = &'a str>) -> Viewer {
    let fixed = [
        "--headless",
        "--script",
        "-",
        "--stats",
        "--quality",
        "lossless",
    ];
    Viewer::start(None, fixed.into_iter().chain(flags))
}

/// Waits until the viewer shows what the desk does.
fn expect_picture(viewer: &mut Viewer, desk: &Desk) {
    let file = desk.path("now.png");
    let line = format!("snapshot {}", file.display());
    eventually("the desk's picture", || {
        viewer.does("still 50");
        viewer.does(&line);
        (pixels_of(&file) == rgb(&desk.picture)).then_some(())
    });
}

/// What an agent with the credentials in `pod` would serve.
fn served_with(pod: &Path) -> ServerConfig {
    let agent = AgentCredentials::read(&pod.join("agent")).unwrap();
    ServerConfig {
        identity: agent.identity.unwrap(),
        password: agent.password,
        trusted_clients: agent.trusted_clients,
        expires: agent.expires,
        uses: Some(1),
        ..ServerConfig::new(SIZE).unwrap()
    }
}

#[test]
fn a_script_goes_on_over_another_connection_when_one_is_cut() {
    let mut desk = Desk::open(SIZE);
    let relay = Relay::to(desk.server.address());
    let (url, credentials) = (relay.url(), desk.credentials());
    let mut viewer = driven([url.as_str(), "--credentials", &credentials]);
    expect_picture(&mut viewer, &desk);
    relay.cut(Some(desk.server.address()));
    desk.fill(Rect::new(30, 40, 50, 60), [10, 20, 30]);
    expect_picture(&mut viewer, &desk);
    viewer.does("key a");
    desk.expect_keys(&[(0x61, true), (0x61, false)]);
    let figures = viewer.does("stats");
    assert_eq!(figures["reconnects"], 1, "{figures}");
    viewer.says("quit");
    let ending = viewer.ending();
    assert_eq!(ending.code, 0, "{ending:?}");
    for told in [": reconnecting", "connected again after"] {
        assert!(ending.errors.contains(told), "{}", ending.errors);
    }
}

#[test]
fn a_server_started_elsewhere_with_the_same_credentials_is_found_again() {
    let parent = tempfile::tempdir().unwrap();
    let pod = parent.path().join("pod");
    let bundle = Bundle::generate(Duration::from_secs(600), Vec::new()).unwrap();
    bundle.write(&pod).unwrap();
    let client = pod.join("client");
    let first = Desk::with(served_with(&pod));
    // Nobody is there yet.
    let elsewhere = Relay::to(first.server.address());
    elsewhere.cut(None);
    let (here, there) = (first.server.url(), elsewhere.url());
    let mut viewer = driven([&here, &there, "--credentials", client.to_str().unwrap()]);
    expect_picture(&mut viewer, &first);
    first.crash();
    let mut second = Desk::with(served_with(&pod));
    second.fill(Rect::new(0, 0, 100, 100), [1, 2, 3]);
    elsewhere.cut(Some(second.server.address()));
    expect_picture(&mut viewer, &second);
    viewer.says("quit");
    assert_eq!(viewer.ending().code, 0);
}

#[test]
fn without_reconnecting_the_session_ends_with_its_connection() {
    let desk = Desk::open(SIZE);
    let relay = Relay::to(desk.server.address());
    let (url, credentials) = (relay.url(), desk.credentials());
    for (flags, told) in [
        (&["--no-reconnect"][..], "the session ended"),
        (&["--reconnect", "0.2"], "not reconnected within"),
    ] {
        relay.cut(Some(desk.server.address()));
        let fixed = [url.as_str(), "--credentials", &credentials];
        let mut viewer = driven(fixed.iter().chain(flags).copied());
        expect_picture(&mut viewer, &desk);
        relay.cut(None);
        let ending = viewer.ending();
        assert_eq!(ending.code, 5, "{ending:?}");
        assert!(ending.errors.contains(told), "{}", ending.errors);
    }
}

#[test]
fn credentials_that_are_used_up_or_have_expired_let_nobody_in() {
    let parent = tempfile::tempdir().unwrap();
    let pod = parent.path().join("pod");
    let bundle = Bundle::generate(Duration::from_secs(600), Vec::new()).unwrap();
    bundle.write(&pod).unwrap();
    let client = pod.join("client");
    let client = client.to_str().unwrap();
    let desk = Desk::with(served_with(&pod));
    let url = desk.server.url();
    let mut first = driven([&url, "--credentials", client]);
    expect_picture(&mut first, &desk);
    let second = driven([&url, "--credentials", client]).ending();
    assert_eq!(second.code, 4, "{second:?}");
    assert!(second.errors.contains("used"), "{}", second.errors);
    expect_picture(&mut first, &desk);

    let expired = Desk::with(ServerConfig {
        expires: Some(SystemTime::UNIX_EPOCH),
        ..served_with(&pod)
    });
    let late = driven([&expired.server.url(), "--credentials", client]).ending();
    assert_eq!(late.code, 4, "{late:?}");
    assert!(late.errors.contains("expired"), "{}", late.errors);
    let password = bundle_password(&pod);
    for ending in [&second, &late] {
        assert!(!ending.errors.contains(password.reveal()), "{ending:?}");
    }
}

fn bundle_password(pod: &Path) -> Secret {
    let agent = AgentCredentials::read(&pod.join("agent")).unwrap();
    agent.password.unwrap()
}

/// A window whose connection goes through a relay.
fn window(relay: &Relay, desk: Desk, flags: &[&str]) -> Scene {
    let url = relay.url();
    let all = [&[url.as_str()], flags].concat();
    let scene = Scene::over(desk, &all);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    scene
}

/// Whether the notice lies over the picture: its edge is all around.
fn notice(screen: &Screen) -> Option<Rect> {
    let edge = [0x9c, 0x90, 0x86];
    let row = (0..SIZE.width).filter(|&x| screen.pixel(x, SIZE.height / 2) == edge);
    let (left, right) = (row.clone().min()?, row.max()?);
    (right > left + 100).then(|| Rect::new(left, 0, right - left + 1, SIZE.height))
}

#[test]
fn the_window_says_that_the_connection_is_lost_and_goes_on_when_it_is_back() {
    let desk = Desk::open(SIZE);
    let relay = Relay::to(desk.server.address());
    let mut scene = window(&relay, desk, &[]);
    relay.cut(None);
    scene
        .screen
        .window("Tightrope (connection lost) - Tightrope");
    let place = eventually("the notice", || notice(&scene.screen));
    // Beside it the last picture stays.
    assert!(place.left > 0 && place.right() < SIZE.width.into());
    scene.desk.fill(Rect::new(0, 0, 100, 100), [1, 2, 3]);
    relay.cut(Some(scene.desk.server.address()));
    scene.screen.window("Tightrope - Tightrope");
    scene.screen.expect(&scene.desk.picture, 0, 0);
    scene.screen.focus(scene.window);
    scene.screen.key(ESCAPE, true);
    scene.desk.expect_keys(&[(ESCAPE, true)]);
}

#[test]
fn escape_gives_a_lost_connection_up() {
    let desk = Desk::open(SIZE);
    let relay = Relay::to(desk.server.address());
    let scene = window(&relay, desk, &[]);
    scene.screen.focus(scene.window);
    relay.cut(None);
    scene
        .screen
        .window("Tightrope (connection lost) - Tightrope");
    eventually("the notice", || notice(&scene.screen));
    scene.screen.key(ESCAPE, true);
    let ending = scene.viewer.ending();
    assert_eq!(ending.code, 5, "{ending:?}");
}
