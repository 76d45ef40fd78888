//! A connection that is cut, and how the session goes on over another one.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::Result;

use super::{QUIET, count, say};
use crate::picture::{Difference, Picture};
use crate::process::SHORT;
use crate::programs::{Agent, Viewer};
use crate::workspace::Programs;

/// What a cut cost.
pub(super) struct Resumed {
    /// The viewer's picture is the desktop's again.
    pub(super) equal: bool,
    /// From the cut until the viewer answers over the new connection.
    pub(super) milliseconds: f64,
    /// What came over it until then, with encryption.
    pub(super) bytes: u64,
}

/// Cuts the connection of another viewer of `agent`, which shows `desktop` and nothing that moves.
pub(super) fn cut(
    programs: &Programs,
    agent: &Agent,
    client: &str,
    desktop: &Picture,
    directory: &Path,
) -> Result<Resumed> {
    say("cutting the connection of a third viewer");
    let relay = Relay::to(SocketAddr::from(([127, 0, 0, 1], agent.port()?)))?;
    let url = format!("vncs://{}", relay.address);
    let mut viewer = Viewer::start(programs, &[&url, "--credentials", client], directory)?;
    viewer.wait_until_still(QUIET, SHORT)?;
    let before = count(&viewer.tell("stats")?, "bytes_received")?;
    let start = Instant::now();
    relay.cut();
    let statistics = loop {
        let statistics = viewer.tell("stats")?;
        if count(&statistics, "reconnects")? > 0 {
            break statistics;
        }
    };
    let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
    viewer.wait_until_still(QUIET, SHORT)?;
    let bytes = count(&statistics, "bytes_received")? - before;
    let picture = viewer.snapshot(&directory.join("resumed.png"))?;
    viewer.quit()?;
    Ok(Resumed {
        equal: desktop.difference(&picture) == Difference::None,
        milliseconds,
        bytes,
    })
}

/// Passes connections on until they are cut.
struct Relay {
    address: SocketAddr,
    /// Both ends of every connection.
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Relay {
    fn to(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let streams = Arc::default();
        let known = Arc::clone(&streams);
        // It ends with the program.
        thread::spawn(move || {
            for client in listener.incoming() {
                if let Err(error) = client.and_then(|client| pass_on(client, target, &known)) {
                    say(&format!("a connection was not passed on: {error}"));
                }
            }
        });
        Ok(Self { address, streams })
    }

    fn cut(&self) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        for stream in streams.drain(..) {
            // One that is closed already needs no cutting.
            let _closed = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pass_on(
    client: TcpStream,
    target: SocketAddr,
    streams: &Mutex<Vec<TcpStream>>,
) -> io::Result<()> {
    let server = TcpStream::connect(target)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    for (from, to) in [(&client, &server), (&server, &client)] {
        let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
        thread::spawn(move || {
            let mut bytes = [0; 64 << 10];
            while let Ok(length @ 1..) = from.read(&mut bytes)
                && let Some(some) = bytes.get(..length)
                && to.write_all(some).is_ok()
            {}
            let _closed = to.shutdown(Shutdown::Both);
        });
    }
    let mut streams = streams.lock().unwrap_or_else(PoisonError::into_inner);
    streams.extend([client, server]);
    Ok(())
}
