//! A client's settings, as Python gives them.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tightrope::{
    ClientConfig, ClientCredentials, Encoding, Endpoint, Fingerprint, Scheme, Secret, SoundSettings,
};

use crate::argument::{self, Settings, wrong_value};
use crate::codec::subsampling;
use crate::error::error;

/// Encodings by the names that scripts use.
const ENCODINGS: [(&str, Encoding); 9] = [
    ("raw", Encoding::RAW),
    ("rre", Encoding::RRE),
    ("corre", Encoding::CORRE),
    ("hextile", Encoding::HEXTILE),
    ("zlib", Encoding::ZLIB),
    ("trle", Encoding::TRLE),
    ("zrle", Encoding::ZRLE),
    ("tight", Encoding::TIGHT),
    ("tight-png", Encoding::TIGHT_PNG),
];

/// Where to connect to, and what to ask for.
pub(crate) fn read(settings: &Settings<'_>) -> PyResult<ClientConfig> {
    let credentials = credentials(settings)?;
    let mut urls = settings.texts("url")?;
    if urls.is_empty() {
        urls.clone_from(&credentials.urls);
    }
    let mut urls = urls.iter().map(|url| with_scheme(url));
    let Some(first) = urls.next() else {
        return Err(PyValueError::new_err(
            "url: expected an address such as vncs://host:5900, or credentials that have one",
        ));
    };
    let wrong = |error| PyValueError::new_err(format!("url: {error}"));
    let mut config = ClientConfig::new(&first).map_err(wrong)?;
    for url in urls {
        let (endpoint, pin) = Endpoint::read(&url).map_err(wrong)?;
        config.endpoints.push(endpoint);
        config.fingerprint = config.fingerprint.or(pin);
    }
    let given = settings.parsed::<Fingerprint>("fingerprint")?;
    config.fingerprint = given.or(config.fingerprint).or(credentials.fingerprint);
    config.identity = credentials.identity;
    let password = settings.text("password")?.map(Secret::from);
    config.password = password.or(credentials.password);
    config.user = settings.text("user")?;
    config.insecure = settings.flag("insecure")?;
    config.via = settings.text("via")?;
    config.shared = !settings.flag("exclusive")?;
    config.adapts = !settings.flag("fixed_quality")?;
    if settings.flag("sound")? {
        config.sound = Some(SoundSettings::default());
    }
    pictures(settings, &mut config)?;
    refuse_what_cannot_be_encrypted(settings.0.py(), &config)?;
    Ok(config)
}

/// What is asked of pictures.
fn pictures(settings: &Settings<'_>, config: &mut ClientConfig) -> PyResult<()> {
    if settings.flag("lossless")? {
        config.quality = None;
    } else if let Some(quality) = level(settings, "quality")? {
        config.quality = Some(quality);
    }
    if let Some(fine) = settings.value::<u8>("fine_quality", "0 to 100")? {
        config.fine_quality = match fine {
            0..=100 => Some(fine),
            _ => return Err(wrong_value("fine_quality", "0 to 100", fine)),
        };
    }
    if let Some(name) = settings.text("subsampling")? {
        config.subsampling = Some(subsampling(&name)?);
    }
    if let Some(compression) = level(settings, "compression")? {
        config.compression = compression;
    }
    if let Some(name) = settings.text("encoding")? {
        let found = ENCODINGS.iter().find(|(known, _)| *known == name);
        let Some((_, encoding)) = found else {
            let names = ENCODINGS.map(|(name, _)| name).join(", ");
            return Err(wrong_value("encoding", &format!("one of {names}"), name));
        };
        config.prefer = Some(*encoding);
        config.prefer_only = true;
    }
    Ok(())
}

/// A level of 0 to 9.
fn level(settings: &Settings<'_>, name: &str) -> PyResult<Option<u8>> {
    let expected = "a level of 0 to 9";
    match settings.value::<u8>(name, expected)? {
        Some(level) if level > 9 => Err(wrong_value(name, expected, level)),
        level => Ok(level),
    }
}

/// `ws` is never encrypted, so it needs no attempt to find that out.
fn refuse_what_cannot_be_encrypted(py: Python<'_>, config: &ClientConfig) -> PyResult<()> {
    let open = config.endpoints.iter().find(|own| own.scheme == Scheme::Ws);
    match open {
        Some(open) if !config.insecure => Err(error(
            py,
            "InsecureError",
            format_args!("{open} is not encrypted: use wss://, or say insecure=True"),
        )),
        _ => Ok(()),
    }
}

fn credentials(settings: &Settings<'_>) -> PyResult<ClientCredentials> {
    let Some(path) = settings.value::<PathBuf>("credentials", "a path of a directory")? else {
        return Ok(ClientCredentials::default());
    };
    let wrong = |error: String| PyValueError::new_err(format!("credentials: {error}"));
    argument::directory("credentials", &path)?;
    let read =
        ClientCredentials::read(Path::new(&path)).map_err(|error| wrong(error.to_string()))?;
    match read.expires {
        Some(end) if end <= SystemTime::now() => {
            let path = path.display();
            Err(wrong(format!(
                "those in {path} have expired: make new ones"
            )))
        }
        _ => Ok(read),
    }
}

/// `HOST[:PORT]` alone is an encrypted address.
fn with_scheme(url: &str) -> String {
    match url.contains("://") {
        true => url.to_owned(),
        false => format!("vncs://{url}"),
    }
}
