//! A shaped link: what a network of a given rate, delay, loss and queue does to TCP and to UDP.
//!
//! ```text
//! settings   what a link is like, as it is written on a command line
//! shaper     one direction of it in virtual time: pure, and the same each time for the same seed
//! relay      the same in real time, between a client and a server on this machine
//! ```

mod relay;
mod settings;
mod shaper;
mod sockets;
mod way;

pub use relay::{Protocols, Queues, Relay, Traffic};
pub use settings::{
    LinkError, LinkSettings, Queue, Rates, parse_duration, parse_rate, parse_share,
};
pub use shaper::{Fate, Shaper};
pub use way::Passed;
