//! The agent's parts against a real X server (Xvfb) and real programs. All of them must be installed.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should say so at once"
)]

mod agent;
mod capture;
mod clipboard;
mod copying;
mod desktop;
mod follow;
mod keycodes;
mod monitors;
mod power;
mod program;
mod recording;
mod repeats;
mod secrets;
mod sound;
mod typing;
mod xev;
