"""What a client does to a desktop, and is told of it."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import HEIGHT, LIMIT, WIDTH, connect, follow, painted

import tightrope
from tightrope import events, keys
from tightrope.link import Link


def typed(server: tightrope.Server, count: int) -> list[tuple[str, bool]]:
    """The next keys that go down or up at the server, by name."""
    found: list[tuple[str, bool]] = []
    while len(found) < count:
        event = server.wait(LIMIT)
        assert event is not None, found
        if isinstance(event, events.Key):
            found.append((keys.name(event.keysym), event.down))
    return found


def pointed(server: tightrope.Server, count: int) -> list[tuple[int, int, int]]:
    """The next places of the pointer with its buttons."""
    found: list[tuple[int, int, int]] = []
    while len(found) < count:
        event = server.wait(LIMIT)
        assert event is not None, found
        if isinstance(event, events.Pointer):
            found.append((event.x, event.y, event.buttons))
    return found


def test_text_arrives_as_it_was_typed(server: tightrope.Server, client: tightrope.Client) -> None:
    client.type("Añ€\n")
    assert typed(server, 8) == [(name, down) for name in ("A", "ñ", "€", "return") for down in (True, False)]


def test_keys_held_together_are_released_in_reverse(server: tightrope.Server, client: tightrope.Client) -> None:
    client.key("ctrl-alt-del")
    assert typed(server, 6) == [
        ("ctrl", True), ("alt", True), ("delete", True), ("delete", False), ("alt", False), ("ctrl", False),
    ]
    client.key_down("shift")
    client.key("f5")
    client.key_up("shift")
    assert typed(server, 4) == [("shift", True), ("f5", True), ("f5", False), ("shift", False)]


def test_a_key_may_be_minus_itself() -> None:
    assert keys.chord("-") == [ord("-")]
    assert keys.chord("ctrl--") == [keys.of_name("ctrl"), ord("-")]
    assert keys.chord("Ctrl-Page_Up") == [keys.of_name("control"), keys.of_name("pageup")]
    assert keys.of_name("0xff0d") == keys.of_name("Return")


def test_names_of_keys_are_those_that_are_understood() -> None:
    for name in ("a", "é", "€", "return", "f35", "kp7", "space", "altgr"):
        assert keys.of_name(keys.name(keys.of_name(name))) == keys.of_name(name)


def test_the_pointer_clicks_drags_and_scrolls(server: tightrope.Server, client: tightrope.Client) -> None:
    client.click(10, 20)
    assert pointed(server, 3) == [(10, 20, 0), (10, 20, 1), (10, 20, 0)]
    client.click(button="right", count=2)
    assert [buttons for *_, buttons in pointed(server, 5)] == [0, 4, 0, 4, 0]
    client.drag((0, 0), (40, 80), steps=2)
    assert pointed(server, 5) == [(0, 0, 0), (0, 0, 1), (20, 40, 1), (40, 80, 1), (40, 80, 0)]
    client.scroll(1, 5, 6)
    client.scroll(1, direction="up")
    assert [buttons for *_, buttons in pointed(server, 6)] == [0, 16, 0, 0, 8, 0]
    client.mouse_down("middle")
    client.move(7, 7)
    client.mouse_up("middle")
    assert pointed(server, 3) == [(5, 6, 2), (7, 7, 2), (7, 7, 0)]


def test_the_clipboard_goes_both_ways(server: tightrope.Server, client: tightrope.Client) -> None:
    client.paste("from here: ä€")
    while not isinstance(event := server.wait(LIMIT), events.ClipboardGiven):
        assert event is not None
    assert event.text == "from here: ä€"
    server.set_clipboard("from there: ß☃")
    while client.clipboard != "from there: ß☃":
        assert client.wait(LIMIT) is not None


def test_what_the_desktop_does_is_told(server: tightrope.Server, client: tightrope.Client) -> None:
    shape = np.full((4, 3, 4), 200, np.uint8)
    server.set_cursor(shape, 1, 2)
    server.bell()
    server.set_name("another")
    server.set_leds(4)
    server.set_pointer(50, 60)
    wanted = {events.CursorChanged(), events.Bell(), events.Renamed("another"), events.LedsChanged(4)}
    wanted.add(events.PointerMoved(50, 60))
    while wanted:
        event = client.wait(LIMIT)
        assert event is not None, wanted
        if not isinstance(event, events.Updated):
            wanted.discard(event)
    assert client.name == "another"
    cursor = client.cursor
    assert cursor is not None and (cursor.x, cursor.y) == (1, 2) and np.array_equal(cursor.pixels, shape)


def test_a_client_may_ask_for_another_size(server: tightrope.Server, client: tightrope.Client) -> None:
    assert client.resize(100, 60)
    while not isinstance(event := server.wait(LIMIT), events.ResizeRequested):
        assert event is not None
    assert (event.width, event.height) == (100, 60)
    server.resize(event.width, event.height, event.session)
    while client.size != (100, 60):
        assert client.wait(LIMIT) is not None
    client.resize(50, 50)
    while not isinstance(event := server.wait(LIMIT), events.ResizeRequested):
        assert event is not None
    server.refuse_resize(event.session)
    while not isinstance(client.wait(LIMIT), events.ResizeRefused):
        pass


def test_events_that_come_while_an_update_is_waited_for_are_kept(
    server: tightrope.Server, client: tightrope.Client
) -> None:
    while client.poll() is not None:
        pass
    server.bell()
    while client.poll() != events.Bell():
        pass
    server.bell()
    server.update(painted(77))
    follow(client, painted(77))
    assert events.Bell() in list(client.events(0.2))


def test_a_screenshot_is_what_is_shown(client: tightrope.Client, tmp_path: Path) -> None:
    client.screenshot(tmp_path / "all.png")
    client.screenshot(tmp_path / "part.png", (10, 20, 30, 40))
    shown = tightrope.load(tmp_path / "all.png")
    assert np.array_equal(shown[..., :3], painted(1)[..., :3]) and (shown[..., 3] == 255).all()
    assert np.array_equal(tightrope.load(tmp_path / "part.png"), shown[20:60, 10:40])


def test_a_desktop_is_expected_to_look_like_an_image(
    server: tightrope.Server, client: tightrope.Client, tmp_path: Path
) -> None:
    client.screenshot(tmp_path / "a.png")
    assert client.expect(None, tmp_path / "a.png", timeout=LIMIT) == 0.0
    region = tightrope.Rect(8, 8, 20, 10)
    server.update(painted(9))
    assert client.expect(region, painted(9)[region.slices], timeout=LIMIT) == 0.0
    assert client.expect(region, painted(9)[region.slices][..., 2::-1], timeout=LIMIT) == 0.0
    assert 2.0 < client.expect(region, painted(12)[region.slices], tolerance=4.0, timeout=LIMIT) < 4.0
    with pytest.raises(tightrope.ExpectError, match=r"region \(8, 8, 20, 10\) differs by 3\.00"):
        client.expect(region, painted(12)[region.slices], timeout=0.05)


def test_a_desktop_is_waited_for_until_it_stands_still(server: tightrope.Server, client: tightrope.Client) -> None:
    ended = threading.Event()

    def paint() -> None:
        shade = 0
        while not ended.is_set():
            pixels = painted(40)
            pixels[100:, :, 2] = shade = (shade + 1) % 2
            server.update(pixels)

    painter = threading.Thread(target=paint)
    painter.start()
    try:
        with pytest.raises(tightrope.TimedOutError, match="did not stand still for 5.0 s in a row"):
            client.wait_until_still(5.0, timeout=0.3)
        # What moves is below it, or too little to count.
        client.wait_until_still(0.05, (0, 0, WIDTH, 64), timeout=LIMIT)
        client.wait_until_still(0.05, tolerance=1.0, timeout=LIMIT)
        with pytest.raises(ValueError, match="seconds: expected more than 0, got 0.0"):
            client.wait_until_still(0.0)
    finally:
        ended.set()
        painter.join()
    client.wait_until_still(0.05, timeout=LIMIT)


def test_buttons_are_held_as_they_are_told(server: tightrope.Server, client: tightrope.Client) -> None:
    client.point(3, 4, 5)
    client.mouse_up("left")
    client.point(3, 4, 0)
    assert pointed(server, 3) == [(3, 4, 5), (3, 4, 4), (3, 4, 0)]
    with pytest.raises(ValueError, match="buttons: expected 0 to 511, got 512"):
        client.point(3, 4, 512)


def test_statistics_tell_what_was_moved(server: tightrope.Server, client: tightrope.Client) -> None:
    stats = client.stats
    assert stats.encrypted and stats.updates > 0 and stats.bytes_received > 0 and stats.pixels >= WIDTH * HEIGHT
    assert stats.received.pictures > 0 and stats.handshake > 0.0
    assert stats.link.grade in ("unknown", "poor", "fair", "good", "excellent")
    while not isinstance(event := server.wait(LIMIT), events.Connected):
        assert event is not None
    own = server.stats(event.session)
    assert own is not None and own.bytes_sent > 0 and server.sessions == 1
    client.close()
    while not isinstance(event := server.wait(LIMIT), events.Disconnected):
        assert event is not None
    assert server.stats(event.session) is None


def test_a_link_can_be_probed(server: tightrope.Server) -> None:
    quality = tightrope.probe(server.url, fingerprint=server.fingerprint, password=server.password)
    assert quality.rtt is not None and quality.rtt < 1.0 and quality.grade != "unknown"


def test_what_is_shown_is_recorded_without_anybody_waiting(
    server: tightrope.Server, client: tightrope.Client, tmp_path: Path
) -> None:
    with client.record(tmp_path / "a.vtz", fps=1000) as recorder:
        for shade in (20, 30):
            server.update(painted(shade))
            with connect(server) as other:
                follow(other, painted(shade))
            follow(client, painted(shade))
    [(path, pictures)] = recorder.close()
    assert path == str(tmp_path / "a.vtz") and pictures >= 2 and os.path.getsize(path) > 100


def test_several_addresses_are_tried_in_turn(server: tightrope.Server) -> None:
    with tightrope.Client(
        ["vncs://127.0.0.1:1", server.url], fingerprint=server.fingerprint, password=server.password
    ) as client:
        follow(client, painted(1))


def test_a_session_goes_on_over_another_connection(server: tightrope.Server, client: tightrope.Client) -> None:
    client.reconnect()
    server.update(painted(60))
    follow(client, painted(60))
    assert client.stats.reconnects == 1


def test_a_connection_that_breaks_is_told_and_the_session_goes_on(server: tightrope.Server) -> None:
    link = Link(server.address)
    urls = [f"vncs://{link.address}", server.url]
    with tightrope.Client(urls, fingerprint=server.fingerprint, password=server.password) as client:
        follow(client, painted(1))
        link.close()
        with pytest.raises(tightrope.LostError):
            for _ in client.events():
                pass
        server.update(painted(70))
        client.reconnect()
        follow(client, painted(70))
        told: list[events.ServerEvent] = []
        while not told or not isinstance(told[-1], events.Resumed):
            event = server.wait(LIMIT)
            assert event is not None, told
            told.append(event)
        assert [type(event) for event in told] == [events.Connected, events.Parted, events.Resumed]


class Interrupted(Exception):
    """What the handler of a signal raises."""


def test_a_signal_ends_a_wait(client: tightrope.Client) -> None:
    def interrupt(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Interrupted):
            while True:
                client.wait_for_update(LIMIT)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def test_ctrl_c_ends_a_program_that_waits() -> None:
    program = (
        "import tightrope, sys\n"
        "with tightrope.Server((64, 48)) as server:\n"
        "    print('waits', flush=True)\n"
        "    server.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-P", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stderr is not None
        assert child.stdout.readline() == b"waits\n"
        child.send_signal(signal.SIGINT)
        assert b"KeyboardInterrupt" in child.stderr.read()
        assert child.wait(LIMIT) != 0


def test_other_threads_run_while_one_waits(server: tightrope.Server, client: tightrope.Client) -> None:
    def paint() -> None:
        for shade in range(100, 120):
            server.update(painted(shade))

    painter = threading.Thread(target=paint)
    painter.start()
    follow(client, painted(119))
    painter.join()


def test_two_threads_share_a_client(server: tightrope.Server, client: tightrope.Client) -> None:
    failed: list[BaseException] = []

    def type_along() -> None:
        try:
            for _ in range(50):
                client.type("ab")
        except BaseException as error:
            failed.append(error)

    typists = [threading.Thread(target=type_along) for _ in range(2)]
    for typist in typists:
        typist.start()
    server.update(painted(88))
    follow(client, painted(88))
    for typist in typists:
        typist.join()
    assert not failed
    assert len(typed(server, 400)) == 400


def test_closing_ends_the_waits_of_other_threads(client: tightrope.Client) -> None:
    ended = threading.Event()

    def wait() -> None:
        for _ in client.events():
            pass
        ended.set()

    waits = threading.Thread(target=wait)
    waits.start()
    client.close()
    assert ended.wait(LIMIT)
    waits.join()
    with pytest.raises(tightrope.ClosedError):
        client.wait_for_update(LIMIT)
