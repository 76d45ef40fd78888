//! The agent's parts against a real X server (Xvfb) and real programs. All of them must be installed.

mod capture;
mod clipboard;
mod desktop;
mod typing;
