//! What the program says of itself: the only place where a server tells why it turned a stranger away.

use std::fmt;
use std::sync::OnceLock;

use tokio::sync::watch;
use tokio::time::timeout;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::PATIENCE;

static LINES: OnceLock<watch::Sender<Vec<String>>> = OnceLock::new();

struct Listener;

/// Listens from now on, whoever calls first.
pub(crate) fn listen() {
    LINES.get_or_init(|| {
        tracing::subscriber::set_global_default(Listener).unwrap();
        watch::Sender::new(Vec::new())
    });
}

/// Waits until a line with all of `parts` has been said.
pub(crate) async fn said(parts: &[&str]) {
    let mut lines = LINES.get().unwrap().subscribe();
    let fits = |line: &String| parts.iter().all(|part| line.contains(part));
    let heard = lines.wait_for(|lines| lines.iter().any(fits));
    let heard = timeout(PATIENCE, heard).await.map(|heard| heard.is_ok());
    assert!(heard.is_ok(), "nothing was said of {parts:?}");
}

/// Whether `secret` was ever said.
pub(crate) fn is_said(secret: &str) -> bool {
    let lines = LINES.get().unwrap().borrow();
    lines.iter().any(|line| line.contains(secret))
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        if let Some(lines) = LINES.get() {
            lines.send_modify(|lines| lines.push(line.0));
        }
    }
}

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!("{value:?} ");
    }
}
