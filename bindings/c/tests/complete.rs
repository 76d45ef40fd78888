//! Complete servers and clients, by programs in C.
#![allow(clippy::unwrap_used, reason = "tests")]

mod harness;

use harness::Program;

/// Runs a program under valgrind, which must find nothing wrong.
fn run(name: &str) {
    Program::of_file(&format!("tests/c/{name}.c"), &["-pthread"]).run_checked(&[]);
}

#[test]
fn a_server_begins_is_given_pictures_and_ends() {
    run("server_life");
}

#[test]
fn what_a_client_and_a_server_do_is_told_to_the_other() {
    run("session");
}

#[test]
fn sound_is_heard_both_ways() {
    run("sound");
}

#[test]
fn who_cannot_come_in_is_told_why() {
    run("refused");
}

#[test]
fn a_program_judges_itself_who_comes_in() {
    run("login");
}

#[test]
fn one_session_of_several_is_ended_by_the_server() {
    run("ended");
}

#[test]
fn what_is_over_is_over_when_the_call_returns() {
    run("closing");
}

#[test]
fn threads_have_sessions_of_their_own_or_share_one() {
    // Not under valgrind, which has one thread run at a time: a client that says nothing for long is taken for an old one.
    Program::of_file("tests/c/threads.c", &["-pthread"]).run(&[]);
}

#[test]
fn the_compilers_own_checks_find_nothing_wrong() {
    for name in [
        "server_life",
        "session",
        "sound",
        "refused",
        "login",
        "ended",
        "closing",
        "threads",
    ] {
        let path = format!("tests/c/{name}.c");
        let flags = [
            "-pthread",
            "-fsanitize=address,undefined",
            "-fno-sanitize-recover=all",
        ];
        Program::of_file(&path, &flags).run(&[]);
    }
}

#[test]
fn a_server_that_was_remembered_is_known_and_another_in_its_place_is_not() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("settings/known_hosts");
    let program = Program::of_file("tests/c/known_hosts.c", &[]);
    program.run_checked(&[file.to_str().unwrap()]);
}

#[test]
fn a_program_gives_the_key_of_rsa_aes() {
    let key = harness::folder().join("../../testkit/src/keys/server.pem");
    let program = Program::of_file("tests/c/rsa_key.c", &[]);
    program.run(&[key.to_str().unwrap()]);
}

#[test]
fn credentials_that_were_made_let_in_without_more() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("pod");
    let directory = directory.to_str().unwrap();
    Program::of_file("tests/c/credentials.c", &[]).run(&[directory]);
}
