"""What must not be possible: memory that is gone, or lies elsewhere; waits that never end."""

import ctypes
import gc
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import HEIGHT, LIMIT, WIDTH, connect, follow, painted

import tightrope
from tightrope import events, recording

PyBUF_SIMPLE, PyBUF_WRITABLE, PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES = 0, 1, 4, 8, 0x18
PyBUF_C_CONTIGUOUS, PyBUF_F_CONTIGUOUS, PyBUF_ANY_CONTIGUOUS = 0x38, 0x58, 0x98


class PyBuffer(ctypes.Structure):
    """Python's `Py_buffer`."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    ]
    len: int
    itemsize: int
    readonly: int
    ndim: int
    format: bytes | None


def look(picture: object, flags: int) -> tuple[int, int, bytes | None, list[int] | None, list[int] | None]:
    """What a view that is asked for by these flags tells: dimensions, bytes, format, shape and strides."""
    view = PyBuffer()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(picture), ctypes.byref(view), flags)
    shape = [view.shape[side] for side in range(view.ndim)] if view.shape else None
    strides = [view.strides[side] for side in range(view.ndim)] if view.strides else None
    told = view.ndim, view.len, view.format, shape, strides
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(view))
    return told


@pytest.fixture(params=["a client", "a recording"])
def picture(request: pytest.FixtureRequest, client: tightrope.Client, tmp_path: Path) -> object:
    """A picture of the engine's, of WIDTH and HEIGHT."""
    if request.param == "a client":
        return client._native.picture()
    with recording.VtzWriter(tmp_path / "a.vtz", (WIDTH, HEIGHT)) as writer:
        writer.add(painted(3), 0.0)
    return recording.VtzReader(tmp_path / "a.vtz")._native.picture()


def test_a_view_has_what_it_was_asked_for(picture: object) -> None:
    shape, strides, length = [HEIGHT, WIDTH, 4], [WIDTH * 4, 4, 1], HEIGHT * WIDTH * 4
    assert look(picture, PyBUF_SIMPLE) == (1, length, None, None, None)
    assert look(picture, PyBUF_ND) == (3, length, None, shape, None)
    assert look(picture, PyBUF_STRIDES | PyBUF_FORMAT) == (3, length, b"B", shape, strides)
    assert look(picture, PyBUF_C_CONTIGUOUS) == look(picture, PyBUF_ANY_CONTIGUOUS) == (3, length, None, shape, strides)
    for flags, why in ((PyBUF_WRITABLE, "is read-only"), (PyBUF_F_CONTIGUOUS, "is row by row")):
        with pytest.raises(BufferError, match=f"the picture of a (client|recording) {why}"):
            look(picture, flags)


def test_a_view_outlives_its_client_and_its_size() -> None:
    with tightrope.Server(painted(1)) as server:
        client = connect(server)
        follow(client, painted(1))
        before, part = client.framebuffer, client.framebuffer[10:20]
        server.resize(100, 60)
        server.update(painted(2, 100, 60))
        while client.size != (100, 60):
            assert client.wait(LIMIT) is not None
        follow(client, painted(2, 100, 60))
        after = client.framebuffer
        client.close()
        del client
        gc.collect()
    assert np.array_equal(before, painted(1)) and np.array_equal(part, painted(1)[10:20])
    assert np.array_equal(after, painted(2, 100, 60))


def test_an_array_that_is_lent_keeps_its_memory(server: tightrope.Server) -> None:
    array = bytearray(WIDTH * HEIGHT * 4)
    shaped = memoryview(array).cast("B", (HEIGHT, WIDTH, 4))
    ended = threading.Event()
    refused: list[str] = []

    def shrink() -> None:
        while not ended.is_set():
            try:
                array.clear()
            except BufferError as error:
                refused.append(str(error))

    shrinks = threading.Thread(target=shrink)
    shrinks.start()
    for _ in range(50):
        server.update(shaped)
    ended.set()
    shrinks.join()
    assert refused and len(array) == WIDTH * HEIGHT * 4


