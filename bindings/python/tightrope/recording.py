"""Recordings: `.vtz`, every picture of a session without loss, and FBS, what a server said.

>>> with VtzReader("session.vtz") as recording:
...     for frame in recording:
...         print(frame.time, frame.damage, frame.picture.mean())
"""

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path as Files
from types import TracebackType
from typing import Self

import numpy as np

from . import _tightrope
from .codec import Bytes, Region, rects
from .errors import ClosedError
from .framebuffer import Framebuffer, Pixels
from .geometry import Rect

Path = str | PathLike[str]


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of a recording."""

    index: int
    """Its number, from 0."""
    time: float
    """Seconds since the first."""
    picture: Framebuffer
    """All of it, height × width × 4 bytes (BGRX). It is the same memory for every frame, read-only, and changes when the
    next is read: copy what you keep."""
    tiles: tuple[Rect, ...]
    """The tiles that changed."""
    damage: tuple[Rect, ...]
    """The same, joined to larger rectangles."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a finished recording holds."""

    frames: int
    duration: float
    """Seconds from the first to the last."""
    bytes: int
    """Of the file."""


class VtzReader(Iterator[Frame]):
    """Reads the pictures of a `.vtz`, one after the other, into the same memory."""

    def __init__(self, path: Path) -> None:
        """Raises `RecordingError` if there is none."""
        self._native = _tightrope.VtzReader(fspath(path))
        self._picture = np.asarray(self._native.picture()).view(Framebuffer)
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing more is read. The file is let go with the last picture that somebody holds."""
        self._closed = True

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self._native.size

    @property
    def frame_count(self) -> int:
        """Pictures in it, as its head says."""
        return self._native.frame_count

    @property
    def is_cut_short(self) -> bool:
        """Whether it was not ended as it should be; known once the last picture was read."""
        return self._native.is_cut_short

    @property
    def picture(self) -> Framebuffer:
        """The picture as last read; black before the first."""
        return self._picture

    def __next__(self) -> Frame:
        if self._closed:
            raise ClosedError("the recording is closed")
        read = self._native.read()
        if read is None:
            raise StopIteration
        index, time, tiles, damage = read
        return Frame(
            index=index,
            time=time,
            picture=self._picture,
            tiles=tuple(Rect(*tile) for tile in tiles),
            damage=tuple(Rect(*rect) for rect in damage),
        )


class VtzWriter:
    """Writes pictures as they come; only what changed is written."""

    def __init__(self, path: Path, size: tuple[int, int], *, level: int = 3) -> None:
        """Creates `path`, or empties it. `size`: width and height. `level`: 1 (fast) to 19 (small)."""
        width, height = size
        self._native = _tightrope.VtzWriter(fspath(path), width, height, level)
        self._summary: Summary | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self._native.size

    def add(self, array: Pixels, time: float, damage: Region | None = None) -> bool:
        """Writes what changed in `array` inside `damage` as the picture of `time` seconds, which is not before the last.

        Whether anything had changed; if not, nothing was written.
        """
        return self._native.add(array, time, rects(damage))

    def flush(self) -> None:
        """Makes all that was written readable, even if nothing more is."""
        self._native.flush()

    def finish(self) -> Summary:
        """Ends the recording; the same again when it is asked again."""
        ended = self._native.finish()
        if ended is not None:
            self._summary = Summary(*ended)
        if self._summary is None:
            raise ClosedError("the recording could not be finished before")
        return self._summary


@dataclass(frozen=True, slots=True)
class Format:
    """How pixels are laid out in a stream."""

    bits_per_pixel: int
    depth: int
    big_endian: bool
    max: tuple[int, int, int]
    """Largest red, green and blue."""
    shift: tuple[int, int, int]
    """Bits to shift right to reach them."""


class ServerStream(Iterator[tuple[float, bytes]]):
    """A recording as what a server says: seconds and bytes, from the protocol's version on.

    An `.fbs` is given as it is; of a `.vtz` updates are made (ZRLE). The start is that of version 3.3 without a password,
    whatever was recorded.
    """

    def __init__(self, path: Path) -> None:
        """Raises `RecordingError` if there is none, `ValueError` if its name ends otherwise."""
        self._native = _tightrope.ServerStream(fspath(path))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height at the start."""
        return self._native.size

    @property
    def name(self) -> str:
        """Of the desktop."""
        return self._native.name

    @property
    def pixel_format(self) -> Format:
        """What its pixels are like."""
        bits, depth, big_endian, most, shift = self._native.pixel_format
        return Format(bits, depth, big_endian, (most[0], most[1], most[2]), (shift[0], shift[1], shift[2]))

    @property
    def is_cut_short(self) -> bool:
        """Whether it was not ended as it should be; known at its end."""
        return self._native.is_cut_short

    def __next__(self) -> tuple[float, bytes]:
        read = self._native.read()
        if read is None:
            raise StopIteration
        return read


class FbsWriter:
    """Writes what a server says, with times, for players of FBS."""

    def __init__(self, path: Path, size: tuple[int, int], name: str = "recording") -> None:
        """Creates `path`, or empties it, and writes the start of a stream of BGRX pixels."""
        width, height = size
        self._native = _tightrope.FbsWriter(fspath(path), width, height, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()

    def add(self, time: float, data: Bytes) -> None:
        """Writes the server's messages that came at `time` seconds."""
        self._native.add(time, data)

    def finish(self) -> None:
        """Brings all of it to the file."""
        self._native.finish()


@dataclass(frozen=True, slots=True)
class Converted:
    """What a conversion made."""

    files: tuple[Files, ...]
    """In order: a `.vtz` for each size that the desktop had."""
    frames: int
    """Pictures; for an `.fbs` blocks."""
    duration: float
    is_cut_short: bool
    """The source was not ended as it should be: what is there was converted."""


def convert(source: Path, target: Path, *, fps: int = 30) -> Converted:
    """Converts `source` to `target`, each a `.vtz` or an `.fbs`; pictures are at least 1/`fps` seconds apart."""
    if not 1 <= fps <= 1000:
        raise ValueError(f"fps: expected 1 to 1000, got {fps}")
    files, frames, duration, is_cut_short = _tightrope.convert_recording(fspath(source), fspath(target), fps)
    return Converted(tuple(files), frames, duration, is_cut_short)
