"""What is left behind by a client that has gone: nothing."""

import ctypes
import gc
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from conftest import LIMIT, connect, painted

import tightrope

WARM_UP = 1100
"""Connects until every thread has its caches, and the server has forgotten its first sessions: it remembers 1024."""
CONNECTS = 600
MOST_GROWTH = 512 * CONNECTS
"""Bytes: what 10,000 connects may leave behind, 5 MiB, in proportion."""


class Allocated(ctypes.Structure):
    """What glibc tells of its memory (`struct mallinfo2`)."""

    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")]
    _fields_ += [(name, ctypes.c_size_t) for name in ("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]
    hblkhd: int
    """Bytes that were mapped one by one."""
    uordblks: int
    """Bytes of all other memory that is in use."""


def allocated() -> int:
    """Bytes that are in use. Unlike what is in memory they do not depend on where allocations came to lie."""
    ask = ctypes.CDLL(None).mallinfo2
    ask.restype = Allocated
    told: Allocated = ask()
    return told.uordblks + told.hblkhd


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


def measure(counts: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Bytes that are in use, and in memory, after so many clients more, each time."""
    with tightrope.Server(painted(1), linger=0.0) as server:
        come_and_go(server, 1)
        at_most = descriptors()
        for count in counts:
            come_and_go(server, count)
            settle(server, at_most)
            yield allocated(), resident()


def test_clients_that_come_and_go_leave_nothing_behind() -> None:
    (before, _), (after, _) = measure((WARM_UP, CONNECTS))
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
    thousands = int(sys.argv[1])
    begun = time.monotonic()
    first = 0
    for number, (used, held) in enumerate(measure((30, *[1000] * thousands))):
        first = first or held
        growth = (held - first) / (1 << 20)
        print(f"{number}000 connects, {time.monotonic() - begun:.0f} s: {used >> 10} KiB used, in memory {growth:+.2f} MiB")
