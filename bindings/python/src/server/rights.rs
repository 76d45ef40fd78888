//! What a client may do, and the Python function that decides it.

use pyo3::prelude::*;
use tightrope::transport::Authenticator;
use tightrope::{Login, Rights};

use crate::argument::wrong_type;

/// A `tightrope.Rights`.
pub(super) fn object(py: Python<'_>, rights: Rights) -> PyResult<Bound<'_, PyAny>> {
    let class = py.import("tightrope.rights")?.getattr("Rights")?;
    let Rights {
        control,
        clipboard,
        sound,
        microphone,
        power,
    } = rights;
    class.call1((control, clipboard, sound, microphone, power))
}

/// Asks `function`, on threads of the engine's own. Who it fails for is turned away, and Python's `sys.unraisablehook` is
/// told why.
pub(super) fn authenticator(function: Py<PyAny>) -> Authenticator {
    Authenticator::blocking(move |login| {
        let asked = Python::try_attach(|py| match ask(function.bind(py), &login) {
            Ok(rights) => rights,
            Err(error) => {
                error.write_unraisable(py, Some(function.bind(py)));
                None
            }
        });
        // While Python ends nobody is let in.
        asked.flatten()
    })
}

fn ask(function: &Bound<'_, PyAny>, login: &Login) -> PyResult<Option<Rights>> {
    let password = login.password.as_ref().map(|password| password.reveal());
    let address = login.address.to_string();
    let certificate = login.certificate.map(|certificate| certificate.to_string());
    let answer = function.call1((&login.user, password, address, certificate))?;
    if answer.is_none() {
        return Ok(None);
    }
    let class = function
        .py()
        .import("tightrope.rights")?
        .getattr("Rights")?;
    if !answer.is_instance(&class)? {
        let expected = "tightrope.Rights or None as its answer";
        return Err(wrong_type("authenticate", expected, &answer));
    }
    let right = |name| answer.getattr(name)?.is_truthy();
    Ok(Some(Rights {
        control: right("control")?,
        clipboard: right("clipboard")?,
        sound: right("sound")?,
        microphone: right("microphone")?,
        power: right("power")?,
    }))
}
