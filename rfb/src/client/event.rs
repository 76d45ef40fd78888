//! What a client is told.

use std::time::Duration;

use bytes::Bytes;

#[cfg(doc)]
use super::ClientConnection;
use super::ClockSample;
use crate::clipboard::Content;
use crate::handshake::{Challenge, Layer};
use crate::message::{Goodbye, ProbeAnswer};
use crate::screen::ResizeStatus;
use crate::{
    Leds, MediaTime, PcmFormat, Point, Region, Screen, Size, SoundEnd, SoundFormat, SoundOffer,
    SoundPacket, SoundStream, SoundVolume, Ticket,
};

/// What the client learns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// From here on the server's bytes belong to this layer: write all output, then call
    /// [`ClientConnection::upgrade`] and do the layer's handshake.
    Upgrade(Layer),
    /// The server wants VncAuth: give the answer to [`ClientConnection::answer`].
    Challenge(Challenge),
    /// The server wants user and password: call [`ClientConnection::give_credentials`].
    CredentialsWanted,
    /// The handshake is done; the framebuffer exists and is black, or shows what it showed before a resume.
    Connected {
        /// The desktop.
        size: Size,
        /// Shown in the window title.
        name: String,
    },
    /// The framebuffer changed.
    Updated {
        /// Where.
        damage: Region,
        /// When the desktop looked like this, on the server's clock, if it tells.
        captured: Option<MediaTime>,
    },
    /// All has come of the picture that was captured then, on the server's clock: what was updated since the last end of a
    /// picture belongs together. Only from servers that tell. See
    /// [`ClientConnection::presented`].
    PictureEnded {
        /// When it was captured.
        captured: MediaTime,
    },
    /// The desktop has another size or other screens; what was shown before is kept where it fits.
    Resized {
        /// The new size, which the framebuffer has already.
        size: Size,
        /// Its screens; none if the server does not tell.
        screens: Vec<Screen>,
    },
    /// The size this client asked for will not be.
    ResizeRefused(ResizeStatus),
    /// The pointer has another shape: see [`ClientConnection::cursor`].
    CursorChanged,
    /// The desktop moved the pointer to here: it was not this client's doing.
    PointerMoved(Point),
    /// The keyboard's lights changed.
    LedsChanged(Leds),
    /// The server will not do what [`ClientConnection::power`] asked for.
    PowerRefused,
    /// The clocks were compared, see [`ClientConnection::compare_clocks`].
    ClockCompared(ClockSample),
    /// The desktop has another name.
    Renamed(String),
    /// Ring the bell.
    Bell,
    /// The server's clipboard has this now. Who waits for an image waits in vain.
    Clipboard(Content),
    /// The image that [`ClientConnection::request_clipboard_image`] asked for, a DIB (see
    /// [`Bitmap`](crate::clipboard::Bitmap)); none if it is no longer there.
    ClipboardImage(Option<Bytes>),
    /// The server wants the image that was offered as [`Image::OnRequest`](crate::clipboard::Image::OnRequest): call
    /// [`ClientConnection::give_clipboard_image`].
    ClipboardImageWanted,
    /// What to come back with, see [`ClientConnection::resume`]. The latest counts.
    Ticket(Ticket),
    /// The server has sound: see [`ClientConnection::start_sound`].
    SoundOffered(SoundOffer),
    /// The server has sound, but only by QEMU's extension: see [`ClientConnection::start_pcm`].
    PcmOffered,
    /// The server sends, or takes, this stream from now on, in this format.
    SoundStarted(SoundStream, SoundFormat),
    /// It does not, or no longer. A lost connection ends all streams without a word; the next one offers anew.
    SoundStopped(SoundStream, SoundEnd),
    /// A packet of the desktop's sound.
    Sound(SoundPacket),
    /// How loud the server wants the desktop's sound to be played.
    SoundVolume(SoundVolume),
    /// By QEMU's extension: something plays.
    PcmStarted,
    /// By QEMU's extension: nothing plays any more.
    PcmStopped,
    /// By QEMU's extension: samples of the desktop's sound, any number of bytes.
    Pcm(Bytes, PcmFormat),
    /// The answer to [`ClientConnection::measure_round_trip`].
    RoundTrip(Duration),
    /// An answer to [`ClientConnection::probe`].
    ProbeAnswered(ProbeAnswer),
    /// The server says why it will end the session.
    Goodbye(Goodbye),
}
