"""Pictures as NumPy sees them."""

import os
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ._tightrope import read_png, write_png
from .arguments import path as place
from .arguments import rectangle
from .geometry import Rect

Pixels: TypeAlias = npt.NDArray[np.uint8] | memoryview
"""What takes pixels takes any buffer of bytes of shape (height, width, 4), rows any distance apart."""

Path: TypeAlias = str | os.PathLike[str]


Region: TypeAlias = Rect | tuple[int, int, int, int]
"""Left, top, width and height."""


class Framebuffer(np.ndarray[tuple[int, ...], np.dtype[np.uint8]]):
    """Rows × columns × 4 bytes: blue, green, red, and one that is 0. A read-only view; a slice of it is one too."""

    def rgb(self) -> npt.NDArray[np.uint8]:
        """A copy as rows × columns × red, green, blue."""
        return np.ascontiguousarray(np.asarray(self)[..., 2::-1])

    def part(self, region: Region) -> "Framebuffer":
        """The pixels of a rectangle: a view, too."""
        rect = rectangle("region", region)
        height, width, _ = self.shape
        is_within = rect.left >= 0 and rect.top >= 0 and rect.left + rect.width <= width and rect.top + rect.height <= height
        if not is_within or rect.width < 1 or rect.height < 1:
            raise ValueError(f"region: expected a rectangle within {width}x{height}, got {tuple(rect)}")
        return self[rect.slices].view(Framebuffer)

    def save(self, path: Path) -> None:
        """Writes it to a PNG file."""
        write_png(place("path", path, ".png"), self)


def load(path: Path) -> Framebuffer:
    """The picture of a PNG file, as rows × columns × 4 bytes: blue, green, red, alpha."""
    return of_bytes(*read_png(place("path", path)))


def of_bytes(width: int, height: int, pixels: bytes) -> Framebuffer:
    """An array over pixels of four bytes."""
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 4).view(Framebuffer)


def bgra(image: Path | npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """An image to copy: a PNG file, BGRA or BGRX of 4 bytes a pixel, or RGB of 3; as blue, green, red, alpha. Where nothing
    at all is opaque it is BGRX."""
    if isinstance(image, (str, os.PathLike)):
        return load(image)
    colours = bgr(image)
    pixels = np.asarray(image)
    if pixels.shape[2] == 4 and pixels[..., 3].any():
        return np.ascontiguousarray(pixels)
    opaque = np.full((*colours.shape[:2], 4), 255, np.uint8)
    opaque[..., :3] = colours
    return opaque


def bgr(image: Path | npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """An image to compare with: a PNG file, BGRX of 4 bytes a pixel, or RGB of 3; as blue, green, red."""
    if isinstance(image, (str, os.PathLike)):
        image = load(image)
    pixels = np.asarray(image)
    if pixels.ndim != 3 or pixels.dtype != np.uint8 or pixels.shape[2] not in (3, 4):
        expected = "image: expected a PNG file, or uint8 of shape (height, width, 4) BGRX or (height, width, 3) RGB"
        raise ValueError(f"{expected}, got {pixels.dtype} of shape {pixels.shape}")
    return pixels[..., ::-1] if pixels.shape[2] == 3 else pixels[..., :3]


def distance(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    """The root of the mean squared difference of all channels, 0 (equal) to 255."""
    if np.array_equal(one, other):
        return 0.0
    difference = one.astype(np.float32) - other.astype(np.float32)
    return float(np.sqrt(np.mean(difference * difference)))
