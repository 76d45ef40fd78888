use std::collections::VecDeque;
use std::process::Command;

use super::netlink::Links;
use super::{Change, Watcher};

/// Set in the copy of this program that runs in a network namespace of its own.
const INSIDE: &str = "TIGHTROPE_TEST_IN_NAMESPACE";

fn ip(arguments: &str) {
    let status = Command::new("ip")
        .args(arguments.split(' '))
        .status()
        .unwrap();
    assert!(status.success(), "ip {arguments}: {status}");
}

/// The next change that is about `text`.
async fn told(watcher: &mut Watcher, text: &str) -> Change {
    let address: std::net::IpAddr = text.parse().unwrap();
    loop {
        match watcher.changed().await {
            change @ (Change::Came(own) | Change::Went(own)) if own == address => return change,
            _ => {}
        }
    }
}

async fn addresses_come_and_go() {
    let mut watcher = Watcher::new();
    ip("link add left type veth peer name right");
    ip("address add 10.1.2.3/24 dev left");
    let address = "10.1.2.3".parse().unwrap();
    assert_eq!(told(&mut watcher, "10.1.2.3").await, Change::Came(address));
    ip("address del 10.1.2.3/24 dev left");
    assert_eq!(told(&mut watcher, "10.1.2.3").await, Change::Went(address));
    assert!(!Change::Went(address).may_help() && Change::Came(address).may_help());

    ip("address add fd00::3/64 dev left nodad");
    let address = "fd00::3".parse().unwrap();
    assert_eq!(told(&mut watcher, "fd00::3").await, Change::Came(address));

    ip("link set left up");
    ip("link set right up");
    while watcher.changed().await != Change::Up {}
    ip("link set right down");
    ip("link set right up");
    while watcher.changed().await != Change::Up {}

    ip("address add 10.1.2.3/24 dev left");
    ip("route add default dev left");
    while watcher.changed().await != Change::Came([10, 1, 2, 3].into()) {}
    while watcher.changed().await != Change::Route {}
}

/// Runs itself again in a network namespace where it may change addresses.
#[test]
fn what_the_kernel_tells_of_addresses_and_links_is_told() {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        return runtime.unwrap().block_on(addresses_come_and_go());
    }
    let name = "addresses::tests::what_the_kernel_tells_of_addresses_and_links_is_told";
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

/// A message: its type, and its body.
fn message(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend([0; 10]);
    bytes.extend(body);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// An `ifaddrmsg` with one attribute, the address.
fn address(flags: u8, bytes: [u8; 4]) -> Vec<u8> {
    let head = [2, /* prefix */ 24, flags, /* scope */ 0];
    let index = 7u32.to_ne_bytes();
    let attribute = [8u16.to_ne_bytes(), 1u16.to_ne_bytes()].concat();
    [&head[..], &index, &attribute, &bytes].concat()
}

fn read(messages: &[u8]) -> Vec<Change> {
    let mut changes = VecDeque::new();
    Links::default().read(messages, &mut changes);
    changes.into()
}

#[test]
fn an_address_that_is_still_being_checked_cannot_be_used_yet() {
    let tentative = message(20, &address(0x40, [10, 0, 0, 1]));
    assert_eq!(read(&tentative), []);
    let checked = message(20, &address(0x80, [10, 0, 0, 1]));
    let came = Change::Came([10, 0, 0, 1].into());
    assert_eq!(read(&[tentative, checked].concat()), [came]);
}

#[test]
fn messages_cut_anywhere_are_passed_over() {
    let whole = [
        message(20, &address(0, [10, 0, 0, 1])),
        message(99, &[1, 2, 3]),
        message(21, &address(0, [10, 0, 0, 2])),
    ]
    .concat();
    let all = read(&whole);
    assert_eq!(all.len(), 2);
    for end in 0..whole.len() {
        let some = read(&whole[..end]);
        assert_eq!(some, all[..some.len()], "cut at {end}");
    }
}

#[test]
fn lengths_that_lie_end_it() {
    for length in [0, 1, 15, u32::MAX] {
        let mut bytes = message(20, &address(0, [10, 0, 0, 1]));
        bytes[..4].copy_from_slice(&length.to_ne_bytes());
        assert_eq!(read(&bytes), [], "{length}");
    }
    for length in [0u16, 3, 9, u16::MAX] {
        let mut bytes = message(20, &address(0, [10, 0, 0, 1]));
        bytes[24..26].copy_from_slice(&length.to_ne_bytes());
        assert_eq!(read(&bytes), [], "{length}");
    }
}
