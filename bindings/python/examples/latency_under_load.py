"""Latency under load: how long a key takes until its echo is seen, while a film plays beside it.

    python latency_under_load.py --out latency.svg [--samples 50]

The server is this program as well: it answers a key by painting a block of another colour.
"""

import argparse
import statistics
import tempfile
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import chart
import numpy as np
import playing
import scenes

import tightrope
from tightrope import events
from tightrope.link import LinkSettings
from tightrope.recording import VtzReader

LINK: LinkSettings = {"rate": "8mbit", "rtt": "20ms"}
BLOCK = (0, 0, 32, 32)
LIMIT = 20.0


def colour(keys: int) -> tuple[int, int, int]:
    """The block's after so many keys: blue, green, red; far from the one before."""
    return keys * 97 % 256, 0, 255


def paint(server: tightrope.Server, recording: Path | None, over: Event) -> None:
    """The desktop: a film that plays below a block, which has another colour after every key."""
    desktop = scenes.moving(0)
    keys = 0
    frames = VtzReader(recording) if recording is not None else None
    next_frame = monotonic()
    while not over.is_set():
        event = server.wait(0.01)
        if isinstance(event, events.Key) and event.down:
            keys += 1
            desktop[0:32, 0:32, :3] = colour(keys)
            server.update(desktop, BLOCK)
        if frames is not None and recording is not None and monotonic() >= next_frame:
            frame = next(frames, None)
            if frame is None:
                frames = VtzReader(recording)
                continue
            desktop[40:, :] = frame.picture[40:, :]
            server.update(desktop, (0, 40, 400, 200))
            next_frame = monotonic() + 0.05


def measure(recording: Path | None, samples: int) -> list[float]:
    """Milliseconds from each key to its echo."""
    over = Event()
    with playing.session(scenes.moving(0), LINK) as (server, _, client):
        painter = Thread(target=paint, args=(server, recording, over))
        painter.start()
        times = []
        try:
            for number in range(samples):
                start = monotonic()
                client.key("a")
                # JPEG may touch the block's edges: its middle says enough.
                echo = np.full((16, 16, 4), (*colour(number + 1), 0), np.uint8)
                client.expect((8, 8, 16, 16), echo, tolerance=8.0, timeout=LIMIT)
                times.append((monotonic() - start) * 1000.0)
        finally:
            over.set()
            painter.join()
    return times


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=50)
    parser.add_argument("--out", type=Path, default=Path("latency_under_load.svg"))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        film = scenes.film(Path(directory) / "film.vtz")
        measured = {"idle": measure(None, options.samples), "beside a film": measure(film, options.samples)}
    lines = {}
    for name, times in measured.items():
        print(f"{name}: {statistics.median(times):.1f} ms (median), {max(times):.1f} ms at most")
        ordered = sorted(times)
        lines[name] = [(time, 100.0 * (rank + 1) / len(ordered)) for rank, time in enumerate(ordered)]
    chart.save(options.out, "From a key to its echo, 8 Mbit/s, 20 ms", "ms", "% of the keys", lines)


if __name__ == "__main__":
    main()
