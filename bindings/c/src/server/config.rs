//! What to serve, where, and to whom.

use std::ffi::c_char;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tightrope::{
    Adapt, AgentCredentials, Authenticator, Identity, Protocol, RsaKey, Secret, ServerConfig, Size,
    Workers,
};

use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::handle::{self, Noun};
use crate::memory::{self, optional_text, out, slice, text};

/// Where and to whom a desktop is to be served.
///
/// How often pictures come is said by none of these functions: as often as tr_server_update() is called, and less often where a link takes
/// less. Limits on what a client may send are fixed.
pub type tr_server_config = u64;

struct Config(Mutex<ServerConfig>);

impl Noun for Config {
    const NAME: &'static str = "config of a server";
}

/// A copy of what `config` says.
pub(crate) fn read(config: tr_server_config) -> Result<ServerConfig, Fault> {
    let config = handle::get::<Config>(config)?;
    let held = config.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(held.clone())
}

/// Changes what `config` says.
fn set(
    config: tr_server_config,
    change: impl FnOnce(&mut ServerConfig) -> Result<(), Fault>,
) -> tr_result {
    guard(|| {
        let config = handle::get::<Config>(config)?;
        change(&mut config.0.lock().unwrap_or_else(PoisonError::into_inner))
    })
}

/// Makes a config that says: any free port of 127.0.0.1, encrypted, with a fresh certificate and a fresh password, without
/// sound. It ends by tr_server_config_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_config_create(config: *mut tr_server_config) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(config, "config") }?;
        // tr_server_create() says the size.
        let fresh = ServerConfig::new(Size::new(1, 1))?;
        place.set(handle::insert(Config(Mutex::new(fresh)))?);
        Ok(())
    })
}

/// Ends a config. Servers that were made with it go on.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_destroy(config: tr_server_config) -> tr_result {
    guard(|| handle::remove::<Config>(config).map(drop))
}

/// Sets the desktop's name, which viewers show in their title.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_config_set_name(
    config: tr_server_config,
    name: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte.
        config.name = unsafe { text(name, "name") }?.to_owned();
        Ok(())
    })
}

/// Sets where to listen: `127.0.0.1:5900`, `[::]:5900`; port 0 for any free one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_config_set_listen(
    config: tr_server_config,
    address: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte.
        let address = unsafe { text(address, "address") }?;
        config.listen = address.parse().map_err(|_| {
            let expected = format_args!("{address:?} is not an IP address, a colon and a port");
            Fault::argument("address", expected)
        })?;
        Ok(())
    })
}

/// A password, if there is one. The empty one would let everybody in.
fn secret(password: Option<&str>, name: &str) -> Result<Option<Secret>, Fault> {
    match password {
        Some("") => Err(Fault::argument(name, "it is empty; NULL stands for none")),
        password => Ok(password.map(Into::into)),
    }
}

/// Sets the password that lets clients in; NULL for none. Without this, there is a fresh one: see tr_server_password().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_config_set_password(
    config: tr_server_config,
    password: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        let password = unsafe { optional_text(password, "password") }?;
        config.password = secret(password, "password")?;
        Ok(())
    })
}

/// Sets the password that lets clients in who may look but not touch; NULL for none, which is so at first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_config_set_view_only_password(
    config: tr_server_config,
    password: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        let password = unsafe { optional_text(password, "password") }?;
        config.view_only_password = secret(password, "password")?;
        Ok(())
    })
}

/// Takes certificate, passwords, known clients and expiry from a directory, as `tightrope-viewer credentials new DIR` makes
/// DIR/agent. What it does not hold is taken away: without a password in it, none lets in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_config_set_credentials(
    config: tr_server_config,
    directory: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte.
        let directory = unsafe { memory::directory(directory) }?;
        let found = AgentCredentials::read(directory)?;
        if found.password.is_none() && found.trusted_clients.is_empty() {
            let expected = format!(
                "directory: {} has neither a password nor client-fingerprints: anybody could come in",
                directory.display()
            );
            return Err(Fault::new(tr_result::TR_ERROR_CREDENTIALS, expected));
        }
        if let Some(identity) = found.identity {
            config.identity = identity;
        }
        if let Some(key) = found.rsa_key {
            let key = RsaKey::from_pem(key.reveal());
            config.rsa_key =
                Some(key.map_err(|error| Fault::new(tr_result::TR_ERROR_CREDENTIALS, error))?);
        }
        config.password = found.password;
        config.view_only_password = found.view_only_password;
        config.trusted_clients = found.trusted_clients;
        config.expires = found.expires;
        Ok(())
    })
}

