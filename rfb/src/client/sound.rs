//! The client's side of sound. docs/PROTOCOL.md "Sound"; rfbproto "QEMU Audio".

use std::collections::VecDeque;

use bytes::Bytes;

use super::{ClientConnection, ClientEvent, Machine, State};
use crate::message::{AudioCommand, AudioReport, SoundMessage, SoundStart};
use crate::sound::{Outgoing, SoundDropped};
use crate::wire::Encode;
use crate::{
    ClientMessage, Error, LocalTime, PcmFormat, SoundEnd, SoundFormat, SoundOffer, SoundPacket,
    SoundStream, SoundVolume,
};

/// What is known of the server's sound, and what is under way. It begins anew with every connection.
#[derive(Debug, Default)]
pub(super) struct Sound {
    offer: Option<SoundOffer>,
    /// The server said that it knows our extension.
    acknowledged: bool,
    /// The server said that it knows QEMU's.
    qemu: bool,
    /// It did so in the update that is being read.
    qemu_news: bool,
    desktop: Wish,
    microphone: Wish,
    /// The server wants to hear nothing.
    microphone_muted: bool,
    /// Samples are wanted in this format.
    pcm: Option<PcmFormat>,
    pcm_plays: bool,
    pub(super) outgoing: Outgoing,
    pub(super) events: VecDeque<ClientEvent>,
}

/// A stream this client may want. The server answers each start and each stop by a start or a stop, and may stop by
/// itself.
#[derive(Debug, Default)]
struct Wish {
    wanted: bool,
    /// Starts and stops that the server has not answered: an answer while there are more is to an earlier one.
    unanswered: u32,
    /// What the server sends, or takes.
    running: Option<SoundFormat>,
}

impl Wish {
    fn answered(&mut self) -> bool {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.wanted && self.unanswered == 0
    }
    /// Whether the stream now runs as it was last wanted.
    fn started(&mut self, format: SoundFormat) -> bool {
        let is_current = self.answered();
        self.running = is_current.then_some(format);
        is_current
    }
    /// Whether that is news.
    fn stopped(&mut self) -> bool {
        let is_current = self.answered();
        self.running.take().is_some() || is_current
    }
}

impl Sound {
    fn wish(&mut self, stream: SoundStream) -> &mut Wish {
        match stream {
            SoundStream::Desktop => &mut self.desktop,
            SoundStream::Microphone => &mut self.microphone,
        }
    }

    fn start(&mut self, stream: SoundStream, format: &SoundFormat) {
        let wish = self.wish(stream);
        wish.wanted = true;
        wish.unanswered = wish.unanswered.saturating_add(1);
        self.outgoing
            .say_sound(SoundMessage::Start(SoundStart::new(stream, format)));
    }

    fn stop(&mut self, stream: SoundStream) {
        let wish = self.wish(stream);
        if !std::mem::take(&mut wish.wanted) {
            return;
        }
        wish.unanswered = wish.unanswered.saturating_add(1);
        let stop = SoundMessage::Stop(stream, SoundEnd::STOPPED);
        self.outgoing.say_sound(stop);
    }

    fn command(&mut self, command: AudioCommand) {
        let mut message = Vec::new();
        ClientMessage::Audio(command).encode(&mut message);
        self.outgoing.say(message);
    }

    fn stop_pcm(&mut self) {
        if self.pcm.take().is_some() {
            self.command(AudioCommand::Disable);
        }
        if std::mem::take(&mut self.pcm_plays) {
            self.events.push_back(ClientEvent::PcmStopped);
        }
    }

    fn take_start(&mut self, start: &SoundStart) -> Option<ClientEvent> {
        let stream = start.stream;
        match start.format() {
            Some(format) => self
                .wish(stream)
                .started(format)
                .then_some(ClientEvent::SoundStarted(stream, format)),
            // What was not asked for cannot be played.
            None => {
                let wish = self.wish(stream);
                let is_news = wish.stopped();
                self.stop(stream);
                is_news.then_some(ClientEvent::SoundStopped(stream, SoundEnd::FORMAT))
            }
        }
    }

