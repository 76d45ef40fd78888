"""The programs of README.md, run as they are printed there."""

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import LIMIT, follow, painted

import tightrope
from tightrope import events

README = Path(__file__).parents[3] / "README.md"


def program(start: str) -> str:
    """The block of README's section on Python that has this in it."""
    section = README.read_text().split("## From Python")[1].split("\n## ")[0]
    blocks: list[str] = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    [block] = [block for block in blocks if start in block]
    return block


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A directory that is the current one."""
    before = os.getcwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def test_the_client_of_three_lines_works_as_printed(elsewhere: Path) -> None:
    text = program('"desktop.png"')
    assert len(text.strip().splitlines()) == 3
    with tightrope.Server(painted(1), password="abcdefgh") as server:
        address = f'"{server.url}/?fingerprint={server.fingerprint}"'
        printed = '"vncs://127.0.0.1:5900/?fingerprint=sha256:6fb1…"'
        assert printed in text
        exec(text.replace(printed, address), {})
    assert np.array_equal(tightrope.load(elsewhere / "desktop.png")[..., :3], painted(1)[..., :3])


def test_the_client_that_types_and_looks_works_as_printed(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = program("client.expect")
    with tightrope.Server(painted(1), insecure=True, allow="plain", password="") as server:

        def answer() -> None:
            # What is typed last is answered by another picture, and that by the first again.
            for event in server.events(LIMIT):
                if isinstance(event, events.Key) and event.keysym == ord("t") and not event.down:
                    server.update(painted(9))
                    server.update(painted(1))
                    return

        desktop = threading.Thread(target=answer)
        desktop.start()
        exec(text.replace("vnc://host:5901", server.url), {"tightrope": tightrope})
        desktop.join()
    assert capsys.readouterr().out.startswith("(200, 320, 4) ")


def test_the_server_works_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = program("tightrope.Server(desktop)")
    printed: list[tuple[str, str, str]] = []
    is_printed = threading.Event()
    served: list[tightrope.Server] = []

    class Server(tightrope.Server):
        def __enter__(self) -> "Server":
            served.append(self)
            return self

    def note(*given: str) -> None:
        printed.append((given[0], given[1], given[2]))
        is_printed.set()

    monkeypatch.setattr(tightrope, "Server", Server)
    running = threading.Thread(target=exec, args=(text, {"tightrope": tightrope, "print": note}))
    running.start()
    assert is_printed.wait(LIMIT)
    [(url, fingerprint, password)] = printed
    with tightrope.Client(url, fingerprint=fingerprint, password=password, timeout=LIMIT) as client:
        client.type("z")
        expected = np.zeros((480, 640, 4), np.uint8)
        expected[..., 1] = ord("z")
        follow(client, expected)
    served[0].shutdown()
    running.join(LIMIT)
    assert not running.is_alive()
