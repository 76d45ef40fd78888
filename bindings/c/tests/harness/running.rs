//! Programs that run beside a test, and what is looked at again and again until it is there.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A program that runs until it ends, its input is closed, or this is dropped; its lines are read as they come.
pub(crate) struct Running {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let output = BufReader::new(child.stdout.take().unwrap());
        let (said, lines) = channel();
        // It ends with the program, or with whoever listens.
        thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            lines
                .take_while(|line| said.send(line.clone()).is_ok())
                .count()
        });
        Self {
            input: child.stdin.take(),
            child,
            lines,
        }
    }

    /// The next line.
    pub(crate) fn line(&self) -> String {
        let line = self.lines.recv_timeout(LIMIT);
        line.unwrap_or_else(|error| panic!("it says no more: {error}"))
    }

    /// The next lines.
    pub(crate) fn lines<const N: usize>(&self) -> [String; N] {
        std::array::from_fn(|_| self.line())
    }

    /// What stands behind `word` in the next line that begins with it.
    pub(crate) fn after(&self, word: &str) -> String {
        loop {
            let line = self.line();
            if let Some(rest) = line.strip_prefix(word) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Closes its input, and waits until it has ended well.
    pub(crate) fn end(mut self) {
        drop(self.input.take());
        let status = look_until("its end", || self.child.try_wait().unwrap());
        assert!(status.success(), "{status}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks until `wanted` says what it was looking for.
pub(crate) fn look_until<T>(what: &str, mut wanted: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = wanted() {
            return found;
        }
        assert!(begun.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        // Neither a screen nor the end of a process can be waited for with a limit.
        thread::sleep(Duration::from_millis(20));
    }
}
