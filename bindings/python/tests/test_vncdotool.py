"""The programs of docs/guide/from-vncdotool.md, run as they are printed there."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import LIMIT, connect, follow, painted
from display import Display, free_port

import tightrope
from tightrope import events

GUIDE = Path(__file__).parents[3] / "docs/guide/from-vncdotool.md"
PRINTED = "vnc://127.0.0.1:5901"


def program(heading: str, number: int = 0) -> str:
    """A block of the section of that name."""
    sections = GUIDE.read_text().split("\n## ")
    [section] = [section for section in sections if section.startswith(f"{heading}\n")]
    blocks: list[str] = re.findall(r"```(?:python|sh)\n(.*?)```", section, re.DOTALL)
    return blocks[number]


def run(text: str, *urls: str) -> str:
    """Runs a program by a process of its own, with these addresses instead of what is printed; what it printed."""
    for printed, url in zip((PRINTED, "vnc://127.0.0.1:5902"), urls, strict=False):
        assert printed in text
        text = text.replace(printed, url)
    command = [sys.executable, "-P", "-X", "dev", "-W", "error", "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def typed(xtigervnc: tuple[Display, str], tmp_path: Path) -> Iterator[Callable[[], str]]:
    """A terminal on the X server; what was typed there as a line."""
    display, _ = xtigervnc
    fifo = tmp_path / "typed"
    os.mkfifo(fifo)
    xterm = display.start("xterm", "-geometry", "60x20+0+0", "-e", f"head -n 1 > {fifo}")
    display.run("xdotool", "search", "--sync", "--onlyvisible", "--class", "xterm")
    yield fifo.read_text
    xterm.terminate()
    xterm.wait(LIMIT)


@pytest.fixture
def plain() -> Iterator[tightrope.Server]:
    """A server of ours that any VNC client can talk to."""
    with tightrope.Server(painted(1), insecure=True, allow="plain", password="") as server:
        yield server


def until_left(server: tightrope.Server) -> list[tightrope.events.ServerEvent]:
    """What a client does until it goes."""
    found: list[tightrope.events.ServerEvent] = []
    while not found or not isinstance(found[-1], events.Disconnected):
        event = server.wait(LIMIT)
        assert event is not None, found
        found.append(event)
    return found


def test_it_types_and_looks(xtigervnc: tuple[Display, str], typed: Callable[[], str]) -> None:
    run(program("Type, and look"), xtigervnc[1])
    assert typed() == "hello world\n"
    assert tightrope.load("screen.png").shape == (300, 400, 4)


def test_it_logs_in_once_what_it_waits_for_is_there(plain: tightrope.Server) -> None:
    text = program("Log in")
    with connect(plain, insecure=True) as client:
        client.screenshot("prompt.png")
        plain.update(painted(60))
        client.expect(None, painted(60), timeout=LIMIT)
        client.screenshot("welcome.png", (0, 0, 160, 40))
    until_left(plain)
    plain.update(painted(9))

    def desktop() -> None:
        for event in plain.events(LIMIT):
            if isinstance(event, events.Connected):
                plain.update(painted(1))
            elif isinstance(event, events.Pointer) and event.buttons == 0 and (event.x, event.y) == (100, 50) and pressed:
                plain.update(painted(60))
                return
            elif isinstance(event, events.Key):
                pressed.append(event.down)

    pressed: list[bool] = []
    answers = threading.Thread(target=desktop)
    answers.start()
    assert run(text, plain.url) == ""
    answers.join()
    assert pressed == [True, False] * 4


def test_it_says_what_it_waited_for_in_vain(plain: tightrope.Server) -> None:
    text = program("Log in")
    with connect(plain, insecure=True) as client:
        client.screenshot("prompt.png")
        client.screenshot("welcome.png", (10, 10, 160, 40))
    text = text.replace('"welcome.png", tolerance=4, timeout=20', '"welcome.png", tolerance=4, timeout=0.1')
    assert "timeout=0.1" in text
    assert run(text, plain.url).startswith("region (0, 0, 160, 40) differs by ")
    assert np.array_equal(tightrope.load("failed.png")[..., :3], painted(1)[..., :3])


def test_it_looks_at_a_part_of_the_screen(xtigervnc: tuple[Display, str]) -> None:
    display, url = xtigervnc
    display.run("hsetroot", "-solid", "#336699")
    assert run(program("A part of the screen"), url) == "(100, 200, 4) [153 102  51   0]\n"
    assert tightrope.load("window.png").shape == (100, 200, 4)


def test_it_presses_keys_and_buttons(plain: tightrope.Server) -> None:
    run(program("Keys and the pointer"), plain.url)
    found = until_left(plain)
    pressed = [tightrope.keys.name(event.keysym) for event in found if isinstance(event, events.Key) and event.down]
    assert pressed == ["ctrl", "alt", "delete", "shift", "tab"]
    buttons = [event.buttons for event in found if isinstance(event, events.Pointer)]
    changes = [after for before, after in zip([0, *buttons], buttons, strict=False) if after != before]
    assert changes == [1, 0, 4, 0, 4, 0, 1, 0, 16, 0, 16, 0, 16, 0]
    last = [event for event in found if isinstance(event, events.Pointer)][-1]
    assert (last.x, last.y) == (180, 90)


def test_it_pastes_and_stays_until_that_is_done(xtigervnc: tuple[Display, str], typed: Callable[[], str]) -> None:
    run(program("Paste"), xtigervnc[1])
    assert typed() == "from here\n"


def test_it_types_slowly_and_waits_until_all_is_still(
    xtigervnc: tuple[Display, str], typed: Callable[[], str]
) -> None:
    Path("answers.txt").write_text("yes\n")
    run(program("Slowly"), xtigervnc[1])
    assert typed() == "yes\n"
    assert tightrope.load("screen.png").shape == (300, 400, 4)


@pytest.mark.parametrize("number", [0, 1], ids=["threads", "asyncio"])
def test_it_looks_at_several_desktops_at_once(xtigervnc: tuple[Display, str], tmp_path: Path, number: int) -> None:
    display, url = xtigervnc
    display.run("hsetroot", "-solid", "#ff0000")
    port = free_port()
    options = ["-geometry", "320x200", "-depth", "24", "-rfbport", str(port), "-SecurityTypes", "None", "-localhost"]
    other = Display(["Xtigervnc", *options, "-desktop", "another"], tmp_path)
    try:
        other.run("hsetroot", "-solid", "#0000ff")
        printed = run(program("Several at once", number), url, f"vnc://127.0.0.1:{port}").splitlines()
    finally:
        other.close()
    assert [line.split(": ")[0] for line in printed] == ["left", "right"] and printed[1].endswith("another")
    left, right = tightrope.load("left.png"), tightrope.load("right.png")
    assert left.shape == (300, 400, 4) and (left == [0, 0, 255, 255]).all()
    assert right.shape == (200, 320, 4) and (right == [255, 0, 0, 255]).all()


def test_what_somebody_does_is_passed_on_and_can_be_done_again(
    xtigervnc: tuple[Display, str], typed: Callable[[], str]
) -> None:
    text = program("Write down what somebody does").replace("127.0.0.1:5910", "127.0.0.1:0").replace(PRINTED, xtigervnc[1])
    command = [sys.executable, "-P", "-X", "dev", "-W", "error", "-c", text]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as between:
        assert between.stdout is not None
        told = re.fullmatch(r"tightrope-viewer '(.*)'  # password: (.*)\n", between.stdout.readline())
        assert told is not None
        with tightrope.Client(told[1], password=told[2], timeout=LIMIT) as client:
            client.wait_for_picture(LIMIT)
            assert client.size == (400, 300)
            client.move(50, 60)
            client.click(button="right")
            client.type("so -é\n")
            assert typed() == "so -é\n"
        assert between.wait(LIMIT) == 0
    script = Path("script.py").read_text()
    with tightrope.Server((400, 300)) as server:
        with connect(server) as again:
            exec(script, {"client": again})
        found = until_left(server)
    characters = [tightrope.keys.name(event.keysym) for event in found if isinstance(event, events.Key) and event.down]
    assert characters == ["s", "o", "space", "minus", "é", "return"]
    assert [(event.x, event.y, event.buttons) for event in found if isinstance(event, events.Pointer)][-1] == (50, 60, 0)


def test_the_viewer_does_the_same_from_a_shell(xtigervnc: tuple[Display, str], typed: Callable[[], str]) -> None:
    programs = str(Path(os.environ["TIGHTROPE_AGENT"]).parent)
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    text = program("From a shell").replace(PRINTED, xtigervnc[1])
    done = subprocess.run(["sh", "-c", text], env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"ok":true') == 4
    assert typed() == "hello world\n"
    assert tightrope.load("screen.png").shape == (300, 400, 4)


def test_what_the_guide_names_is_there() -> None:
    table = GUIDE.read_text().split("## What to call instead")[1].split("\n## ")[0]
    named: list[Any] = []
    for row in table.splitlines():
        if row.startswith("| ") and not row.startswith("| `vncdo` |"):
            named += re.findall(r"`([a-z_]+)\(", row.split("|")[3])
    assert len(named) > 20
    for name in set(named) - {"sleep"}:
        assert callable(getattr(tightrope.Client, name)), name
