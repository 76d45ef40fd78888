"""What a call costs that encodes nothing: `python tests/costs.py`. Microseconds, the median of many."""

import statistics
import time
from collections.abc import Callable

import tightrope
from conftest import connect, follow, painted

ROUNDS = 5_000


def cost(call: Callable[[], object]) -> float:
    """Microseconds."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - begun)
    return statistics.median(times) / 1000


def costs() -> dict[str, float]:
    """Of each call."""
    with tightrope.Server(painted(1)) as server, connect(server) as client:
        follow(client, painted(1))
        desktop = painted(1)
        return {
            "client.poll()": cost(client.poll),
            "client.framebuffer": cost(lambda: client.framebuffer),
            "client.move(1, 1)": cost(lambda: client.move(1, 1)),
            "client.key('a')": cost(lambda: client.key("a")),
            "client.stats": cost(lambda: client.stats),
            "server.poll()": cost(server.poll),
            "server.update(desktop, small)": cost(lambda: server.update(desktop, (0, 0, 16, 16))),
            "server.set_pointer(1, 1)": cost(lambda: server.set_pointer(1, 1)),
        }


if __name__ == "__main__":
    for name, micros in costs().items():
        print(f"{micros:8.1f} µs  {name}")
