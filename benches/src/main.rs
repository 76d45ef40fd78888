//! `tightrope-bench COMMAND`: recorded desktops through our encoder and decoder.
//!
//! Figures go to standard output, one JSON object a line; what a person reads goes to standard error.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program of the command line: its output is its purpose

mod av;
mod browser;
mod codec;
mod decode;
mod desktop;
mod encoding;
mod figures;
mod grid;
mod latency;
mod link;
mod peers;
mod player;
mod plot;
mod process;
mod quality;
mod recording;
mod relay;
mod replay;
mod report;
mod scaling;
mod server;
mod sound;
mod sweep;
mod table;
mod transport;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, about = "Measures Tightrope on recorded desktops")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Replay recordings through encoder and decoder.
    Codec(codec::Options),
    /// Decode anybody's stream with our client.
    Decode(decode::Options),
    /// Measure LibVNCServer's encoder and LibVNCClient's decoder beside ours.
    Peers(peers::Options),
    /// Measure what threads gain when all of the screen changes.
    Scaling(scaling::Options),
    /// Measure what sound costs, and what losses and drifting clocks do to it, in virtual time.
    Sound(sound::Options),
    /// Measure throughput, handshakes, changes of address and resuming, on TLS and on QUIC.
    Transport(transport::Options),
    /// Be the shaped link between any programs: what a network of a given rate, delay, loss and queue does.
    Relay(relay::Options),
    /// Replay a recording in real time through a server and a client, over a link.
    Link(replay::Options),
    /// What shows the recording of `link`.
    #[command(hide = true)]
    LinkSource(replay::source::Options),
    /// Let a real browser go through pages, and measure what that takes on a link.
    Browser(Box<browser::Options>),
    /// Measure every combination of recordings, links and settings.
    Sweep(Box<sweep::Options>),
    /// Turn lines of figures into one page of plots.
    Report(report::Options),
    /// Measure how well sound and picture keep step, on a real desktop with real sound.
    Av(av::Options),
    /// The client of `av`, with the sound card that was started for it.
    #[command(hide = true)]
    AvViewer(av::Options),
    /// Measure how long a pixel takes from a real X server to the client's framebuffer.
    Latency(latency::Options),
    /// The program on the desktop of `latency`.
    #[command(hide = true)]
    LatencyPaper(latency::paper::Options),
    /// The agent of a desktop that is measured.
    #[command(hide = true)]
    Agent(desktop::agent::Options),
    /// The program on the desktop of `av`.
    #[command(hide = true)]
    AvSource(av::source::Options),
    /// The server of one of `transport`'s measurements.
    #[command(hide = true)]
    TransportAgent(transport::agent::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Codec(options) => codec::run(&options),
        Command::Decode(options) => decode::run(&options),
        Command::Peers(options) => peers::run(&options),
        Command::Scaling(options) => scaling::run(&options),
        Command::Sound(options) => sound::run(&options),
        Command::Transport(options) => transport::run(&options),
        Command::Relay(options) => relay::run(&options),
        Command::Link(options) => replay::run(&options),
        Command::LinkSource(options) => replay::source::run(&options),
        Command::Browser(options) => browser::run(&options),
        Command::Sweep(options) => sweep::run(&options),
        Command::Report(options) => report::run(&options),
        Command::Av(options) => av::run(&options),
        Command::AvViewer(options) => av::run_viewer(&options),
        Command::Latency(options) => latency::run(&options),
        Command::LatencyPaper(options) => latency::paper::run(&options),
        Command::Agent(options) => return desktop::agent::run(&options),
        Command::AvSource(options) => av::source::run(&options),
        Command::TransportAgent(options) => transport::agent::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
