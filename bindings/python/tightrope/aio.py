"""The client and the server for asyncio: the same, but what waits is awaited.

>>> async with tightrope.aio.Client("vncs://host:5900?fingerprint=sha256:…", password="…") as client:
...     await client.wait_for_update()

Each belongs to the event loop that it was opened in. A wait that is cancelled loses nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

import numpy as np
import numpy.typing as npt

from ._tightrope import Client as NativeClient
from ._tightrope import Server as NativeServer
from ._tightrope import probe as native_probe
from .arguments import seconds
from .audio import Audio
from .desktop import Desktop, Stillness
from .errors import ClosedError, LostError, TimedOutError
from .events import ClientEvent, ClipboardImage, ServerEvent
from .framebuffer import Framebuffer, Path, Pixels, Region
from .geometry import Rect
from .limits import end_of, left_of
from .options import ClientOptions, ServerOptions, client_settings
from .server import Served, start
from .stats import LinkQuality
from .text import unicode

__all__ = ["Client", "Server", "probe"]

T = TypeVar("T")


class Client(Desktop):
    """A session with a VNC server, for `async with`; see `tightrope.Client`."""

    def __init__(
        self, url: str | Iterable[str] | None = None, *, timeout: float | None = 30.0, **options: Unpack[ClientOptions]
    ) -> None:
        """Checks the options; `open`, or `async with`, connects."""
        settings, limit = client_settings(url, options), seconds("timeout", timeout)
        self._connect = lambda: NativeClient(settings, limit)
        self._readable: _Readable | None = None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name in ("_native", "_kept"):
                raise _not_open()
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    async def open(self) -> Self:
        """Connects, on a thread of its own. Raises what `tightrope.Client` does."""
        native = await _on_thread(self._connect, NativeClient.close)
        super().__init__(native)
        self._readable = _Readable(native.fileno())
        return self

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the session; whoever waits for it is told by `ClosedError`."""
        native = self._native
        try:
            await _on_thread(native.close)
        finally:
            if self._readable is not None:
                self._readable.close()

    async def reconnect(self, timeout: float | None = 30.0) -> None:
        """Goes on with the session over another connection, after `LostError`; see `tightrope.Client.reconnect`."""
        native, limit = self._native, seconds("timeout", timeout)
        await _on_thread(lambda: native.reconnect(limit))

    async def wait(self, timeout: float | None = None) -> ClientEvent | None:
        """The next event, waiting for it for `timeout` seconds or for ever; `None` if there is none.

        Raises `ClosedError`, `LostError` or `ProtocolError` when the session is over.
        """
        if self._kept:
            return self._kept.popleft()
        event = await self._next(timeout)
        if event is not None:
            self._note(event)
        return event

    def poll(self) -> ClientEvent | None:
        """The next event, if there is one."""
        if self._kept:
            return self._kept.popleft()
        event = self._native.wait(0.0)
        if event is not None:
            self._note(event)
        return event

    async def events(self, timeout: float | None = None) -> AsyncIterator[ClientEvent]:
        """Events, until none comes for `timeout` seconds or the session is closed. Raises `LostError` if it broke."""
        while True:
            try:
                event = await self.wait(timeout)
            except LostError:
                raise
            except ClosedError:
                return
            if event is None:
                return
            yield event

    async def wait_for_update(self, timeout: float | None = None) -> list[Rect]:
        """Waits until the picture changes; where it did. Other events are kept for `poll` and `events`.

        Raises `TimedOutError`.
        """
        end = end_of(timeout)
        while True:
            event = await self._next(left_of(end))
            if event is None:
                raise TimedOutError(f"the picture did not change for {timeout:g} s")
            self._note(event)
            damage = self._keep(event)
            if damage is not None:
                return damage

    async def wait_for_picture(self, timeout: float | None = 30.0) -> None:
        """Waits until every pixel of the desktop has come once. Raises `TimedOutError`."""
        end = end_of(timeout)
        while not self._native.is_whole:
            await self.wait_for_update(left_of(end))

    async def screenshot(self, path: Path, region: Region | None = None, timeout: float | None = 30.0) -> None:
        """Writes what the desktop shows now, or a part of it, to a PNG file. The first time it waits for the whole
        picture."""
        await self.wait_for_picture(timeout)
        self._catch_up()
        shown = self.framebuffer if region is None else self.framebuffer.part(region)
        # A copy: the picture goes on.
        copy = shown.copy()
        await _on_thread(lambda: copy.save(path))

    async def expect(
        self,
        region: Region | None,
        image: Path | npt.NDArray[np.uint8],
        tolerance: float = 0.0,
        timeout: float | None = 10.0,
    ) -> float:
        """Waits until the desktop, or a part of it, looks like an image; see `tightrope.Client.expect`."""
        expected, end = self._expected(region, image), end_of(timeout)
        while (distance := expected.distance()) > tolerance:
            try:
                await self.wait_for_update(left_of(end))
            except TimedOutError:
                raise expected.error(tolerance, timeout) from None
        return distance

    async def clipboard_image(self, timeout: float | None = 10.0) -> Framebuffer | None:
        """The image on the desktop's clipboard, BGRA; `None` if there is none; see `tightrope.Client.clipboard_image`."""
        self._catch_up()
        if not self._has_image:
            return None
        self.request_clipboard_image()
        end = end_of(timeout)
        while True:
            event = await self._next(left_of(end))
            if event is None:
                raise TimedOutError(f"the image did not come within {timeout} s")
            if isinstance(event, ClipboardImage):
                return event.image
            self._note(event)
            self._keep(event)

    async def wait_until_still(
        self,
        seconds: float = 1.0,
        region: Region | None = None,
        tolerance: float = 0.0,
        timeout: float | None = 30.0,
    ) -> None:
        """Waits until the desktop, or a part of it, has looked the same for so many seconds; see
        `tightrope.Client.wait_until_still`."""
        end = end_of(timeout)
        await self.wait_for_picture(timeout)
        still = Stillness(self, region, seconds, tolerance, left_of(end))
        while not still.is_reached():
            with suppress(TimedOutError):
                await self.wait_for_update(still.left())

    @property
    def audio(self) -> AsyncIterator[npt.NDArray[np.float32]]:
        """What the desktop plays, frame by frame as time goes by: see `tightrope.Audio`. It needs `sound=True`."""
        return _audio(Audio(self._native))

    async def _next(self, timeout: float | None) -> ClientEvent | None:
        if self._readable is None:
            raise _not_open()
        return await self._readable.wait(lambda: self._native.wait(0.0), timeout)


