"""The picture on its way from an array to an array."""

import numpy as np
import pytest
from conftest import HEIGHT, LIMIT, WIDTH, connect, follow, painted

import tightrope


def test_a_client_shows_exactly_what_the_server_is_given(server: tightrope.Server, client: tightrope.Client) -> None:
    for shade in (7, 90, 201):
        server.update(painted(shade))
        follow(client, painted(shade))
    assert client.framebuffer.shape == (HEIGHT, WIDTH, 4)
    assert client.size == server.size == (WIDTH, HEIGHT)
    assert not client.framebuffer[..., 3].any()


def test_the_framebuffer_is_the_engines_memory_and_never_moves(
    server: tightrope.Server, client: tightrope.Client
) -> None:
    before = client.framebuffer
    address = before.ctypes.data
    server.update(painted(50))
    follow(client, painted(50))
    assert client.framebuffer is before
    assert client.framebuffer.ctypes.data == address == client._native.picture().address
    assert np.asarray(memoryview(client._native.picture())).ctypes.data == address


def test_the_framebuffer_changes_only_in_calls_that_wait(server: tightrope.Server, client: tightrope.Client) -> None:
    while client.poll() is not None:
        pass
    server.update(painted(50))
    with connect(server) as other:
        follow(other, painted(50))
    assert np.array_equal(client.framebuffer, painted(1))
    follow(client, painted(50))


def test_the_framebuffer_is_read_only(client: tightrope.Client) -> None:
    with pytest.raises(ValueError, match="read-only"):
        client.framebuffer[0, 0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        client.framebuffer.flags.writeable = True
    with pytest.raises(TypeError):
        memoryview(client._native.picture())[0, 0, 0] = 1


def test_rgb_is_a_copy_in_the_order_of_its_name(client: tightrope.Client) -> None:
    colours = client.framebuffer.rgb()
    assert colours.shape == (HEIGHT, WIDTH, 3)
    assert np.array_equal(colours, painted(1)[..., [2, 1, 0]])
    colours[...] = 0
    assert np.array_equal(client.framebuffer, painted(1))
    assert client.framebuffer.part((5, 2, 4, 2)).rgb().shape == (2, 4, 3)


def test_rows_may_be_any_distance_apart(server: tightrope.Server, client: tightrope.Client) -> None:
    wide = painted(33, WIDTH + 50)
    server.update(wide[:, 20 : 20 + WIDTH])
    follow(client, wide[:, 20 : 20 + WIDTH])


def test_only_damage_is_looked_at(server: tightrope.Server, client: tightrope.Client) -> None:
    server.update(painted(9), (0, 0, 64, 64))
    server.update(painted(9), [tightrope.Rect(128, 64, 64, 64)])
    expected = painted(1)
    for rect in (tightrope.Rect(0, 0, 64, 64), tightrope.Rect(128, 64, 64, 64)):
        expected[rect.slices] = painted(9)[rect.slices]
    follow(client, expected)


def test_damage_tells_where_the_picture_changed(server: tightrope.Server, client: tightrope.Client) -> None:
    while client.poll() is not None:
        pass
    changed = painted(1)
    changed[70:80, 90:100] = 255
    changed[..., 3] = 0
    server.update(changed)
    damage = client.wait_for_update(LIMIT)
    assert any(rect.left <= 90 and rect.top <= 70 for rect in damage)
    assert sum(rect.area for rect in damage) < WIDTH * HEIGHT // 4


def test_another_size_is_another_array(server: tightrope.Server, client: tightrope.Client) -> None:
    before = client.framebuffer
    server.resize(64, 48)
    server.update(painted(5, 64, 48))
    follow(client, painted(5, 64, 48))
    assert client.size == (64, 48)
    assert np.array_equal(before, painted(1))


def test_a_server_of_a_size_shows_nothing_before_the_first_picture() -> None:
    with tightrope.Server((WIDTH, HEIGHT)) as server, connect(server) as client:
        with pytest.raises(tightrope.TimedOutError):
            client.wait_for_picture(0.05)
        server.update(painted(3))
        client.wait_for_picture(LIMIT)
        follow(client, painted(3))
