//! Where to connect to, as whom, and what to ask for.

use std::ffi::c_char;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use tightrope::rfb::Subsampling;
use tightrope::{
    ClientConfig, ClientCredentials, Encoding, Endpoint, Identity, KnownHosts, SoundSettings,
    UrlError, Workers,
};

use super::known_hosts::Way;
use crate::audio::{sound_format, tr_sound_format};
use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::handle::{self, Noun};
use crate::memory::{self, optional_text, out, slice, text};

/// Where to connect to, as whom, and what to ask for.
///
/// What the library has beyond these functions, and this interface not: OpenSSH under another name (a program `ssh` in PATH does), limits
/// on what a server may send (they are fixed), and other pixel formats than BGRX on the way (tr_client_connection_create() has those).
pub type tr_client_config = u64;

struct Config(Mutex<Way>);

impl Noun for Config {
    const NAME: &'static str = "config of a client";
}

/// A copy of what `config` says, with the fingerprint that is remembered if it is to be one, and then where that was.
pub(crate) fn read_config(
    config: tr_client_config,
) -> Result<(ClientConfig, Option<KnownHosts>), Fault> {
    let config = handle::get::<Config>(config)?;
    let held = config.0.lock().unwrap_or_else(PoisonError::into_inner);
    let way = held.clone();
    // Files are read without it.
    drop(held);
    way.resolve()
}

/// Changes what `config` says.
fn set(
    config: tr_client_config,
    change: impl FnOnce(&mut ClientConfig) -> Result<(), Fault>,
) -> tr_result {
    set_way(config, |way| change(&mut way.config))
}

/// The same, or what is remembered.
pub(super) fn set_way(
    config: tr_client_config,
    change: impl FnOnce(&mut Way) -> Result<(), Fault>,
) -> tr_result {
    guard(|| {
        let config = handle::get::<Config>(config)?;
        change(&mut config.0.lock().unwrap_or_else(PoisonError::into_inner))
    })
}

fn wrong_url(error: UrlError) -> Fault {
    Fault::argument("url", error)
}

/// Makes a config for the server at `url`: `vncs://host[:port][?fingerprint=sha256:...]`, or "quic", "wss", "vnc" or "ws" instead of
/// "vncs". It may be NULL if tr_client_config_set_credentials() brings addresses. It ends by tr_client_config_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_config_create(
    url: *const c_char,
    config: *mut tr_client_config,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(config, "config") }?;
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        let url = unsafe { optional_text(url, "url") }?;
        let mut fresh = ClientConfig::new(url.unwrap_or("vncs://localhost")).map_err(wrong_url)?;
        if url.is_none() {
            fresh.endpoints.clear();
        }
        let way = Way {
            config: fresh,
            known: None,
        };
        place.set(handle::insert(Config(Mutex::new(way)))?);
        Ok(())
    })
}

/// Ends a config. Clients that were made with it go on.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_config_destroy(config: tr_client_config) -> tr_result {
    guard(|| handle::remove::<Config>(config).map(drop))
}

/// Adds another address of the same server: the first that answers is used, in the order of these calls.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_config_add_url(
    config: tr_client_config,
    url: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte.
        let url = unsafe { text(url, "url") }?;
        add(config, url).map_err(wrong_url)
    })
}

fn add(config: &mut ClientConfig, url: &str) -> Result<(), UrlError> {
    let (endpoint, fingerprint) = Endpoint::read(url)?;
    config.endpoints.push(endpoint);
    config.fingerprint = fingerprint.or(config.fingerprint);
    Ok(())
}

/// Takes addresses, fingerprint, certificate and password from a directory, as `tightrope-viewer credentials new DIR` makes
/// DIR/client. Addresses that the config has already are kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_config_set_credentials(
    config: tr_client_config,
    directory: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte.
        let directory = unsafe { memory::directory(directory) }?;
        let found = ClientCredentials::read(directory)?;
        if config.endpoints.is_empty() {
            for url in &found.urls {
                add(config, url)
                    .map_err(|error| Fault::new(tr_result::TR_ERROR_CREDENTIALS, error))?;
            }
        }
        config.fingerprint = found.fingerprint.or(config.fingerprint);
        config.identity = found.identity.or(config.identity.take());
        let password = found.password.or(found.view_only_password);
        config.password = password.or(config.password.take());
        Ok(())
    })
}

