"""What is not as it should be: an error that names it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import HEIGHT, LIMIT, WIDTH, connect, painted

import tightrope



def any_of(value: object) -> Any:
    """The same, of which nothing is known before it runs."""
    return value


WRONG_ARRAYS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: None, TypeError, r"array: expected an array of uint8 of shape \(height, width, 4\), got NoneType"),
    (lambda: "text", TypeError, "array: expected an array of uint8 .*, got str"),
    (lambda: painted(1).astype(np.float64), TypeError, r"got float64 of shape \(200, 320, 4\)"),
    (lambda: painted(1).astype(np.int8), TypeError, "array: .* got int8"),
    (lambda: painted(1)[..., :3], ValueError, r"array: .* got uint8 of shape \(200, 320, 3\)"),
    (lambda: painted(1)[0], ValueError, r"array: .* got uint8 of shape \(320, 4\)"),
    (lambda: painted(1)[:100], ValueError, r"array: expected shape \(200, 320, 4\), .* got \(100, 320, 4\)"),
    (lambda: painted(1)[::-1], ValueError, "array: expected rows from top to bottom, .* strides"),
    (lambda: painted(1)[:, ::-1], ValueError, "array: expected rows from top to bottom"),
    (lambda: painted(1, WIDTH * 2)[:, ::2], ValueError, "array: expected rows from top to bottom"),
    (lambda: painted(1)[..., ::-1], ValueError, "array: expected rows from top to bottom"),
    (lambda: np.broadcast_to(painted(1)[:1], (HEIGHT, WIDTH, 4)), ValueError, "at least 1280 bytes apart"),
    (lambda: np.zeros((0, 5, 4), np.uint8), ValueError, "array: expected 1 to 65535 rows and columns"),
    (lambda: np.zeros((1, 70000, 4), np.uint8), ValueError, "array: expected 1 to 65535 rows and columns"),
]


@pytest.mark.parametrize(("array", "error", "message"), WRONG_ARRAYS)
def test_a_wrong_array_is_told_what_was_expected(
    server: tightrope.Server, array: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        server.update(array())


@pytest.mark.parametrize("damage", [(0, 0, WIDTH + 1, 1), (-1, 0, 1, 1), [(0, 0, 70000, 1)]])
def test_damage_outside_the_desktop_is_an_error(server: tightrope.Server, damage: Any) -> None:
    with pytest.raises(ValueError, match=r"damage: expected rectangles .* within 320x200, got"):
        server.update(painted(1), damage)


WRONG_OPTIONS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"passwort": "a"}, TypeError, "passwort: there is no such option"),
    ({"password": 5}, TypeError, "password: expected str, got int"),
    ({"password": "\udcff"}, ValueError, "password: expected text without lone surrogates"),
    ({"password": b"a"}, TypeError, "password: expected str, got bytes"),
    ({"quality": 10}, ValueError, "quality: expected a level of 0 to 9, got 10"),
    ({"quality": -1}, ValueError, "quality: expected a level of 0 to 9, got -1"),
    ({"quality": "best"}, TypeError, "quality: expected a level of 0 to 9, got str"),
    ({"encoding": "jpeg2000"}, ValueError, "encoding: expected one of raw, .*, got jpeg2000"),
    ({"fingerprint": "sha1:00"}, ValueError, "fingerprint: "),
    ({"sound": "yes"}, TypeError, "sound: expected bool, got str"),
    ({"timeout": -1.0}, ValueError, "timeout: expected seconds from 0 on, or None, got -1"),
    ({"timeout": float("nan")}, ValueError, "timeout: expected seconds"),
    ({"credentials": "/there/is/nothing"}, ValueError, "credentials: .*nothing"),
]


@pytest.mark.parametrize(("options", "error", "message"), WRONG_OPTIONS)
def test_a_wrong_option_of_a_client_is_named(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        tightrope.Client("vncs://127.0.0.1:1", **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"listen": "localhost"}, ValueError, "listen: expected an address and a port"),
        ({"allow": "tls,telnet"}, ValueError, 'allow: "telnet" is not known'),
        ({"allow": "plain"}, tightrope.InsecureError, "allow: plain is not encrypted"),
        ({"max_rate": "fast"}, TypeError, "max_rate: expected bits a second, got str"),
        ({"linger": -1.0}, ValueError, "linger: expected seconds from 0 on"),
        ({"colour": 1}, TypeError, "colour: there is no such option"),
        ({"listen": "198.51.100.1:1"}, tightrope.ServeError, "cannot listen on 198.51.100.1:1"),
    ],
)
def test_a_wrong_option_of_a_server_is_named(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        tightrope.Server((64, 48), **options)


@pytest.mark.parametrize("url", ["", "http://host", "vncs://", "vncs://host:99999", []])
def test_an_address_that_is_none_is_an_error(url: str | list[str]) -> None:
    with pytest.raises(ValueError, match="url: "):
        tightrope.Client(url)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda client: client.click(WIDTH, 0), ValueError, "x, y: expected a pixel within 320x200, got 320, 0"),
        (lambda client: client.click(1, 1, button="fourth"), ValueError, "button: expected one of left"),
        (lambda client: client.key("ctrl-nothing"), ValueError, "key: expected a character, or a name .*'nothing'"),
        (lambda client: client.key(""), ValueError, "key: expected keys with - between them"),
        (lambda client: client.type("\udcff"), ValueError, "text: expected text without lone surrogates"),
        (lambda client: client.type("\x00"), ValueError, "text: expected characters that a key types"),
        (lambda client: client.paste("a\ud800"), ValueError, "text: expected text without lone surrogates, got one at 1"),
        (lambda client: client.paste(b"a"), TypeError, "text: expected str, got bytes"),
        (lambda client: client.resize(0, 5), ValueError, "width: expected 1 to 65535, got 0"),
        (lambda client: client.drag((0, 0), (1, 1), steps=0), ValueError, "steps: expected 1 to 1000, got 0"),
        (lambda client: client.click(1.5, 2), TypeError, r"x, y: expected \(x, y\) of int, got float"),
        (lambda client: client.click(1, 1, count=0), ValueError, "count: expected 1 to 1000, got 0"),
        (lambda client: client.point(1, 1, "left"), TypeError, "buttons: expected int, got str"),
        (lambda client: client.scroll(-1), ValueError, "steps: expected 0 to 1000, got -1"),
        (lambda client: client.drag(5, (1, 1)), TypeError, r"start: expected \(x, y\), got int"),
        (lambda client: client.key(5), TypeError, "key: expected str, got int"),
        (lambda client: client.key("0x1ffffffff"), ValueError, "key: expected a character, or a name .*'0x1ffffffff'"),
        (lambda client: client.type(5), TypeError, "text: expected str, got int"),
        (lambda client: client.set_quality(300), ValueError, "quality: expected 0 to 9, got 300"),
        (lambda client: client.set_quality(5, -1), ValueError, "compression: expected 0 to 9, got -1"),
        (lambda client: client.record("a.vtz", fps=0), ValueError, "fps: expected 1 to 1000, got 0"),
        (lambda client: client.resize("wide", 5), TypeError, "width: expected int, got str"),
        (lambda client: client.wait_for_update("soon"), TypeError, "timeout: expected seconds, or None, got str"),
        (lambda client: client.reconnect(-1.0), ValueError, "timeout: expected seconds from 0 on, or None, got -1"),
        (lambda client: client.expect((0, 0, 5), painted(1)), ValueError, r"region: expected \(left, top, width, height\)"),
        (lambda client: client.screenshot("a.jpg"), ValueError, "path: expected a file .png, got 'a.jpg'"),
        (lambda client: client.record("a.fbs"), ValueError, "path: expected a file .vtz, got 'a.fbs'"),
        (lambda client: client.screenshot(5), TypeError, "path: expected str or os.PathLike, got int"),
        (lambda client: client.screenshot("a.png", (0, 0, 0, 5)), ValueError, "region: .* within 320x200"),
        (lambda client: client.wait(-1.0), ValueError, "timeout: expected seconds from 0 on, or None"),
        (lambda client: client.wait("soon"), TypeError, "timeout"),
        (lambda client: client.expect((0, 0, 2, 2), painted(1)), ValueError, "image: expected 2x2 pixels"),
        (lambda client: client.expect(None, np.zeros((2, 2))), ValueError, "image: expected a PNG file"),
        (lambda client: client.screenshot("/there/is/nothing.png"), OSError, "/there/is/nothing.png"),
        (lambda client: client.framebuffer.part((0, 0, 321, 1)), ValueError, "region: .* within 320x200"),
        (lambda client: client.record("/there/is/nothing.vtz"), tightrope.RecordingError, "nothing.vtz"),
    ],
)
def test_a_wrong_call_of_a_client_is_told_what_was_expected(
    client: tightrope.Client, call: Callable[[Any], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(client)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda server: server.set_leds(8), ValueError, "leds: expected 0 to 7, got 8"),
        (lambda server: server.set_pointer(-1, 0), ValueError, "x: expected 0 to 65535, got -1"),
        (lambda server: server.set_cursor(painted(1), 0, "a"), TypeError, "y: expected int, got str"),
        (lambda server: server.set_cursor(painted(1), 500, 0), ValueError, "hotspot: expected a pixel within 320x200"),
        (lambda server: server.resize(2, 70_000), ValueError, "height: expected 1 to 65535, got 70000"),
        (lambda server: server.resize(2, 2, "me"), TypeError, "asked_by: expected the session of an event, got str"),
        (lambda server: server.stats(5), TypeError, "session: expected the session of an event, got int"),
        (lambda server: server.disconnect(server), TypeError, "session: expected the session of an event, got Server"),
        (lambda server: server.update(painted(1), 5), TypeError, "damage: expected a rectangle, or several, got int"),
        (lambda server: server.update(painted(1), [(0, 0, 1)]), ValueError, r"damage: expected \(left, top, width, height\)"),
        (lambda server: server.wait("soon"), TypeError, "timeout: expected seconds, or None, got str"),
        (lambda _: tightrope.Server(any_of((5,))), ValueError, r"desktop: expected \(x, y\), got \(5,\)"),
        (lambda _: tightrope.Server((0, 5)), ValueError, "width: expected 1 to 65535, got 0"),
        (lambda _: tightrope.Client(any_of(5)), TypeError, "url: expected str, or a sequence of them, got int"),
        (lambda _: tightrope.load(any_of(5)), TypeError, "path: expected str or os.PathLike, got int"),
    ],
)
def test_a_wrong_call_of_a_server_is_told_what_was_expected(
    server: tightrope.Server, call: Callable[[Any], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(server)


def test_times_that_never_end_are_for_ever(server: tightrope.Server, client: tightrope.Client) -> None:
    server.bell()
    while client.wait(1e300) != tightrope.events.Bell():
        pass
    server.bell()
    while client.wait(float("inf")) != tightrope.events.Bell():
        pass


def test_what_is_not_encrypted_is_refused_unless_it_is_wanted_by_name() -> None:
    with tightrope.Server(painted(1), insecure=True, allow="plain", password="") as server:
        assert server.url.startswith("vnc://")
        with pytest.raises(tightrope.InsecureError, match="offers nothing that is encrypted"):
            tightrope.Client(server.url)
        with tightrope.Client(server.url, insecure=True) as client:
            client.wait_for_picture(LIMIT)
            assert not client.stats.encrypted
    with pytest.raises(tightrope.InsecureError, match="ws://.* is not encrypted"):
        tightrope.Client("ws://127.0.0.1:1")


def test_errors_are_sorted_by_who_must_act(server: tightrope.Server) -> None:
    with pytest.raises(tightrope.FingerprintError, match="its certificate is sha256:"):
        tightrope.Client(server.url, password=server.password)
    with pytest.raises(tightrope.FingerprintError, match="not the pinned"):
        connect(server, fingerprint="sha256:" + "00" * 32)
    with pytest.raises(tightrope.RefusedError):
        connect(server, password="wrong")
    with pytest.raises(tightrope.ConnectError, match="127.0.0.1:1"):
        tightrope.Client("vncs://127.0.0.1:1")
    with pytest.raises(ConnectionError):
        tightrope.Client("vnc://127.0.0.1:1", insecure=True)
    assert issubclass(tightrope.TimedOutError, TimeoutError)
    for error in (tightrope.LostError, tightrope.ClosedError, tightrope.ProtocolError, tightrope.RefusedError):
        assert issubclass(error, tightrope.Error)


def test_who_says_nothing_is_given_up_in_time() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(tightrope.TimedOutError, match=f"127.0.0.1:{port}"):
            tightrope.Client(f"vnc://127.0.0.1:{port}", insecure=True, timeout=0.05)


def test_a_closed_client_says_so_at_every_call(client: tightrope.Client, tmp_path: Path) -> None:
    client.close()
    client.close()
    for call in (
        lambda: client.type("a"),
        lambda: client.click(1, 1),
        lambda: client.stats,
        lambda: client.paste("a"),
        lambda: list(client.record(tmp_path / "never.vtz").close()),
        lambda: client.wait_for_update(LIMIT),
    ):
        with pytest.raises(tightrope.ClosedError):
            call()
    assert list(client.events()) == []
    assert client.framebuffer.shape == (HEIGHT, WIDTH, 4)


def test_a_server_that_was_shut_down_says_so_at_every_call(server: tightrope.Server) -> None:
    server.shutdown()
    server.shutdown()
    for call in (
        lambda: server.update(painted(1)),
        lambda: server.url,
        lambda: server.wait(),
        lambda: server.fileno(),
        lambda: server.set_clipboard("a"),
    ):
        with pytest.raises(tightrope.ClosedError, match="the server was shut down"):
            call()


def test_a_server_that_goes_away_says_goodbye(server: tightrope.Server, client: tightrope.Client) -> None:
    server.shutdown("for lunch")
    told = list(client.events(LIMIT))
    assert tightrope.events.Goodbye(0, "for lunch") in told
    with pytest.raises(tightrope.ClosedError):
        client.wait(LIMIT)


def test_a_png_that_is_none_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "no.png"
    path.write_bytes(b"GIF89a")
    with pytest.raises(ValueError, match="no.png: png"):
        tightrope.load(path)
    with pytest.raises(FileNotFoundError):
        tightrope.load(tmp_path / "nothing.png")
