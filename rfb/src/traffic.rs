//! Bytes by what they are for.

/// Bytes of one direction, by what they are for: those of RFB, without what layers below add.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Updates of the framebuffer, with pointer shapes and whatever else they carry.
    pub pictures: u64,
    /// What was copied on either side.
    pub clipboard: u64,
    /// Sound, with what is said about it: in messages, and in datagrams beside them.
    pub sound: u64,
    /// Everything else: the handshake, input, requests, fences.
    pub control: u64,
}

impl Traffic {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.pictures + self.clipboard + self.sound + self.control
    }
}

/// What a message other than a picture is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Clipboard,
    Sound,
    Control,
}

/// Both directions of a connection, while its output gathers messages of more than one kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sent: Traffic,
    pub(crate) received: Traffic,
    /// Bytes for the clipboard among the messages that wait.
    queued_clipboard: u64,
}

impl Counts {
    /// Of the messages that wait, so many bytes more are for the clipboard.
    pub(crate) fn clipboard_queued(&mut self, bytes: usize) {
        self.queued_clipboard += bytes as u64;
    }

    /// The messages that waited were taken.
    pub(crate) fn messages_sent(&mut self, bytes: usize) {
        let clipboard = std::mem::take(&mut self.queued_clipboard);
        self.sent.clipboard += clipboard;
        self.sent.control += (bytes as u64).saturating_sub(clipboard);
    }

    /// A message was read, or a step of the handshake.
    pub(crate) fn received(&mut self, bytes: usize, kind: Kind) {
        let count = match kind {
            Kind::Clipboard => &mut self.received.clipboard,
            Kind::Sound => &mut self.received.sound,
            Kind::Control => &mut self.received.control,
        };
        *count += bytes as u64;
    }
}
