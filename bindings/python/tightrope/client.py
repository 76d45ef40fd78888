"""The client whose calls wait."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self, Unpack

import numpy as np
import numpy.typing as npt

from ._tightrope import Client as Native
from ._tightrope import probe as native_probe
from .arguments import seconds
from .audio import Audio
from .desktop import Desktop, Stillness
from .errors import ClosedError, LostError, TimedOutError
from .events import ClientEvent, ClipboardImage
from .framebuffer import Framebuffer, Path, Region
from .geometry import Rect
from .limits import end_of, left_of
from .options import ClientOptions, client_settings
from .stats import LinkQuality


class Client(Desktop):
    """A session with a VNC server: `vncs://host:port`, or `quic`, `wss`, `vnc`, `ws` instead of `vncs`.

    The network is served by threads of the engine's own, whatever the program does meanwhile. Every method may be called
    from any thread. In a `with` statement the session is closed at its end.
    """

    def __init__(
        self, url: str | Iterable[str] | None = None, *, timeout: float | None = 30.0, **options: Unpack[ClientOptions]
    ) -> None:
        """Connects within `timeout` seconds. Several addresses are tried in this order.

        Raises `ConnectError`, `RefusedError` or one of its kinds, `ProtocolError`, or `TimedOutError`.
        """
        super().__init__(Native(client_settings(url, options), seconds("timeout", timeout)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the session; whoever waits for it is told by `ClosedError`."""
        self._native.close()

    def reconnect(self, timeout: float | None = 30.0) -> None:
        """Goes on with the session over another connection, after `LostError`; tries once, for `timeout` seconds.

        Raises what connecting does, and goes on nowhere then: it may be tried again.
        """
        self._native.reconnect(seconds("timeout", timeout))

    def wait(self, timeout: float | None = None) -> ClientEvent | None:
        """The next event, waiting for it for `timeout` seconds or for ever; `None` if there is none.

        Raises `ClosedError`, `LostError` or `ProtocolError` when the session is over.
        """
        try:
            return self._kept.popleft()
        except IndexError:
            event = self._native.wait(seconds("timeout", timeout))
        if event is not None:
            self._note(event)
        return event

    def poll(self) -> ClientEvent | None:
        """The next event, if there is one."""
        return self.wait(0.0)

    def events(self, timeout: float | None = None) -> Iterator[ClientEvent]:
        """Events, until none comes for `timeout` seconds or the session is closed. Raises `LostError` if it broke."""
        while True:
            try:
                event = self.wait(timeout)
            except LostError:
                raise
            except ClosedError:
                return
            if event is None:
                return
            yield event

    def wait_for_update(self, timeout: float | None = None) -> list[Rect]:
        """Waits until the picture changes; where it did. Other events are kept for `poll` and `events`.

        Raises `TimedOutError`.
        """
        end = end_of(timeout)
        while True:
            event = self._native.wait(left_of(end))
            if event is None:
                raise TimedOutError(f"the picture did not change for {timeout:g} s")
            self._note(event)
            damage = self._keep(event)
            if damage is not None:
                return damage

    def wait_for_picture(self, timeout: float | None = 30.0) -> None:
        """Waits until every pixel of the desktop has come once. Raises `TimedOutError`."""
        end = end_of(timeout)
        while not self._native.is_whole:
            self.wait_for_update(left_of(end))

    def screenshot(self, path: Path, region: Region | None = None, timeout: float | None = 30.0) -> None:
        """Writes what the desktop shows now, or a part of it, to a PNG file. The first time it waits for the whole
        picture."""
        self.wait_for_picture(timeout)
        self._catch_up()
        shown = self.framebuffer
        (shown if region is None else shown.part(region)).save(path)

    def expect(
        self,
        region: Region | None,
        image: Path | npt.NDArray[np.uint8],
        tolerance: float = 0.0,
        timeout: float | None = 10.0,
    ) -> float:
        """Waits until the desktop, or a part of it, looks like a PNG file or an array (BGRX, or RGB of three channels).

        `tolerance` is the root of the mean squared difference that is allowed, 0 to 255; what it was is returned. Raises
        `ExpectError` after `timeout` seconds.
        """
        expected, end = self._expected(region, image), end_of(timeout)
        while (distance := expected.distance()) > tolerance:
            try:
                self.wait_for_update(left_of(end))
            except TimedOutError:
                raise expected.error(tolerance, timeout) from None
        return distance

    def clipboard_image(self, timeout: float | None = 10.0) -> Framebuffer | None:
        """The image on the desktop's clipboard, BGRA; `None` if there is none.

        Other events are kept for `poll` and `events`. Raises `TimedOutError`.
        """
        self._catch_up()
        if not self._has_image:
            return None
        self.request_clipboard_image()
        end = end_of(timeout)
        while True:
            event = self._native.wait(left_of(end))
            if event is None:
                raise TimedOutError(f"the image did not come within {timeout} s")
            if isinstance(event, ClipboardImage):
                return event.image
            self._note(event)
            self._keep(event)

    def wait_until_still(
        self,
        seconds: float = 1.0,
        region: Region | None = None,
        tolerance: float = 0.0,
        timeout: float | None = 30.0,
    ) -> None:
        """Waits until the desktop, or a part of it, has looked the same for so many seconds.

        `tolerance` is what does not count as a change, measured as in `expect`: the step from a lossy picture to the
        exact one, or a cursor that blinks. Raises `TimedOutError`.
        """
        end = end_of(timeout)
        self.wait_for_picture(timeout)
        still = Stillness(self, region, seconds, tolerance, left_of(end))
        while not still.is_reached():
            with suppress(TimedOutError):
                self.wait_for_update(still.left())

    @property
    def audio(self) -> Audio:
        """What the desktop plays, frame by frame as time goes by: see `Audio`. It needs `sound=True`."""
        return Audio(self._native)


def probe(url: str | Iterable[str] | None = None, **options: Unpack[ClientOptions]) -> LinkQuality:
    """Measures how good the link to a server is, in two seconds at most, without beginning a session."""
    return native_probe(client_settings(url, options))