    /// The packet, if it is of a stream that plays.
    fn expected(&mut self, packet: SoundPacket) -> Option<ClientEvent> {
        let plays = self.desktop.wanted && self.desktop.running.is_some();
        if packet.stream == SoundStream::Desktop && plays {
            return Some(ClientEvent::Sound(packet));
        }
        self.outgoing.dropped.unexpected += 1;
        None
    }

    pub(super) fn handle(&mut self, message: SoundMessage) -> Option<ClientEvent> {
        match message {
            SoundMessage::Offer(offer) => {
                self.offer = Some(offer.clone());
                Some(ClientEvent::SoundOffered(offer))
            }
            SoundMessage::Start(start) => self.take_start(&start),
            SoundMessage::Stop(stream, reason) => {
                if stream == SoundStream::Microphone {
                    self.outgoing.clear();
                }
                self.wish(stream)
                    .stopped()
                    .then_some(ClientEvent::SoundStopped(stream, reason))
            }
            SoundMessage::Packet(packet) => self.expected(packet),
            // Of sound that was never offered.
            SoundMessage::Volume(..) if self.offer.is_none() => None,
            SoundMessage::Volume(SoundStream::Desktop, volume) => {
                Some(ClientEvent::SoundVolume(volume))
            }
            SoundMessage::Volume(SoundStream::Microphone, volume) => {
                self.microphone_muted = volume.muted;
                None
            }
        }
    }

    pub(super) fn handle_report(&mut self, report: AudioReport) -> Option<ClientEvent> {
        match (report, self.pcm) {
            (AudioReport::Begin, Some(_)) => {
                self.pcm_plays = true;
                Some(ClientEvent::PcmStarted)
            }
            (AudioReport::End, _) => {
                std::mem::take(&mut self.pcm_plays).then_some(ClientEvent::PcmStopped)
            }
            (AudioReport::Data(samples), Some(format)) => {
                (!samples.is_empty()).then_some(ClientEvent::Pcm(samples, format))
            }
            (AudioReport::Begin | AudioReport::Data(_), None) => {
                self.outgoing.dropped.unexpected += 1;
                None
            }
        }
    }

    /// The server knows our extension: an empty rectangle said so.
    pub(super) fn acknowledged(&mut self) {
        self.acknowledged = true;
    }

    /// The server knows QEMU's extension: an empty rectangle said so.
    pub(super) fn qemu_acknowledged(&mut self) {
        self.qemu_news |= !self.qemu;
        self.qemu = true;
    }

    /// Ours is better, but if there is none, there is QEMU's.
    pub(super) fn finish_update(&mut self) {
        let is_news = std::mem::take(&mut self.qemu_news);
        if is_news && self.offer.is_none() && !self.acknowledged {
            self.events.push_back(ClientEvent::PcmOffered);
        }
    }
}

impl ClientConnection {
    /// Asks for the desktop's sound, or for another format of it. The answer is
    /// [`ClientEvent::SoundStarted`], with a bit rate that suits the server, or [`ClientEvent::SoundStopped`].
    /// Misuse if the server has offered none.
    pub fn start_sound(&mut self, format: SoundFormat) -> Result<(), Error> {
        self.machine.sound_offered()?;
        self.machine.sound.stop_pcm();
        self.machine.sound.start(SoundStream::Desktop, &format);
        Ok(())
    }

    /// Asks for the desktop's sound as samples, by QEMU's extension. Misuse if the server does not know it, or has no such
    /// format.
    pub fn start_pcm(&mut self, format: PcmFormat) -> Result<(), Error> {
        let machine = &mut self.machine;
        machine.check_connected("start_pcm: not connected")?;
        if !machine.sound.qemu {
            return Err(Error::Misuse("start_pcm: the server does not offer it"));
        }
        if !format.is_valid() {
            return Err(Error::Misuse("start_pcm: there is no such format"));
        }
        machine.sound.stop(SoundStream::Desktop);
        machine.sound.stop_pcm();
        machine.sound.command(AudioCommand::SetFormat(format));
        machine.sound.command(AudioCommand::Enable);
        machine.sound.pcm = Some(format);
        Ok(())
    }

