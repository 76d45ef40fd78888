//! What the client asks for.

use crate::handshake::Method;
use crate::{Limits, PixelFormat, Subsampling, Workers};

/// What the client asks for.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Whether other clients may stay connected.
    pub shared: bool,
    /// The ways in that will do, most preferred first; the first that the server offers is taken. [`Method::Plain`] only
    /// where the stream is protected below RFB: it sends the password as it is.
    pub methods: Vec<Method>,
    /// Say everything up to the first request at once, without waiting for the server's side of it, as to a server that is
    /// known to speak version 3.8 and to ask for nothing: only [`Method::None`] will do then, whatever the methods.
    pub eager: bool,
    /// The pixel format to be sent.
    pub format: PixelFormat,
    /// JPEG quality level 0 to 9 to ask for; `None` for lossless.
    pub quality: Option<u8>,
    /// JPEG quality 0 to 100 to ask for beside the level, which servers take that know it.
    pub fine_quality: Option<u8>,
    /// JPEG subsampling to ask for, instead of what the level stands for.
    pub subsampling: Option<Subsampling>,
    /// Whether the quality asked for is the most that is wanted, of which servers that know it send less where the link is
    /// slow; else it is what is wanted whatever the link.
    pub adapts: bool,
    /// Compression level 0 (fast) to 9 (small) to ask for.
    pub compression: u8,
    /// Announce only pixels and the desktop's size, and no other extension, so that the server says nothing that an old
    /// program does not understand, and draws the pointer itself. For recordings that others are to play.
    pub plain: bool,
    /// Announce that sound is wanted, by our extension or by QEMU's: the server then says what it has.
    pub sound: bool,
    /// Who draws: with more than one thread, rectangles of an update are drawn at the same time. By default the thread that
    /// asks for events.
    pub workers: Workers,
    /// What is accepted from the server.
    pub limits: Limits,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            shared: true,
            methods: vec![Method::None, Method::VncAuth],
            eager: false,
            format: PixelFormat::BGRX,
            quality: Some(8),
            fine_quality: None,
            subsampling: None,
            adapts: true,
            compression: 2,
            plain: false,
            sound: false,
            workers: Workers::default(),
            limits: Limits::default(),
        }
    }
}
