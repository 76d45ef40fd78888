"""What happens: to a client's desktop, and at a server's clients."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ._tightrope import Session
from .framebuffer import Framebuffer
from .geometry import Rect
from .rights import Rights


@dataclass(frozen=True, slots=True)
class Updated:
    """The picture changed."""

    damage: list[Rect]
    """Where; the rectangles do not overlap."""
    captured: float | None
    """When the desktop looked like this, in seconds of the server's clock, if it tells."""


@dataclass(frozen=True, slots=True)
class Resized:
    """The desktop has another size, and `framebuffer` is another array."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ResizeRefused:
    """The size that was asked for will not be: why, as a number of RFB's ExtendedDesktopSize."""

    status: int


@dataclass(frozen=True, slots=True)
class CursorChanged:
    """The pointer has another shape."""


@dataclass(frozen=True, slots=True)
class PointerMoved:
    """The desktop moved the pointer by itself."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class LedsChanged:
    """The lights of the desktop's keyboard: 1 scroll, 2 num, 4 caps."""

    leds: int


@dataclass(frozen=True, slots=True)
class PowerRefused:
    """The server will not shut down or restart."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """The desktop has another name."""

    name: str


@dataclass(frozen=True, slots=True)
class Bell:
    """The bell rang."""


@dataclass(frozen=True, slots=True)
class ClipboardChanged:
    """The desktop's clipboard has this."""

    text: str | None
    html: str | None
    has_image: bool
    """Whether there is an image, which moves when it is asked for: see `Client.clipboard_image`."""


@dataclass(frozen=True, slots=True, eq=False)
class ClipboardImage:
    """The image on the desktop's clipboard that was asked for."""

    image: Framebuffer | None
    """Rows × columns × blue, green, red, alpha; `None` if it is no longer there."""


@dataclass(frozen=True, slots=True)
class MicrophoneStarted:
    """The server takes what the microphone here hears: see `Client.push_microphone`."""


@dataclass(frozen=True, slots=True)
class MicrophoneStopped:
    """The server does not take what the microphone hears, or no more."""


@dataclass(frozen=True, slots=True)
class SoundStarted:
    """The server sends sound from now on."""


@dataclass(frozen=True, slots=True)
class SoundStopped:
    """The server sends no more sound."""


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The server says why it will end the session."""

    code: int
    """0 it goes away, 1 what it showed has ended, 2 this session is not wanted any more, 3 nothing happened for too long."""
    text: str


ClientEvent: TypeAlias = (
    Updated
    | Resized
    | ResizeRefused
    | CursorChanged
    | PointerMoved
    | LedsChanged
    | PowerRefused
    | Renamed
    | Bell
    | ClipboardChanged
    | ClipboardImage
    | MicrophoneStarted
    | MicrophoneStopped
    | SoundStarted
    | SoundStopped
    | Goodbye
)


@dataclass(frozen=True, slots=True)
class Connected:
    """A client has come in."""

    session: Session
    address: str
    rights: Rights
    """What it may do."""


@dataclass(frozen=True, slots=True)
class Parted:
    """The connection of a client is lost; it may come back. Keys that it held down are to be released."""

    session: Session
    reason: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """A client that had parted is back."""

    session: Session
    address: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A client has gone."""

    session: Session
    reason: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key went down or up."""

    session: Session
    keysym: int
    """X11's; `tightrope.keys.name` gives its name."""
    keycode: int | None
    """The key itself, if the client tells: its code in the PC's set 1, with 0x80 added for those behind 0xe0."""
    down: bool


@dataclass(frozen=True, slots=True)
class Pointer:
    """The pointer moved or a button changed."""

    session: Session
    x: int
    y: int
    buttons: int
    """Bits: 1 left, 2 middle, 4 right, 8 to 64 the wheel up, down, left, right, 128 back, 256 forward."""


@dataclass(frozen=True, slots=True)
class ClipboardGiven:
    """A client's clipboard has this now."""

    session: Session
    text: str | None
    html: str | None
    has_image: bool
    """Whether there is an image, which moves when it is asked for: see `Server.request_clipboard_image`."""


@dataclass(frozen=True, slots=True, eq=False)
class ClipboardImageGiven:
    """The image on a client's clipboard that was asked for."""

    session: Session
    image: Framebuffer | None
    """Rows × columns × blue, green, red, alpha; `None` if it is no longer there."""


@dataclass(frozen=True, slots=True)
class ClientMicrophoneStarted:
    """A client's microphone is on: see `Server.microphone`."""

    session: Session


@dataclass(frozen=True, slots=True)
class ClientMicrophoneStopped:
    """A client's microphone is off."""

    session: Session


@dataclass(frozen=True, slots=True)
class ResizeRequested:
    """A client wants another size: answer with `Server.resize` or `Server.refuse_resize`."""

    session: Session
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PowerRequested:
    """A client wants the machine shut down or restarted: do so, or `Server.refuse_power`."""

    session: Session
    action: Literal["shutdown", "reboot", "reset"]


ServerEvent: TypeAlias = (
    Connected
    | Parted
    | Resumed
    | Disconnected
    | Key
    | Pointer
    | ClipboardGiven
    | ClipboardImageGiven
    | ClientMicrophoneStarted
    | ClientMicrophoneStopped
    | ResizeRequested
    | PowerRequested
)
