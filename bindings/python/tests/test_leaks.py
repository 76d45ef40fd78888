"""What is left behind by a client that has gone: nothing."""

import gc
import os
import sys
import time
from pathlib import Path

from conftest import LIMIT, connect, painted

import tightrope

CONNECTS = 60
MOST_GROWTH = 5 << 20


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def descriptors() -> int:
    """Open files and sockets."""
    return len(os.listdir("/proc/self/fd"))


def come_and_go(server: tightrope.Server, times: int) -> None:
    """Connects, looks and leaves."""
    for _ in range(times):
        with connect(server) as client:
            client.wait_for_picture(LIMIT)
            assert client.framebuffer[0, 0, 3] == 0


def settle(server: tightrope.Server, at_most: int) -> None:
    """Waits until all clients have gone and their sockets are closed."""
    end = time.monotonic() + LIMIT
    while server.sessions > 0 or descriptors() > at_most:
        server.wait(0.01)
        assert time.monotonic() < end, f"{server.sessions} sessions, {descriptors()} descriptors stay"
    while server.poll() is not None:
        pass
    gc.collect()


def measure(times: int) -> tuple[int, int]:
    """Bytes before and after so many clients."""
    with tightrope.Server(painted(1), linger=0.0) as server:
        come_and_go(server, 1)
        at_most = descriptors()
        come_and_go(server, 30)
        settle(server, at_most)
        before = resident()
        come_and_go(server, times)
        settle(server, at_most)
        return before, resident()


def test_clients_that_come_and_go_leave_nothing_behind() -> None:
    before, after = measure(CONNECTS)
    assert after - before <= MOST_GROWTH


def test_errors_leave_nothing_behind() -> None:
    with tightrope.Server(painted(1)) as server:
        array = painted(1).astype(float)
        references = sys.getrefcount(array)
        for _ in range(100):
            try:
                server.update(array)
            except TypeError:
                pass
        assert sys.getrefcount(array) == references
        good = painted(2)
        references = sys.getrefcount(good)
        server.update(good)
        assert sys.getrefcount(good) == references


if __name__ == "__main__":
    count = int(sys.argv[1])
    begun = time.monotonic()
    start, end = measure(count)
    growth = (end - start) / (1 << 20)
    print(f"{count} connects in {time.monotonic() - begun:.0f} s: {start >> 20} MiB, then {growth:+.2f} MiB")
