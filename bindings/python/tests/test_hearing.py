"""The desktop's sound on its way from an array to an array."""

import time

import numpy as np
import numpy.typing as npt
import pytest
from conftest import LIMIT, connect, painted

import tightrope
from tightrope import events

RATE = 48_000


def tone(first: int, frames: int) -> npt.NDArray[np.float32]:
    """440 Hz on the left and silence on the right, from sample `first` on."""
    samples = np.zeros((frames, 2), np.float32)
    samples[:, 0] = 0.5 * np.sin(2 * np.pi * 440 * np.arange(first, first + frames) / RATE)
    return samples


def test_what_a_server_plays_is_heard_by_a_client() -> None:
    with tightrope.Server(painted(1), sound=True) as server, connect(server, sound=True) as client:
        while not isinstance(event := client.wait(LIMIT), events.SoundStarted):
            assert event is not None
        assert server.sound_wanted
        played, began = 0, time.monotonic()
        heard: list[npt.NDArray[np.float32]] = []
        for frame in client.audio:
            assert frame.shape == (960, 2) and frame.dtype == np.float32
            server.push_sound(tone(played, 960), began + played / RATE)
            played += 960
            if np.abs(frame[:, 0]).max() > 0.3:
                heard.append(frame)
            assert played < RATE * LIMIT, "nothing is heard"
            if len(heard) == 20:
                break
        sound = np.concatenate(heard)
        spectrum = np.abs(np.fft.rfft(sound[:, 0] * np.hanning(len(sound))))
        assert abs(int(np.argmax(spectrum)) * RATE / len(sound) - 440) < 10
        assert np.abs(sound[:, 1]).max() < 0.05


def test_sound_ends_with_the_session() -> None:
    with tightrope.Server(painted(1), sound=True) as server, connect(server, sound=True) as client:
        frames = client.audio
        assert not next(frames).any()
        server.shutdown()
        for _ in frames:
            pass


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((10, 2)), r"samples: expected an array of float32 of shape \(frames, 2\), got float64"),
        (np.zeros(10, np.float32), r"samples: expected an array of float32 of shape \(frames, 2\), got \[10\]"),
        (np.zeros((10, 4), np.float32)[:, ::2], "samples: expected .* one number right after another"),
    ],
)
def test_samples_of_another_kind_are_an_error(samples: npt.NDArray[np.float32], message: str) -> None:
    with tightrope.Server((64, 48), sound=True) as server, pytest.raises((TypeError, ValueError), match=message):
        server.push_sound(samples)


def test_a_moment_that_is_none_is_an_error() -> None:
    with tightrope.Server((64, 48), sound=True) as server, pytest.raises(ValueError, match="captured: expected a moment"):
        server.push_sound(tone(0, 10), -1.0)
