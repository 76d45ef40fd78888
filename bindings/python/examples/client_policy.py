"""A policy of the client's own: it asks for less quality when pictures begin to wait, and for more when they do not.

    python client_policy.py --out policy.svg [--seconds 10]

The server is told not to adapt by itself (`fixed_quality`), so that the policy is all there is.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import chart
import playing
import scenes

import tightrope
from tightrope import events
from tightrope.link import LinkSettings

LINK: LinkSettings = {"rate": "3mbit", "rtt": "40ms", "queue": "500ms"}


class Policy:
    """Keeps the queue short: quality falls by a level when a picture waited, and rises when none has for a while."""

    def __init__(self, ask: Callable[[int], None], quality: int = 9, late: float = 0.08, calm: float = 1.5) -> None:
        """`ask` is called with each level that is wanted. `late`: seconds that a picture may wait; `calm`: seconds without
        such a picture until more is tried."""
        self.quality = quality
        self._ask, self._late, self._calm = ask, late, calm
        self._least: float | None = None
        self._last = self._changed = 0.0

    def observe(self, now: float, captured: float | None) -> float:
        """A picture came at `now`; gives how long it waited, beyond the shortest that any has taken.

        Where the server does not tell when it was captured, what counts is how long it came after the one before.
        """
        age = now - (self._last if captured is None else captured)
        self._last = now
        self._least = age if self._least is None else min(self._least, age)
        waited = age - self._least
        since = now - self._changed
        if waited > self._late and since > 0.2 and self.quality > 0:
            self._choose(now, self.quality - 1)
        elif waited < self._late / 2 and since > self._calm and self.quality < 9:
            self._choose(now, self.quality + 1)
        elif waited > self._late:
            self._changed = max(self._changed, now - 0.2)
        return waited

    def _choose(self, now: float, quality: int) -> None:
        self.quality, self._changed = quality, now
        self._ask(quality)


def film(recording: Path, server: tightrope.Server, seconds: float, over: Event) -> None:
    """Plays to the end, then says so."""
    for _ in playing.play(recording, server, seconds):
        pass
    over.set()


def ignored(_: int) -> None:
    """No policy."""


def measure(recording: Path, seconds: float, uses_policy: bool) -> tuple[chart.Points, chart.Points]:
    """How long pictures waited, in milliseconds, and the quality that was asked for; both over time."""
    waits: list[tuple[float, float]] = []
    qualities: list[tuple[float, float]] = []
    over = Event()
    with playing.session(scenes.moving(0), LINK, quality=9, fixed_quality=True) as (server, _, client):
        policy = Policy(client.set_quality if uses_policy else ignored)
        player = Thread(target=film, args=(recording, server, seconds, over))
        start = monotonic()
        player.start()
        while not over.is_set():
            event = client.wait(0.1)
            if isinstance(event, events.Updated):
                now = monotonic()
                waits.append((now - start, 1000.0 * policy.observe(now, event.captured)))
                qualities.append((now - start, float(policy.quality) if uses_policy else 9.0))
        player.join()
    return waits, qualities


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--out", type=Path, default=Path("client_policy.svg"))
    options = parser.parse_args(arguments)
    lines: dict[str, chart.Points] = {}
    with tempfile.TemporaryDirectory() as directory:
        recording = scenes.film(Path(directory) / "film.vtz")
        for name, uses_policy in (("quality 9", False), ("the policy", True)):
            waits, qualities = measure(recording, options.seconds, uses_policy)
            lines[name] = waits
            mean = sum(quality for _, quality in qualities) / max(1, len(qualities))
            print(f"{name}: {len(waits)} pictures, quality {mean:.1f} on average")
    chart.save(options.out, "A film over 3 Mbit/s", "seconds", "ms that pictures wait", lines)


if __name__ == "__main__":
    main()
