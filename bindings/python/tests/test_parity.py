"""What else Rust's clients and servers can be asked for: clipboards of all forms, known servers, microphones, logins."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from conftest import HEIGHT, LIMIT, WIDTH, connect, follow, painted

import tightrope
from tightrope import aio, events


def picture() -> npt.NDArray[np.uint8]:
    """An image with transparent, half transparent and opaque pixels."""
    image = painted(9, 37, 23)
    image[..., 3] = np.arange(37) * 7 % 256
    return image


def until(server: tightrope.Server, kind: type[Any]) -> Any:
    """The next event of that kind at the server."""
    while not isinstance(event := server.wait(LIMIT), kind):
        assert event is not None
    return event


def test_an_image_is_pasted_when_the_desktop_asks_for_it(
    server: tightrope.Server, client: tightrope.Client, tmp_path: Path
) -> None:
    client.paste("text", html="<b>text</b>", image=picture())
    given = until(server, events.ClipboardGiven)
    assert (given.text, given.html, given.has_image) == ("text", "<b>text</b>", True)
    server.request_clipboard_image(given.session)
    assert np.array_equal(until(server, events.ClipboardImageGiven).image, picture())
    client.framebuffer.save(tmp_path / "a.png")
    client.paste(image=tmp_path / "a.png")
    given = until(server, events.ClipboardGiven)
    assert (given.text, given.html, given.has_image) == (None, None, True)
    server.request_clipboard_image(given.session)
    assert np.array_equal(until(server, events.ClipboardImageGiven).image[..., :3], painted(1)[..., :3])


@pytest.mark.parametrize("image", [painted(5), painted(5)[..., 2::-1]], ids=["BGRX", "RGB"])
def test_an_image_without_transparency_is_opaque(
    server: tightrope.Server, client: tightrope.Client, image: npt.NDArray[np.uint8]
) -> None:
    server.set_clipboard(image=image)
    while not client._has_image:
        assert client.wait(LIMIT) is not None
    server.bell()
    found = client.clipboard_image(LIMIT)
    assert found is not None and (found[..., 3] == 255).all() and np.array_equal(found[..., :3], painted(5)[..., :3])


def test_a_clipboard_without_an_image_has_none(server: tightrope.Server, client: tightrope.Client) -> None:
    assert client.clipboard_image(LIMIT) is None
    server.set_clipboard(image=picture())
    while not client._has_image:
        assert client.wait(LIMIT) is not None
    server.set_clipboard("only text")
    while client.clipboard != "only text":
        assert client.wait(LIMIT) is not None
    assert client.clipboard_image(LIMIT) is None


def test_an_image_comes_in_an_event_loop_too() -> None:
    async def main() -> None:
        async with aio.Server(painted(1)) as server:
            options = {"fingerprint": server.fingerprint, "password": server.password}
            async with aio.Client(server.url, **options) as client:  # type: ignore[arg-type]
                server.set_clipboard(image=picture())
                while not client._has_image:
                    assert await client.wait(LIMIT) is not None
                assert np.array_equal(await client.clipboard_image(LIMIT), picture())  # type: ignore[arg-type]

    asyncio.run(main(), debug=True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "text: expected text, or html or image, got None"),
        ({"html": "\ud800"}, "html: expected text without lone surrogates"),
        ({"image": np.zeros((2, 2), np.uint8)}, "image: expected a PNG file, or uint8"),
        ({"image": np.zeros((0, 2, 4), np.uint8)}, "image: expected 1 to 65535 rows and columns"),
    ],
)
def test_a_clipboard_that_is_none_is_refused(client: tightrope.Client, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        client.paste(**given)


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Path]:
    """A file of known servers that is not there yet."""
    yield tmp_path / "settings" / "known_hosts"


def test_a_server_is_known_once_it_was_accepted(server: tightrope.Server, hosts: Path) -> None:
    def attempt(**options: Any) -> None:
        given = {"password": server.password, "known_hosts": hosts, "timeout": LIMIT}
        with tightrope.Client(server.url, **(given | options)) as client:
            follow(client, painted(1))

    with pytest.raises(tightrope.FingerprintError, match="is not known: its certificate is sha256:"):
        attempt()
    with pytest.raises(tightrope.RefusedError):
        attempt(accept_new=True, password="wrong")
    assert not hosts.exists()
    attempt(accept_new=True)
    host, port = server.address
    assert hosts.read_text() == f"{host}:{port} {server.fingerprint}\n"
    attempt()
    quality = tightrope.probe(server.url, password=server.password, known_hosts=hosts)
    assert quality.grade != "unknown"
    other = "sha256:" + "00" * 32
    hosts.write_text(f"{host}:{port} {other}\n")
    with pytest.raises(tightrope.FingerprintError, match=r"known_hosts.*Nothing was sent"):
        attempt(accept_new=True)
    # What is given holds.
    attempt(fingerprint=server.fingerprint)
    hosts.write_text("nonsense\n")
    with pytest.raises(ValueError, match="known_hosts: .*line 1"):
        attempt()


def test_the_known_servers_of_a_person_are_those_of_the_viewer(
    server: tightrope.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with tightrope.Client(server.url, password=server.password, known_hosts=True, accept_new=True):
        pass
    assert (tmp_path / "tightrope" / "known_hosts").exists()
    with pytest.raises(ValueError, match="accept_new: expected known_hosts with it"):
        tightrope.Client(server.url, accept_new=True)


def test_a_server_hears_a_clients_microphone() -> None:
    with tightrope.Server(painted(1), sound=True, microphone=True) as server, connect(server, sound=True) as client:
        while not client.takes_microphone:
            assert client.wait(LIMIT) is not None
        client.start_microphone()
        while client.wait(LIMIT) != events.MicrophoneStarted():
            pass
        until(server, events.ClientMicrophoneStarted)
        tone = np.sin(np.arange(960) * 2 * np.pi * 440 / 48_000)
        samples = np.repeat(tone[:, None] * 0.5, 2, 1).astype(np.float32)
        for heard in server.microphone:
            client.push_microphone(samples)
            if np.abs(heard).max() > 0.2:
                break
        client.stop_microphone()
        while client.wait(LIMIT) != events.MicrophoneStopped():
            pass
        until(server, events.ClientMicrophoneStopped)
        with pytest.raises(ValueError, match=r"samples: expected an array of float32 of shape \(frames, 2\), got \[3\]"):
            client.push_microphone(np.zeros(3, np.float32))


def test_a_server_that_wants_no_microphone_takes_none() -> None:
    with tightrope.Server(painted(1), sound=True) as server, connect(server, sound=True) as client:
        while client.wait(LIMIT) != events.SoundStarted():
            pass
        assert not client.takes_microphone


def test_a_server_ends_the_session_of_one_client(server: tightrope.Server, client: tightrope.Client) -> None:
    session = until(server, events.Connected).session
    with connect(server) as other:
        follow(other, painted(1))
        others = until(server, events.Connected).session
        assert server.disconnect(session, "for being first")
        told = list(client.events(LIMIT))
        assert events.Goodbye(2, "for being first") in told
        gone = until(server, events.Disconnected)
        assert gone.session == session and "for being first" in gone.reason
        assert not server.disconnect(session)
        server.update(painted(50))
        follow(other, painted(50))
        # It has a password, so it may come in anew.
        client.reconnect(LIMIT)
        assert until(server, events.Connected).session not in (session, others)
        follow(client, painted(50))


def test_a_reconnection_that_takes_too_long_is_given_up_and_may_be_tried_again(server: tightrope.Server) -> None:
    link = tightrope.link.Link(server.address)
    urls = [f"vncs://{link.address}"]
    with tightrope.Client(urls, fingerprint=server.fingerprint, password=server.password) as client:
        follow(client, painted(1))
        # A link that takes longer than a minute to say anything at all.
        link.change(rtt=120.0)
        with pytest.raises(tightrope.TimedOutError, match=link.address):
            client.reconnect(timeout=0.05)
        with pytest.raises(ValueError, match="timeout: expected seconds from 0 on"):
            client.reconnect(timeout=-1.0)
        link.change(rtt=0.0)
        client.reconnect(LIMIT)
        server.update(painted(70))
        follow(client, painted(70))


def test_a_number_of_logins_and_their_time_are_held_to(server: tightrope.Server) -> None:
    with tightrope.Server(painted(1), uses=1) as once:
        with connect(once) as client:
            follow(client, painted(1))
        with pytest.raises(tightrope.RefusedError):
            connect(once)
    with tightrope.Server(painted(1), valid=0.0) as never, pytest.raises(tightrope.RefusedError):
        connect(never)


def test_a_quality_is_asked_for_as_finely_as_wanted(server: tightrope.Server) -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (HEIGHT // 8, WIDTH // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    photo = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    photo[..., :3] = noise // 2 + rng.integers(0, 100, noise.shape, np.uint8)
    server.update(photo)

    def received(**options: Any) -> int:
        with connect(server, fixed_quality=True, **options) as client:
            client.wait_for_picture(LIMIT)
            return client.stats.received.pictures

    assert received(fine_quality=20, subsampling="gray") < received(fine_quality=95, subsampling="4:4:4")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"fine_quality": 101}, ValueError, "fine_quality: expected 0 to 100, got 101"),
        ({"subsampling": "4:1:1"}, ValueError, "subsampling: expected one of 4:4:4"),
        ({"known_hosts": bytes}, TypeError, "known_hosts: expected a path, or True, got type"),
    ],
)
def test_a_wrong_option_of_a_client_is_named(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        tightrope.Client("vncs://127.0.0.1:1", **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"adapt": "sometimes"}, ValueError, "adapt: expected announced, always or never, got sometimes"),
        ({"trusted_clients": ["sha256:1"]}, ValueError, "trusted_clients: "),
        ({"origins": "nowhere"}, ValueError, "origins: "),
        ({"uses": -1}, ValueError, "uses: expected a number of logins from 0 on, got -1"),
        ({"valid": float("nan")}, ValueError, "valid: expected seconds from 0 on, got NaN"),
        ({"microphone": "on"}, TypeError, "microphone: expected bool, got str"),
    ],
)
def test_a_wrong_option_of_a_server_is_named(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        tightrope.Server((64, 48), **options)
