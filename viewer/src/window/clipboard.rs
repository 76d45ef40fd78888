//! The local clipboard, on a thread of its own: another program may take its time to hand over a text.

use crate::command::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::mpsc::UnboundedSender;

/// A handle to the local clipboard.
pub(crate) struct LocalClipboard {
    jobs: Sender<Job>,
}

enum Job {
    Look,
    Set(String),
}

impl LocalClipboard {
    /// Starts the thread; new local texts go to `commands`.
    pub(crate) fn start(commands: UnboundedSender<Command>) -> Self {
        let (jobs, queue) = channel();
        std::thread::spawn(move || serve(&queue, &commands));
        Self { jobs }
    }
    /// Looks whether there is a new local text, and sends it to the server.
    pub(crate) fn look(&self) {
        self.send(Job::Look);
    }
    /// Makes `text`, which came from the server, the local text.
    pub(crate) fn set(&self, text: String) {
        self.send(Job::Set(text));
    }
    fn send(&self, job: Job) {
        // The thread is gone if there is no clipboard: it has said so.
        _ = self.jobs.send(job);
    }
}

fn serve(queue: &Receiver<Job>, commands: &UnboundedSender<Command>) {
    let mut clipboard = match arboard::Clipboard::new() {
        Ok(clipboard) => clipboard,
        Err(error) => {
            tracing::warn!("there is no local clipboard: {error}");
            return;
        }
    };
    let mut known = Known::default();
    for job in queue {
        match job {
            Job::Look => {
                // An error means that there is none: an image, or nothing.
                let text = clipboard.get_text().ok();
                if let Some(text) = text.and_then(|text| known.changed(text)) {
                    _ = commands.send(Command::Clipboard(text));
                }
            }
            Job::Set(text) => {
                known.came(&text);
                if let Err(error) = clipboard.set_text(text) {
                    tracing::warn!("the clipboard takes no text: {error}");
                }
            }
        }
    }
}

/// The text that both sides have: a text is not sent back to where it came from, nor twice.
#[derive(Default)]
struct Known {
    text: String,
}

impl Known {
    /// `text` is on the local clipboard: what to tell the server, if it is new. Lines end in `\n` on the wire.
    fn changed(&mut self, text: String) -> Option<String> {
        let text = text.replace("\r\n", "\n");
        if text.is_empty() || text == self.text {
            return None;
        }
        self.text.clone_from(&text);
        Some(text)
    }
    /// `text` came from the server.
    fn came(&mut self, text: &str) {
        text.clone_into(&mut self.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_goes_each_way_once() {
        let mut known = Known::default();
        assert_eq!(known.changed("a\r\nb".into()).as_deref(), Some("a\nb"));
        assert_eq!(known.changed("a\r\nb".into()), None);
        known.came("c");
        assert_eq!(known.changed("c".into()), None);
        assert_eq!(known.changed("a\nb".into()).as_deref(), Some("a\nb"));
        assert_eq!(known.changed(String::new()), None);
    }
}
