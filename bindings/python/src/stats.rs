//! Statistics, as instances of the dataclasses in `tightrope/stats.py`.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{IntoPyDict as _, PyDict};
use tightrope::LinkQuality;
use tightrope::rfb::Traffic;
use tightrope::transport::SessionStats;

/// A `tightrope.Stats`.
pub(crate) fn object<'py>(py: Python<'py>, stats: &SessionStats) -> PyResult<Bound<'py, PyAny>> {
    let module = py.import("tightrope.stats")?;
    let traffic = |traffic: Traffic| {
        let Traffic {
            pictures,
            clipboard,
            sound,
            control,
        } = traffic;
        module.call_method1("Traffic", (pictures, clipboard, sound, control))
    };
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    let fields = PyDict::new(py);
    fields.set_item("bytes_received", stats.bytes_received)?;
    fields.set_item("bytes_sent", stats.bytes_sent)?;
    fields.set_item("rate_received", stats.rate_received)?;
    fields.set_item("rate_sent", stats.rate_sent)?;
    fields.set_item("received", traffic(stats.received)?)?;
    fields.set_item("sent", traffic(stats.sent)?)?;
    fields.set_item("updates", stats.updates)?;
    fields.set_item("rectangles", stats.rectangles)?;
    fields.set_item("pixels", stats.pixels)?;
    fields.set_item("encrypted", stats.encrypted)?;
    fields.set_item("rate_delivered", stats.rate_delivered)?;
    fields.set_item("rate_arriving", stats.rate_arriving)?;
    fields.set_item("queue", seconds(stats.queue))?;
    fields.set_item("picture_age", seconds(stats.picture_age))?;
    fields.set_item("lossy_pixels", stats.lossy_pixels)?;
    fields.set_item("jpeg_quality", stats.jpeg_quality)?;
    fields.set_item("packets_lost", stats.packets_lost)?;
    fields.set_item("handshake", stats.handshake.as_secs_f64())?;
    fields.set_item("reconnects", stats.reconnects)?;
    fields.set_item("migrations", stats.migrations)?;
    fields.set_item("link", quality(py, &stats.link_quality())?)?;
    module.getattr("Stats")?.call((), Some(&fields))
}

/// A `tightrope.LinkQuality`.
pub(crate) fn quality<'py>(py: Python<'py>, quality: &LinkQuality) -> PyResult<Bound<'py, PyAny>> {
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    let times = [
        ("rtt", seconds(quality.rtt)),
        ("jitter", seconds(quality.jitter)),
    ];
    let rates = [
        ("rate_up", quality.rate_up),
        ("rate_down", quality.rate_down),
        ("loss", quality.loss),
    ];
    let fields = times.into_iter().chain(rates).into_py_dict(py)?;
    fields.set_item("grade", quality.grade.to_string())?;
    py.import("tightrope.stats")?
        .getattr("LinkQuality")?
        .call((), Some(&fields))
}
