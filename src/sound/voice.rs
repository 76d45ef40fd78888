//! What a server says: samples become what each client listens to, once for all that listen to the same.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use audio::pcm::{self, Converter};
use audio::{EncoderConfig, Sender, SenderConfig};
use rfb::MediaTime;
use rfb::sound::{PcmFormat, SoundFeed, SoundFormat, SoundStream};
use transport::Server;

/// The coders of all feeds that are listened to.
#[derive(Default)]
pub(crate) struct Voice(Mutex<Vec<(SoundFeed, Coder)>>);

enum Coder {
    Packets(Box<Sender>),
    Pcm(Box<Converter>, PcmFormat),
    /// There is no such format: who listens to it hears nothing.
    None,
}

impl Voice {
    /// Takes interleaved stereo at 48 kHz whose first sample was captured at `captured`.
    pub(crate) fn say(&self, server: &Server, samples: &[f32], captured: Instant) {
        let feeds = server.sound_feeds();
        let captured = server.media_time(captured);
        let mut coders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        coders.retain(|(feed, _)| feeds.iter().any(|own| own.feed == *feed));
        for listened in feeds {
            let feed = listened.feed;
            let place = coders.iter().position(|(own, _)| *own == feed);
            let place = place.unwrap_or_else(|| {
                coders.push((feed, Coder::new(&feed)));
                coders.len() - 1
            });
            if let Some((_, coder)) = coders.get_mut(place) {
                coder.say(server, &feed, samples, (captured, listened.repair));
            }
        }
    }
}

impl Coder {
    fn new(feed: &SoundFeed) -> Self {
        let made = match feed {
            SoundFeed::Packets(format) => sender(SoundStream::Desktop, *format)
                .map(|sender| Self::Packets(Box::new(sender)))
                .map_err(|error| error.to_string()),
            SoundFeed::Pcm(format) => Converter::to_format(format)
                .map(|converter| Self::Pcm(Box::new(converter), *format))
                .map_err(|error| error.to_string()),
        };
        made.unwrap_or_else(|error| {
            tracing::warn!("no sound in {feed:?}: {error}");
            Self::None
        })
    }

    fn say(
        &mut self,
        server: &Server,
        feed: &SoundFeed,
        samples: &[f32],
        (captured, repair): (MediaTime, bool),
    ) {
        match self {
            Self::Packets(sender) => {
                sender.set_repair(repair);
                sender.push(samples, captured);
                while let Some(packet) = sender.poll() {
                    server.send_sound(feed, packet);
                }
            }
            Self::Pcm(converter, format) => {
                let mut converted = Vec::new();
                converter.convert(samples, &mut converted);
                let mut bytes = Vec::new();
                pcm::encode(&converted, format, &mut bytes);
                if !bytes.is_empty() {
                    server.send_pcm(feed, bytes.into());
                }
            }
            Self::None => {}
        }
    }
}

/// A sender of `stream`.
pub(super) fn sender(
    stream: SoundStream,
    format: SoundFormat,
) -> Result<Sender, audio::CodecError> {
    Sender::new(SenderConfig {
        stream,
        encoder: EncoderConfig::new(format),
    })
}
