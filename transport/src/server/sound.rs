//! Sound on its way: what the desktop plays to the sessions that listen, and what a microphone hears to the application.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use rfb::sound::{SoundEnd, SoundFeed, SoundFormat, SoundPacket};
use tokio::sync::watch;

use super::SessionId;
use super::desk::Mailbox;

/// Packets that wait for a session at most; older ones make room.
const WAITING: usize = 64;

/// What is sent to a session of one feed.
#[derive(Clone, Debug)]
pub(super) enum Sound {
    Packet(SoundPacket),
    Pcm(Bytes),
    /// Nothing more comes.
    End(SoundEnd),
}

/// Sound that waits for its session.
#[derive(Debug, Default)]
pub(super) struct Waiting(VecDeque<Sound>);

impl Waiting {
    fn push(&mut self, sound: Sound) {
        if self.0.len() == WAITING {
            self.0.pop_front();
        }
        self.0.push_back(sound);
    }
    pub(super) fn take(self) -> impl Iterator<Item = Sound> {
        self.0.into_iter()
    }
}

/// A feed that some session listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listened {
    /// What is to be sent.
    pub feed: SoundFeed,
    /// Some of its packets get lost on the way: see [`SoundPacket::repair`].
    pub repair: bool,
}

/// What is heard of a client's microphone.
#[derive(Clone, Debug)]
pub enum MicrophoneNews {
    /// It is on.
    Started(SoundFormat),
    /// A frame of it.
    Packet(SoundPacket),
    /// It is off.
    Stopped,
}

/// Who is told of a microphone. Called on the threads that move the sessions' bytes: it must not take long.
pub type MicrophoneSink = Box<dyn Fn(MicrophoneNews) + Send + Sync>;

/// See the module.
#[derive(Default)]
pub(super) struct SoundDesk {
    listeners: Mutex<HashMap<SessionId, Listener>>,
    wanted: watch::Sender<bool>,
    /// Whose microphone is on: one at a time.
    speaker: Mutex<Option<SessionId>>,
    sink: OnceLock<MicrophoneSink>,
}

struct Listener {
    listened: Listened,
    mailbox: Arc<Mailbox>,
}

impl SoundDesk {
    fn listeners(&self) -> MutexGuard<'_, HashMap<SessionId, Listener>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn speaker(&self) -> MutexGuard<'_, Option<SessionId>> {
        self.speaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anybody listens.
    pub(super) fn watch(&self) -> watch::Receiver<bool> {
        self.wanted.subscribe()
    }

    /// What is to be sent: each feed once.
    pub(super) fn feeds(&self) -> Vec<Listened> {
        let mut feeds: Vec<Listened> = Vec::new();
        for Listener { listened, .. } in self.listeners().values() {
            match feeds.iter_mut().find(|own| own.feed == listened.feed) {
                Some(own) => own.repair |= listened.repair,
                None => feeds.push(*listened),
            }
        }
        feeds
    }

    /// Gives sound of `feed` to who listens to it.
    pub(super) fn send(&self, feed: &SoundFeed, sound: &Sound) {
        for Listener { listened, mailbox } in self.listeners().values() {
            if listened.feed == *feed {
                mailbox.edit(|news| news.sound.push(sound.clone()));
            }
        }
    }

    /// Tells everybody that nothing more comes.
    pub(super) fn end(&self, reason: SoundEnd) {
        for Listener { mailbox, .. } in self.listeners().values() {
            mailbox.edit(|news| news.sound.push(Sound::End(reason)));
        }
    }

    /// The session listens to `feed` from now on, and to no other.
    pub(super) fn listen(&self, session: SessionId, feed: SoundFeed, mailbox: &Arc<Mailbox>) {
        let listened = Listened {
            feed,
            repair: false,
        };
        let mailbox = Arc::clone(mailbox);
        self.listeners()
            .insert(session, Listener { listened, mailbox });
        self.wanted
            .send_if_modified(|wanted| !std::mem::replace(wanted, true));
    }

    /// The session does not listen any more.
    pub(super) fn stop_listening(&self, session: SessionId) {
        let mut listeners = self.listeners();
        listeners.remove(&session);
        let is_wanted = !listeners.is_empty();
        self.wanted
            .send_if_modified(|wanted| std::mem::replace(wanted, is_wanted) != is_wanted);
    }

    /// Notes whether the session's packets get lost.
    pub(super) fn set_repair(&self, session: SessionId, repair: bool) {
        if let Some(listener) = self.listeners().get_mut(&session) {
            listener.listened.repair = repair;
        }
    }

    /// Who hears microphones; the first who asks.
    pub(super) fn set_sink(&self, sink: MicrophoneSink) {
        // There is one application.
        let _second = self.sink.set(sink);
    }

    /// A client's microphone is to be heard; `false` if another's is.
    pub(super) fn begin_speaking(&self, session: SessionId, format: SoundFormat) -> bool {
        let mut speaker = self.speaker();
        if self.sink.get().is_none() || speaker.is_some_and(|own| own != session) {
            return false;
        }
        *speaker = Some(session);
        self.tell(MicrophoneNews::Started(format));
        true
    }

    /// A frame of a client's microphone.
    pub(super) fn speak(&self, session: SessionId, packet: SoundPacket) {
        let speaker = self.speaker();
        if *speaker == Some(session) {
            self.tell(MicrophoneNews::Packet(packet));
        }
    }

    /// A client's microphone is off; `false` if it was not on.
    pub(super) fn end_speaking(&self, session: SessionId) -> bool {
        let mut speaker = self.speaker();
        let was_on = speaker.take_if(|own| *own == session).is_some();
        if was_on {
            self.tell(MicrophoneNews::Stopped);
        }
        was_on
    }

    /// Called while the speaker is locked: the end of one microphone is not told after the beginning of the next.
    fn tell(&self, news: MicrophoneNews) {
        if let Some(sink) = self.sink.get() {
            sink(news);
        }
    }
}
