//! How many bytes of pixels come through, from the server's screen to the client's framebuffer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lab::link::{LinkSettings, Relay};
use tightrope::{Client, Encoding, Region, Server};
use tokio::sync::watch;

use super::over::{Over, Pair};
use super::pictures::{SIZE, noise};

/// Pictures that are painted before the client has drawn the first of them.
const AHEAD: u64 = 2;

/// Sends whole pictures as they are (Raw) for `time`, over loopback or a link; gives the bytes of pixels drawn a second.
pub(super) async fn measure(over: Over, time: Duration, link: &LinkSettings) -> Result<f64> {
    let pair = Pair::new(over, SIZE)?;
    let server = Server::bind(pair.server.clone()).await?;
    // What does nothing still costs time.
    let relay = match link.shapes() {
        true => Some(over.relay(server.address(), link).await?),
        false => None,
    };
    let address = relay.as_ref().map_or(server.address(), Relay::address);
    let mut config = pair.client(address)?;
    config.prefer = Some(Encoding::RAW);
    config.prefer_only = true;
    let mut client = Client::connect(config).await?;
    let (tell, told) = watch::channel(0_u64);
    let painter = tokio::task::spawn_blocking(move || paint(&server, told));
    let whole = SIZE.area() as u64;
    let mut counted = None;
    let bytes_a_second = loop {
        client.next_event().await?;
        let pixels = client.stats().pixels;
        tell.send_replace(pixels / whole);
        let (start, before) = *counted.get_or_insert_with(|| (Instant::now(), pixels));
        let elapsed = start.elapsed();
        if elapsed >= time {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            let bytes = ((pixels - before) * 4) as f64;
            break bytes / elapsed.as_secs_f64();
        }
    };
    drop(tell);
    client.close().await;
    painter.await.context("the painter panicked")?;
    Ok(bytes_a_second)
}

/// Paints whole pictures, [`AHEAD`] of what is drawn, until nobody tells any more.
fn paint(server: &Server, mut drawn: watch::Receiver<u64>) {
    let pictures = [1, 2, 3].map(|seed| Arc::new(noise(SIZE, seed)));
    let everything = Region::from(SIZE);
    let runtime = tokio::runtime::Handle::current();
    for (number, picture) in (0..).zip(pictures.iter().cycle()) {
        let may_paint = drawn.wait_for(|drawn| number < *drawn + AHEAD);
        if runtime.block_on(may_paint).is_err() {
            return;
        }
        server.update(picture.view(), &everything);
    }
}
