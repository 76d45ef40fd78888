"""Other people's programs: a client of ours at a real X server, a real viewer at a server of ours."""

import os
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from conftest import LIMIT, painted
from display import Display

import tightrope
from tightrope import events


def test_a_client_shows_what_xtigervnc_shows(xtigervnc: tuple[Display, str], tmp_path: Path) -> None:
    display, url = xtigervnc
    with pytest.raises(tightrope.InsecureError):
        tightrope.Client(url)
    with tightrope.Client(url, insecure=True, quality="lossless") as client:
        for colour in ("#336699", "#c0ffee"):
            display.run("hsetroot", "-solid", colour)
            assert client.expect(None, display.picture(tmp_path / "x.png"), timeout=LIMIT) == 0.0
        client.screenshot(tmp_path / "ours.png")
        assert np.array_equal(tightrope.load(tmp_path / "ours.png"), display.picture(tmp_path / "x.png"))


def test_what_a_client_types_arrives_in_an_xterm(xtigervnc: tuple[Display, str], tmp_path: Path) -> None:
    display, url = xtigervnc
    fifo = tmp_path / "typed"
    os.mkfifo(fifo)
    xterm = display.start("xterm", "-geometry", "60x20+0+0", "-e", f"head -n 1 > {fifo}")
    try:
        with tightrope.Client(url, insecure=True) as client:
            client.wait_for_picture(LIMIT)
            # The terminal's window is there when the picture is no longer of one colour.
            while len(np.unique(client.framebuffer[:20, :20].reshape(-1, 4), axis=0)) < 2:
                client.wait_for_update(LIMIT)
            client.move(50, 50)
            client.type("Hello, {World} & ~0.5% @ #1\n")
            assert fifo.read_text() == "Hello, {World} & ~0.5% @ #1\n"
    finally:
        xterm.terminate()
        xterm.wait(LIMIT)


def test_a_client_resizes_xtigervnc(xtigervnc: tuple[Display, str]) -> None:
    _, url = xtigervnc
    with tightrope.Client(url, insecure=True) as client:
        client.wait_for_picture(LIMIT)
        assert client.resize(320, 240)
        while client.size != (320, 240):
            assert client.wait(LIMIT) is not None


def test_the_clipboard_of_xtigervnc_goes_both_ways(xtigervnc: tuple[Display, str], tmp_path: Path) -> None:
    display, url = xtigervnc
    helper = display.start("vncconfig", "-nowin")
    try:
        with tightrope.Client(url, insecure=True) as client:
            client.wait_for_picture(LIMIT)
            text = tmp_path / "text"
            text.write_text("over there: Grüße, 10 €")
            display.run("xclip", "-selection", "clipboard", "-in", str(text))
            while client.clipboard != "over there: Grüße, 10 €":
                assert client.wait(LIMIT) is not None
    finally:
        helper.terminate()
        helper.wait(LIMIT)


def test_xtigervncviewer_shows_what_a_server_shows(tmp_path: Path) -> None:
    display = Display(["Xvfb", "-screen", "0", "500x400x24"], tmp_path)
    viewer = None
    try:
        with tightrope.Server(painted(1), insecure=True, allow="plain", password="") as server:
            _, port = server.address
            options = ["-SecurityTypes", "None", "-AutoSelect=0", "-PreferredEncoding=ZRLE", "-FullColor=1"]
            viewer = display.start("xtigervncviewer", *options, f"127.0.0.1::{port}")
            while not isinstance(event := server.wait(LIMIT), events.Connected):
                assert event is not None
            assert event.rights == tightrope.Rights.FULL
            for shade in (1, 90):
                server.update(painted(shade))
                x, y = wait_for_window(display, tmp_path / "window.png", painted(shade)[..., :3])
            # There is no window manager, so nothing else gives it the keys.
            at = ["mousemove", str(x + 9), str(y + 9), "click", "1"]
            display.run("xdotool", "search", "--onlyvisible", "--name", "TigerVNC", *at, "windowfocus", "type", "ok")
            typed = ""
            while not typed.endswith("ok"):
                event = server.wait(LIMIT)
                assert event is not None, typed
                if isinstance(event, events.Key) and event.down and event.keysym < 0x80:
                    typed += chr(event.keysym)
    finally:
        if viewer is not None:
            # It asks whether to connect again once its server is gone, and heeds no other signal then.
            viewer.kill()
            viewer.wait(LIMIT)
        display.close()


def wait_for_window(display: Display, path: Path, expected: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """Where the display shows this: the viewer has no window manager, so its window lies at any place."""
    height, width, _ = expected.shape
    end = time.monotonic() + LIMIT
    while True:
        shown = display.picture(path)[..., :3]
        first = shown[: 1 - height, : 1 - width] == expected[0, 0]
        last = shown[height - 1 :, width - 1 :] == expected[-1, -1]
        # Few places have the right corners, and those are looked at.
        for top, left in np.argwhere((first & last).all(axis=2)):
            if np.array_equal(shown[top : top + height, left : left + width], expected):
                return int(left), int(top)
        assert time.monotonic() < end, f"it is not shown: see {path}"
