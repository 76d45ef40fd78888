"""The server whose calls wait."""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, Unpack

import numpy as np
import numpy.typing as npt

from ._tightrope import Server as Native
from ._tightrope import Session
from .arguments import EVERY, integer, pair, rectangle, seconds
from .audio import Audio
from .errors import ClosedError
from .events import ServerEvent
from .framebuffer import Path, Pixels, bgra
from .geometry import Rect
from .options import ServerOptions, server_settings
from .stats import Stats
from .text import optional, unicode

Damage = Rect | tuple[int, int, int, int] | Iterable[Rect | tuple[int, int, int, int]]


class Served:
    """What a server does without waiting: the same for `Server` and `aio.Server`."""

    def __init__(self, native: Native) -> None:
        self._native = native

    @property
    def url(self) -> str:
        """The address for a viewer on this machine; port and protocol are right for others too."""
        return self._native.url()

    @property
    def fingerprint(self) -> str | None:
        """The certificate's fingerprint, which clients pin; `None` if no certificate is ever shown."""
        return self._native.fingerprint()

    @property
    def password(self) -> str | None:
        """What lets clients in; `None` if everybody may come in."""
        return self._native.password()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: host and port."""
        return self._native.address()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the desktop."""
        return self._native.size()

    @property
    def sessions(self) -> int:
        """How many clients are in."""
        return self._native.sessions()

    @property
    def sound_wanted(self) -> bool:
        """Whether any client listens."""
        return self._native.sound_wanted()

    def fileno(self) -> int:
        """A file descriptor that is readable when `poll` would give something."""
        return self._native.fileno()

    def update(self, array: Pixels, damage: Damage | None = None) -> None:
        """The desktop looks like `array` now: uint8 of shape (height, width, 4), blue, green, red and one that is ignored.

        Its rows may be any distance apart. It is looked at during this call only, and is not to be written to by another
        thread meanwhile. `damage` is where it may have changed, as rectangles (left, top, width, height); what did not
        change costs the clients nothing, so without it the whole picture is compared.
        """
        self._native.update(array, None if damage is None else _rects(damage))

    def push_sound(self, samples: npt.NDArray[np.float32], captured: float | None = None) -> None:
        """The desktop plays this: float32 of shape (frames, 2) at 48 kHz, the first of them at `captured` on
        `time.monotonic`'s clock; without that, the last of them is heard now. It needs `sound=True`."""
        self._native.push_sound(samples, captured)

    def resize(self, width: int, height: int, asked_by: Session | None = None) -> None:
        """The desktop has another size, maybe as `asked_by` wished. What is new is black until the next `update`."""
        asked = None if asked_by is None else _session("asked_by", asked_by)
        self._native.resize(integer("width", width, 1, EVERY), integer("height", height, 1, EVERY), asked)

    def refuse_resize(self, session: Session) -> None:
        """The size that this client asked for will not be."""
        self._native.refuse_resize(_session("session", session))

    def refuse_power(self, session: Session) -> None:
        """What this client asked for as `events.PowerRequested` will not be."""
        self._native.refuse_power(_session("session", session))

    def set_cursor(self, cursor: Pixels | None, x: int = 0, y: int = 0) -> None:
        """The pointer's shape: uint8 of shape (height, width, 4), blue, green, red, alpha, and the pixel of it that points;
        `None` hides the pointer."""
        self._native.set_cursor(cursor, integer("x", x, 0, EVERY), integer("y", y, 0, EVERY))

    def set_pointer(self, x: int, y: int) -> None:
        """Where the pointer is, whoever moved it."""
        self._native.set_pointer(integer("x", x, 0, EVERY), integer("y", y, 0, EVERY))

    def set_clipboard(
        self,
        text: str | None = None,
        *,
        html: str | None = None,
        image: Path | npt.NDArray[np.uint8] | None = None,
    ) -> None:
        """The desktop's clipboard has this: text, the same as HTML, an image (a PNG file, BGRA, or RGB)."""
        pixels = None if image is None else bgra(image)
        self._native.set_clipboard(optional("text", text), optional("html", html), pixels)

    def request_clipboard_image(self, session: Session) -> None:
        """Asks for the image on a client's clipboard: `events.ClipboardImageGiven` answers, unless the client goes or copies
        something else."""
        self._native.request_clipboard_image(_session("session", session))

    def disconnect(self, session: Session, reason: str = "the server ends the session") -> bool:
        """Ends one client's session, and tells it why; `events.Disconnected` tells when it is gone. Nobody goes on with that
        session; who has a password may come in anew. `False` if there is no such session any more."""
        return self._native.end_session(_session("session", session), unicode("reason", reason))

    def set_name(self, name: str) -> None:
        """The desktop has another name."""
        self._native.set_name(unicode("name", name))

    def set_leds(self, leds: int) -> None:
        """The lights of the desktop's keyboard: 1 scroll, 2 num, 4 caps."""
        self._native.set_leds(integer("leds", leds, 0, 7))

    def bell(self) -> None:
        """Rings the clients' bells."""
        self._native.bell()

    def stats(self, session: Session) -> Stats | None:
        """What one client's session has moved, and how good its link is; `None` if it has gone."""
        return self._native.stats(_session("session", session))


