//! What the guides say of C is so.
#![allow(clippy::unwrap_used, reason = "tests")]

mod harness;

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use harness::{Language, Program};

fn guide() -> String {
    let file = harness::folder().join("../../docs/guide/from-libvncserver.md");
    fs::read_to_string(file).unwrap()
}

#[test]
fn everything_the_page_on_libvncserver_names_is_in_the_header() {
    let header = fs::read_to_string(harness::header()).unwrap();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let guide = guide();
    let names = guide.split(|letter| !is_part(letter));
    let mut found = 0;
    for name in names.filter(|own| own.starts_with("tr_") || own.starts_with("TR_")) {
        let mut words = header.split(|letter| !is_part(letter));
        // What ends so is the beginning of several.
        let is_named = match name.ends_with('_') {
            true => words.any(|word| word.starts_with(name)),
            false => words.any(|word| word == name),
        };
        assert!(is_named, "{name} is not in the header");
        found += 1;
    }
    assert!(found > 60, "{found} names found");
}

#[test]
fn what_the_page_says_of_libvncserver_is_what_it_has() {
    let folder = Path::new("/usr/include/rfb");
    let header = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let headers = ["rfb.h", "rfbclient.h", "rfbproto.h"].map(header).concat();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let known: HashSet<_> = headers.split(|letter| !is_part(letter)).collect();
    let mut found = 0;
    for row in guide().lines().filter(|line| line.starts_with("| `")) {
        let theirs = row.split(" | ").next().unwrap();
        // Options of a program, and the beginning of names that are not of its interface.
        let codes = theirs.split('`').skip(1).step_by(2);
        for code in codes.filter(|code| !code.starts_with('-') && !code.contains('…')) {
            let name = code.split("->").last().unwrap().trim_start_matches('.');
            let name = name.split(|letter| !is_part(letter)).next().unwrap();
            assert!(known.contains(name), "LibVNCServer has no {name}");
            found += 1;
        }
    }
    assert!(found > 70, "{found} names found");
}

#[test]
fn the_shortest_server_of_the_page_on_libvncserver_is_one() {
    let guide = guide();
    let (_, behind) = guide.split_once("```c\n").unwrap();
    let (program, _) = behind.split_once("```").unwrap();
    for language in [Language::C11, Language::Cpp17] {
        let program = Program::of_text("shortest", program, language);
        // Its lines are to come at once, though nobody sees them.
        let mut server = Command::new("stdbuf")
            .arg("-oL")
            .arg(program.command().get_program())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(server.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
        let (url, password) = line.trim().split_once(' ').unwrap();
        assert!(url.starts_with("vncs://127.0.0.1:"), "{line}");
        assert_eq!(password.len(), 26, "{line}");
    }
}
