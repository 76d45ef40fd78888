//! Error codes, and what went wrong in words.

use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::fmt::Display;
use std::ptr;

use tightrope::rfb;
use tightrope::{ConnectError, CredentialsError, IdentityError, ServerError, SessionError};

/// What became of a call. Errors are negative.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tr_result {
    /// Done.
    TR_OK = 0,
    /// An argument is wrong: the message names it, and what was expected.
    TR_ERROR_ARGUMENT = -1,
    /// A handle was destroyed, was never made, or is of another kind.
    TR_ERROR_HANDLE = -2,
    /// What was asked for cannot be now; the message says why.
    TR_ERROR_STATE = -3,
    /// The memory that was given is too small for what was to be written.
    TR_ERROR_ROOM = -4,
    /// The system gives no threads, descriptors or files, or not the port.
    TR_ERROR_SYSTEM = -5,
    /// The network failed. It is worth trying again.
    TR_ERROR_NETWORK = -6,
    /// The session is over. tr_client_reconnect() may go on with it.
    TR_ERROR_CLOSED = -7,
    /// The other side sent what the protocol does not allow. Trying again will not help.
    TR_ERROR_PROTOCOL = -8,
    /// Bytes cannot be decoded.
    TR_ERROR_DATA = -9,
    /// The server refused us: a wrong password, or too many clients.
    TR_ERROR_REFUSED = -10,
    /// The server wants a password and there is none.
    TR_ERROR_PASSWORD = -11,
    /// The server's certificate is not known: nothing was sent to it. tr_error_fingerprint() is what it showed.
    TR_ERROR_UNKNOWN_SERVER = -12,
    /// The server has another certificate than the one that was pinned: nothing was sent to it. tr_error_fingerprint()
    /// is what it showed.
    TR_ERROR_WRONG_SERVER = -13,
    /// The server offers nothing that is encrypted, and what is not encrypted was not allowed.
    TR_ERROR_INSECURE = -14,
    /// Certificates, keys or a directory of credentials cannot be read.
    TR_ERROR_CREDENTIALS = -15,
    /// The library has a fault. What the call was about should be destroyed.
    TR_ERROR_INTERNAL = -16,
}

/// Why a call failed: a code, and words.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) code: tr_result,
    pub(crate) message: String,
    /// What the other side showed of itself.
    fingerprint: Option<String>,
}

impl Fault {
    pub(crate) fn new(code: tr_result, message: impl Display) -> Self {
        Self {
            code,
            message: message.to_string(),
            fingerprint: None,
        }
    }

    /// The argument `name` is not as it should be.
    pub(crate) fn argument(name: &str, expected: impl Display) -> Self {
        Self::new(
            tr_result::TR_ERROR_ARGUMENT,
            format_args!("{name}: {expected}"),
        )
    }
}

thread_local! {
    /// The last failure on this thread: message, and fingerprint.
    static LAST: RefCell<(CString, CString)> = RefCell::default();
}

/// Keeps the words of `fault` for this thread, and gives its code.
pub(crate) fn remember(fault: Fault) -> tr_result {
    let text = |text: String| CString::new(text.replace('\0', " ")).unwrap_or_default();
    let last = (
        text(fault.message),
        text(fault.fingerprint.unwrap_or_default()),
    );
    // Only a thread that is ending has none any more; nobody asks then.
    let _ = LAST.try_with(|own| *own.borrow_mut() = last);
    fault.code
}

/// What was wrong with the last call on this thread that failed; empty if none has. Valid until the next one fails on this
/// thread.
#[unsafe(no_mangle)]
pub extern "C" fn tr_error_message() -> *const c_char {
    LAST.try_with(|own| own.borrow().0.as_ptr())
        .unwrap_or(c"".as_ptr())
}

/// The fingerprint of the server that the last call on this thread refused: "sha256:" and 64 digits. NULL if it failed for
/// another reason. Valid as tr_error_message().
#[unsafe(no_mangle)]
pub extern "C" fn tr_error_fingerprint() -> *const c_char {
    let found = LAST.try_with(|own| {
        let last = own.borrow();
        (!last.1.is_empty()).then(|| last.1.as_ptr())
    });
    found.ok().flatten().unwrap_or(ptr::null())
}

impl From<ConnectError> for Fault {
    fn from(error: ConnectError) -> Self {
        use tr_result as code;
        let fingerprint = match &error {
            ConnectError::UnknownServer { found, .. }
            | ConnectError::WrongFingerprint { found, .. } => Some(found.to_string()),
            _ => None,
        };
        let code = match &error {
            ConnectError::NoEndpoint => code::TR_ERROR_STATE,
            ConnectError::InsecureNotAllowed { .. } => code::TR_ERROR_INSECURE,
            ConnectError::UnknownServer { .. } => code::TR_ERROR_UNKNOWN_SERVER,
            ConnectError::WrongFingerprint { .. } => code::TR_ERROR_WRONG_SERVER,
            ConnectError::PasswordNeeded { .. } => code::TR_ERROR_PASSWORD,
            ConnectError::Refused { .. } => code::TR_ERROR_REFUSED,
            ConnectError::Io { .. } => code::TR_ERROR_NETWORK,
            _ => code::TR_ERROR_PROTOCOL,
        };
        Self {
            code,
            message: error.to_string(),
            fingerprint,
        }
    }
}

impl From<SessionError> for Fault {
    fn from(error: SessionError) -> Self {
        let code = match &error {
            SessionError::Io(_) | SessionError::AddressLost(_) => tr_result::TR_ERROR_NETWORK,
            SessionError::Closed => tr_result::TR_ERROR_CLOSED,
            _ => tr_result::TR_ERROR_PROTOCOL,
        };
        Self::new(code, error)
    }
}

impl From<ServerError> for Fault {
    fn from(error: ServerError) -> Self {
        let code = match &error {
            ServerError::Listen { .. } => tr_result::TR_ERROR_SYSTEM,
            ServerError::Size { .. } => tr_result::TR_ERROR_ARGUMENT,
            _ => tr_result::TR_ERROR_CREDENTIALS,
        };
        Self::new(code, error)
    }
}

impl From<CredentialsError> for Fault {
    fn from(error: CredentialsError) -> Self {
        Self::new(tr_result::TR_ERROR_CREDENTIALS, error)
    }
}

impl From<IdentityError> for Fault {
    fn from(error: IdentityError) -> Self {
        Self::new(tr_result::TR_ERROR_CREDENTIALS, error)
    }
}

impl From<rfb::Error> for Fault {
    fn from(error: rfb::Error) -> Self {
        let code = match &error {
            rfb::Error::Decode(_) => tr_result::TR_ERROR_DATA,
            rfb::Error::Refused { .. } => tr_result::TR_ERROR_REFUSED,
            rfb::Error::Misuse(_) => tr_result::TR_ERROR_ARGUMENT,
            _ => tr_result::TR_ERROR_PROTOCOL,
        };
        Self::new(code, error)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::new(tr_result::TR_ERROR_SYSTEM, error)
    }
}
