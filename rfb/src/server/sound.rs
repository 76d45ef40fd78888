//! The server's side of sound. docs/PROTOCOL.md "Sound"; rfbproto "QEMU Audio".

use std::collections::VecDeque;

use bytes::Bytes;

use super::{Machine, ServerConnection, ServerEvent, State};
use crate::message::{AudioCommand, AudioReport, SoundMessage, SoundStart};
use crate::sound::{BIT_RATES, Outgoing, SoundDropped};
use crate::wire::Encode;
use crate::{
    Encoding, LocalTime, PcmFormat, ServerMessage, SoundEnd, SoundFeed, SoundFormat, SoundOffer,
    SoundPacket, SoundStream, SoundVolume,
};

/// What the client is sent of the desktop's sound, and what is taken of its microphone.
#[derive(Debug, Default)]
pub(super) struct Sound {
    feed: Option<SoundFeed>,
    /// The client wants to hear nothing.
    is_muted: bool,
    /// What a client of QEMU's extension has asked for.
    pcm: PcmFormat,
    microphone: Option<SoundFormat>,
    pub(super) outgoing: Outgoing,
    pub(super) events: VecDeque<ServerEvent>,
}

impl Sound {
    fn report(&mut self, report: AudioReport) {
        self.outgoing.say(report_message(report));
    }

    /// Ends what the client is sent, and tells it in the words of its extension. Gives whether there was anything.
    fn end(&mut self, reason: SoundEnd) -> bool {
        match self.feed.take() {
            Some(SoundFeed::Packets(_)) => {
                let stop = SoundMessage::Stop(SoundStream::Desktop, reason);
                self.outgoing.say_sound(stop);
            }
            Some(SoundFeed::Pcm(_)) => self.report(AudioReport::End),
            None => return false,
        }
        true
    }

    fn start_pcm(&mut self) -> ServerEvent {
        let feed = SoundFeed::Pcm(self.pcm);
        self.feed = Some(feed);
        self.report(AudioReport::Begin);
        ServerEvent::SoundStarted(feed)
    }

    fn handle_stop(&mut self, stream: SoundStream) -> Option<ServerEvent> {
        let (was_running, event) = match stream {
            SoundStream::Desktop => {
                let packets = |feed: &mut SoundFeed| matches!(feed, SoundFeed::Packets(_));
                let feed = self.feed.take_if(packets);
                if feed.is_some() {
                    self.outgoing.clear();
                }
                (feed.is_some(), ServerEvent::SoundStopped)
            }
            SoundStream::Microphone => {
                let microphone = self.microphone.take();
                (microphone.is_some(), ServerEvent::MicrophoneStopped)
            }
        };
        let answer = SoundMessage::Stop(stream, SoundEnd::STOPPED);
        self.outgoing.say_sound(answer);
        was_running.then_some(event)
    }

    /// The packet, if it is of a microphone that is taken.
    fn expected(&mut self, packet: SoundPacket) -> Option<ServerEvent> {
        if packet.stream == SoundStream::Microphone && self.microphone.is_some() {
            return Some(ServerEvent::Sound(packet));
        }
        self.outgoing.dropped.unexpected += 1;
        None
    }

    fn handle_volume(&mut self, stream: SoundStream, volume: SoundVolume) -> ServerEvent {
        if stream == SoundStream::Desktop {
            self.is_muted = volume.muted;
            if self.is_muted {
                self.outgoing.clear();
            }
        }
        ServerEvent::SoundVolume(stream, volume)
    }
}

fn report_message(report: AudioReport) -> Vec<u8> {
    let mut message = Vec::new();
    ServerMessage::Audio(report).encode(&mut message);
    message
}

/// What will be done about a client's wish.
fn judge(start: &SoundStart, offer: Option<&SoundOffer>) -> Result<SoundFormat, SoundEnd> {
    let offer = offer.ok_or(SoundEnd::UNAVAILABLE)?;
    if start.stream == SoundStream::Microphone && !offer.microphone {
        return Err(SoundEnd::PROHIBITED);
    }
    let format = start.format().ok_or(SoundEnd::FORMAT)?;
    let known = offer.codecs.contains(&format.codec) && format.channels <= offer.channels;
    let (least, most) = BIT_RATES.into_inner();
    match known {
        true => Ok(SoundFormat {
            bit_rate: format.bit_rate.clamp(least, most),
            ..format
        }),
        false => Err(SoundEnd::FORMAT),
    }
}

impl ServerConnection {
    /// Whether the client was offered sound in our own extension, and so is likely to want it.
    #[must_use]
    pub fn has_offered_sound(&self) -> bool {
        self.machine.speaks_sound()
    }

    /// Sends a packet of the desktop's sound. It is dropped, and counted, if the client has not started the stream or has
    /// muted it; the oldest are dropped if more than 300 ms of them wait.
    pub fn send_sound(&mut self, packet: &SoundPacket) {
        let sound = &mut self.machine.sound;
        match sound.feed {
            Some(SoundFeed::Packets(format))
                if packet.stream == SoundStream::Desktop && !sound.is_muted =>
            {
                sound.outgoing.send_packet(packet, format.frame.duration());
            }
            _ => sound.outgoing.dropped.unexpected += 1,
        }
    }

    /// Sends samples of the desktop's sound to a client of QEMU's extension, in the format of its [`SoundFeed`], at most
    /// 1 MiB. They are dropped, and counted, if there is no such feed; the oldest are dropped if more than 300 ms wait.
    pub fn send_pcm(&mut self, samples: Bytes) {
        let sound = &mut self.machine.sound;
        let Some(SoundFeed::Pcm(format)) = sound.feed else {
            sound.outgoing.dropped.unexpected += 1;
            return;
        };
        let length = format.duration(samples.len());
        let message = report_message(AudioReport::Data(samples));
        sound.outgoing.send_samples(message, length);
    }

