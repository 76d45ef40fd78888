//! The parts of `tightrope-agent`: one X11 desktop, captured, served, typed into.
//!
//! ```text
//! capture ─ patches, cursor, resize, monitors   one connection: what the screen shows, its size and screens
//! input ─ keyboard, keysym, spares      one connection: XTest, and the keyboard's map and lights
//! pointer                               one connection: where it is, whoever moves it
//! clipboard                             one connection: selections
//! sound                                 the sound server, capture, the microphone
//! xvfb, credentials, args               what there is before the first client
//! agent ─ tasks, rhythm                 what joins them to a `tightrope::Server`, and how often
//! program                               all of it, from the command line on
//! ```

mod ffi;
mod help;
mod power;
mod record;
mod rhythm;
mod tasks;

pub mod agent;
pub mod args;
pub mod capture;
pub mod clipboard;
pub mod credentials;
pub mod cursor;
pub mod display;
pub mod failure;
pub mod input;
pub mod keyboard;
pub mod keysym;
pub mod monitors;
pub mod patches;
pub mod pointer;
pub mod process;
pub mod program;
pub mod resize;
pub mod sound;
pub mod spares;
pub mod xvfb;
