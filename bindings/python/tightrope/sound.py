"""Sound without a session: Opus, what turns samples into packets, the jitter buffer, and the clock.

All sound is 48 kHz, samples are float32 within ±1, of shape (samples, channels). None of these has a clock of its own:
moments are seconds on clocks of the caller's, from any beginning.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias, TypedDict, Unpack

import numpy as np
import numpy.typing as npt

from . import _tightrope

Samples: TypeAlias = npt.NDArray[np.float32]
Bytes: TypeAlias = bytes | bytearray | memoryview
RATE = 48_000
"""Samples a second of each channel."""


class OpusSettings(TypedDict, total=False):
    """How sound is coded."""

    channels: int
    """1 or 2."""
    frame_ms: int
    """Milliseconds of a frame: 5, 10 or 20."""
    bit_rate: int
    """Bits a second, 6,000 to 510,000."""
    profile: Literal["low-delay", "music", "voice"]
    """The shortest delay; whatever mode suits the sound; voices at low bit rates."""
    complexity: int
    """How hard it tries, 0 to 10."""
    in_band_repair: bool
    """Frames carry the one before once more, in low quality, where the profile allows it."""
    discontinuous: bool
    """Frames without anything to hear become one or two bytes."""


_Row: TypeAlias = tuple[int, int, int, str, int, bool, bool]


def _row(settings: OpusSettings) -> _Row:
    known = OpusSettings.__annotations__
    for name in settings:
        if name not in known:
            raise TypeError(f"{name}: expected one of {', '.join(known)}")
    return (
        settings.get("channels", 2),
        settings.get("frame_ms", 20),
        settings.get("bit_rate", 80_000),
        settings.get("profile", "low-delay"),
        settings.get("complexity", 5),
        settings.get("in_band_repair", False),
        settings.get("discontinuous", False),
    )


class OpusEncoder:
    """Codes one stream of sound, frame by frame: 20 ms, 80 kbit/s, stereo if nothing is said."""

    def __init__(self, **settings: Unpack[OpusSettings]) -> None:
        row = _row(settings)
        self._native = _tightrope.OpusEncoder(row)
        self.shape = (row[1] * RATE // 1000, row[0])
        """Of one frame: samples and channels."""

    @property
    def lookahead(self) -> float:
        """Seconds that the decoder gives sound out later than it went in."""
        return self._native.lookahead / RATE

    @property
    def bit_rate(self) -> int:
        """Bits a second; it can be set, from the next frame on."""
        return self._native.bit_rate

    @bit_rate.setter
    def bit_rate(self, bits: int) -> None:
        self._native.set_bit_rate(bits)

    def encode(self, samples: Samples) -> bytes:
        """One frame of samples as bytes."""
        return self._native.encode(samples)

    def reset(self) -> None:
        """Forgets the sound before: the next frame begins another stretch."""
        self._native.reset()


class OpusDecoder:
    """Decodes one stream of sound, frame by frame. A frame that is none is a `ProtocolError`, and changes nothing."""

    def __init__(self, *, channels: int = 2, frame_ms: int = 20) -> None:
        self._native = _tightrope.OpusDecoder(channels, frame_ms)
        self.shape = (frame_ms * RATE // 1000, channels)
        """Of one frame: samples and channels."""

    def decode(self, frame: Bytes, out: Samples | None = None) -> Samples:
        """The samples of one frame, written to `out` if it is given."""
        out = self._out(out)
        self._native.decode(frame, out)
        return out

    def conceal(self, out: Samples | None = None) -> Samples:
        """What stands in for a lost frame: the sound before goes on, and fades if several are lost."""
        out = self._out(out)
        self._native.conceal(out)
        return out

    def recover(self, next_frame: Bytes, out: Samples | None = None) -> Samples:
        """A lost frame from what the one after it repeats of it; concealed if that is nothing."""
        out = self._out(out)
        self._native.recover(next_frame, out)
        return out

    def reset(self) -> None:
        """Forgets the sound before: the next frame begins another stream."""
        self._native.reset()

    def _out(self, out: Samples | None) -> Samples:
        return np.empty(self.shape, np.float32) if out is None else out


@dataclass(frozen=True, slots=True)
class Packet:
    """One frame of sound."""

    sequence: int
    """Frames since the stream began, those of silence that were not sent included."""
    captured: float
    """When its first sample was captured, in seconds on the sender's clock."""
    frame: bytes
    """The coded frame."""
    is_last: bool = False
    """Nothing but silence follows until the next packet: frames in between are not lost."""
    repair: bytes | None = None
    """What frames before it can be had from if they were lost."""


class Sender:
    """Cuts captured sound into frames, codes them, and numbers and times the packets; after 200 ms of silence it sends
    nothing until there is sound again."""

    def __init__(self, **settings: Unpack[OpusSettings]) -> None:
        self._native = _tightrope.SoundSender(_row(settings))

    def push(self, samples: Samples, captured: float) -> list[Packet]:
        """Takes any number of stereo samples, the first of which was captured at `captured`; gives what is to be sent."""
        self._native.push(samples, _micros("captured", captured))
        packets = []
        while (row := self._native.poll()) is not None:
            sequence, at, is_last, frame, repair = row
            packets.append(Packet(sequence, at / 1e6, frame, is_last, repair))
        return packets

    def set_repair(self, repair: bool) -> None:
        """Whether packets carry what frames before them can be had from: it doubles the bit rate."""
        self._native.set_repair(repair)

    def set_bit_rate(self, bits: int) -> None:
        """From the next frame on, so many bits a second."""
        self._native.set_bit_rate(bits)


