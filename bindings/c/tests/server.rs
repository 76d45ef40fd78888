//! Servers, by programs in C.

mod harness;

use harness::Program;

#[test]
fn a_server_begins_is_given_pictures_and_ends() {
    Program::of_file("tests/c/server_life.c", &[]).run(&[]);
}
