//! Making the credentials of a session.

use std::ffi::c_char;
use std::path::Path;
use std::time::Duration;

use tightrope::Bundle;

use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::memory::{slice, text};

/// Addresses of one agent, at most.
const URLS: usize = 64;

/// Makes the credentials of one session, good for `lifetime_s` seconds (1 to ten years), as the new directory `directory`: DIR/agent is
/// for who serves (tr_server_config_set_credentials()), DIR/client for who looks (tr_client_config_set_credentials()). Each side has a
/// certificate and knows the other's. `urls` are where the agent will be found, as far as that is known, at most 64; NULL and 0 if it is
/// not.
///
/// The directory is there as a whole, for its owner alone, or not at all; one that is there already is TR_ERROR_CREDENTIALS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_credentials_create(
    directory: *const c_char,
    lifetime_s: u64,
    urls: *const *const c_char,
    urls_count: usize,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises text that ends with a zero byte.
        let directory = unsafe { text(directory, "directory") }?;
        if urls_count > URLS {
            let told = format_args!("{urls_count} is more than {URLS}");
            return Err(Fault::argument("urls_count", told));
        }
        // SAFETY: the caller promises so many addresses of texts.
        let urls = unsafe { slice(urls, urls_count, "urls") }?;
        let url = |pointer: &*const c_char| {
            // SAFETY: the caller promises text that ends with a zero byte.
            unsafe { text(*pointer, "urls") }.map(str::to_owned)
        };
        let urls = urls.iter().map(url).collect::<Result<_, _>>()?;
        let made = Bundle::generate(Duration::from_secs(lifetime_s), urls)?;
        Ok(made.write(Path::new(directory))?)
    })
}
