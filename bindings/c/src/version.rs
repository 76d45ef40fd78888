//! Which library this is.

use std::ffi::c_char;

/// The binary interface that this header describes: the number in the name of the shared library. A program that was
/// compiled with one works with every later library of the same number.
pub const TR_ABI_VERSION: u32 = 0;

/// The library's version, as "0.1.0". Never freed.
#[unsafe(no_mangle)]
pub extern "C" fn tr_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The binary interface of the library that the program runs with: TR_ABI_VERSION, if it is the right one.
#[unsafe(no_mangle)]
pub extern "C" fn tr_abi_version() -> u32 {
    TR_ABI_VERSION
}
