//! Getting to a server: from an address to a stream that RFB, or `tightrope/1`, is spoken over.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::process::Stdio;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{ClientConfig, ConnectError, Endpoint, Scheme};
use crate::quic::{self, QuicLink};
use crate::stream::{Counted, Counters, Stream, tune};
use crate::{tls, websocket};

/// How long it may take to reach one address, TLS included.
const DIAL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an address has until the next one is tried as well.
const HEAD_START: Duration = Duration::from_millis(250);
/// After so long an address at which nobody was is tried again, while another one keeps us waiting.
const ANEW: Duration = Duration::from_millis(300);

/// A way to a server.
pub(super) struct Dialed {
    pub(super) stream: Box<dyn Stream>,
    pub(super) counters: Arc<Counters>,
    /// Nobody on the way can read along.
    pub(super) is_encrypted: bool,
    /// `tightrope/1` is spoken.
    pub(super) is_ours: bool,
    /// The connection below, if it is QUIC.
    pub(super) quic: Option<QuicLink>,
    /// Where we are: without this address a TCP connection is lost.
    pub(super) local: Option<IpAddr>,
    pub(super) endpoint: Endpoint,
}

/// Reaches whichever of the configured endpoints lets us speak first: the next one is tried when one has failed, or keeps
/// us waiting. While any does for the first time, those at which nobody was are tried again: QUIC is long in finding out
/// that nobody is there, and meanwhile somebody may be elsewhere.
pub(super) async fn dial(config: &Arc<ClientConfig>) -> Result<Dialed, ConnectError> {
    let mut dials = JoinSet::new();
    let mut endpoints = config.endpoints.iter().cloned();
    let mut failure = ConnectError::NoEndpoint;
    let mut absent = Vec::new();
    // Those that were never tried before: how long all of it takes is bounded by them.
    let mut first_tries = 0;
    loop {
        let endpoint = endpoints.next();
        let has_more = endpoint.is_some();
        if let Some(endpoint) = endpoint {
            first_tries += 1;
            dials.spawn(within_time(endpoint, true, Arc::clone(config)));
        }
        let dialed = tokio::select! {
            dialed = dials.join_next() => dialed,
            () = sleep(HEAD_START), if has_more => continue,
            () = sleep(ANEW), if !has_more && first_tries > 0 && !absent.is_empty() => {
                for endpoint in absent.drain(..) {
                    dials.spawn(within_time(endpoint, false, Arc::clone(config)));
                }
                continue;
            }
        };
        match dialed {
            Some(Ok((_, _, Ok(dialed)))) => return Ok(dialed),
            Some(Ok((endpoint, is_first_try, Err(error)))) => {
                first_tries -= usize::from(is_first_try);
                if error.is_worth_retrying() {
                    absent.push(endpoint);
                }
                // What a person can do something about is worth more than that nobody was there.
                if matches!(failure, ConnectError::NoEndpoint | ConnectError::Io { .. }) {
                    failure = error;
                }
            }
            None if !has_more => return Err(failure),
            _ => {}
        }
    }
}

async fn within_time(
    endpoint: Endpoint,
    is_first_try: bool,
    config: Arc<ClientConfig>,
) -> (Endpoint, bool, Result<Dialed, ConnectError>) {
    let dialed = timeout(DIAL_TIMEOUT, one(endpoint.clone(), &config)).await;
    let late = |_| Err(ConnectError::timed_out(endpoint.address()));
    let dialed = dialed.unwrap_or_else(late);
    (endpoint, is_first_try, dialed)
}

async fn one(endpoint: Endpoint, config: &ClientConfig) -> Result<Dialed, ConnectError> {
    if endpoint.scheme == Scheme::Quic {
        return by_quic(endpoint, config).await;
    }
    let address = endpoint.address();
    let failed = io_error(&address);
    let (stream, local) = reach(&endpoint, config).await.map_err(&failed)?;
    let (stream, counters) = Counted::new(stream);
    let (pin, identity) = (config.fingerprint, config.identity.as_ref());
    let is_websocket = matches!(endpoint.scheme, Scheme::Ws | Scheme::Wss);
    let mut is_ours = false;
    let mut stream: Box<dyn Stream> = match endpoint.scheme {
        Scheme::Vncs | Scheme::Wss => {
            let protocols: &[&[u8]] = match (is_websocket, config.can_prove_itself()) {
                (true, _) => &[tls::HTTP],
                (false, true) => &[tls::TIGHTROPE, tls::RFB],
                (false, false) => &[tls::RFB],
            };
            let stream = tls::connect(stream, pin, identity, protocols, &address).await?;
            is_ours = stream.get_ref().1.alpn_protocol() == Some(tls::TIGHTROPE);
            Box::new(stream)
        }
        _ => Box::new(stream),
    };
    if is_websocket {
        let Endpoint {
            scheme,
            host,
            port,
            path,
        } = &endpoint;
        let opened = websocket::connect(stream, *scheme == Scheme::Wss, host, *port, path).await;
        stream = opened.map_err(|error| failed(io::Error::other(error)))?;
    }
    Ok(Dialed {
        stream,
        counters,
        is_encrypted: endpoint.scheme.is_encrypted(),
        is_ours,
        quic: None,
        local,
        endpoint,
    })
}

