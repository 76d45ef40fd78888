"""The shaped link: what a network of some rate, delay, loss and queue does to TCP and UDP, between programs on this machine.

>>> with Link(("127.0.0.1", 5900), rate=8e6, rtt=0.04) as link:
...     client = tightrope.Client(f"vncs://{link.address}?fingerprint=…")
...     link.change(rate=2e6)

Numbers are bits a second and seconds; texts are as on command lines: `"8mbit"`, `"40ms"`, `"0.5%"`, `"64kb"`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self, TypedDict, Unpack

from ._tightrope import LinkRelay

Rate = float | str | Sequence[tuple[float, float]]
"""Bits a second; or steps in time, each a moment in seconds, the first 0, and the rate from then on."""
Address = str | tuple[str, int]
"""`"host:port"`, or both apart."""


class LinkSettings(TypedDict, total=False):
    """What a link is like, the same both ways."""

    rate: Rate | None
    """How fast it is; `None`: nothing ever waits."""
    rtt: float | str
    """The round trip, half of it each way."""
    jitter: float | str
    """How much earlier or later packets come, at most; none overtakes another."""
    loss: float | str
    """The share of datagrams that get lost, 0 to 1. Streams lose nothing: their systems would send it again."""
    queue: float | str
    """How much may wait, in seconds, or in bytes as "64kb"; 0.2 seconds if nothing is said."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What became of all that went one way so far."""

    bytes: int
    """With the headers of IP and of UDP or TCP; those of lost datagrams count."""
    payload: int
    """The same without any headers."""
    datagrams: int
    """Lost ones too."""
    lost: int
    """Datagrams lost on the way."""
    dropped: int
    """Datagrams that found the queue full."""
    queue: float
    """Seconds that what comes now has to wait."""
    longest_queue: float
    """The most that was."""


@dataclass(frozen=True, slots=True)
class LinkStats:
    """What passed a link."""

    up: Passed
    """To the server."""
    down: Passed
    """To the clients."""


class Link:
    """A relay in front of a server: clients connect to its address instead of the server's.

    It takes TCP and UDP at one port, over one link that all its connections share. What it does is done in real time by
    threads of the engine's own, as exactly as the machine has time for it.
    """

    def __init__(
        self,
        target: Address,
        *,
        listen: Address = ("127.0.0.1", 0),
        protocols: Literal["tcp", "udp", "both"] = "both",
        **settings: Unpack[LinkSettings],
    ) -> None:
        """Listens at `listen`, where port 0 is any that is free, and passes on to `target`."""
        self._settings: LinkSettings = settings
        self._native = LinkRelay(_address(target), _address(listen), protocols, _written(settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def host(self) -> str:
        """Where clients connect to."""
        return self._native.address[0]

    @property
    def port(self) -> int:
        """Where clients connect to."""
        return self._native.address[1]

    @property
    def address(self) -> str:
        """Host and port, as they stand in a URL."""
        return _address(self._native.address)

    @property
    def settings(self) -> LinkSettings:
        """What it is like now, as far as it was said."""
        return self._settings.copy()

    def change(self, **settings: Unpack[LinkSettings]) -> None:
        """Makes it another link from now on; what is not named stays, and steps of the rate count from now.

        What is on it goes on as it would have.
        """
        new = self._settings | settings
        self._native.change(_written(new))
        self._settings = new

    def begin(self) -> None:
        """Steps of the rate count from now on, rather than from when the link was made or changed. Once only."""
        self._native.begin()

    @property
    def stats(self) -> LinkStats:
        """What passed so far."""
        up, down = self._native.passed()
        return LinkStats(Passed(*up), Passed(*down))

    @property
    def is_closed(self) -> bool:
        """Whether it is over."""
        return self._native.closed

    def close(self) -> None:
        """Ends it, and all connections through it."""
        self._native.close()


def _address(address: Address) -> str:
    if isinstance(address, str):
        return address
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _written(settings: LinkSettings) -> tuple[str | None, str, str, str, str]:
    """The settings as command lines write them; errors name the setting."""
    known = LinkSettings.__annotations__
    for name in settings:
        if name not in known:
            raise TypeError(f"{name}: expected one of {', '.join(known)}")
    rate = settings.get("rate")
    return (
        None if rate is None else rate_text(rate),
        seconds_text("rtt", settings.get("rtt", 0.0)),
        seconds_text("jitter", settings.get("jitter", 0.0)),
        share_text("loss", settings.get("loss", 0.0)),
        seconds_text("queue", settings.get("queue", 0.2)),
    )


def rate_text(rate: Rate) -> str:
    """A rate as command lines write it."""
    if isinstance(rate, str):
        return rate
    if isinstance(rate, (int, float)):
        return f"{_number('rate', rate):.0f}bit"
    steps = list(rate)
    if not steps or steps[0][0] != 0:
        raise ValueError("rate: expected steps (seconds, bits a second), the first at 0 seconds")
    later = [f"{_number('rate', bits):.0f}bit@{_number('rate', at):.6f}s" for at, bits in steps[1:]]
    return ",".join([f"{_number('rate', steps[0][1]):.0f}bit", *later])


def seconds_text(name: str, value: float | str) -> str:
    """A time as command lines write it."""
    return value if isinstance(value, str) else f"{_number(name, value):.6f}s"


def share_text(name: str, value: float | str) -> str:
    """A share as command lines write it."""
    return value if isinstance(value, str) else f"{100.0 * _number(name, value):.6f}%"


def _number(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: expected a number or a text, got {type(value).__name__}")
    if not 0.0 <= value < float("inf"):
        raise ValueError(f"{name}: expected 0 or more, got {value}")
    return float(value)
