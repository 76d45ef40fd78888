//! A way to a server that can be cut.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Passes every connection on to a server, until it is cut.
pub(crate) struct Relay {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    /// Where the server is; nobody is let through without.
    target: Option<SocketAddr>,
    /// Both ends of every connection so far.
    streams: Vec<TcpStream>,
}

impl Relay {
    pub(crate) fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Mutex::new(Shared {
            target: Some(target),
            streams: Vec::new(),
        }));
        let known = Arc::clone(&shared);
        // They end with the test's process.
        thread::spawn(move || {
            for client in listener.incoming() {
                _ = pass_on(client, &known);
            }
        });
        Self { address, shared }
    }
    /// Where viewers go.
    pub(crate) fn url(&self) -> String {
        format!("vncs://{}", self.address)
    }
    /// Cuts all connections; new ones go to `target` from now on, or nowhere.
    pub(crate) fn cut(&self, target: Option<SocketAddr>) {
        let mut shared = self.shared.lock().unwrap();
        shared.target = target;
        for stream in shared.streams.drain(..) {
            _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pass_on(client: io::Result<TcpStream>, shared: &Mutex<Shared>) -> io::Result<()> {
    let client = client?;
    let mut shared = shared.lock().unwrap();
    let target = shared.target.ok_or(io::ErrorKind::NotConnected)?;
    let server = TcpStream::connect(target)?;
    for (from, to) in [(&client, &server), (&server, &client)] {
        let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
        thread::spawn(move || {
            let mut bytes = [0; 16 << 10];
            while let Ok(length @ 1..) = from.read(&mut bytes)
                && to.write_all(&bytes[..length]).is_ok()
            {}
            _ = to.shutdown(Shutdown::Both);
        });
    }
    shared.streams.extend([client, server]);
    Ok(())
}
