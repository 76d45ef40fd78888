//! Memory shared with the X server, adopted descriptors, our own environment, and the hook between fork and exec: all
//! the `unsafe` there is.
#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr::{self, NonNull};
use std::slice;

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Pages that the X server writes and we read.
#[derive(Debug)]
pub(crate) struct SharedMemory {
    start: NonNull<u8>,
    length: usize,
}

impl SharedMemory {
    /// `length` zero bytes (at least one), and the descriptor to hand to the other process.
    pub(crate) fn new(length: usize) -> io::Result<(Self, OwnedFd)> {
        let length = length.max(1);
        let file = rustix::fs::memfd_create(
            "tightrope-capture",
            MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
        )?;
        let bytes = u64::try_from(length).map_err(io::Error::other)?;
        rustix::fs::ftruncate(&file, bytes)?;
        // Nobody may shrink it: reading a page that is gone would kill this process.
        rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW)?;
        // SAFETY: a new mapping at an address the kernel chooses touches no memory of ours.
        let start = unsafe {
            rustix::mm::mmap(
                ptr::null_mut(),
                length,
                ProtFlags::READ,
                MapFlags::SHARED,
                &file,
                0,
            )
        }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok((Self { start, length }, file))
    }

    /// Every byte. The X server writes only while it answers a ShmGetImage: read when the reply is there and no other
    /// request is under way (asking for one takes `&mut` of the owner).
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: `start` points to `length` mapped, sealed bytes that live as long as `self`.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: exactly what `new` mapped; every borrow of it has ended.
        let unmapped = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.length) };
        debug_assert!(unmapped.is_ok());
    }
}

// SAFETY: the mapping belongs to the process, not to a thread; we only read it.
unsafe impl Send for SharedMemory {}
// SAFETY: shared reads need no order among themselves.
unsafe impl Sync for SharedMemory {}

/// Lets a task wait until `descriptor` can be read. Needs a tokio runtime around it.
pub(crate) fn watch(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the descriptor is moved in, and an `OwnedFd` stays open, the same, until it is dropped with its owner.
    Ok(unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }?)
}

/// Takes over descriptor `number`, given to this process by the one that started it; children will not inherit it.
///
/// Standard input, output and error stay open (as the null device), so that no later file takes their number.
/// Fails if no such descriptor is open. To be called once for a number, before any file is opened.
pub(crate) fn adopt_descriptor(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the number is only looked at: the kernel says EBADF if it is not open.
    let inherited = unsafe { BorrowedFd::borrow_raw(number) };
    let flags = rustix::io::fcntl_getfd(inherited)?;
    if number <= 2 {
        let copy = rustix::io::fcntl_dupfd_cloexec(inherited, 3)?;
        let null = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/null")?;
        match number {
            0 => rustix::stdio::dup2_stdin(null.as_fd())?,
            1 => rustix::stdio::dup2_stdout(null.as_fd())?,
            _ => rustix::stdio::dup2_stderr(null.as_fd())?,
        }
        return Ok(copy);
    }
    rustix::io::fcntl_setfd(inherited, flags | rustix::io::FdFlags::CLOEXEC)?;
    // SAFETY: it is open, was inherited, and the caller promises that nothing else here owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Sets a variable of this process's own environment. Fails if there is another thread, which might be reading it.
pub(crate) fn set_environment(name: &str, value: &OsStr) -> io::Result<()> {
    let threads = std::fs::read_dir("/proc/self/task")?.count();
    if threads != 1 {
        return Err(io::Error::other(format!("{threads} threads already")));
    }
    // SAFETY: this is the only thread, so nobody else reads the environment.
    unsafe { std::env::set_var(name, value) };
    Ok(())
}

/// Makes the kernel send SIGTERM to the child when the thread that starts it ends.
pub(crate) fn end_with_parent(command: &mut Command) {
    let hook = || {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))
            .map_err(io::Error::from)
    };
    // SAFETY: between fork and exec the hook makes one system call; it allocates nothing and takes no lock.
    unsafe { command.pre_exec(hook) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek, Write};

    #[test]
    fn what_the_other_process_writes_is_read() {
        let (memory, file) = SharedMemory::new(4096).unwrap();
        let mut other = std::fs::File::from(file);
        other.seek(io::SeekFrom::Start(100)).unwrap();
        other.write_all(b"pixels").unwrap();
        assert_eq!(&memory.bytes()[100..106], b"pixels");
        assert!(other.set_len(10).is_err(), "sealed against shrinking");
    }

    #[test]
    fn a_descriptor_that_is_not_open_is_refused() {
        assert!(adopt_descriptor(987).is_err());
    }

    #[test]
    fn an_adopted_descriptor_is_closed_for_children() {
        let (mut reader, writer) = io::pipe().unwrap();
        let number = std::os::fd::IntoRawFd::into_raw_fd(OwnedFd::from(writer));
        let adopted = adopt_descriptor(number).unwrap();
        let mut child = Command::new("sleep").arg("5").spawn().unwrap();
        drop(adopted);
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(rest.is_empty());
    }
}
