//! Codecs alone, by programs in C.

mod harness;

use harness::{Language, Program};

#[test]
fn every_encoding_goes_there_and_back_and_says_what_it_took() {
    Program::of_file("tests/c/codecs.c", &[]).run_checked(&[]);
}

#[test]
fn sound_is_coded_lost_repaired_and_played_without_devices() {
    Program::of_file("tests/c/opus.c", &[]).run_checked(&[]);
}

#[test]
fn the_programs_of_the_codecs_are_cpp_too() {
    for path in ["tests/c/codecs.c", "tests/c/opus.c"] {
        Program::of_file_as(path, Language::Cpp17, &[]).run(&[]);
    }
}
