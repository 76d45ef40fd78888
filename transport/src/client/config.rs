//! Where to connect to, and how.

use rfb::sound::FrameLength;
use rfb::{Decoders, Encoding, Limits, PixelFormat, Subsampling, Workers};

use super::endpoint::{Endpoint, UrlError};
use crate::credentials::{Fingerprint, Identity, Secret};

/// Where to connect to, and what to ask for.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Where the desktop may be, in this order: the first that answers is used, again at every reconnection.
    pub endpoints: Vec<Endpoint>,
    /// Go through this machine, `[user@]host`, by the system's OpenSSH (`ssh -W`). Not for QUIC.
    pub via: Option<String>,
    /// The command that is OpenSSH's client, and arguments that come first.
    pub ssh: Vec<String>,
    /// The server's certificate, or its key if it has only that (RA2). Without it, nothing encrypted is connected to.
    pub fingerprint: Option<Fingerprint>,
    /// What is not encrypted is wanted, in so many words.
    pub insecure: bool,
    /// For servers that ask who it is.
    pub user: Option<String>,
    /// For servers that ask.
    pub password: Option<Secret>,
    /// Our own certificate, for servers that know it.
    pub identity: Option<Identity>,
    /// Whether other clients may stay connected.
    pub shared: bool,
    /// JPEG quality level 0 to 9; `None` for lossless.
    pub quality: Option<u8>,
    /// JPEG quality 0 to 100 beside the level, which servers take that know it.
    pub fine_quality: Option<u8>,
    /// JPEG subsampling, instead of what the level stands for.
    pub subsampling: Option<Subsampling>,
    /// Whether the quality is the most that is wanted, of which our servers send less where the link is slow, so that
    /// pictures keep coming; else it is fixed.
    pub adapts: bool,
    /// Compression level 0 (fast) to 9 (small).
    pub compression: u8,
    /// The encoding to ask for first.
    pub prefer: Option<Encoding>,
    /// Whether the server is told of no other encoding than that (and Raw, which all know, and CopyRect).
    pub prefer_only: bool,
    /// How pixels are to be sent.
    pub format: PixelFormat,
    /// Announce no extension that not every program knows: see [`rfb::ClientConfig::plain`].
    pub plain: bool,
    /// The desktop's sound, if it is wanted.
    pub sound: Option<SoundSettings>,
    /// Who decodes: by default as many threads as there are processors, where there is enough to do.
    pub workers: Workers,
    /// What is accepted from the server.
    pub limits: Limits,
    /// Come only to measure: the server is told so where it reads that (`tightrope/1`). See [`super::probe()`].
    pub probe: bool,
}

/// How sound is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundSettings {
    /// Channels: 1 or 2.
    pub channels: u8,
    /// One frame; `None` for what suits the connection.
    pub frame: Option<FrameLength>,
    /// Bits a second; `None` for what suits the connection.
    pub bit_rate: Option<u32>,
}

impl Default for SoundSettings {
    fn default() -> Self {
        Self {
            channels: 2,
            frame: None,
            bit_rate: None,
        }
    }
}

impl ClientConfig {
    /// One address: `vncs://host[:port][?fingerprint=sha256:…]`, or `quic`, `wss`, `vnc` or `ws` instead of `vncs`. See
    /// [`Endpoint::read`].
    pub fn new(url: &str) -> Result<Self, UrlError> {
        let (endpoint, fingerprint) = Endpoint::read(url)?;
        Ok(Self {
            endpoints: vec![endpoint],
            via: None,
            ssh: vec!["ssh".to_owned()],
            fingerprint,
            insecure: false,
            user: None,
            password: None,
            identity: None,
            shared: true,
            quality: Some(8),
            fine_quality: None,
            subsampling: None,
            adapts: true,
            compression: 2,
            prefer: None,
            prefer_only: false,
            format: PixelFormat::BGRX,
            plain: false,
            sound: None,
            workers: Workers::available(),
            limits: Limits::default(),
            probe: false,
        })
    }

    /// What the protocol is told of it.
    pub(crate) fn protocol(&self) -> rfb::ClientConfig {
        rfb::ClientConfig {
            shared: self.shared,
            eager: false,
            quality: self.quality,
            fine_quality: self.fine_quality,
            subsampling: self.subsampling,
            adapts: self.adapts,
            compression: self.compression,
            format: self.format,
            plain: self.plain,
            sound: self.sound.is_some(),
            workers: self.workers.clone(),
            limits: self.limits.clone(),
            ..rfb::ClientConfig::default()
        }
    }

    pub(crate) fn decoders(&self, decoders: Decoders) -> Decoders {
        match self.prefer {
            Some(encoding) if self.prefer_only => decoders.only(encoding),
            Some(encoding) => decoders.preferring(encoding),
            None => decoders,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wanted_encoding_comes_first_or_alone_but_for_raw() {
        let mut config = ClientConfig::new("vncs://pod").unwrap();
        let told = |config: &ClientConfig| {
            let decoders = config.decoders(Decoders::standard());
            decoders.encodings().collect::<Vec<_>>()
        };
        assert_eq!(told(&config).last(), Some(&Encoding::RAW));
        config.prefer = Some(Encoding::RAW);
        assert_eq!(told(&config).first(), Some(&Encoding::RAW));
        assert!(told(&config).contains(&Encoding::ZRLE));
        config.prefer_only = true;
        assert_eq!(told(&config), [Encoding::RAW]);
        config.prefer = Some(Encoding::ZRLE);
        assert_eq!(told(&config), [Encoding::ZRLE, Encoding::RAW]);
    }
}
