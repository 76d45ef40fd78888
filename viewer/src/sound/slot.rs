//! A device that is opened on a thread of its own, since a sound server may take its time.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tightrope::audio::device::Notice;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What is told of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// It is open.
    Open,
    /// It cannot be opened, for this reason.
    Failed(String),
    /// It is gone, or back.
    Notice(Notice),
}

/// How a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Closed,
    Opening,
    Open,
    /// It could not be opened.
    Failed,
    /// It will be back.
    Lost,
}

/// A device, or none. Dropping it closes the device.
pub(super) struct Slot {
    state: State,
    /// Where the thread puts the device; nobody looks there any more if another is wanted meanwhile.
    device: Arc<Mutex<Option<Box<dyn Send>>>>,
    reports: Option<UnboundedReceiver<Report>>,
}

impl Slot {
    pub(super) fn new() -> Self {
        Self {
            state: State::Closed,
            device: Arc::default(),
            reports: None,
        }
    }
    pub(super) fn state(&self) -> State {
        self.state
    }
    /// Has `open` open the device. It is given where to tell what happens later, and says why it fails.
    pub(super) fn open<D: Send + 'static>(
        &mut self,
        open: impl FnOnce(Box<dyn Fn(Notice) + Send>) -> Result<D, String> + Send + 'static,
    ) {
        self.close();
        self.state = State::Opening;
        let (sender, reports) = unbounded_channel();
        self.reports = Some(reports);
        let place = Arc::clone(&self.device);
        thread::spawn(move || {
            let notices = sender.clone();
            let opened = open(Box::new(move |notice| {
                tell(&notices, Report::Notice(notice))
            }));
            let report = match opened {
                Ok(device) => {
                    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
                    *place = Some(Box::new(device));
                    Report::Open
                }
                Err(reason) => Report::Failed(reason),
            };
            tell(&sender, report);
        });
    }
    pub(super) fn close(&mut self) {
        *self = Self::new();
    }
    /// The next that is told. Cancel safe.
    pub(super) async fn next_report(&mut self) -> Report {
        let report = match &mut self.reports {
            Some(reports) => reports.recv().await,
            None => None,
        };
        match report {
            Some(report) => report,
            None => pending().await,
        }
    }
    /// Takes it.
    pub(super) fn handle_report(&mut self, report: &Report) {
        self.state = match report {
            Report::Open | Report::Notice(Notice::Back) => State::Open,
            Report::Failed(_) => State::Failed,
            Report::Notice(Notice::Lost(_)) => State::Lost,
        };
    }
}

fn tell(reports: &UnboundedSender<Report>, report: Report) {
    // Nobody wants to know any more.
    _ = reports.send(report);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    async fn next(slot: &mut Slot) -> State {
        let report = slot.next_report().await;
        slot.handle_report(&report);
        slot.state()
    }

    #[tokio::test]
    async fn a_device_is_open_until_it_is_closed() {
        let (device, dropped) = mpsc::channel::<()>();
        let mut slot = Slot::new();
        let mut notice = None;
        let (give, take) = mpsc::channel();
        slot.open(move |notices| {
            give.send(notices).unwrap();
            Ok(device)
        });
        assert_eq!(slot.state(), State::Opening);
        assert_eq!(next(&mut slot).await, State::Open);
        let notices = notice.insert(take.recv().unwrap());
        notices(Notice::Lost("unplugged".into()));
        assert_eq!(next(&mut slot).await, State::Lost);
        notices(Notice::Back);
        assert_eq!(next(&mut slot).await, State::Open);
        assert_eq!(dropped.try_recv(), Err(mpsc::TryRecvError::Empty));
        slot.close();
        assert_eq!(dropped.recv(), Err(mpsc::RecvError));
    }

    #[tokio::test]
    async fn a_device_that_is_closed_while_it_is_opened_is_closed_when_it_is_there() {
        let (device, dropped) = mpsc::channel::<()>();
        let (go_on, wait) = mpsc::channel::<()>();
        let mut slot = Slot::new();
        slot.open(move |_| {
            wait.recv().unwrap();
            Ok(device)
        });
        slot.open(|_| Err::<(), _>("no device".to_owned()));
        go_on.send(()).unwrap();
        assert_eq!(dropped.recv(), Err(mpsc::RecvError));
        assert_eq!(slot.next_report().await, Report::Failed("no device".into()));
    }
}
