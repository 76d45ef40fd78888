//! Going on: on another connection, and with another server.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lab::link::LinkSettings;
use tightrope::transport::Backoff;
use tightrope::{Client, Framebuffer, Region, Server, SessionError};

use super::over::{Over, Pair};
use super::pictures::{SIZE, desktop};

/// When nothing more comes for so long, all that was to come has come.
const QUIET: Duration = Duration::from_millis(1500);
/// How long there is no server: about what a pod takes to start elsewhere.
const ABSENCE: Duration = Duration::from_secs(5);
/// Between two tries at most, as in the viewer.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the client receives, in bytes: with TLS, its handshake and its records included.
pub(super) struct Bytes {
    pub(super) resumed: u64,
    pub(super) full: u64,
}

/// Cuts a session of an unchanging desktop off and resumes it.
pub(super) async fn bytes(over: Over) -> Result<Bytes> {
    let pair = Pair::new(over, SIZE)?;
    let server = Server::bind(pair.server.clone()).await?;
    let picture = desktop(SIZE, 1);
    server.update(picture.view(), &Region::from(SIZE));
    let link = LinkSettings::default();
    let relay = over.relay(server.address(), &link).await?;
    let mut config = pair.client(relay.address())?;
    let direct = pair.client(server.address())?;
    config.endpoints.extend(direct.endpoints);
    let mut client = Client::connect(config).await?;
    until(&mut client, &picture).await?;
    settle(&mut client).await?;
    let full = client.stats().bytes_received;
    drop(relay);
    client.reconnect().await?;
    settle(&mut client).await?;
    ensure!(
        *client.framebuffer() == picture,
        "the picture is not the same any more"
    );
    let resumed = client.stats().bytes_received - full;
    client.close().await;
    Ok(Bytes { resumed, full })
}

/// Ends a server, and starts another with the same credentials on another port of the client's list; gives the time from
/// its listening to the whole picture.
pub(super) async fn elsewhere(over: Over) -> Result<Duration> {
    let pair = Pair::new(over, SIZE)?;
    let server = Server::bind(pair.server.clone()).await?;
    let (before, after) = (desktop(SIZE, 1), desktop(SIZE, 2));
    server.update(before.view(), &Region::from(SIZE));
    let mut config = pair.client(server.address())?;
    let next = free_port(over)?;
    config.endpoints.extend(pair.client(next)?.endpoints);
    let mut client = Client::connect(config).await?;
    until(&mut client, &before).await?;
    settle(&mut client).await?;
    drop(server);
    let again = async {
        tokio::time::sleep(ABSENCE).await;
        let mut config = pair.server.clone();
        config.listen = next;
        let server = Server::bind(config).await?;
        let listening = Instant::now();
        server.update(after.view(), &Region::from(SIZE));
        Ok::<_, anyhow::Error>((server, listening))
    };
    let follow = async {
        loop {
            match until(&mut client, &after).await {
                Ok(()) => return Ok::<_, anyhow::Error>(Instant::now()),
                Err(error) => go_on(&mut client, error).await?,
            }
        }
    };
    let both = async { tokio::join!(again, follow) };
    let (server, whole) = tokio::time::timeout(PATIENCE, both)
        .await
        .context("the picture did not come back")?;
    let (_server, listening) = server?;
    let took = whole?.saturating_duration_since(listening);
    client.close().await;
    Ok(took)
}

/// Connects anew after an error, as the viewer does.
pub(super) async fn go_on(client: &mut Client, error: SessionError) -> Result<()> {
    if !error.is_worth_retrying() {
        return Err(error.into());
    }
    let mut backoff = Backoff::default();
    while let Err(error) = client.reconnect().await {
        if !error.is_worth_retrying() {
            return Err(error.into());
        }
        client.pause(backoff.next(0.5).min(LONGEST_PAUSE)).await;
    }
    Ok(())
}

/// Takes what comes until the client shows `picture`.
async fn until(client: &mut Client, picture: &Framebuffer) -> Result<(), SessionError> {
    while client.framebuffer() != picture {
        client.next_event().await?;
    }
    Ok(())
}

/// Takes what comes until nothing more does.
async fn settle(client: &mut Client) -> Result<()> {
    while let Ok(event) = tokio::time::timeout(QUIET, client.next_event()).await {
        event?;
    }
    Ok(())
}

/// A port that nobody listens at.
fn free_port(over: Over) -> Result<SocketAddr> {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Ok(match over {
        Over::Quic => std::net::UdpSocket::bind(any)?.local_addr()?,
        Over::Tls | Over::Plain => std::net::TcpListener::bind(any)?.local_addr()?,
    })
}
