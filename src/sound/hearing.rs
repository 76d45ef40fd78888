//! A client's ear: it asks for what is offered, and gives the player what comes.

use std::time::Duration;

use audio::{codec, pcm};
use rfb::sound::{PcmFormat, PcmSample, SAMPLE_RATE, SoundFormat, SoundStream};
use rfb::{ClientEvent, LocalTime};
use transport::{Client, SoundSettings};

use super::microphone::{Input, MicrophoneInput};
use super::player::Player;

/// How often clocks are compared while there is sound.
const COMPARE: Duration = Duration::from_secs(5);
/// What a server that only has samples is asked for.
const PCM: PcmFormat = PcmFormat {
    sample: PcmSample::S16,
    channels: 2,
    frequency: SAMPLE_RATE,
};

/// See the module.
pub(crate) struct Hearing {
    player: Player,
    input: Input,
    compared: Option<LocalTime>,
    /// The server has offered to take what a microphone hears.
    takes_microphone: bool,
}

impl Hearing {
    pub(crate) fn new(client: &Client) -> Self {
        let epoch = client.instant(LocalTime::default());
        Self {
            player: Player::new(epoch),
            input: Input::new(epoch),
            compared: None,
            takes_microphone: false,
        }
    }

    pub(crate) fn player(&self) -> &Player {
        &self.player
    }

    pub(crate) fn microphone(&self) -> MicrophoneInput {
        self.input.handle()
    }

    pub(crate) fn takes_microphone(&self) -> bool {
        self.takes_microphone
    }

    /// Waits for something that the microphone has to say. Cancel safe.
    pub(crate) async fn spoken(&mut self) -> rfb::SoundPacket {
        self.input.next().await
    }

    /// The connection is another.
    pub(crate) fn reset(&mut self) {
        self.player.end();
        self.input.end();
        self.takes_microphone = false;
        self.compared = None;
    }

    /// Takes what is about sound; gives what the application is to know.
    pub(crate) fn hear(&mut self, client: &mut Client, event: ClientEvent) -> Option<ClientEvent> {
        let now = client.local_time(std::time::Instant::now());
        match &event {
            ClientEvent::SoundOffered(offer) => {
                self.takes_microphone = offer.microphone;
                if let Some(format) = format_for(client) {
                    client.start_sound(format);
                }
            }
            ClientEvent::PcmOffered if client.sound_settings().is_some() => client.start_pcm(PCM),
            ClientEvent::SoundStarted(SoundStream::Desktop, format) => self.player.begin(*format),
            ClientEvent::SoundStarted(SoundStream::Microphone, format) => self.input.begin(*format),
            ClientEvent::SoundStopped(SoundStream::Desktop, _) => self.player.end(),
            ClientEvent::PcmStopped => self.player.end_pcm(),
            ClientEvent::SoundStopped(SoundStream::Microphone, _) => self.input.end(),
            ClientEvent::PcmStarted => self.player.begin_pcm(),
            ClientEvent::SoundVolume(volume) => self.player.want(*volume),
            ClientEvent::ClockCompared(sample) => self.player.compare(sample),
            _ => {}
        }
        match event {
            ClientEvent::Sound(packet) => {
                self.player.take(now, packet);
                self.compare_clocks(client, now);
                None
            }
            ClientEvent::Pcm(bytes, format) => {
                self.player.take_pcm(now, &pcm::decode(&bytes, &format));
                None
            }
            event => Some(event),
        }
    }

    fn compare_clocks(&mut self, client: &mut Client, now: LocalTime) {
        if self.compared.is_none_or(|last| last + COMPARE <= now) {
            self.compared = Some(now);
            client.compare_clocks();
        }
    }
}

/// What to ask the server for; `None` if no sound is wanted.
pub(crate) fn format_for(client: &Client) -> Option<SoundFormat> {
    let SoundSettings {
        channels,
        frame,
        bit_rate,
    } = client.sound_settings()?;
    let usual = match client.has_datagrams() {
        true => codec::datagram_format(),
        false => codec::stream_format(),
    };
    Some(SoundFormat {
        channels: channels.clamp(1, 2),
        frame: frame.unwrap_or(usual.frame),
        bit_rate: bit_rate.unwrap_or(usual.bit_rate),
        ..usual
    })
}