/// Sets the certificate and its key, both in PEM, of so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_config_set_identity(
    config: tr_server_config,
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
        config.identity = Identity::from_pem(certificate, key)?;
        Ok(())
    })
}

/// Sets the private key of RSA-AES ("ra2" and "ra2ne"), in PEM, of so many bytes: 1024 to 8192 bits, without a passphrase.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_config_set_rsa_key(
    config: tr_server_config,
    key: *const c_char,
    key_length: usize,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises so many readable bytes.
        let key = unsafe { memory::counted_text(key, key_length, "key") }?;
        let key = key.ok_or_else(|| Fault::argument("key", "it is NULL"))?;
        let key = RsaKey::from_pem(key);
        config.rsa_key =
            Some(key.map_err(|error| Fault::new(tr_result::TR_ERROR_CREDENTIALS, error))?);
        Ok(())
    })
}

/// Sets whether TR_EVENT_LOGIN asks who may come in, and what they may do. It asks about every client that does not come with a trusted
/// certificate or goes on with its session; what is answered holds, whatever the passwords are. These then let in only by VncAuth, where
/// nobody else can judge; set the password to NULL for that not to be offered. Not so at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_set_login_events(
    config: tr_server_config,
    ask: bool,
) -> tr_result {
    set(config, |config| {
        config.authenticator = ask.then(Authenticator::by_event);
        Ok(())
    })
}

/// Lets in, without a password, who shows the certificate of this fingerprint. May be called for several.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_config_add_trusted_client(
    config: tr_server_config,
    fingerprint: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte.
        let own = unsafe { text(fingerprint, "fingerprint") }?;
        let own = own.parse();
        let own = own.map_err(|error| Fault::argument("fingerprint", error))?;
        config.trusted_clients.push(own);
        Ok(())
    })
}

/// Sets what is spoken, names with commas between. At first it is "tls,wss,quic,vencrypt"; there are also "ra2", for which there
/// must be an RSA key (tr_server_config_set_rsa_key()), and, not encrypted, "ra2ne", "ws" and "plain". What is not encrypted needs `insecure`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_config_set_allow(
    config: tr_server_config,
    protocols: *const c_char,
    insecure: bool,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte.
        let allow = unsafe { text(protocols, "protocols") }?;
        let allow: tightrope::Allow = allow
            .parse()
            .map_err(|error| Fault::argument("protocols", error))?;
        let open = [Protocol::Ws, Protocol::Plain];
        let open = open.into_iter().find(|own| allow.contains(*own));
        if let Some(open) = open.filter(|_| !insecure) {
            let expected = format_args!("{open} is not encrypted: that needs insecure to be true");
            return Err(Fault::argument("protocols", expected));
        }
        config.allow = allow;
        Ok(())
    })
}

/// Sets which web pages may connect by WebSocket: origins with commas between, `https://example.org`; `*` for all. At first
/// only those of the server's own host.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_config_set_origins(
    config: tr_server_config,
    origins: *const c_char,
) -> tr_result {
    set(config, |config| {
        // SAFETY: the caller promises text that ends with a zero byte.
        let origins = unsafe { text(origins, "origins") }?;
        config.origins = origins
            .parse()
            .map_err(|error| Fault::argument("origins", error))?;
        Ok(())
    })
}

/// Sets how often passwords and certificates let in; 0 for any number of times, which is so at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_set_uses(config: tr_server_config, uses: u32) -> tr_result {
    set(config, |config| {
        config.uses = (uses > 0).then_some(uses);
        Ok(())
    })
}

