//! A network of two machines that are not there: two network namespaces, and a shaped link between them.

mod ffi;
mod tunnel;

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result, anyhow, bail, ensure};
use lab::link::LinkSettings;
use tunnel::Tunnel;

/// Set in the copy of this program that may make namespaces.
const INSIDE: &str = "TIGHTROPE_BENCH_IN_NAMESPACE";
/// The network device of each machine.
pub(super) const DEVICE: &str = "tightrope0";

/// Makes sure that namespaces can be made: starts this program again where it has the rights of root over a network of
/// its own, if it has not.
pub(super) fn allow() -> Result<()> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    ensure!(
        std::env::var_os(INSIDE).is_none(),
        "no rights over a network of its own: run this as root"
    );
    let error = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount"])
        .arg(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(INSIDE, "1")
        .exec();
    Err(error).context("cannot run unshare, so run this as root")
}

/// A machine of the network: what runs on it.
pub(super) type Machine<T> = Box<dyn FnOnce() -> Result<T> + Send>;

/// Runs both sides, each on a thread in a network namespace of its own with one device, [`DEVICE`], that is up and has no
/// address; whatever is sent into one comes out at the other, as the link lets it.
pub(super) fn between<L: Send + 'static, R: Send + 'static>(
    settings: &LinkSettings,
    left: Machine<L>,
    right: Machine<R>,
) -> Result<(L, R)> {
    let (left_device, left) = start(left)?;
    let (right_device, right) = start(right)?;
    let (one, other) = (left_device.recv(), right_device.recv());
    let tunnel = match (one, other) {
        (Ok(one), Ok(other)) => Some(Tunnel::join(one, other, settings)?),
        // Its thread tells why.
        _ => None,
    };
    let results = (joined(left), joined(right));
    drop(tunnel);
    Ok((results.0?, results.1?))
}

type Started<T> = (
    mpsc::Receiver<std::os::fd::OwnedFd>,
    thread::JoinHandle<Result<T>>,
);

fn start<T: Send + 'static>(work: Machine<T>) -> Result<Started<T>> {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::Builder::new().spawn(move || {
        ffi::leave_network().context("no network namespace")?;
        let device = ffi::open_tun(DEVICE).context("no TUN device")?;
        ip("link set lo up")?;
        ip(&format!("link set {DEVICE} mtu 1500 txqueuelen 2000 up"))?;
        sender
            .send(device)
            .map_err(|_| anyhow!("nobody wants it"))?;
        // The other end gets ready while this one begins.
        work()
    })?;
    Ok((receiver, thread))
}

fn joined<T>(thread: thread::JoinHandle<Result<T>>) -> Result<T> {
    match thread.join() {
        Ok(result) => result,
        Err(_) => bail!("a machine of the network panicked"),
    }
}

/// Runs `ip` with these words, in the namespace of the calling thread.
pub(super) fn ip(words: &str) -> Result<()> {
    let output = Command::new("ip").args(words.split(' ')).output();
    let output = output.context("cannot run ip")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "ip {words}: {}", said.trim());
    Ok(())
}
