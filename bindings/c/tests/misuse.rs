//! What must not be done, by a program in C: plainly, under valgrind, and with the compiler's own checks.

mod harness;

use harness::{CHECKS, Language, Program};

#[test]
fn every_misuse_is_an_error_that_names_it() {
    Program::of_file("tests/c/misuse.c", &["-pthread"]).run_checked(&[]);
}

#[test]
fn numbers_and_moments_at_the_ends_of_what_there_is_do_no_harm() {
    Program::of_file("tests/c/extremes.c", &CHECKS).run(&[]);
}

#[test]
fn the_sanitizers_find_nothing_on_the_side_of_c() {
    for path in ["misuse.c", "codecs.c", "opus.c", "connections.c"] {
        let path = format!("tests/c/{path}");
        let flags = [
            "-pthread",
            "-fsanitize=address,undefined",
            "-fno-sanitize-recover=all",
        ];
        Program::of_file(&path, &flags).run(&[]);
    }
}

#[test]
fn it_is_cpp_too() {
    Program::of_file_as("tests/c/misuse.c", Language::Cpp17, &["-pthread"]).run(&[]);
}
