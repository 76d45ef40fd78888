"""What the examples over a link share: a server, a link in front of it, a client behind it, and a recording that plays."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import numpy as np

import tightrope
from tightrope.link import Link, LinkSettings
from tightrope.recording import VtzReader


@contextmanager
def session(
    desktop: np.typing.NDArray[np.uint8],
    link: LinkSettings,
    max_rate: int | None = None,
    quality: int = 8,
    fixed_quality: bool = False,
) -> Iterator[tuple[tightrope.Server, Link, tightrope.Client]]:
    """A server that shows `desktop`, and a client that is connected to it over a link."""
    with (
        tightrope.Server(desktop, max_rate=max_rate) as server,
        Link(server.address, **link) as between,
        tightrope.Client(
            f"vncs://{between.address}",
            fingerprint=server.fingerprint,
            password=server.password,
            quality=quality,
            fixed_quality=fixed_quality,
        ) as client,
    ):
        client.wait_for_picture()
        yield server, between, client


def play(recording: Path, server: tightrope.Server, seconds: float) -> Iterator[float]:
    """Shows the recording in real time, over and over; gives the seconds since the beginning at each picture."""
    begin = monotonic()
    while True:
        start = monotonic()
        with VtzReader(recording) as frames:
            for frame in frames:
                sleep(max(0.0, start + frame.time - monotonic()))
                if monotonic() - begin > seconds:
                    return
                server.update(frame.picture, frame.damage)
                yield monotonic() - begin
        # As long as between two pictures of it.
        sleep(0.02)
