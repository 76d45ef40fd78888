//! A wire that can be cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Carries TCP connections to a server until it is cut; further ones are carried again.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    cut: watch::Sender<()>,
    to_client: Arc<AtomicU64>,
}

impl Relay {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cut, told) = watch::channel(());
        let to_client = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&to_client);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (mut told, counter) = (told.clone(), Arc::clone(&counter));
                told.mark_unchanged();
                tokio::spawn(async move {
                    tokio::select! {
                        () = carry(client, server, counter) => {}
                        _ = told.changed() => {}
                    }
                });
            }
        });
        Self {
            address,
            cut,
            to_client,
        }
    }

    /// Cuts all connections there are.
    pub(crate) fn cut(&self) {
        self.cut.send_replace(());
    }

    /// Bytes carried to clients since this was last asked.
    pub(crate) fn bytes_to_client(&self) -> u64 {
        self.to_client.swap(0, Ordering::Relaxed)
    }
}

async fn carry(client: TcpStream, server: SocketAddr, to_client: Arc<AtomicU64>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut client_reads, mut client_writes) = client.into_split();
    let (mut server_reads, mut server_writes) = server.into_split();
    let up = tokio::io::copy(&mut client_reads, &mut server_writes);
    let down = async {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = server_reads.read(&mut buffer).await {
            to_client.fetch_add(length as u64, Ordering::Relaxed);
            if client_writes.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = up => {}
        () = down => {}
    }
}