async fn by_quic(endpoint: Endpoint, config: &ClientConfig) -> Result<Dialed, ConnectError> {
    let address = endpoint.address();
    let failed = io_error(&address);
    if config.via.is_some() {
        let rule = "QUIC does not go through SSH: use vncs://";
        return Err(failed(io::Error::new(io::ErrorKind::Unsupported, rule)));
    }
    let found = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port)).await;
    let found: Vec<SocketAddr> = found.map_err(&failed)?.collect();
    let identity = config.identity.as_ref();
    let mut failure = failed(io::ErrorKind::NotFound.into());
    for remote in found {
        let tls = tls::client_config(config.fingerprint, identity, &[tls::TIGHTROPE]);
        let (tls, seen) = tls.map_err(|error| ConnectError::Tls {
            address: address.clone(),
            error: error.to_string(),
        })?;
        match quic::connect(remote, tls).await {
            Ok((stream, link)) => {
                let (stream, counters) = Counted::new(stream);
                return Ok(Dialed {
                    stream: Box::new(stream),
                    counters,
                    is_encrypted: true,
                    is_ours: true,
                    quic: Some(link),
                    local: None,
                    endpoint,
                });
            }
            Err(error) if error.is_of_the_network() => {
                failure = failed(io::Error::other(error));
            }
            Err(error) => failure = seen.explain(config.fingerprint, &address, error),
        }
    }
    Err(failure)
}

/// A stream of bytes to the server, straight or through another machine, and our address if it is straight.
async fn reach(
    endpoint: &Endpoint,
    config: &ClientConfig,
) -> io::Result<(Box<dyn Stream>, Option<IpAddr>)> {
    let Some(via) = &config.via else {
        let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await?;
        tune(&stream)?;
        let local = stream.local_addr()?.ip();
        return Ok((Box::new(stream), Some(local)));
    };
    Ok((Box::new(Tunnel::open(&config.ssh, via, endpoint)?), None))
}

/// A stream through SSH, by the system's own client: its configuration, keys and agent count. What it has to say to a
/// person goes to standard error.
struct Tunnel {
    output: ChildStdout,
    input: ChildStdin,
    /// Ends with the stream.
    ssh: Child,
    program: String,
    /// Anything has come through it.
    is_through: bool,
}

impl Tunnel {
    fn open(ssh: &[String], via: &str, endpoint: &Endpoint) -> io::Result<Self> {
        let (program, arguments) = ssh.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments).arg("-W").arg(endpoint.address());
        command.arg("--").arg(via);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let started = command.kill_on_drop(true).spawn();
        let mut child = started.map_err(|error| {
            io::Error::new(error.kind(), format!("{program} cannot be run: {error}"))
        })?;
        let pipes = child.stdout.take().zip(child.stdin.take());
        let (output, input) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self {
            output,
            input,
            ssh: child,
            program: program.clone(),
            is_through: false,
        })
    }

    /// Why nothing ever came: the program's end, which is near once its output has ended.
    fn poll_failure(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = pin!(self.ssh.wait()).poll(context);
        ended.map(|status| match status? {
            status if status.success() => Ok(()),
            status => {
                let program = &self.program;
                let told =
                    format!("{program} failed ({status}); what it said is on standard error");
                Err(io::Error::other(told))
            }
        })
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.output).poll_read(context, buffer))?;
        self.is_through |= buffer.filled().len() > before;
        match self.is_through || buffer.remaining() == 0 {
            true => Poll::Ready(Ok(())),
            false => self.poll_failure(context),
        }
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.input).poll_write(context, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.input).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.input).poll_shutdown(context)
    }
}

fn io_error(address: &str) -> impl Fn(io::Error) -> ConnectError {
    let address = address.to_owned();
    move |error| ConnectError::Io {
        address: address.clone(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// What comes through a tunnel that is this script.
    async fn through(script: &str) -> io::Result<String> {
        let program = ["sh", "-c", script].map(str::to_owned);
        let endpoint: Endpoint = "vncs://desk:5900".parse().unwrap();
        let mut tunnel = Tunnel::open(&program, "host", &endpoint).unwrap();
        let mut text = String::new();
        tunnel.read_to_string(&mut text).await?;
        Ok(text)
    }

    #[tokio::test]
    async fn a_tunnel_that_cannot_be_dug_says_how_its_program_ended() {
        let failed = through("exit 3").await.unwrap_err().to_string();
        assert!(failed.contains("sh failed (exit status: 3)"), "{failed}");
        assert_eq!(through("echo here; exit 3").await.unwrap(), "here\n");
        assert_eq!(through("exit 0").await.unwrap(), "");
    }
}
