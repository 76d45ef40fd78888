//! The viewer as a person and as a program meet it: the real binary, a real server, a real X server.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod bell;
mod copying;
mod desk;
mod headless;
mod keyboard;
mod menu;
mod probe;
mod process;
mod reconnect;
mod recording;
mod relay;
mod scale;
mod screen;
mod sound;
mod trust;
mod window;
