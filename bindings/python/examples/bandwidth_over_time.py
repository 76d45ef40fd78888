"""Bandwidth over time: what a server sends while the link gets slower, and while it has a cap of its own.

    python bandwidth_over_time.py --out bandwidth.svg [--recording session.vtz] [--seconds 10]
"""

import argparse
import tempfile
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import chart
import playing
import scenes

from tightrope.errors import ClosedError, TimedOutError
from tightrope.link import Link

STEP = 0.2
"""Seconds of one value."""


def watch(link: Link, over: Event, values: list[tuple[float, float]]) -> None:
    """Notes what the link carries to the client, in 10^6 bits a second, until it is over."""
    start, before = monotonic(), link.stats.down.bytes
    while not over.wait(STEP):
        now = link.stats.down.bytes
        values.append((monotonic() - start, (now - before) * 8 / STEP / 1e6))
        before = now


def measure(recording: Path, seconds: float, max_rate: int | None) -> list[tuple[float, float]]:
    """Seconds and what was carried; in the middle the link falls from 20 to 4 Mbit/s."""
    values: list[tuple[float, float]] = []
    over = Event()
    desktop = scenes.moving(0)
    with playing.session(desktop, {"rate": 20e6, "rtt": 0.04}, max_rate) as (server, link, client):
        watcher = Thread(target=watch, args=(link, over, values))
        watcher.start()
        is_slow = False
        for now in playing.play(recording, server, seconds):
            if now > seconds / 2 and not is_slow:
                link.change(rate=4e6)
                is_slow = True
            try:
                client.wait(0.0)
            except (ClosedError, TimedOutError):
                break
        over.set()
        watcher.join()
    return values


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recording", type=Path, help="a .vtz of 400x240; made up without it")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--cap", type=float, default=2.0, help="in Mbit/s")
    parser.add_argument("--out", type=Path, default=Path("bandwidth_over_time.svg"))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        recording = options.recording or scenes.film(Path(directory) / "scenes.vtz")
        lines = {
            "no cap": measure(recording, options.seconds, None),
            f"a cap of {options.cap} Mbit/s": measure(recording, options.seconds, int(options.cap * 1e6)),
        }
    for name, values in lines.items():
        print(f"{name}: {sum(rate for _, rate in values) / len(values):.2f} Mbit/s on average")
    chart.save(options.out, "A link that falls from 20 to 4 Mbit/s", "seconds", "Mbit/s", lines)


if __name__ == "__main__":
    main()
