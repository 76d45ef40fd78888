"""The shaped link."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from conftest import LIMIT, follow, painted

import tightrope
from tightrope.link import Link


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A server that says what it is told, by TCP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    stream, _ = listener.accept()
                except OSError:
                    return
                with stream:
                    while told := stream.recv(1 << 16):
                        stream.sendall(told)

        thread = threading.Thread(target=serve)
        thread.start()
        host, port = listener.getsockname()
        yield host, port
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def said(stream: socket.socket, length: int) -> float:
    """Has the server say so many bytes; the seconds it took."""
    start = time.monotonic()
    stream.sendall(b"x" * length)
    while length > 0:
        heard = stream.recv(1 << 16)
        assert heard
        length -= len(heard)
    return time.monotonic() - start


def connected(link: Link) -> socket.socket:
    stream = socket.create_connection((link.host, link.port), timeout=LIMIT)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return stream


def test_a_round_trip_takes_as_long_as_the_link_says(echo: tuple[str, int]) -> None:
    with Link(echo, rtt=0.1) as link, connected(link) as stream:
        # One more to open it.
        assert said(stream, 1) >= 0.2
        assert said(stream, 1) >= 0.1
        stats = link.stats
    assert (stats.up.payload, stats.down.payload) == (2, 2)
    assert stats.up.bytes > stats.up.payload


def test_a_link_can_be_changed_while_it_runs(echo: tuple[str, int]) -> None:
    with Link(echo) as link, connected(link) as stream:
        said(stream, 1)
        link.change(rtt="200ms")
        assert said(stream, 1) >= 0.2
        link.change(rtt=0.0, rate=800_000)
        assert link.settings == {"rtt": 0.0, "rate": 800_000}
        # 20,000 bytes each way; the last waits for all before it.
        assert said(stream, 20_000) >= 0.2
        assert link.stats.up.longest_queue > 0.0
        link.change(rate=None)
        assert link.settings["rate"] is None


def test_rates_change_in_steps(echo: tuple[str, int]) -> None:
    with Link(echo, rate=[(0, 80e6), (0.2, 160e3)]) as link, connected(link) as stream:
        link.begin()
        time.sleep(0.2)
        assert said(stream, 5000) >= 0.25


def test_datagrams_get_lost_and_are_counted() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, socket.socket(
        socket.AF_INET, socket.SOCK_DGRAM
    ) as client:
        server.bind(("127.0.0.1", 0))
        server.settimeout(LIMIT)
        with Link(server.getsockname(), loss=1.0, protocols="udp") as link:
            for _ in range(20):
                client.sendto(b"gone", (link.host, link.port))
            while link.stats.up.datagrams < 20:
                time.sleep(0.01)
            assert link.stats.up.lost == 20
            link.change(loss=0.0)
            client.sendto(b"here", (link.host, link.port))
            assert server.recv(100) == b"here"


def test_a_client_follows_its_server_over_a_link(server: tightrope.Server) -> None:
    with Link(server.address, rate="20mbit", rtt="20ms", protocols="tcp") as link:
        options = {"fingerprint": server.fingerprint, "password": server.password, "timeout": LIMIT}
        with tightrope.Client(f"vncs://{link.address}", **options) as client:  # type: ignore[arg-type]
            follow(client, painted(1))
            assert link.stats.down.payload > 1000
            link.close()
            assert link.is_closed
            with pytest.raises(tightrope.ClosedError):
                link.change(rtt=0.1)
            with pytest.raises(tightrope.ClosedError):
                while True:
                    client.wait(LIMIT)


def test_what_describes_no_link_is_refused_by_name() -> None:
    target = ("127.0.0.1", 9)
    with pytest.raises(ValueError, match='rate: "20" is not a rate'):
        Link(target, rate="20")
    with pytest.raises(ValueError, match="rtt: expected 0 or more, got -1"):
        Link(target, rtt=-1)
    with pytest.raises(ValueError, match="loss: .* is not a share"):
        Link(target, loss=1.5)
    with pytest.raises(ValueError, match="queue: "):
        Link(target, queue="many")
    with pytest.raises(ValueError, match="rate: expected steps"):
        Link(target, rate=[(1, 2e6)])
    with pytest.raises(TypeError, match="jitter: expected a number or a text, got list"):
        Link(target, jitter=[])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="delay: expected one of rate"):
        Link(target, delay=1.0)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="protocols: expected tcp, udp or both"):
        Link(target, protocols="sctp")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="target: expected host:port"):
        Link("nowhere")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(tightrope.ServeError, match="listen: "):
        Link(target, listen=taken.getsockname(), protocols="tcp")
