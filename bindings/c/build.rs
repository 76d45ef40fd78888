//! Gives the shared library the name that programs look for at run time.

/// The first number of the library's version: it changes when programs must be compiled anew.
const SONAME: &str = "libtightrope.so.0";

fn main() {
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,{SONAME}");
    println!("cargo:rerun-if-changed=build.rs");
}