    /// Ends the desktop's sound for this client, and says why if it can be told. Nothing happens if it has none.
    pub fn end_sound(&mut self, reason: SoundEnd) {
        self.machine.sound.end(reason);
    }

    /// Takes nothing more of the client's microphone, and says why. Nothing happens if nothing is taken.
    pub fn end_microphone(&mut self, reason: SoundEnd) {
        let sound = &mut self.machine.sound;
        if sound.microphone.take().is_some() {
            let stop = SoundMessage::Stop(SoundStream::Microphone, reason);
            sound.outgoing.say_sound(stop);
        }
    }

    /// Says how loud the client is to play the desktop's sound or, for [`SoundStream::Microphone`], whether it is to send
    /// any. A volume over 1024 is 1024. A client of QEMU's extension cannot be told.
    pub fn set_sound_volume(&mut self, stream: SoundStream, volume: SoundVolume) {
        if self.machine.speaks_sound() {
            let message = SoundMessage::Volume(stream, volume.limited());
            self.machine.sound.outgoing.say_sound(message);
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
    /// Whether the client reads our messages about sound, and there is any.
    fn speaks_sound(&self) -> bool {
        self.state == State::Running
            && self.config.sound.is_some()
            && self.supports(Encoding::SOUND)
            && self.supports(Encoding::TIGHTROPE)
    }

    /// The client's list of encodings is another: what it can be told about sound may be, too.
    pub(super) fn sound_encodings_changed(&mut self, before: &[Encoding]) {
        let spoke = [Encoding::SOUND, Encoding::TIGHTROPE]
            .iter()
            .all(|own| before.contains(own));
        let speaks = self.speaks_sound();
        if speaks
            && !spoke
            && let Some(offer) = self.config.sound.clone()
        {
            self.sound.outgoing.say_sound(SoundMessage::Offer(offer));
        }
        let lost = match self.sound.feed {
            Some(SoundFeed::Packets(_)) => !speaks,
            Some(SoundFeed::Pcm(_)) => !self.supports(Encoding::QEMU_AUDIO),
            None => false,
        };
        if lost {
            self.sound.feed = None;
            self.sound.outgoing.clear();
            self.sound.events.push_back(ServerEvent::SoundStopped);
        }
        if !speaks && self.sound.microphone.take().is_some() {
            self.sound.events.push_back(ServerEvent::MicrophoneStopped);
        }
    }

    pub(super) fn handle_sound(&mut self, message: SoundMessage) -> Option<ServerEvent> {
        match message {
            SoundMessage::Start(start) => self.handle_start(&start),
            SoundMessage::Stop(stream, _) if self.supports(Encoding::SOUND) => {
                self.sound.handle_stop(stream)
            }
            SoundMessage::Packet(packet) => self.sound.expected(packet),
            SoundMessage::Volume(stream, volume) if self.speaks_sound() => {
                Some(self.sound.handle_volume(stream, volume))
            }
            SoundMessage::Volume(..) | SoundMessage::Stop(..) | SoundMessage::Offer(_) => None,
        }
    }

    fn handle_start(&mut self, start: &SoundStart) -> Option<ServerEvent> {
        if !self.supports(Encoding::SOUND) {
            // It has not said that it reads an answer.
            return None;
        }
        let stream = start.stream;
        let verdict = judge(start, self.config.sound.as_ref());
        let sound = &mut self.sound;
        let answer = match verdict {
            Ok(format) => SoundMessage::Start(SoundStart::new(stream, &format)),
            Err(reason) => SoundMessage::Stop(stream, reason),
        };
        match stream {
            SoundStream::Desktop => {
                sound.outgoing.clear();
                if matches!(sound.feed, Some(SoundFeed::Pcm(_))) {
                    sound.report(AudioReport::End);
                }
                sound.outgoing.say_sound(answer);
                let before =
                    std::mem::replace(&mut sound.feed, verdict.ok().map(SoundFeed::Packets));
                match sound.feed {
                    Some(feed) => Some(ServerEvent::SoundStarted(feed)),
                    None => before.map(|_| ServerEvent::SoundStopped),
                }
            }
            SoundStream::Microphone => {
                sound.outgoing.say_sound(answer);
                let before = std::mem::replace(&mut sound.microphone, verdict.ok());
                match sound.microphone {
                    Some(format) => Some(ServerEvent::MicrophoneStarted(format)),
                    None => before.map(|_| ServerEvent::MicrophoneStopped),
                }
            }
        }
    }

    pub(super) fn handle_audio(&mut self, command: AudioCommand) -> Option<ServerEvent> {
        let has_sound = self.config.sound.is_some() && self.supports(Encoding::QEMU_AUDIO);
        let sound = &mut self.sound;
        let is_fed = matches!(sound.feed, Some(SoundFeed::Pcm(_)));
        match command {
            AudioCommand::Enable if !has_sound => {
                sound.report(AudioReport::End);
                None
            }
            AudioCommand::Enable if is_fed => None,
            AudioCommand::Enable => {
                sound.outgoing.clear();
                sound.end(SoundEnd::STOPPED);
                Some(sound.start_pcm())
            }
            AudioCommand::Disable if is_fed => {
                sound.outgoing.clear();
                sound.end(SoundEnd::STOPPED);
                Some(ServerEvent::SoundStopped)
            }
            AudioCommand::Disable => None,
            AudioCommand::SetFormat(format) => {
                let is_other = std::mem::replace(&mut sound.pcm, format) != format;
                if !(is_fed && is_other) {
                    return None;
                }
                sound.outgoing.clear();
                sound.end(SoundEnd::STOPPED);
                Some(sound.start_pcm())
            }
        }
    }
}
