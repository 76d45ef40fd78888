//! A client whose address is replaced in mid-session.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lab::link::LinkSettings;
use tightrope::{Client, ClientEvent, Framebuffer, Rect, Region, Server, ServerEvent, Size};
use tokio::runtime::Runtime;

use super::network::{self, DEVICE, ip};
use super::over::{Over, Pair};
use super::resume::go_on;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// The client's network before and after.
const BEFORE: &str = "10.77.1.2/24";
const AFTER: &str = "10.77.2.2/24";
const SIZE: Size = Size::new(640, 480);
/// How often the desktop changes, and how often the client presses a key.
const STEP: Duration = Duration::from_millis(5);
/// How long all is well before the address goes, and after the other has come.
const CALM: Duration = Duration::from_secs(2);
/// How long there is no address.
const GONE: Duration = Duration::from_millis(500);
/// A keysym that is no letter, and so many after it, is what the client types.
const FIRST_KEY: u32 = 0x0100_0000;

/// What the change did.
pub(super) struct Moved {
    /// From the new address to the first picture.
    pub(super) stall: Duration,
    /// Keys that the client pressed and the server never saw.
    pub(super) lost_keys: u32,
    pub(super) keys: u32,
}

/// Replaces the client's address while pictures and keys flow over `link`.
pub(super) fn measure(over: Over, link: &LinkSettings) -> Result<Moved> {
    let mut pair = Pair::new(over, SIZE)?;
    pair.server.listen = SocketAddr::from((SERVER, 0));
    let (tell, told) = mpsc::channel();
    let ended = Arc::new(AtomicBool::new(false));
    let (serving, viewing) = (pair.clone(), pair);
    let has_ended = Arc::clone(&ended);
    let seen = network::between(
        link,
        Box::new(move || {
            ip(&format!("address add {SERVER}/24 dev {DEVICE}"))?;
            ip(&format!("route add default dev {DEVICE}"))?;
            runtime()?.block_on(serve(serving, tell, has_ended))
        }),
        Box::new(move || {
            let result = view_from_there(viewing, told);
            // The server ends in any case.
            ended.store(true, Ordering::Relaxed);
            result
        }),
    );
    let (seen, (stall, keys)) = seen?;
    Ok(Moved {
        stall,
        lost_keys: keys - seen.min(keys),
        keys,
    })
}

fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build();
    runtime.context("no runtime")
}

/// Serves a desktop that always changes; gives how many keys were pressed, each once and in order.
async fn serve(pair: Pair, tell: mpsc::Sender<SocketAddr>, ended: Arc<AtomicBool>) -> Result<u32> {
    let server = Server::bind(pair.server).await?;
    tell.send(server.address())?;
    let keys = AtomicU32::new(0);
    let paint = async {
        let mut picture = Framebuffer::new(SIZE);
        let part = Rect::new(0, 0, 64, 64);
        for shade in (0..=255).cycle() {
            if ended.load(Ordering::Relaxed) {
                return;
            }
            if let Some(mut view) = picture.view_mut(part) {
                view.fill([shade, 0, 0, 0]);
            }
            server.update(picture.view(), &Region::from(part));
            tokio::time::sleep(STEP).await;
        }
    };
    let count = async {
        let mut next = FIRST_KEY;
        loop {
            if let ServerEvent::Key { keysym, down, .. } = server.next_event().await
                && down
                && keysym >= next
            {
                keys.fetch_add(1, Ordering::Relaxed);
                next = keysym + 1;
            }
        }
    };
    tokio::select! {
        () = paint => {}
        () = count => {}
    }
    Ok(keys.into_inner())
}

fn view_from_there(pair: Pair, told: mpsc::Receiver<SocketAddr>) -> Result<(Duration, u32)> {
    ip(&format!("address add {BEFORE} dev {DEVICE}"))?;
    ip(&format!("route add default dev {DEVICE}"))?;
    let address = told.recv().context("there is no server")?;
    runtime()?.block_on(view(pair, address))
}

/// Watches the desktop and types, while the address changes; gives how long nothing was seen with the new one, and how
/// many keys were pressed.
async fn view(pair: Pair, server: SocketAddr) -> Result<(Duration, u32)> {
    let mut client = Client::connect(pair.client(server)?).await?;
    let (mut stall, mut keys) = (None, 0);
    let back = Arc::new(OnceLock::new());
    let replaced = Arc::clone(&back);
    let change = tokio::task::spawn_blocking(move || replace_address(&replaced));
    let mut ticks = tokio::time::interval(STEP);
    let is_calm = |since: &Instant| since.elapsed() > CALM;
    while !change.is_finished() || !back.get().is_some_and(is_calm) {
        tokio::select! {
            event = client.next_event() => match event {
                Ok(ClientEvent::Updated { .. }) => if let Some(since) = back.get() {
                    stall.get_or_insert_with(|| since.elapsed());
                },
                Ok(_) => {}
                Err(error) => go_on(&mut client, error).await?,
            },
            _ = ticks.tick() => {
                client.key(FIRST_KEY + keys, true);
                client.key(FIRST_KEY + keys, false);
                keys += 1;
            }
        }
        if change.is_finished() && back.get().is_none() {
            break;
        }
    }
    change.await.context("changing the address")??;
    // What was typed last is on its way.
    let arrive = async { while client.next_event().await.is_ok() {} };
    let _arrived = tokio::time::timeout(CALM, arrive).await;
    client.close().await;
    let stall = stall.context("nothing was seen any more")?;
    Ok((stall, keys))
}

/// Takes the client's address away, and gives it another; notes when it has it.
fn replace_address(back: &OnceLock<Instant>) -> Result<()> {
    std::thread::sleep(CALM);
    ip(&format!("address del {BEFORE} dev {DEVICE}"))?;
    std::thread::sleep(GONE);
    ip(&format!("address add {AFTER} dev {DEVICE}"))?;
    ip(&format!("route replace default dev {DEVICE}"))?;
    let _noted = back.set(Instant::now());
    Ok(())
}
