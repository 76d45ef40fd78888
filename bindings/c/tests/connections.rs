//! Connections without sockets, by programs in C.

mod harness;

use harness::{Language, Program};

#[test]
fn both_sides_of_a_connection_say_all_there_is_to_say() {
    Program::of_file("tests/c/connections.c", &[]).run_checked(&[]);
}

#[test]
fn it_is_cpp_too() {
    Program::of_file_as("tests/c/connections.c", Language::Cpp17, &[]).run(&[]);
}
