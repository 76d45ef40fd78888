"""Pictures and recordings to measure with, the same each time."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from tightrope.recording import VtzWriter

Picture = npt.NDArray[np.uint8]


def desktop(width: int = 400, height: int = 240) -> Picture:
    """All that codecs treat differently, side by side: one colour, text, icons, a photograph, noise."""
    numbers = np.random.default_rng(7)
    rows, columns = np.mgrid[0:height, 0:width]
    picture = np.zeros((height, width, 4), np.uint8)
    fifth = width // 5
    strips = [slice(start, start + fifth) for start in range(0, fifth * 5, fifth)]
    picture[:, strips[0], :3] = (200, 100, 50)
    letters = (rows % 16 < 10) & (numbers.integers(0, 3, rows.shape) == 0)
    picture[:, strips[1], :3] = np.where(letters, 0, 255)[:, strips[1], None]
    shade = (columns // 5 + rows // 3) % 40
    picture[:, strips[2], 0] = (shade * 6)[:, strips[2]]
    picture[:, strips[2], 1] = (255 - shade)[:, strips[2]]
    wave = np.sin(columns / 17.0) + np.cos(rows / 23.0)
    soft = (wave * 50 + 128 + numbers.normal(0, 3, rows.shape)).clip(0, 255)
    for channel, light in enumerate((1.0, 0.8, 0.6)):
        picture[:, strips[3], channel] = (soft * light)[:, strips[3]]
    picture[:, strips[4], :3] = numbers.integers(0, 256, (*rows.shape, 3), np.uint8)[:, strips[4]]
    return picture


def moving(number: int, width: int = 400, height: int = 240) -> Picture:
    """The desktop with a bar on it that is another for each number."""
    picture = desktop(width, height)
    picture[64:104, :, :3] = (number * 7 % 256, 200, number * 30 % 256)
    return picture


def record(path: Path, frames: int = 6, interval: float = 0.1, width: int = 400, height: int = 240) -> Path:
    """A recording of `moving`, so many seconds from picture to picture."""
    with VtzWriter(path, (width, height), level=1) as writer:
        for number in range(frames):
            writer.add(moving(number, width, height), number * interval)
    return path


def film(path: Path, frames: int = 40, width: int = 400, height: int = 240) -> Path:
    """A recording of a photograph that moves, 20 pictures a second: what is dear for a codec."""
    numbers = np.random.default_rng(11)
    rows, columns = np.mgrid[0:height, 0:width]
    grain = numbers.normal(0, 12, (height, 2 * width))
    picture = np.zeros((height, width, 4), np.uint8)
    with VtzWriter(path, (width, height), level=1) as writer:
        for number in range(frames):
            shift = number * 5 % width
            wave = np.sin((columns + shift * 3) / 19.0) + np.cos((rows + shift) / 13.0)
            soft = wave * 50 + 128 + grain[:, shift : shift + width]
            for channel, light in enumerate((1.0, 0.8, 0.6)):
                picture[..., channel] = (soft * light).clip(0, 255)
            writer.add(picture, number * 0.05)
    return path