    /// Ends the desktop's sound, of whichever extension. From here on no packet comes any more; the event that says it
    /// ended comes with the server's answer.
    pub fn stop_sound(&mut self) {
        self.machine.sound.stop(SoundStream::Desktop);
        self.machine.sound.stop_pcm();
    }

    /// Asks to send what the microphone hears. The answer is [`ClientEvent::SoundStarted`], with the format to send, or
    /// [`ClientEvent::SoundStopped`]. Misuse if the server has offered no sound.
    pub fn start_microphone(&mut self, format: SoundFormat) -> Result<(), Error> {
        self.machine.sound_offered()?;
        let sound = &mut self.machine.sound;
        // From the server's answer on, packets are of the new format.
        sound.microphone.running = None;
        sound.outgoing.clear();
        sound.start(SoundStream::Microphone, &format);
        Ok(())
    }

    /// Ends what [`Self::start_microphone`] began.
    pub fn stop_microphone(&mut self) {
        self.machine.sound.outgoing.clear();
        self.machine.sound.stop(SoundStream::Microphone);
    }

    /// Says how loud a stream is to be played or, if it is muted, that none of it is to be sent. A volume over 1024 is
    /// 1024. Misuse if the server has offered no sound of our extension: QEMU's has no volume.
    pub fn set_sound_volume(
        &mut self,
        stream: SoundStream,
        volume: SoundVolume,
    ) -> Result<(), Error> {
        self.machine.sound_offered()?;
        let volume = volume.limited();
        let message = SoundMessage::Volume(stream, volume);
        self.machine.sound.outgoing.say_sound(message);
        Ok(())
    }

    /// Sends a packet of the microphone. It is dropped, and counted, while the server does not take it; the oldest are
    /// dropped if more than 300 ms of them wait.
    pub fn send_sound(&mut self, packet: &SoundPacket) {
        let sound = &mut self.machine.sound;
        let wish = &sound.microphone;
        let taken = wish.wanted && wish.unanswered == 0 && !sound.microphone_muted;
        match wish.running {
            Some(format) if taken && packet.stream == SoundStream::Microphone => {
                sound.outgoing.send_packet(packet, format.frame.duration());
            }
            _ => sound.outgoing.dropped.unexpected += 1,
        }
    }

    /// Packets of sound go in datagrams of at most so many bytes from now on, where they fit: see
    /// [`Self::poll_datagram`]. `None`: all go in the stream.
    pub fn use_datagrams(&mut self, limit: Option<usize>) {
        self.machine.sound.outgoing.use_datagrams(limit);
    }

    /// The next datagram to be sent.
    pub fn poll_datagram(&mut self) -> Option<Bytes> {
        let datagram = self.machine.sound.outgoing.poll_datagram()?;
        self.machine.traffic.sent.sound += datagram.len() as u64;
        Some(datagram)
    }

    /// Takes a datagram the peer sent. One that cannot be read is dropped and counted.
    pub fn handle_datagram(&mut self, now: LocalTime, datagram: &[u8]) {
        let machine = &mut self.machine;
        machine.now = now;
        machine.traffic.received.sound += datagram.len() as u64;
        let sound = &mut machine.sound;
        if let Some(packet) = sound.outgoing.read_datagram(datagram, sound.events.len()) {
            let event = sound.expected(packet);
            sound.events.extend(event);
        }
    }

    /// Sound that was not sent, or not taken, so far.
    #[must_use]
    pub fn sound_dropped(&self) -> SoundDropped {
        self.machine.sound.outgoing.dropped
    }
}

impl Machine {
    fn check_connected(&self, misuse: &'static str) -> Result<(), Error> {
        match self.state {
            State::Idle | State::Update(_) => Ok(()),
            _ => Err(Error::Misuse(misuse)),
        }
    }

    fn sound_offered(&self) -> Result<(), Error> {
        self.check_connected("sound: not connected")?;
        match self.sound.offer {
            Some(_) => Ok(()),
            None => Err(Error::Misuse("sound: the server offers none")),
        }
    }
}
