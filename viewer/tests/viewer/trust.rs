//! Which servers are taken for the right ones: trust on first use, and credentials of one session.

use crate::desk::Desk;
use crate::process::Viewer;
use std::path::PathBuf;
use std::process::Command;
use tightrope::Size;

const SIZE: Size = Size::new(200, 100);

/// The address, and flags for a short look at it with the right password.
fn look(desk: &Desk) -> Vec<String> {
    let secret = desk.path("secret");
    std::fs::write(&secret, desk.server.password().unwrap().reveal()).unwrap();
    let secret = secret.to_str().unwrap().to_owned();
    let flags = ["--headless", "--for", "0.2", "--password-file"];
    let mut all = vec![desk.server.url()];
    all.extend(flags.map(str::to_owned));
    all.push(secret);
    all
}

fn known_hosts(desk: &Desk) -> PathBuf {
    desk.path("tightrope/known_hosts")
}

fn borrowed(flags: &[String]) -> impl Iterator<Item = &str> {
    flags.iter().map(String::as_str)
}

#[test]
fn an_unknown_server_is_sent_nothing_where_nobody_can_be_asked() {
    let desk = Desk::open(SIZE);
    let flags = look(&desk);
    let viewer = Viewer::start_with_settings(desk.directory.path(), borrowed(&flags));
    let ending = viewer.ending();
    assert_eq!(ending.code, 4, "{ending:?}");
    let print = desk.server.fingerprint().unwrap().to_string();
    for told in [print.as_str(), "--accept-new", "nothing was sent"] {
        assert!(ending.errors.contains(told), "{told}: {}", ending.errors);
    }
    assert!(!known_hosts(&desk).exists());
}

#[test]
fn a_server_once_accepted_is_known_and_another_in_its_place_is_not() {
    let desk = Desk::open(SIZE);
    let mut flags = look(&desk);
    let start = |flags: &[String]| {
        Viewer::start_with_settings(desk.directory.path(), borrowed(flags)).ending()
    };
    flags.push("--accept-new".into());
    let first = start(&flags);
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.errors.contains("is trusted from now on"), "{first:?}");
    let text = std::fs::read_to_string(known_hosts(&desk)).unwrap();
    let (address, print) = (desk.server.address(), desk.server.fingerprint().unwrap());
    assert_eq!(text, format!("{address} {print}\n"));
    flags.pop();
    let second = start(&flags);
    assert_eq!((second.code, &*second.errors), (0, ""), "{second:?}");
    // Another certificate is remembered: to who remembers it, ours is the other server.
    let other = format!("# mine\n{address} sha256:{}\n", "0a".repeat(32));
    std::fs::write(known_hosts(&desk), &other).unwrap();
    flags.push("--accept-new".into());
    let third = start(&flags);
    assert_eq!(third.code, 4, "{third:?}");
    let place = format!("{}, line 2", known_hosts(&desk).display());
    for told in [&place, &print.to_string(), "Nothing was sent"] {
        assert!(third.errors.contains(told), "{told}: {}", third.errors);
    }
    assert_eq!(std::fs::read_to_string(known_hosts(&desk)).unwrap(), other);
}

#[test]
fn a_person_at_a_terminal_is_shown_the_fingerprint_and_decides() {
    let desk = Desk::open(SIZE);
    let flags = look(&desk);
    let flags: Vec<&str> = borrowed(&flags).collect();
    for (answer, code) in [("no", 4), ("yes", 0)] {
        let mut viewer = Viewer::start_on_terminal(desk.directory.path(), &flags);
        viewer.says(answer);
        let ending = viewer.ending();
        assert_eq!(ending.code, code, "{ending:?}");
        let print = desk.server.fingerprint().unwrap().to_string();
        assert!(ending.output.contains(&print), "{ending:?}");
        assert_eq!(known_hosts(&desk).exists(), code == 0);
    }
}

#[test]
fn credentials_are_made_beside_each_other_and_never_over_others() {
    let desk = Desk::open(SIZE);
    let pod = desk.path("pod");
    let new = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tightrope-viewer"));
        command.args(["credentials", "new", "--url", "quic://pod:1"]);
        command.arg(&pod).output().unwrap()
    };
    let made = new();
    assert!(made.status.success(), "{made:?}");
    let told = String::from_utf8(made.stdout).unwrap();
    let read = |name: &str| std::fs::read_to_string(pod.join(name)).unwrap();
    assert!(told.contains("kubectl create secret generic"), "{told}");
    assert!(!told.contains(&read("agent/password")), "{told}");
    let before = read("agent/key.pem");
    assert_eq!(new().status.code(), Some(1));
    assert_eq!(read("agent/key.pem"), before);
}