def test_what_is_read_may_not_lie_where_it_is_drawn() -> None:
    array = np.zeros((48, 64, 4), np.uint8)
    encoded = tightrope.RawEncoder().encode(painted(1, 64, 48)).data
    where = array.reshape(-1)[: len(encoded) // 2]
    for data in (where, where[100:200], array.reshape(-1)):
        with pytest.raises(ValueError, match="data: expected bytes that do not lie in array, got some that do"):
            tightrope.RawDecoder().decode(data, array)
    tightrope.RawDecoder().decode(encoded, array)
    assert np.array_equal(array, painted(1, 64, 48))
    # Half of the array is drawn on, and the other half read.
    both = np.zeros((2, 48, 64, 4), np.uint8)
    both[1] = array
    small = tightrope.TightEncoder().encode(painted(5, 64, 48)).data
    both[1].reshape(-1)[: len(small)] = np.frombuffer(small, np.uint8)
    tightrope.TightDecoder().decode(both[1].reshape(-1)[: len(small)], both[0])


def test_a_frame_of_sound_may_lie_where_it_is_decoded_to() -> None:
    tone = np.sin(np.arange(960) * 2 * np.pi * 440 / 48_000).astype(np.float32)
    samples = np.repeat(tone[:, None], 2, 1)
    frame = tightrope.audio.OpusEncoder(frame_ms=20).encode(samples)
    apart, within = np.zeros((960, 2), np.float32), np.zeros((960, 2), np.float32)
    tightrope.audio.OpusDecoder(frame_ms=20).decode(frame, apart)
    inside = within.view(np.uint8).reshape(-1)[: len(frame)]
    inside[:] = np.frombuffer(frame, np.uint8)
    tightrope.audio.OpusDecoder(frame_ms=20).decode(memoryview(inside), within)  # type: ignore[arg-type]
    assert np.array_equal(apart, within) and np.abs(apart).max() > 0.1


def test_numbers_that_lie_askew_are_refused() -> None:
    askew = np.frombuffer(bytearray(960 * 2 * 4 + 1), np.float32, 960 * 2, offset=1).reshape(960, 2)
    assert askew.ctypes.data % 4
    with tightrope.Server((64, 48), sound=True) as server, pytest.raises(TypeError, match="samples: expected"):
        server.push_sound(askew)


def test_a_desktop_that_changes_its_size_while_it_is_painted_stays_whole() -> None:
    with tightrope.Server(painted(1)) as server, connect(server) as client:
        sizes = [(WIDTH, HEIGHT), (100, 60), (500, 333)]
        ended = threading.Event()

        def resize() -> None:
            while not ended.is_set():
                for width, height in sizes:
                    server.resize(width, height)

        resizes = threading.Thread(target=resize)
        resizes.start()
        for number in range(300):
            width, height = sizes[number % 3]
            try:
                server.update(painted(number % 200, width, height), [(0, 0, width, height)])
            except ValueError as error:
                assert "array: expected shape" in str(error) or "damage: expected" in str(error)
            client.poll()
        ended.set()
        resizes.join()
        server.resize(WIDTH, HEIGHT)
        server.update(painted(7))
        while client.size != (WIDTH, HEIGHT):
            assert client.wait(LIMIT) is not None
        follow(client, painted(7))


def program(text: str) -> str:
    """Runs a program as a process of its own, which must say nothing of errors; what it prints."""
    # Newer Pythons warn of every fork beside threads.
    command = [sys.executable, "-P", "-X", "dev", "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT * 2, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


FORKED = """
import gc, os, sys
import numpy as np
import tightrope

def connect(server):
    return tightrope.Client(server.url, fingerprint=server.fingerprint, password=server.password)

server = tightrope.Server(np.zeros((48, 64, 4), np.uint8))
client = connect(server)
client.wait_for_picture()
recorder = client.record("a.vtz")
link = tightrope.link.Link(server.address)
child = os.fork()
if child == 0:
    status = 1
    try:
        for call in (
            lambda: client.type("a"),
            lambda: client.wait(),
            lambda: client.poll(),
            lambda: client.stats,
            lambda: client.framebuffer,
            lambda: client.reconnect(),
            lambda: server.url,
            lambda: server.wait(),
            lambda: recorder.close(),
            lambda: link.stats,
            lambda: connect(server),
            lambda: tightrope.Client("vncs://127.0.0.1:1"),
            lambda: tightrope.Server((64, 48)),
        ):
            try:
                call()
            except RuntimeError as error:
                assert "this process was forked" in str(error), error
            else:
                raise AssertionError("it did not fail")
        client.close()
        server.shutdown()
        link.close()
        del client, server, link, recorder
        gc.collect()
        assert tightrope.TightEncoder().encode(np.zeros((48, 64, 4), np.uint8)).data
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)
assert os.waitpid(child, 0)[1] == 0
client.type("b")
while not isinstance(event := server.wait(20.0), tightrope.events.Key):
    assert event is not None
recorder.close()
client.close()
link.close()
server.shutdown()
"""


def test_a_process_that_was_forked_is_told_so_and_harms_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program(FORKED)


def test_a_process_that_was_forked_before_uses_the_engine() -> None:
    program(
        "import os, tightrope\n"
        "child = os.fork()\n"
        "with tightrope.Server((64, 48)) as server:\n"
        "    with tightrope.Client(server.url, fingerprint=server.fingerprint, password=server.password) as client:\n"
        "        client.type('a')\n"
        "if child == 0:\n"
        "    os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
    )


def test_python_ends_whatever_is_still_going_on() -> None:
    text = """
import threading, numpy, tightrope
server = tightrope.Server(
    numpy.zeros((48, 64, 4), numpy.uint8), authenticate=lambda *_: tightrope.Rights.FULL, sound=True
)
client = tightrope.Client(server.url, fingerprint=server.fingerprint, password="x", sound=True)
client.wait_for_picture(20)
for wait in (client.wait, server.wait, lambda: next(client.audio)):
    threading.Thread(target=lambda wait=wait: [wait() for _ in iter(int, 1)], daemon=True).start()
print("ends")
"""
    for _ in range(3):
        assert program(text) == "ends\n"


def test_sessions_that_nobody_holds_any_more_are_over(server: tightrope.Server) -> None:
    client = connect(server)
    view = client.framebuffer
    del client
    gc.collect()
    while not isinstance(event := server.wait(LIMIT), events.Disconnected):
        assert event is not None
    assert view.shape == (HEIGHT, WIDTH, 4)
