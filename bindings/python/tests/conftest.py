"""What the tests share."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from display import Display, free_port

import tightrope

WIDTH, HEIGHT = 320, 200
LIMIT = 60.0
"""Seconds after which what should have happened has failed to."""


def painted(shade: int, width: int = WIDTH, height: int = HEIGHT) -> npt.NDArray[np.uint8]:
    """A picture with more than one colour, another one for each shade."""
    rows, columns = np.mgrid[0:height, 0:width]
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., 0] = columns // 8 * 3 + shade
    pixels[..., 1] = rows // 8 * 5 + shade
    pixels[..., 2] = shade
    return pixels


def connect(server: tightrope.Server, **options: object) -> tightrope.Client:
    """A client of `server`, which it lets in."""
    given: dict[str, object] = {"fingerprint": server.fingerprint, "password": server.password, "timeout": LIMIT}
    return tightrope.Client(server.url, **(given | options))  # type: ignore[arg-type]


def follow(client: tightrope.Client, expected: npt.NDArray[np.uint8]) -> None:
    """Waits until the client shows exactly this."""
    while not np.array_equal(client.framebuffer, expected):
        client.wait_for_update(LIMIT)


@pytest.fixture
def server() -> Iterator[tightrope.Server]:
    """A server that shows `painted(1)`."""
    with tightrope.Server(painted(1)) as server:
        yield server


@pytest.fixture
def client(server: tightrope.Server) -> Iterator[tightrope.Client]:
    """A client that shows what `server` shows."""
    with connect(server) as client:
        follow(client, painted(1))
        yield client


@pytest.fixture
def xtigervnc(tmp_path: Path) -> Iterator[tuple[Display, str]]:
    """TigerVNC's X server, and its address."""
    port = free_port()
    options = ["-geometry", "400x300", "-depth", "24", "-rfbport", str(port), "-SecurityTypes", "None"]
    display = Display(["Xtigervnc", *options, "-localhost", "-AcceptSetDesktopSize=1"], tmp_path)
    yield display, f"vnc://127.0.0.1:{port}"
    display.close()
