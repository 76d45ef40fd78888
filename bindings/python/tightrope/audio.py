"""What a desktop plays, and sound without a session: Opus, the sender, the jitter buffer and the clock."""

import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ._tightrope import Client as Native
from ._tightrope import Server as NativeServer
from .sound import Clock, OpusDecoder, OpusEncoder, OpusSettings, Packet, Playout, PlayoutStats, Sender

__all__ = [
    "FRAMES",
    "RATE",
    "Audio",
    "Clock",
    "OpusDecoder",
    "OpusEncoder",
    "OpusSettings",
    "Packet",
    "Playout",
    "PlayoutStats",
    "Sender",
]

RATE = 48_000
"""Samples a second of each channel."""
FRAMES = 960
"""Samples of each channel in what `Audio` gives: 20 ms."""


class Audio(Iterator[npt.NDArray[np.float32]]):
    """The desktop's sound as float32 arrays of shape (960, 2), each of which is 20 ms at 48 kHz, within ±1.

    Each comes when it is to be heard, so a loop over it takes as long as the sound; silence is given as such. It ends with
    the session. The playout of a client is one: two loops share it.
    """

    def __init__(self, native: Native | NativeServer) -> None:
        self._native = native
        self._next = time.monotonic()

    def __next__(self) -> npt.NDArray[np.float32]:
        if self._native.is_over:
            raise StopIteration
        late = time.monotonic() - self._next
        if late < 0.0:
            time.sleep(-late)
        return self._frame()

    @property
    def due(self) -> float:
        """When the next one comes, on `time.monotonic`'s clock."""
        return self._next

    def _frame(self) -> npt.NDArray[np.float32]:
        now = time.monotonic()
        if now - self._next > 0.5:
            # Who did not ask for so long has missed what was to be heard.
            self._next = now
        samples = np.empty((FRAMES, 2), np.float32)
        self._native.fill_sound(samples, self._next)
        self._next += FRAMES / RATE
        return samples