class Server(Served):
    """A desktop that is served: pixels of the program's own, to any number of clients.

    The network is served by threads of the engine's own, whatever the program does meanwhile. Every method may be called
    from any thread. In a `with` statement the server ends with it.
    """

    def __init__(self, desktop: Pixels | tuple[int, int], **options: Unpack[ServerOptions]) -> None:
        """Serves a picture, or a desktop of that width and height of which nothing is seen before the first `update`.

        Raises `ServeError` if it cannot listen.
        """
        super().__init__(start(desktop, options))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()

    def shutdown(self, reason: str = "the server ends") -> None:
        """Tells the clients, waits until they have gone, two seconds at most, and ends."""
        self._native.shutdown(unicode("reason", reason))

    def wait(self, timeout: float | None = None) -> ServerEvent | None:
        """What clients do next, waiting for it for `timeout` seconds or for ever; `None` if they do nothing."""
        return self._native.wait(seconds("timeout", timeout))

    def poll(self) -> ServerEvent | None:
        """What clients did, if they did something."""
        return self._native.wait(0.0)

    @property
    def microphone(self) -> Audio:
        """What a client's microphone hears, frame by frame as time goes by, as `Client.audio`; silence while none is on. It
        needs `sound=True` and `microphone=True`."""
        return Audio(self._native)

    def events(self, timeout: float | None = None) -> Iterator[ServerEvent]:
        """Events, until none comes for `timeout` seconds or the server is shut down."""
        while True:
            try:
                event = self.wait(timeout)
            except ClosedError:
                return
            if event is None:
                return
            yield event


def start(desktop: Pixels | tuple[int, int], options: ServerOptions) -> Native:
    """A native server that shows `desktop`."""
    settings = server_settings(options)
    if isinstance(desktop, tuple):
        width, height = pair("desktop", desktop)
        return Native(settings, integer("width", width, 1, EVERY), integer("height", height, 1, EVERY))
    shape: tuple[int, ...] = getattr(desktop, "shape", ())
    if len(shape) != 3 or shape[2] != 4:
        expected = "an array of uint8 of shape (height, width, 4), or (width, height)"
        raise ValueError(f"desktop: expected {expected}, got {type(desktop).__name__} of shape {shape}")
    native = Native(settings, shape[1], shape[0])
    native.update(desktop, None)
    return native


def _rects(damage: Damage) -> list[tuple[int, int, int, int]]:
    if isinstance(damage, str) or not isinstance(damage, Iterable):
        raise TypeError(f"damage: expected a rectangle, or several, got {type(damage).__name__}")
    rects = list(damage)
    if rects and not isinstance(rects[0], Iterable):
        return [rectangle("damage", rects)]
    return [rectangle("damage", rect) for rect in rects]


def _session(name: str, session: Session) -> Session:
    if not isinstance(session, Session):
        raise TypeError(f"{name}: expected the session of an event, got {type(session).__name__}")
    return session