/// Sets the fingerprint of the server's certificate: "sha256:" and 64 digits. NULL for none: then nothing encrypted is connected to
/// but what is remembered (tr_client_config_set_known_hosts()), and tr_client_connect() fails with what the server showed,
/// TR_ERROR_UNKNOWN_SERVER.
///
/// There is no other way to know a server: certificate authorities are not asked. A desktop's certificate is made by whoever starts it, on
/// addresses of which no authority knows, and its fingerprint comes the way that its address does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_config_set_fingerprint(
    config: tr_client_config,
    fingerprint: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        let own = unsafe { optional_text(fingerprint, "fingerprint") }?;
        let own = own.map(str::parse).transpose();
        config.fingerprint = own.map_err(|error| Fault::argument("fingerprint", error))?;
        Ok(())
    })
}

/// Sets whether what is not encrypted is connected to. Not so at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_config_set_insecure(
    config: tr_client_config,
    insecure: bool,
) -> tr_result {
    set(config, |config| {
        config.insecure = insecure;
        Ok(())
    })
}

/// Sets the user's name, for servers that ask; NULL for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_config_set_user(
    config: tr_client_config,
    user: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        config.user = unsafe { optional_text(user, "user") }?.map(str::to_owned);
        Ok(())
    })
}

/// Sets the password, for servers that ask; NULL for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_config_set_password(
    config: tr_client_config,
    password: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        config.password = unsafe { optional_text(password, "password") }?.map(Into::into);
        Ok(())
    })
}

/// Sets our own certificate and its key, both in PEM, for servers that know it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_config_set_identity(
    config: tr_client_config,
    certificate: *const c_char,
    certificate_length: usize,
    key: *const c_char,
    key_length: usize,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises so many readable bytes.
        let certificate = unsafe { slice(certificate.cast(), certificate_length, "certificate") }?;
        // SAFETY: the caller promises so many readable bytes.
        let key = unsafe { slice(key.cast(), key_length, "key") }?;
        config.identity = Some(Identity::from_pem(certificate, key)?);
        Ok(())
    })
}

/// Goes through this machine, `[user@]host`, by the system's OpenSSH; NULL for straight on. Not for QUIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_config_set_via(
    config: tr_client_config,
    host: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        config.via = unsafe { optional_text(host, "host") }?.map(str::to_owned);
        Ok(())
    })
}

/// Sets whether other clients may stay connected, which is so at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_config_set_shared(config: tr_client_config, shared: bool) -> tr_result {
    set(config, |config| {
        config.shared = shared;
        Ok(())
    })
}

/// A JPEG quality level, none if it is -1.
pub(crate) fn quality(level: i32) -> Result<Option<u8>, Fault> {
    match u8::try_from(level) {
        Ok(level @ 0..=9) => Ok(Some(level)),
        _ if level == -1 => Ok(None),
        _ => Err(Fault::argument(
            "quality",
            format_args!("{level} is not 0 to 9, or -1 for lossless"),
        )),
    }
}

/// A compression level.
pub(crate) fn compression(level: u32) -> Result<u8, Fault> {
    let level_in_range = u8::try_from(level).ok().filter(|own| *own <= 9);
    level_in_range
        .ok_or_else(|| Fault::argument("compression", format_args!("{level} is not 0 to 9")))
}

/// Sets how good pictures are: JPEG quality level 0 to 9 (8 at first), or -1 for lossless, and compression level 0 (fast) to 9
/// (small), 2 at first. What moves may come with less where the link is slow, unless `fixed`; what stands still becomes
/// exact.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_config_set_quality(
    config: tr_client_config,
    quality: i32,
    compression: u32,
    fixed: bool,
) -> tr_result {
    set(config, |config| {
        config.quality = self::quality(quality)?;
        config.compression = self::compression(compression)?;
        config.adapts = !fixed;
        Ok(())
    })
}

