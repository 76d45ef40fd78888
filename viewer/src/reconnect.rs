//! Getting a lost connection back, while the last picture stays.

use crate::command::Command;
use crate::ending::{Ended, Failure, tell};
use crate::run::{Audience, Run, Signals, at};
use crate::session::{Event, Lost};
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::mem::discriminant;
use std::time::Duration;
use tightrope::Backoff;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep};

/// Between two attempts at most: who waits for an agent that is started anew is to see its picture within a second.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The connection is lost, and attempts to get it back go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outage {
    /// For so many seconds still, rounded up.
    pub(crate) seconds_left: u64,
}

impl Outage {
    /// With `left` until attempts end; and how long that is true.
    fn with(left: Duration) -> (Self, Duration) {
        let seconds_left = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let next = Duration::from_secs(seconds_left.saturating_sub(1));
        (Self { seconds_left }, left.saturating_sub(next))
    }
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seconds_left } = self;
        write!(f, "Connection lost: reconnecting for {seconds_left} s more")
    }
}

/// What ends an outage but a connection.
enum Interruption {
    /// The session is to end as if there were a connection.
    End(Ended),
    /// The person does not want to wait any longer.
    GiveUp,
    /// It has taken too long.
    TooLate,
}

/// What may end an outage.
struct Interruptions<'a> {
    commands: &'a mut UnboundedReceiver<Command>,
    signals: &'a mut Signals,
    end: Option<Instant>,
    /// Commands that are obeyed once there is a connection again.
    later: Vec<Command>,
}

impl<A: Audience> Run<'_, A> {
    /// Gets the connection back, by one attempt after another for as long as is allowed; `Some` if the session is to
    /// end meanwhile. Fails as the session would have failed.
    pub(crate) async fn reconnect(
        &mut self,
        lost: Lost,
        end: Option<Instant>,
        signals: &mut Signals,
    ) -> Result<Option<Ended>, Failure> {
        if !lost.is_worth_retrying || self.patience.is_zero() {
            return Err(lost.failure);
        }
        let start = Instant::now();
        let deadline = start + self.patience;
        self.audience.handle_loss(self.session);
        tell(format_args!("{}: reconnecting", lost.failure));
        let mut interruptions = Interruptions {
            commands: &mut self.commands,
            signals,
            end,
            later: Vec::new(),
        };
        let mut backoff = Backoff::default();
        let size = self.session.size();
        let mut last = String::new();
        loop {
            let pause = backoff.next(chance()).min(LONGEST_PAUSE);
            let attempt = async {
                self.session.pause(pause).await;
                self.session.reconnect().await
            };
            let interruption = tokio::select! {
                result = attempt => match result {
                    Ok(()) => break,
                    Err(Lost { failure, is_worth_retrying }) => {
                        if !is_worth_retrying {
                            return Err(failure);
                        }
                        tracing::debug!("not reconnected: {failure}");
                        last = format!(" ({failure})");
                        continue;
                    }
                },
                why = interruptions.next() => why,
                () = count_down(deadline, &mut self.audience) => Interruption::TooLate,
            };
            return match interruption {
                Interruption::End(ended) => Ok(Some(ended)),
                Interruption::GiveUp => Err(lost.failure),
                Interruption::TooLate => {
                    let (failure, limit) = (lost.failure, self.patience.as_secs_f64());
                    let text = format!("{failure}; not reconnected within {limit} s{last}");
                    Err(Failure { text, ..failure })
                }
            };
        }
        let later = interruptions.later;
        tell(format_args!(
            "connected again after {:.1} s",
            start.elapsed().as_secs_f64()
        ));
        self.audience.tell_outage(None);
        if self.session.size() != size {
            self.handle_event(&Event::Resized(self.session.size()));
        }
        self.handle_event(&Event::Reconnected);
        for command in later {
            self.obey(command);
        }
        Ok(None)
    }
}

/// Tells every second how long there is until `deadline`, and ends then.
async fn count_down(deadline: Instant, audience: &mut impl Audience) {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        let (outage, wait) = Outage::with(left);
        audience.tell_outage(Some(outage));
        sleep(wait).await;
    }
}

/// A random number from 0 to 1; it protects nothing.
fn chance() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    f64::from(u16::try_from(random & 0xffff).unwrap_or_default()) / f64::from(u16::MAX)
}

impl Interruptions<'_> {
    /// The next of them. Cancel safe.
    async fn next(&mut self) -> Interruption {
        loop {
            tokio::select! {
                Some(command) = self.commands.recv() => match command {
                    Command::Quit => return Interruption::End(Ended::Closed),
                    Command::GiveUp => return Interruption::GiveUp,
                    command => self.keep(command),
                },
                () = self.signals.wait() => return Interruption::End(Ended::Closed),
                () = at(self.end) => return Interruption::End(Ended::For),
            }
        }
    }
    /// Keeps what holds for longer than a moment: the last of each kind.
    fn keep(&mut self, command: Command) {
        let lasts = matches!(
            command,
            Command::Drawn
                | Command::Clipboard(_)
                | Command::Resize(_)
                | Command::Quality { .. }
                | Command::ViewOnly(_)
                | Command::Mute(_)
                | Command::Volume(_)
                | Command::Microphone(_)
        );
        if lasts {
            self.later
                .retain(|own| discriminant(own) != discriminant(&command));
            self.later.push(command);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_counted_down_to_the_end() {
        let with = |milliseconds| Outage::with(Duration::from_millis(milliseconds));
        let left = |seconds_left| Outage { seconds_left };
        assert_eq!(with(2500), (left(3), Duration::from_millis(500)));
        assert_eq!(with(2000), (left(2), Duration::from_secs(1)));
        assert_eq!(with(1), (left(1), Duration::from_millis(1)));
    }

    #[test]
    fn a_chance_is_a_part_of_the_whole() {
        assert!((0..100).all(|_| (0.0..=1.0).contains(&chance())));
    }
}
