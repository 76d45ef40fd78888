//! What Linux has no safe call for: leaving a network namespace, and opening a TUN device.
#![allow(unsafe_code)]

use std::fs::OpenOptions;
use std::io;
use std::os::fd::OwnedFd;

use rustix::ioctl::{Setter, ioctl, opcode};
use rustix::thread::{UnshareFlags, unshare_unsafe};

/// `struct ifreq`: the device's name, and what is set of it; 40 bytes on 64-bit systems.
#[repr(C)]
struct Request {
    name: [u8; 16],
    flags: i16,
    rest: [u8; 22],
}

/// IP packets, with nothing before them.
const IFF_TUN: i16 = 1;
const IFF_NO_PI: i16 = 0x1000;
/// TUNSETIFF.
const SET_DEVICE: rustix::ioctl::Opcode = opcode::write::<i32>(b'T', 202);

/// Moves the calling thread, and what it starts, to a network namespace of its own.
pub(super) fn leave_network() -> io::Result<()> {
    // SAFETY: file descriptors stay shared; only the network namespace of this thread changes.
    unsafe { unshare_unsafe(UnshareFlags::NEWNET)? };
    Ok(())
}

/// Makes a TUN device in the calling thread's network namespace. It goes when this is closed.
pub(super) fn open_tun(name: &str) -> io::Result<OwnedFd> {
    let device: OwnedFd = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/net/tun")?
        .into();
    let mut request = Request {
        name: [0; 16],
        flags: IFF_TUN | IFF_NO_PI,
        rest: [0; 22],
    };
    for (to, from) in request.name.iter_mut().zip(name.bytes().take(15)) {
        *to = from;
    }
    // SAFETY: TUNSETIFF reads an ifreq, which is what `Request` is.
    let set = unsafe { Setter::<SET_DEVICE, Request>::new(request) };
    // SAFETY: the device is open, and the request as above.
    unsafe { ioctl(&device, set)? };
    Ok(device)
}
