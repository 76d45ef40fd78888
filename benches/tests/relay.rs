//! The shaped link as a program.
#![cfg(test)]

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A relay to `to`, where it listens, and what it prints.
fn relay(to: SocketAddr, more: &[&str]) -> (Child, SocketAddr, impl BufRead) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tightrope-bench"))
        .args(["relay", "--listen", "127.0.0.1:0", "--to", &to.to_string()])
        .args(more)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let ready = line(&mut output);
    let address = ready["listening"].as_str().unwrap().parse().unwrap();
    (child, address, output)
}

fn line(output: &mut impl BufRead) -> Value {
    let mut text = String::new();
    output.read_line(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn it_says_where_it_listens_and_at_the_end_what_passed() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = server.local_addr().unwrap();
    let datagrams = UdpSocket::bind(to).unwrap();
    let answer = thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut said = [0; 5];
        stream.read_exact(&mut said).unwrap();
        stream.write_all(&said).unwrap();
    });
    let (mut child, address, mut output) = relay(to, &["--rtt", "10ms", "--rate", "20mbit"]);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"hello").unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"hello");
    answer.join().unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.send_to(b"one", address).unwrap();
    assert_eq!(datagrams.recv(&mut [0; 9]).unwrap(), 3);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let end = line(&mut output);
    // Five bytes in a segment, and three in a datagram.
    assert_eq!(end["up"]["bytes"], 57 + 31);
    assert_eq!(end["up"]["datagrams"], 1);
    assert_eq!(end["down"]["bytes"], 57);
    assert!(child.wait().unwrap().success());
}

#[test]
fn each_second_has_a_line_if_that_is_wanted() {
    let (mut child, _, mut output) = relay("127.0.0.1:9".parse().unwrap(), &["--verbose", "--udp"]);
    let first = line(&mut output);
    assert_eq!(first["up"]["bytes"], 0);
    assert!(first["seconds"].as_f64().unwrap() >= 1.0);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_address_that_is_none_is_an_error_that_names_the_flag() {
    let output = Command::new(env!("CARGO_BIN_EXE_tightrope-bench"))
        .args(["relay", "--listen", "nowhere", "--to", "127.0.0.1:9"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        errors.contains("--listen") && errors.contains("\"nowhere\""),
        "{errors}"
    );
}
