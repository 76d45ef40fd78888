"""The client and the server in event loops."""

import asyncio
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from conftest import LIMIT, painted

import tightrope
from tightrope import aio, events


def client_of(server: aio.Server | tightrope.Server) -> aio.Client:
    """A client that the server lets in, not yet connected."""
    return aio.Client(server.url, fingerprint=server.fingerprint, password=server.password, timeout=LIMIT)


async def follow(client: aio.Client, expected: npt.NDArray[np.uint8]) -> None:
    """Waits until the client shows exactly this."""
    while not np.array_equal(client.framebuffer, expected):
        await client.wait_for_update(LIMIT)


def test_a_client_and_a_server_live_in_one_loop(tmp_path: Path) -> None:
    async def main() -> None:
        async with aio.Server(painted(1)) as server, client_of(server) as client:
            await follow(client, painted(1))
            server.update(painted(2))
            await follow(client, painted(2))
            client.type("a")
            async for event in server.events(LIMIT):
                if isinstance(event, events.Key) and not event.down:
                    break
            await client.screenshot(tmp_path / "a.png")
            assert await client.expect(None, tmp_path / "a.png", timeout=LIMIT) == 0.0
            with pytest.raises(tightrope.ExpectError):
                await client.expect(None, painted(3), timeout=0.05)
            await client.wait_until_still(0.05, timeout=LIMIT)
            with pytest.raises(tightrope.TimedOutError, match="did not stand still for 5.0 s"):
                await client.wait_until_still(5.0, timeout=0.05)
            await client.reconnect()
            server.update(painted(4))
            await follow(client, painted(4))

    asyncio.run(main(), debug=True)


def test_a_wait_that_is_cancelled_loses_nothing() -> None:
    async def main() -> None:
        async with aio.Server(painted(1)) as server, client_of(server) as client:
            await follow(client, painted(1))
            for _ in range(25):
                client.type("ab")
            count = 0
            while count < 100:
                waiting = asyncio.ensure_future(server.wait(LIMIT))
                await asyncio.sleep(0)
                waiting.cancel()
                try:
                    event = await waiting
                except asyncio.CancelledError:
                    event = await server.wait(LIMIT)
                assert event is not None
                count += isinstance(event, events.Key)

    asyncio.run(main())


def test_several_tasks_wait_for_one_server() -> None:
    async def main() -> None:
        async with aio.Server(painted(1)) as server, client_of(server) as client:
            keys: list[events.Key] = []
            done = asyncio.Event()

            async def wait() -> None:
                async for event in server.events():
                    if isinstance(event, events.Key):
                        keys.append(event)
                        if len(keys) == 40:
                            done.set()

            waiting = [asyncio.create_task(wait()) for _ in range(3)]
            await asyncio.sleep(0)
            client.type("abcdefghijklmnopqrst")
            await asyncio.wait_for(done.wait(), LIMIT)
            await server.shutdown()
            await asyncio.wait_for(asyncio.gather(*waiting), LIMIT)

    asyncio.run(main())


def test_closing_ends_what_waits() -> None:
    async def main() -> None:
        async with aio.Server(painted(1)) as server:
            client = await client_of(server).open()
            await client.wait_for_picture(LIMIT)

            async def wait() -> int:
                return len([event async for event in client.events()])

            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0)
            await client.close()
            await asyncio.wait_for(waiting, LIMIT)
            with pytest.raises(tightrope.ClosedError):
                await client.wait_for_update(LIMIT)

    asyncio.run(main())


def test_a_time_limit_ends_a_wait() -> None:
    async def main() -> None:
        async with aio.Server((64, 48)) as server, client_of(server) as client:
            with pytest.raises(tightrope.TimedOutError):
                await client.wait_for_update(0.01)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.wait_for_update(), 0.01)
            while (await server.wait(0.01)) is not None:
                pass

    asyncio.run(main())


def test_a_connection_that_nobody_waits_for_any_more_is_closed() -> None:
    async def main() -> None:
        async with aio.Server(painted(1)) as server:
            connecting = asyncio.ensure_future(client_of(server).open())
            await asyncio.sleep(0)
            connecting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await connecting
            async for event in server.events(LIMIT):
                if isinstance(event, events.Disconnected):
                    return
            raise AssertionError("the client stays")

    asyncio.run(main())


def test_a_client_that_is_not_open_says_so() -> None:
    client = aio.Client("vncs://127.0.0.1:1")
    with pytest.raises(tightrope.ClosedError, match="the client is not open"):
        client.type("a")
    with pytest.raises(tightrope.ClosedError, match="the client is not open"):
        asyncio.run(client.wait())
    with pytest.raises(AttributeError, match="'Client' object has no attribute 'nothing'"):
        client.nothing  # type: ignore[attr-defined]
    with pytest.raises(tightrope.ConnectError):
        asyncio.run(client.open())


def test_sound_is_iterated_over() -> None:
    async def main() -> None:
        async with aio.Server(painted(1), sound=True) as server:
            async with aio.Client(
                server.url, fingerprint=server.fingerprint, password=server.password, sound=True
            ) as client:
                count = 0
                async for frame in client.audio:
                    assert frame.shape == (960, 2)
                    count += 1
                    if count == 5:
                        break

    asyncio.run(main())


def test_a_link_can_be_probed() -> None:
    async def main() -> None:
        async with aio.Server(painted(1)) as server:
            quality = await aio.probe(server.url, fingerprint=server.fingerprint, password=server.password)
            assert quality.grade != "unknown"

    asyncio.run(main())


def test_two_loops_in_two_threads_share_a_server() -> None:
    failed: list[BaseException] = []

    async def look(server: tightrope.Server) -> None:
        async with client_of(server) as client:
            await follow(client, painted(1))
            client.type("x")
            await follow(client, painted(200))

    def run(server: tightrope.Server) -> None:
        try:
            asyncio.run(look(server))
        except BaseException as error:
            failed.append(error)

    with tightrope.Server(painted(1)) as server:
        threads = [threading.Thread(target=run, args=(server,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        typed = 0
        while typed < 4:
            event = server.wait(LIMIT)
            assert event is not None
            typed += isinstance(event, events.Key)
        server.update(painted(200))
        for thread in threads:
            thread.join()
    assert not failed
