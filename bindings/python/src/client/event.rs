//! What happens in a session, as instances of the classes in `tightrope/events.py`.

use pyo3::prelude::*;
use pyo3::types::PyList;
use tightrope::rfb::sound::SoundStream;
use tightrope::{ClientEvent, Region};

use crate::clipboard;

/// What `event` is in Python; `None` for what Python programs have no use for.
pub(crate) fn object<'py>(
    py: Python<'py>,
    event: &ClientEvent,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let events = py.import("tightrope.events")?;
    let made = match event {
        ClientEvent::Updated { damage, captured } => {
            let captured = captured.map(|at| seconds(at.as_micros()));
            events.call_method1("Updated", (rects(py, damage)?, captured))
        }
        ClientEvent::Resized { size, .. } => {
            events.call_method1("Resized", (size.width, size.height))
        }
        ClientEvent::ResizeRefused(status) => events.call_method1("ResizeRefused", (status.0,)),
        ClientEvent::CursorChanged => events.call_method0("CursorChanged"),
        ClientEvent::PointerMoved(at) => events.call_method1("PointerMoved", (at.x, at.y)),
        ClientEvent::LedsChanged(leds) => events.call_method1("LedsChanged", (leds.0,)),
        ClientEvent::PowerRefused => events.call_method0("PowerRefused"),
        ClientEvent::Renamed(name) => events.call_method1("Renamed", (name,)),
        ClientEvent::Bell => events.call_method0("Bell"),
        ClientEvent::Clipboard(content) => {
            let has_image = content.image.is_some();
            events.call_method1(
                "ClipboardChanged",
                (&content.text, &content.html, has_image),
            )
        }
        ClientEvent::ClipboardImage(image) => {
            let image = clipboard::array(py, image.as_deref())?;
            events.call_method1("ClipboardImage", (image,))
        }
        ClientEvent::SoundStarted(SoundStream::Microphone, _) => {
            events.call_method0("MicrophoneStarted")
        }
        ClientEvent::SoundStopped(SoundStream::Microphone, _) => {
            events.call_method0("MicrophoneStopped")
        }
        ClientEvent::SoundStarted(..) | ClientEvent::PcmStarted => {
            events.call_method0("SoundStarted")
        }
        ClientEvent::SoundStopped(..) | ClientEvent::PcmStopped => {
            events.call_method0("SoundStopped")
        }
        ClientEvent::Goodbye(goodbye) => {
            events.call_method1("Goodbye", (goodbye.code.0, &goodbye.text))
        }
        _ => return Ok(None),
    };
    made.map(Some)
}

/// A list of `tightrope.Rect`.
fn rects<'py>(py: Python<'py>, region: &Region) -> PyResult<Bound<'py, PyList>> {
    let class = py.import("tightrope.geometry")?.getattr("Rect")?;
    let rects = region.rects().iter();
    let rects: PyResult<Vec<_>> = rects
        .map(|rect| class.call1((rect.left, rect.top, rect.width, rect.height)))
        .collect();
    PyList::new(py, rects?)
}

/// Microseconds as seconds: exact for 285 years.
fn seconds(micros: u64) -> f64 {
    std::time::Duration::from_micros(micros).as_secs_f64()
}