class Server(Served):
    """A desktop that is served, for `async with`; see `tightrope.Server`."""

    def __init__(self, desktop: Pixels | tuple[int, int], **options: Unpack[ServerOptions]) -> None:
        """Listens. Raises `ServeError` if it cannot."""
        super().__init__(start(desktop, options))
        self._readable: _Readable | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shutdown()

    async def shutdown(self, reason: str = "the server ends") -> None:
        """Tells the clients, waits until they have gone, two seconds at most, and ends."""
        if self._readable is not None:
            self._readable.close()
        native = self._native
        await _on_thread(lambda: native.shutdown(unicode("reason", reason)))

    async def wait(self, timeout: float | None = None) -> ServerEvent | None:
        """What clients do next, waiting for it for `timeout` seconds or for ever; `None` if they do nothing."""
        if self._readable is None:
            self._readable = _Readable(self._native.fileno())
        return await self._readable.wait(lambda: self._native.wait(0.0), timeout)

    def poll(self) -> ServerEvent | None:
        """What clients did, if they did something."""
        return self._native.wait(0.0)

    async def events(self, timeout: float | None = None) -> AsyncIterator[ServerEvent]:
        """Events, until none comes for `timeout` seconds or the server is shut down."""
        while True:
            try:
                event = await self.wait(timeout)
            except ClosedError:
                return
            if event is None:
                return
            yield event


    @property
    def microphone(self) -> AsyncIterator[npt.NDArray[np.float32]]:
        """What a client's microphone hears, frame by frame as time goes by; see `tightrope.Server.microphone`."""
        return _audio(Audio(self._native))


async def probe(url: str | Iterable[str] | None = None, **options: Unpack[ClientOptions]) -> LinkQuality:
    """Measures how good the link to a server is, in two seconds at most, without beginning a session."""
    settings = client_settings(url, options)
    return await _on_thread(lambda: native_probe(settings))


def _not_open() -> ClosedError:
    return ClosedError("the client is not open: use async with, or await open()")


class _Readable:
    """A descriptor in the loop of who waits first; any number of tasks of that loop may wait for it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: set[asyncio.Future[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False

    async def wait(self, take: Callable[[], T | None], timeout: float | None) -> T | None:
        """What `take` gives, which is asked again whenever the descriptor is readable. Cancellation between two questions
        loses nothing: what is taken is returned without another wait."""
        loop = asyncio.get_running_loop()
        end = end_of(timeout)
        while True:
            taken = take()
            left = left_of(end)
            if taken is not None or left == 0.0:
                return taken
            future: asyncio.Future[None] = loop.create_future()
            self._add(future, loop)
            timer = None if left is None else loop.call_later(left, _finish, future)
            try:
                await future
            finally:
                if timer is not None:
                    timer.cancel()
                self._remove(future)

    def close(self) -> None:
        """Wakes all that wait: they are told by what they ask."""
        self._is_closed = True
        self._wake()
        self._forget()

    def _add(self, future: asyncio.Future[None], loop: asyncio.AbstractEventLoop) -> None:
        if self._is_closed:
            raise ClosedError("it was closed")
        if self._loop is not loop and self._waiting:
            raise RuntimeError("it is waited for in another event loop")
        if not self._waiting:
            loop.add_reader(self._descriptor, self._wake)
            self._loop = loop
        self._waiting.add(future)

    def _remove(self, future: asyncio.Future[None]) -> None:
        self._waiting.discard(future)
        if not self._waiting:
            self._forget()

    def _forget(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._descriptor)
        self._loop = None

    def _wake(self) -> None:
        for future in self._waiting:
            _finish(future)


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _audio(frames: Audio) -> AsyncIterator[npt.NDArray[np.float32]]:
    while True:
        await asyncio.sleep(max(0.0, frames.due - time.monotonic()))
        try:
            frame = next(frames)
        except StopIteration:
            return
        yield frame


async def _on_thread(work: Callable[[], T], undo: Callable[[T], object] | None = None) -> T:
    """What `work` gives, done by a thread. If nobody waits for it any more it is undone when it comes."""
    working = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        working.add_done_callback(lambda done: _drop(done, undo))
        raise


def _drop(done: "asyncio.Future[T]", undo: Callable[[T], object] | None) -> None:
    if not done.cancelled() and done.exception() is None and undo is not None:
        undo(done.result())
