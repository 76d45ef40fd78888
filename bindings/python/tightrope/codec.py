"""Encodings on their own: arrays in and bytes out, and back, with what was chosen for every rectangle.

An encoder is one connection's: what it wrote must be decoded by one decoder, in order, as zlib streams go on from one call
to the next. Pixels are lent for the call, whatever the distance of their rows; none is copied but into what is written. The
interpreter is released meanwhile, so that several threads can encode, each with an encoder of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict, Unpack, get_args

import numpy as np
import numpy.typing as npt

from ._tightrope import RectDecoder, RectEncoder
from .framebuffer import Pixels
from .geometry import Rect

EncodingName = Literal[
    "raw", "rre", "corre", "hextile", "zlib", "trle", "zrle", "zywrle", "tight", "tight-png", "jpeg"
]
"""What encodings are called. ZYWRLE can only be decoded."""
PixelFormat = Literal["bgrx", "rgb565", "bgr233"]
"""How the client asked for its pixels: 32 bits, 16 or 8."""
Subsampling = Literal["4:4:4", "4:2:2", "4:2:0", "gray"]
"""How finely JPEG holds colour."""

ENCODINGS: tuple[EncodingName, ...] = tuple(name for name in get_args(EncodingName) if name != "zywrle")
"""Those that can be encoded."""

Region = tuple[int, int, int, int] | Iterable[tuple[int, int, int, int]]
"""A rectangle (left, top, width, height), or several."""
Bytes = bytes | bytearray | memoryview | npt.NDArray[np.uint8]
"""Bytes one after the other."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle that was written or drawn."""

    left: int
    top: int
    width: int
    height: int
    encoding: str
    """Its heading; encoders fall back to "raw" where theirs is of no use."""
    kind: str
    """How its body is coded: "fill", "mono", "palette", "full", "gradient", "jpeg" or "png" for Tight and TightPNG, else
    the name of the encoding."""
    bytes: int
    """Of its head and its body."""
    seconds: float
    """What it took, on the thread that did it. What it took to cut the picture belongs to none of them."""
    quality: int | None
    """The JPEG quality, 1 to 100, of its loss; `None`: no loss, or it was drawn, and nobody knows."""

    @property
    def rect(self) -> Rect:
        """Where it is."""
        return Rect(self.left, self.top, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Encoded:
    """What an encoder made of a picture."""

    data: bytes
    """The rectangles, each with its head (RFC 6143 7.6.1): an update without its own head."""
    rectangles: tuple[Rectangle, ...]
    """What is in it."""
    left: tuple[Rect, ...]
    """What was to be written and was not, as the budget was spent."""
    seconds: float
    """What all of it took."""

    def __bytes__(self) -> bytes:
        return self.data

    def __len__(self) -> int:
        return len(self.data)


class EncoderSettings(TypedDict, total=False):
    """How pixels are to be written."""

    quality: int | None
    """JPEG quality level, 0 to 9; `None`: nothing may be lost."""
    fine_quality: int | None
    """JPEG quality, 0 to 100, instead of what the level stands for."""
    subsampling: Subsampling | None
    """Instead of what the level stands for."""
    compression: int
    """0 (fast) to 9 (small); 2 if nothing is said."""
    without_zlib: bool
    """The client reads Tight bodies without zlib."""
    gradient: bool
    """The client reads Tight's gradient filter; true if nothing is said."""
    thrifty: bool
    """Bytes are dearer than time."""
    moving: bool
    """What is encoded keeps changing, as videos do."""
    pixel_format: PixelFormat
    """What is written; arrays are always BGRX."""


def rects(region: Region | None) -> Sequence[tuple[int, int, int, int]] | None:
    """The rectangles of a region, one by one; `None` is all of a picture."""
    if region is None:
        return None
    many = list(region)
    if len(many) == 4 and all(isinstance(side, (int, np.integer)) for side in many):
        return [tuple(many)]  # type: ignore[list-item]
    return many  # type: ignore[return-value]


class Encoder:
    """Writes rectangles of one encoding."""

    def __init__(self, encoding: EncodingName, *, threads: int = 1, **settings: Unpack[EncoderSettings]) -> None:
        """An encoder whose streams are at their start. `threads` share the work of Tight and TightPNG."""
        self._native = RectEncoder(encoding, threads)
        self._settings: EncoderSettings = {}
        self.set(**settings)

    @property
    def encoding(self) -> str:
        """What it writes."""
        return self._native.encoding

    @property
    def settings(self) -> EncoderSettings:
        """What was said so far of how to write."""
        return self._settings.copy()

    def set(self, **settings: Unpack[EncoderSettings]) -> None:
        """Changes how pixels are written from the next call on; what is not named stays as it is."""
        known = EncoderSettings.__annotations__
        for name in settings:
            if name not in known:
                raise TypeError(f"{name}: expected one of {', '.join(known)}")
        new = self._settings | settings
        self._native.set(
            quality=new.get("quality"),
            fine_quality=new.get("fine_quality"),
            subsampling=new.get("subsampling"),
            compression=new.get("compression", 2),
            without_zlib=new.get("without_zlib", False),
            gradient=new.get("gradient", True),
            thrifty=new.get("thrifty", False),
            moving=new.get("moving", False),
            pixel_format=new.get("pixel_format", "bgrx"),
        )
        self._settings = new

    def encode(self, array: Pixels, region: Region | None = None, *, budget: int | None = None) -> Encoded:
        """Writes `region` of `array` (height × width × 4 bytes, BGRX), or all of it, until `budget` bytes are written.

        With a budget it stops after the rectangle that goes over it, and tells what is left.
        """
        data, rows, left, seconds = self._native.encode(array, rects(region), budget)
        return Encoded(
            data=data,
            rectangles=tuple(Rectangle(*row) for row in rows),
            left=tuple(Rect(*rect) for rect in left),
            seconds=seconds,
        )


class Decoder:
    """Draws rectangles of one encoding, and of Raw, which every client must know."""

    def __init__(
        self, encoding: EncodingName, *, pixel_format: PixelFormat = "bgrx", quality: int | None = None
    ) -> None:
        """A decoder whose streams are at their start. `quality` is what was asked for, which ZYWRLE's bytes do not say."""
        self._native = RectDecoder(encoding, pixel_format, quality)

    @property
    def encoding(self) -> str:
        """What it draws."""
        return self._native.encoding

    def decode(self, data: Encoded | Bytes, array: npt.NDArray[np.uint8]) -> tuple[Rectangle, ...]:
        """Draws `data` on `array` (height × width × 4 bytes, BGRX with X = 0), where it is; gives what was in it.

        Raises `ProtocolError` where the data is none: what came before is drawn, and the decoder is of no more use.
        """
        data = data.data if isinstance(data, Encoded) else data
        return tuple(Rectangle(*row) for row in self._native.decode(data, array))


class RawEncoder(Encoder):
    """Writes pixels as they are."""

    def __init__(self, *, threads: int = 1, **settings: Unpack[EncoderSettings]) -> None:
        super().__init__("raw", threads=threads, **settings)


class RawDecoder(Decoder):
    """Draws pixels as they are."""

    def __init__(self, *, pixel_format: PixelFormat = "bgrx") -> None:
        super().__init__("raw", pixel_format=pixel_format)


class RreEncoder(Encoder):
    """Writes RRE: one-coloured rectangles on a background."""

    def __init__(self, *, threads: int = 1, **settings: Unpack[EncoderSettings]) -> None:
        super().__init__("rre", threads=threads, **settings)


class RreDecoder(Decoder):
    """Draws RRE: one-coloured rectangles on a background."""

    def __init__(self, *, pixel_format: PixelFormat = "bgrx") -> None:
        super().__init__("rre", pixel_format=pixel_format)


class CorreEncoder(Encoder):
    """Writes CoRRE: the same in small rectangles."""

    def __init__(self, *, threads: int = 1, **settings: Unpack[EncoderSettings]) -> None:
        super().__init__("corre", threads=threads, **settings)


class CorreDecoder(Decoder):
    """Draws CoRRE: the same in small rectangles."""

    def __init__(self, *, pixel_format: PixelFormat = "bgrx") -> None:
        super().__init__("corre", pixel_format=pixel_format)


class HextileEncoder(Encoder):
    """Writes Hextile: tiles of 16 by 16."""

    def __init__(self, *, threads: int = 1, **settings: Unpack[EncoderSettings]) -> None:
        super().__init__("hextile", threads=threads, **settings)


class HextileDecoder(Decoder):
    """Draws Hextile: tiles of 16 by 16."""

    def __init__(self, *, pixel_format: PixelFormat = "bgrx") -> None:
        super().__init__("hextile", pixel_format=pixel_format)


class ZlibEncoder(Encoder):
    """Writes Zlib: raw pixels in one zlib stream."""

    def __init__(self, *, threads: int = 1, **settings: Unpack[EncoderSettings]) -> None:
        super().__init__("zlib", threads=threads, **settings)


class ZlibDecoder(Decoder):
    """Draws Zlib: raw pixels in one zlib stream."""

    def __init__(self, *, pixel_format: PixelFormat = "bgrx") -> None:
        super().__init__("zlib", pixel_format=pixel_format)


class TrleEncoder(Encoder):
    """Writes TRLE: run-length coded tiles."""

    def __init__(self, *, threads: int = 1, **settings: Unpack[EncoderSettings]) -> None:
        super().__init__("trle", threads=threads, **settings)


class TrleDecoder(Decoder):
    """Draws TRLE: run-length coded tiles."""

    def __init__(self, *, pixel_format: PixelFormat = "bgrx") -> None:
        super().__init__("trle", pixel_format=pixel_format)


class ZrleEncoder(Encoder):
    """Writes ZRLE: run-length coded tiles in one zlib stream."""

    def __init__(self, *, threads: int = 1, **settings: Unpack[EncoderSettings]) -> None:
        super().__init__("zrle", threads=threads, **settings)


class ZrleDecoder(Decoder):
    """Draws ZRLE: run-length coded tiles in one zlib stream."""

    def __init__(self, *, pixel_format: PixelFormat = "bgrx") -> None:
        super().__init__("zrle", pixel_format=pixel_format)


class TightEncoder(Encoder):
    """Writes Tight: fills, palettes, zlib and JPEG, whichever suits."""

    def __init__(self, *, threads: int = 1, **settings: Unpack[EncoderSettings]) -> None:
        super().__init__("tight", threads=threads, **settings)


class TightDecoder(Decoder):
    """Draws Tight: fills, palettes, zlib and JPEG, whichever suits."""

    def __init__(self, *, pixel_format: PixelFormat = "bgrx") -> None:
        super().__init__("tight", pixel_format=pixel_format)


class TightPngEncoder(Encoder):
    """Writes TightPNG: fills, PNG and JPEG."""

    def __init__(self, *, threads: int = 1, **settings: Unpack[EncoderSettings]) -> None:
        super().__init__("tight-png", threads=threads, **settings)


class TightPngDecoder(Decoder):
    """Draws TightPNG: fills, PNG and JPEG."""

    def __init__(self, *, pixel_format: PixelFormat = "bgrx") -> None:
        super().__init__("tight-png", pixel_format=pixel_format)


class JpegEncoder(Encoder):
    """Writes JPEG and nothing else; Raw where nothing may be lost."""

    def __init__(self, *, threads: int = 1, **settings: Unpack[EncoderSettings]) -> None:
        super().__init__("jpeg", threads=threads, **settings)


class JpegDecoder(Decoder):
    """Draws JPEG and nothing else; Raw where nothing may be lost."""

    def __init__(self, *, pixel_format: PixelFormat = "bgrx") -> None:
        super().__init__("jpeg", pixel_format=pixel_format)