/// A colour for every pixel.
pub const TR_SUBSAMPLING_444: i32 = 0;
/// A colour for two by two pixels.
pub const TR_SUBSAMPLING_420: i32 = 1;
/// A colour for two pixels side by side.
pub const TR_SUBSAMPLING_422: i32 = 2;
/// No colour.
pub const TR_SUBSAMPLING_GRAY: i32 = 3;

/// A finer quality and a subsampling, none where they are -1.
pub(crate) fn fine_quality(
    quality: i32,
    subsampling: i32,
) -> Result<(Option<u8>, Option<Subsampling>), Fault> {
    let fine = match u8::try_from(quality) {
        Ok(fine @ 0..=100) => Some(fine),
        _ if quality == -1 => None,
        _ => {
            let told = format_args!("{quality} is not 0 to 100, or -1");
            return Err(Fault::argument("quality", told));
        }
    };
    let subsampling = match subsampling {
        -1 => None,
        TR_SUBSAMPLING_444 => Some(Subsampling::Yuv444),
        TR_SUBSAMPLING_420 => Some(Subsampling::Yuv420),
        TR_SUBSAMPLING_422 => Some(Subsampling::Yuv422),
        TR_SUBSAMPLING_GRAY => Some(Subsampling::Gray),
        _ => {
            let told = format_args!("{subsampling} is none of TR_SUBSAMPLING_*, nor -1");
            return Err(Fault::argument("subsampling", told));
        }
    };
    Ok((fine, subsampling))
}

/// Sets JPEG quality in finer steps, 0 to 100, and one of TR_SUBSAMPLING_*, for servers that know them; -1 for what the quality
/// level stands for.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_config_set_fine_quality(
    config: tr_client_config,
    quality: i32,
    subsampling: i32,
) -> tr_result {
    set(config, |config| {
        (config.fine_quality, config.subsampling) = fine_quality(quality, subsampling)?;
        Ok(())
    })
}

/// Sets which encoding is asked for first, one of TR_ENCODING_*, and whether for no other
/// but Raw and CopyRect.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_config_set_encoding(
    config: tr_client_config,
    encoding: i32,
    only: bool,
) -> tr_result {
    set(config, |config| {
        config.prefer = Some(Encoding(encoding));
        config.prefer_only = only;
        Ok(())
    })
}

/// Sets whether the desktop's sound is wanted: see tr_client_sound_fill(). Not so at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_config_set_sound(config: tr_client_config, sound: bool) -> tr_result {
    set(config, |config| {
        config.sound = sound.then(SoundSettings::default);
        Ok(())
    })
}

/// The same with a format: two channels or one, the length of a packet, and bits a second, as an encoder takes them. Servers of
/// others send their own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_config_set_sound_format(
    config: tr_client_config,
    format: *const tr_sound_format,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises a format.
        let format = unsafe { sound_format(format) }?;
        config.sound = Some(SoundSettings {
            channels: format.channels,
            frame: Some(format.frame),
            bit_rate: Some(format.bit_rate),
        });
        Ok(())
    })
}

/// Sets whether no extension is announced that not every program knows, for servers that stumble over them. Not so at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_config_set_plain(config: tr_client_config, plain: bool) -> tr_result {
    set(config, |config| {
        config.plain = plain;
        Ok(())
    })
}

/// Sets how many threads decode; 0 for as many as there are processors, which is so at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_config_set_threads(
    config: tr_client_config,
    threads: u32,
) -> tr_result {
    set(config, |config| {
        let threads = NonZeroUsize::new(usize::try_from(threads).unwrap_or(usize::MAX));
        config.workers = threads.map_or_else(Workers::available, Workers::new);
        Ok(())
    })
}
