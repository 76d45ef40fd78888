"""Threads and event loops, several of each at once; what callbacks raise, and where they may call."""

import asyncio
import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest
from conftest import LIMIT, connect, follow, painted

import tightrope
from tightrope import Rights, aio, events


def in_threads(*works: Callable[[], object]) -> None:
    """Does all of it at once; raises what the first that failed raised."""
    failed: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def test_two_threads_and_two_event_loops_work_at_once() -> None:
    def in_thread(shade: int) -> None:
        with tightrope.Server(painted(shade)) as server, connect(server) as client:
            for step in range(10):
                server.update(painted(shade + step))
                follow(client, painted(shade + step))
                client.type("t")
                while not isinstance(event := server.wait(LIMIT), events.Key):
                    assert event is not None

    async def in_loop(shade: int) -> None:
        async with aio.Server(painted(shade)) as server:
            options = {"fingerprint": server.fingerprint, "password": server.password}
            async with aio.Client(server.url, timeout=LIMIT, **options) as client:  # type: ignore[arg-type]
                for step in range(10):
                    server.update(painted(shade + step))
                    while not np.array_equal(client.framebuffer, painted(shade + step)):
                        await client.wait_for_update(LIMIT)
                    client.type("l")
                    while not isinstance(event := await server.wait(LIMIT), events.Key):
                        assert event is not None

    in_threads(
        lambda: in_thread(10),
        lambda: in_thread(60),
        lambda: asyncio.run(in_loop(110), debug=True),
        lambda: asyncio.run(in_loop(160), debug=True),
    )


def test_every_call_works_in_a_thread_that_did_not_connect(server: tightrope.Server, client: tightrope.Client) -> None:
    def use() -> None:
        client.type("a")
        client.click(5, 5)
        server.update(painted(44))
        follow(client, painted(44))
        assert client.stats.updates > 0 and client.name and server.sessions == 1
        client.reconnect(LIMIT)
        client.close()

    in_threads(use)
    with pytest.raises(tightrope.ClosedError):
        client.type("b")


def test_a_client_that_waits_in_one_loop_tells_the_other_loop() -> None:
    opened: list[aio.Client] = []
    is_waiting, is_told = threading.Event(), threading.Event()

    async def wait(server: tightrope.Server) -> None:
        options = {"fingerprint": server.fingerprint, "password": server.password}
        async with aio.Client(server.url, **options) as client:  # type: ignore[arg-type]
            await client.wait_for_picture(LIMIT)
            await client.wait_until_still(0.1, timeout=LIMIT)
            while client.poll() is not None:
                pass
            opened.append(client)
            waiting = asyncio.ensure_future(client.wait(LIMIT))
            await asyncio.sleep(0)
            is_waiting.set()
            await asyncio.get_running_loop().run_in_executor(None, is_told.wait, LIMIT)
            server.bell()
            assert await waiting == events.Bell()

    async def intrude() -> None:
        with pytest.raises(RuntimeError, match="it is waited for in another event loop"):
            await opened[0].wait(LIMIT)

    def other() -> None:
        assert is_waiting.wait(LIMIT)
        try:
            asyncio.run(intrude(), debug=True)
        finally:
            is_told.set()

    with tightrope.Server(painted(1)) as server:
        in_threads(lambda: asyncio.run(wait(server), debug=True), other)


def test_what_a_task_raises_while_it_waits_is_raised_where_it_is_awaited() -> None:
    async def main() -> None:
        loop_errors: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: loop_errors.append(context))
        async with aio.Server(painted(1)) as server:

            async def fail() -> None:
                async for event in server.events(LIMIT):
                    if isinstance(event, events.Connected):
                        raise ZeroDivisionError

            failing = asyncio.ensure_future(fail())
            options = {"fingerprint": server.fingerprint, "password": server.password}
            async with aio.Client(server.url, **options):  # type: ignore[arg-type]
                with pytest.raises(ZeroDivisionError):
                    await failing
        assert loop_errors == []

    asyncio.run(main(), debug=True)


def test_a_function_that_decides_may_call_the_server_and_its_failure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[BaseException | None] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda raised: told.append(raised.exc_value))
    made: list[tightrope.Server] = []
    seen: list[tuple[int, str]] = []

    def authenticate(_user: str | None, password: str | None, _address: str, _certificate: str | None) -> Rights:
        [server] = made
        seen.append((server.sessions, threading.current_thread().name))
        server.update(painted(77))
        # Its own clients may be closed and opened here, too.
        with pytest.raises(tightrope.FingerprintError):
            tightrope.Client(server.url, timeout=LIMIT)
        if password != "good":
            raise KeyError(password)
        return Rights.FULL

    with tightrope.Server(painted(1), authenticate=authenticate) as server:
        made.append(server)
        with pytest.raises(tightrope.RefusedError):
            connect(server, password="bad")
        with connect(server, password="good") as client:
            follow(client, painted(77))
    assert [sessions for sessions, _ in seen] == [0, 0]
    assert threading.main_thread().name not in {name for _, name in seen}
    assert [str(error) for error in told] == ["'bad'"]
