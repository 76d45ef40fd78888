//! The shaped link. `tightrope/link.py` is what Python sees of it.

use std::mem;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lab::link::{LinkSettings, Passed, Protocols, Relay, parse_duration, parse_share};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::argument::wrong_value;
use crate::error::error;
use crate::fork;

/// One direction as Python gets it: bytes, payload, datagrams, lost, dropped, and seconds of the queue now and at most.
type PassedRow = (u64, u64, u64, u64, u64, f64, f64);

/// A relay between clients and a server that is a network of some kind.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct LinkRelay {
    relay: Mutex<Option<Relay>>,
    address: SocketAddr,
}

#[pymethods]
impl LinkRelay {
    /// `settings`: rate or None, round trip, jitter, loss and queue, each as the command line writes it.
    #[new]
    fn new(
        py: Python<'_>,
        target: String,
        listen: String,
        protocols: &str,
        settings: (Option<String>, String, String, String, String),
    ) -> PyResult<Self> {
        let settings = read(&settings)?;
        let protocols = match protocols {
            "tcp" => Protocols::Tcp,
            "udp" => Protocols::Udp,
            "both" => Protocols::Both,
            other => {
                let got = format!("{other:?}");
                return Err(wrong_value("protocols", "tcp, udp or both", got));
            }
        };
        fork::check()?;
        let relay: PyResult<_> = py.detach(|| {
            let target = address("target", &target)?;
            let own = address("listen", &listen)?;
            let listening = async move { Relay::listen(own, target, &settings, protocols).await };
            let listening = blocking::block_on(listening).and_then(|started| started);
            Ok(listening.map_err(|error| format!("listen: {own}: {error}")))
        });
        let relay = relay?.map_err(|why| error(py, "ServeError", why))?;
        Ok(Self {
            address: relay.address(),
            relay: Mutex::new(Some(relay)),
        })
    }

    /// Where clients connect to: host and port.
    #[getter]
    fn address(&self) -> (String, u16) {
        (self.address.ip().to_string(), self.address.port())
    }

    /// Makes it another link from now on.
    fn change(
        &self,
        py: Python<'_>,
        settings: (Option<String>, String, String, String, String),
    ) -> PyResult<()> {
        let settings = read(&settings)?;
        self.with(py, |relay| relay.change(&settings))
    }

    /// The steps of the rate count from now on.
    fn begin(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, Relay::begin)
    }

    /// What went to the server, and to the clients.
    fn passed(&self, py: Python<'_>) -> PyResult<(PassedRow, PassedRow)> {
        self.with(py, |relay| (row(&relay.up()), row(&relay.down())))
    }

    /// Ends it and all its connections.
    fn close(&self) {
        // A fork has no connections to end: they are another process's.
        if !blocking::is_forked() {
            drop(self.lock().take());
        }
    }

    #[getter]
    fn closed(&self) -> bool {
        self.lock().is_none()
    }
}

impl LinkRelay {
    fn lock(&self) -> MutexGuard<'_, Option<Relay>> {
        self.relay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, py: Python<'_>, ask: impl FnOnce(&Relay) -> T) -> PyResult<T> {
        fork::check()?;
        let relay = self.lock();
        let open = relay.as_ref().map(ask);
        open.ok_or_else(|| error(py, "ClosedError", "the link is closed"))
    }
}

impl Drop for LinkRelay {
    fn drop(&mut self) {
        if blocking::is_forked() {
            let held = self.relay.get_mut();
            mem::forget(held.unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

fn row(own: &Passed) -> PassedRow {
    (
        own.bytes,
        own.payload,
        own.datagrams,
        own.lost,
        own.dropped,
        own.queue.as_secs_f64(),
        own.longest_queue.as_secs_f64(),
    )
}

fn address(argument: &str, text: &str) -> PyResult<SocketAddr> {
    let found = text.to_socket_addrs().map(|mut all| all.next());
    let why = match found {
        Ok(Some(address)) => return Ok(address),
        Ok(None) => "it has no address".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(wrong_value(
        argument,
        "host:port",
        format!("{text:?} ({why})"),
    ))
}

fn read(
    (rate, rtt, jitter, loss, queue): &(Option<String>, String, String, String, String),
) -> PyResult<LinkSettings> {
    fn named<T, E: std::fmt::Display>(argument: &str, read: Result<T, E>) -> PyResult<T> {
        read.map_err(|error| PyValueError::new_err(format!("{argument}: {error}")))
    }
    let rate = rate.as_ref().map(|own| named("rate", own.parse()));
    Ok(LinkSettings {
        rate: rate.transpose()?,
        rtt: named("rtt", parse_duration(rtt))?,
        jitter: named("jitter", parse_duration(jitter))?,
        loss: named("loss", parse_share(loss))?,
        queue: named("queue", queue.parse())?,
    })
}
