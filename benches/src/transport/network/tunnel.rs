//! The link between two TUN devices: IP packets, shaped both ways.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Result;
use lab::link::{LinkSettings, Shaper};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The largest packet of a device whose MTU is 1500, and some.
const PACKET: usize = 2048;
/// How often a thread looks whether it is to end.
const LOOK: Duration = Duration::from_millis(100);

/// A link that lasts until this is dropped.
pub(super) struct Tunnel {
    ended: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// One direction.
struct Way {
    shaper: Mutex<Shaper<Vec<u8>>>,
    sent: Condvar,
    start: Instant,
    ended: Arc<AtomicBool>,
}

impl Tunnel {
    /// Joins two devices.
    pub(super) fn join(left: OwnedFd, right: OwnedFd, settings: &LinkSettings) -> Result<Self> {
        let ended = Arc::new(AtomicBool::new(false));
        let (left, right) = (Arc::new(left), Arc::new(right));
        let mut tunnel = Self {
            ended: Arc::clone(&ended),
            threads: Vec::new(),
        };
        for (seed, from, to) in [(1, &left, &right), (2, &right, &left)] {
            let way = Arc::new(Way {
                shaper: Mutex::new(Shaper::new(settings.clone(), seed)),
                sent: Condvar::new(),
                start: Instant::now(),
                ended: Arc::clone(&ended),
            });
            let (taking, giving) = (Arc::clone(&way), way);
            let (from, to) = (Arc::clone(from), Arc::clone(to));
            tunnel.spawn(move || taking.take(&from))?;
            tunnel.spawn(move || giving.give(&to))?;
        }
        Ok(tunnel)
    }

    fn spawn(&mut self, work: impl FnOnce() + Send + 'static) -> Result<()> {
        self.threads.push(thread::Builder::new().spawn(work)?);
        Ok(())
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ended = thread.join();
        }
    }
}

impl Way {
    /// Takes the packets that leave a device.
    fn take(&self, device: &OwnedFd) {
        let mut buffer = [0; PACKET];
        let patience = Timespec::try_from(LOOK).ok();
        while !self.ended.load(Ordering::Relaxed) {
            let mut ready = [PollFd::new(device, PollFlags::IN)];
            if poll(&mut ready, patience.as_ref()) == Ok(0) {
                continue;
            }
            let Ok(length) = rustix::io::read(device, &mut buffer) else {
                return;
            };
            let packet = buffer.get(..length).unwrap_or_default().to_vec();
            let mut shaper = self.shaper.lock().unwrap_or_else(PoisonError::into_inner);
            let _fate = shaper.send_datagram(self.start.elapsed(), length, packet);
            self.sent.notify_one();
        }
    }

    /// Gives a device the packets that arrive.
    fn give(&self, device: &OwnedFd) {
        let mut shaper = self.shaper.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.ended.load(Ordering::Relaxed) {
            let now = self.start.elapsed();
            while let Some(packet) = shaper.receive(now) {
                // A device that is down loses it, as a cable would.
                let _lost = rustix::io::write(device, &packet);
            }
            let next = shaper.next_arrival();
            let wait = next.map_or(LOOK, |at| at.saturating_sub(self.start.elapsed()));
            let waited = self.sent.wait_timeout(shaper, wait.min(LOOK));
            shaper = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