/// Sets for how many seconds from now passwords, certificates and the tickets of sessions are good; 0 for ever, which is so
/// at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_set_lifetime(
    config: tr_server_config,
    lifetime_s: u64,
) -> tr_result {
    set(config, |config| {
        let until = SystemTime::now().checked_add(Duration::from_secs(lifetime_s));
        let until =
            until.ok_or_else(|| Fault::argument("lifetime_s", "it ends after time does"))?;
        config.expires = (lifetime_s > 0).then_some(until);
        Ok(())
    })
}

/// Sets how long a session is kept whose connection is lost: a minute at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_set_linger(
    config: tr_server_config,
    linger_ms: u64,
) -> tr_result {
    set(config, |config| {
        config.linger = Duration::from_millis(linger_ms);
        Ok(())
    })
}

/// Sets after how long a client is dropped that takes nothing while something waits for it: 20 s at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_set_stall_timeout(
    config: tr_server_config,
    timeout_ms: u64,
) -> tr_result {
    set(config, |config| {
        if timeout_ms == 0 {
            return Err(Fault::argument("timeout_ms", "it is 0"));
        }
        config.stall_timeout = Duration::from_millis(timeout_ms);
        Ok(())
    })
}

/// Sets whether clients that may touch the desktop may ask for a shutdown or restart: see TR_EVENT_POWER. Not so at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_set_power(config: tr_server_config, power: bool) -> tr_result {
    set(config, |config| {
        config.power = power;
        Ok(())
    })
}

/// Sets whether the desktop has sound: see tr_server_push_sound(). Not so at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_set_sound(config: tr_server_config, sound: bool) -> tr_result {
    set(config, |config| {
        config.sound = sound;
        Ok(())
    })
}

/// Sets whether clients that may touch the desktop may speak into it: see tr_server_microphone_fill(). It needs sound. Not so
/// at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_set_microphone(
    config: tr_server_config,
    microphone: bool,
) -> tr_result {
    set(config, |config| {
        config.microphone = microphone;
        Ok(())
    })
}

/// The quality of pictures follows the link for clients that say that what they ask for is the most that they want.
pub const TR_ADAPT_ANNOUNCED: u32 = 0;
/// For all clients that allow any loss.
pub const TR_ADAPT_ALWAYS: u32 = 1;
/// For none.
pub const TR_ADAPT_NEVER: u32 = 2;

/// Sets for whom the quality of pictures follows the link, below what the client asks for: one of TR_ADAPT_*.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_set_adapt(config: tr_server_config, adapt: u32) -> tr_result {
    set(config, |config| {
        config.adapt = match adapt {
            TR_ADAPT_ANNOUNCED => Adapt::Announced,
            TR_ADAPT_ALWAYS => Adapt::Always,
            TR_ADAPT_NEVER => Adapt::Never,
            _ => {
                let expected = format_args!("{adapt} is none of TR_ADAPT_*");
                return Err(Fault::argument("adapt", expected));
            }
        };
        Ok(())
    })
}

/// Sets how many bits a second are sent to one client at most, with all that encryption adds; 0 for as many as the link
/// takes, which is so at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_set_max_rate(
    config: tr_server_config,
    bits_per_second: u64,
) -> tr_result {
    set(config, |config| {
        config.max_rate = (bits_per_second > 0).then_some(bits_per_second);
        Ok(())
    })
}

/// Sets how many clients may be in at once: 8 at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_set_max_clients(
    config: tr_server_config,
    clients: u32,
) -> tr_result {
    set(config, |config| {
        if clients == 0 {
            return Err(Fault::argument("clients", "it is 0: nobody could come in"));
        }
        config.max_clients = usize::try_from(clients).unwrap_or(usize::MAX);
        Ok(())
    })
}

/// Sets how many threads share the work on one picture; 0 for as many as there are processors, which is so at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_config_set_threads(
    config: tr_server_config,
    threads: u32,
) -> tr_result {
    set(config, |config| {
        let threads = NonZeroUsize::new(usize::try_from(threads).unwrap_or(usize::MAX));
        config.workers = threads.map_or_else(Workers::available, Workers::new);
        Ok(())
    })
}
