//! What a server is told.

use std::time::Duration;

use bytes::Bytes;

use super::Proof;
#[cfg(doc)]
use super::{EncodedUpdate, ServerConnection};
#[cfg(doc)]
use crate::ClientMessage;
use crate::clipboard::Content;
use crate::handshake::Layer;
use crate::message::Goodbye;
use crate::{
    MediaTime, Point, PowerAction, Screen, Size, SoundFeed, SoundFormat, SoundPacket, SoundStream,
    SoundVolume,
};

/// What the server learns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerEvent {
    /// From here on the client's bytes belong to this layer: write all output, then call
    /// [`ServerConnection::upgrade`] and do the layer's handshake.
    Upgrade(Layer),
    /// The client shows this: call [`ServerConnection::accept`] or [`ServerConnection::refuse`].
    Authenticate(Proof),
    /// The handshake is done.
    Connected {
        /// Whether other clients may stay.
        shared: bool,
    },
    /// The client was refused and told so: write the output and close.
    Refused,
    /// A key went down or up.
    Key {
        /// An X11 keysym.
        keysym: u32,
        /// The key itself, if the client tells: see [`ClientMessage::ExtendedKey`].
        keycode: Option<u32>,
        /// Pressed or released.
        down: bool,
    },
    /// The pointer moved or a button changed.
    Pointer {
        /// Where.
        at: Point,
        /// The buttons held down, see [`ClientMessage::Pointer`].
        buttons: u16,
    },
    /// The client's clipboard has this now. Who waits for an image waits in vain.
    Clipboard(Content),
    /// The image that [`ServerConnection::request_clipboard_image`] asked for, a DIB (see
    /// [`Bitmap`](crate::clipboard::Bitmap)); none if it is no longer there.
    ClipboardImage(Option<Bytes>),
    /// The client wants the image that was offered as [`Image::OnRequest`](crate::clipboard::Image::OnRequest): call
    /// [`ServerConnection::give_clipboard_image`].
    ClipboardImageWanted,
    /// The client wants another desktop size: call [`ServerConnection::resize`] or
    /// [`ServerConnection::refuse_resize`].
    ResizeRequested {
        /// The wanted framebuffer.
        size: Size,
        /// The wanted screens.
        screens: Vec<Screen>,
    },
    /// The client wants the machine, or the application, shut down or restarted. Call
    /// [`ServerConnection::refuse_power`] if that will not be.
    Power(PowerAction),
    /// The client has read the update of this number and drawn it: see [`EncodedUpdate::numbered`].
    Read(u64),
    /// The client has presented the picture that was captured at this moment of [`ServerConnection::set_captured`]'s clock.
    /// Each is told of once, and only pictures that were sent.
    Presented {
        /// When it was captured.
        captured: MediaTime,
        /// How old it was then.
        age: Duration,
    },
    /// The client is to be sent the desktop's sound from now on, in this way, whatever it was sent before: by
    /// [`ServerConnection::send_sound`] or [`ServerConnection::send_pcm`].
    SoundStarted(SoundFeed),
    /// The client is to be sent no more sound.
    SoundStopped,
    /// The client will send what its microphone hears: call [`ServerConnection::end_microphone`] if that cannot be taken.
    MicrophoneStarted(SoundFormat),
    /// The client sends no more of its microphone.
    MicrophoneStopped,
    /// A packet of the client's microphone.
    Sound(SoundPacket),
    /// How loud the client wants a stream to be: the desktop's is sent to it muted or not, its microphone's is to be played
    /// so loud.
    SoundVolume(SoundStream, SoundVolume),
    /// The client says why it will end the session.
    Goodbye(Goodbye),
}