@dataclass(frozen=True, slots=True)
class PlayoutStats:
    """What a playout has done, and how it does."""

    packets: int
    lost: int
    """Frames that did not come in time."""
    recovered: int
    """Of these, frames that were had from repairs exactly."""
    concealed: int
    """Frames something else was played for."""
    late: int
    """Packets that came too late, or more than once, or of another time altogether."""
    malformed: int
    underruns: int
    """The buffer was found empty while sound played."""
    depth: float
    """Seconds of sound that wait when a packet has just come."""
    target: float
    """Seconds that are aimed at."""
    delay: float | None
    """Seconds from capture to leaving the device; `None` before the clocks were compared."""
    drift_ppm: float
    """By so many millionths is the sender's sound card fast against ours."""
    is_silent: bool


class Playout:
    """The jitter buffer: packets, as they come, become samples for a sound card, as it asks for them.

    Losses are repaired or concealed, and the difference between the two sound cards is made up for by playing a little
    faster or slower. Whatever packets say, memory is bounded, and what comes out is finite and within ±1.
    """

    def __init__(self, *, channels: int = 2, frame_ms: int = 20, max_wait: float = 0.3) -> None:
        """For packets of that format, which are waited for up to `max_wait` seconds."""
        self._native = _tightrope.Playout(channels, frame_ms, _micros("max_wait", max_wait))

    def handle(self, packet: Packet, now: float) -> None:
        """Takes a packet that came at `now`."""
        self._native.handle_packet(
            _micros("now", now),
            packet.sequence,
            _micros("packet.captured", packet.captured),
            packet.is_last,
            packet.frame,
            packet.repair,
        )

    def fill(self, out: Samples, now: float, plays: float | None = None) -> Samples:
        """Fills `out` with stereo, of which the first sample is heard at `plays`, or at `now`; gives `out`."""
        heard = now if plays is None else plays
        self._native.fill(_micros("now", now), _micros("plays", heard), out)
        return out

    def handle_clock(self, asked: float, received: float, answered: float, returned: float) -> None:
        """Takes a comparison of the clocks: asked here, received and answered there, returned here."""
        self._native.handle_clock(_comparison(asked, received, answered, returned))

    def due(self, captured: float) -> float | None:
        """When a picture captured then is to be shown: when the sound of that moment is heard; `None` without sound."""
        return _seconds(self._native.due(_micros("captured", captured)))

    def captured(self, at: float) -> float | None:
        """When what is heard at `at` was captured; `None` without sound."""
        return _seconds(self._native.captured(_micros("at", at)))

    def set_volume(self, volume: float) -> None:
        """How loud: 1 leaves it as it is, 0 is silent, at most 4."""
        self._native.set_volume(volume)

    def set_muted(self, muted: bool) -> None:
        """Whether nothing is to be heard."""
        self._native.set_muted(muted)

    def reset(self) -> None:
        """What comes from here on is another stream."""
        self._native.reset()

    @property
    def stats(self) -> PlayoutStats:
        """What it has done."""
        counts, depth, target, delay, drift, is_silent = self._native.stats()
        packets, lost, recovered, concealed, late, malformed, underruns = counts
        return PlayoutStats(
            packets=packets,
            lost=lost,
            recovered=recovered,
            concealed=concealed,
            late=late,
            malformed=malformed,
            underruns=underruns,
            depth=depth,
            target=target,
            delay=delay,
            drift_ppm=drift,
            is_silent=is_silent,
        )


class Clock:
    """The other side's clock, from comparing it with ours: what came back soonest counts, and drift is followed."""

    def __init__(self) -> None:
        self._native = _tightrope.ClockExchange()

    def handle(self, asked: float, received: float, answered: float, returned: float) -> None:
        """Takes a comparison: asked here, received and answered there, returned here."""
        self._native.handle(_comparison(asked, received, answered, returned))

    def local(self, there: float) -> float | None:
        """The moment on our clock; `None` before the clocks were compared."""
        return _seconds(self._native.local(_micros("there", there)))

    def there(self, local: float) -> float | None:
        """The moment on the other side's clock; `None` before the clocks were compared."""
        return _seconds(self._native.there(_micros("local", local)))


def _micros(name: str, seconds: float) -> int:
    if not 0.0 <= seconds < 1e12:
        raise ValueError(f"{name}: expected seconds from 0 on, got {seconds}")
    return round(seconds * 1e6)


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else micros / 1e6


def _comparison(asked: float, received: float, answered: float, returned: float) -> tuple[int, int, int, int]:
    return (
        _micros("asked", asked),
        _micros("received", received),
        _micros("answered", answered),
        _micros("returned", returned),
    )
