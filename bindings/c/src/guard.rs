//! The border: no panic and no `Result` crosses it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Fault, remember, tr_result};

/// Runs a call. What it reaches must not be half changed by a panic in a way that does harm: locks here ignore poison.
pub(crate) fn guard(call: impl FnOnce() -> Result<(), Fault>) -> tr_result {
    match caught(call) {
        Ok(()) => tr_result::TR_OK,
        Err(fault) => remember(fault),
    }
}

/// Runs a call that gives a value, `otherwise` if it fails.
pub(crate) fn guard_or<T>(otherwise: T, call: impl FnOnce() -> Result<T, Fault>) -> T {
    caught(call).unwrap_or_else(|fault| {
        remember(fault);
        otherwise
    })
}

fn caught<T>(call: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
        let words = words.unwrap_or("no reason given").to_owned();
        // What is thrown may panic as it is dropped.
        std::mem::forget(panic);
        Err(Fault::new(
            tr_result::TR_ERROR_INTERNAL,
            format_args!("a fault of the library: {words}"),
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::tr_error_message;

    fn message() -> String {
        // SAFETY: it is text that ends with a zero byte, until the next failure on this thread.
        let text = unsafe { std::ffi::CStr::from_ptr(tr_error_message()) };
        text.to_str().unwrap().to_owned()
    }

    #[test]
    fn a_panic_becomes_an_error_with_its_words() {
        let result = guard(|| panic!("out of paper"));
        assert_eq!(result, tr_result::TR_ERROR_INTERNAL);
        assert!(message().contains("out of paper"), "{}", message());
        assert_eq!(guard(|| Ok(())), tr_result::TR_OK);
        assert_eq!(guard_or(7, || panic!("again")), 7);
        assert!(message().contains("again"));
    }

    #[test]
    fn messages_belong_to_their_threads() {
        let fault = || guard(|| Err(Fault::argument("width", "1 to 65535")));
        assert_eq!(fault(), tr_result::TR_ERROR_ARGUMENT);
        std::thread::spawn(|| assert_eq!(message(), ""))
            .join()
            .unwrap();
        assert_eq!(message(), "width: 1 to 65535");
    }
}
