"""What a client does without waiting: the same for `Client` and `aio.Client`."""

import time
from collections import deque
from typing import Final, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from . import keys
from ._tightrope import Client as Native
from ._tightrope import Picture, Recording
from .arguments import EVERY, integer, pair, rectangle
from .arguments import path as place
from .errors import ExpectError, TimedOutError
from .events import ClientEvent, ClipboardChanged, Resized, Updated
from .framebuffer import Framebuffer, Path, Region, bgr, bgra, distance
from .geometry import Rect
from .stats import Stats
from .text import optional, unicode

Button = Literal["left", "middle", "right", "back", "forward"]

_BUTTONS: Final = {"left": 1, "middle": 2, "right": 4, "back": 128, "forward": 256}
_WHEEL: Final = {"up": 8, "down": 16, "left": 32, "right": 64}
_EVERY_BUTTON: Final = 511
_MOST_STEPS: Final = 1000
_KEPT: Final = 4096


class Cursor(NamedTuple):
    """A pointer's shape."""

    pixels: npt.NDArray[np.uint8]
    """Rows × columns × blue, green, red, alpha."""
    x: int
    """The column that points."""
    y: int
    """The row that points."""


class Desktop:
    """A desktop that is connected: its picture, its keyboard, its pointer, its clipboard."""

    def __init__(self, native: Native) -> None:
        self._native = native
        self._kept: deque[ClientEvent] = deque(maxlen=_KEPT)
        self._picture: Picture | None = None
        self._framebuffer: Framebuffer | None = None
        self._clipboard: str | None = None
        self._has_image = False
        self._pointer = (0, 0)
        self._buttons = 0

    # What is there

    @property
    def framebuffer(self) -> Framebuffer:
        """The picture: rows × columns × 4 bytes (blue, green, red, 0), read-only and not a copy.

        It changes only inside calls that wait or poll. When the desktop gets another size it is another array.
        """
        picture = self._native.picture()
        if picture is not self._picture or self._framebuffer is None:
            self._framebuffer = np.asarray(picture).view(Framebuffer)
            self._picture = picture
        return self._framebuffer

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the desktop."""
        height, width, _ = self._native.picture().shape
        return width, height

    @property
    def name(self) -> str:
        """The desktop's name."""
        return self._native.name()

    @property
    def clipboard(self) -> str | None:
        """The text on the desktop's clipboard, as far as the server has told."""
        return self._clipboard

    @property
    def cursor(self) -> Cursor | None:
        """The pointer's shape, if the server has sent one."""
        shape = self._native.cursor()
        if shape is None:
            return None
        width, height, x, y, pixels = shape
        return Cursor(np.frombuffer(pixels, np.uint8).reshape(height, width, 4), x, y)

    @property
    def stats(self) -> Stats:
        """What the session has moved, and how good its link is."""
        return self._native.stats()

    def fileno(self) -> int:
        """A file descriptor that is readable when `poll` would give something."""
        return self._native.fileno()

    # Keyboard

    def type(self, text: str) -> None:
        """Types characters; a line's end is Return."""
        keysyms = [keys.of_character(character) for character in unicode("text", text)]
        self._native.keys([(keysym, down) for keysym in keysyms for down in (True, False)])

    def key(self, keys_held: str) -> None:
        """Presses keys together and releases them: `"ctrl-c"`, `"return"`, `"alt-f4"`, `"a"`; see `tightrope.keys`."""
        keysyms = keys.chord(keys_held)
        pressed = [(keysym, True) for keysym in keysyms]
        self._native.keys(pressed + [(keysym, False) for keysym in reversed(keysyms)])

    def key_down(self, keys_held: str) -> None:
        """Presses keys, and holds them down."""
        self._native.keys([(keysym, True) for keysym in keys.chord(keys_held)])

    def key_up(self, keys_held: str) -> None:
        """Releases keys."""
        self._native.keys([(keysym, False) for keysym in reversed(keys.chord(keys_held))])

    # Pointer

    def move(self, x: int, y: int) -> None:
        """Puts the pointer at a pixel."""
        self._point([(*self._at(x, y), self._buttons)])

    def point(self, x: int, y: int, buttons: int) -> None:
        """Puts the pointer at a pixel, with these buttons held down and no others: bits as in `events.Pointer`."""
        held = integer("buttons", buttons, 0, _EVERY_BUTTON)
        self._point([(*self._at(x, y), held)])

    def click(self, x: int | None = None, y: int | None = None, button: Button = "left", count: int = 1) -> None:
        """Clicks at a pixel, or where the pointer is."""
        (left, top), bit = self._at(x, y), _button(button)
        count = integer("count", count, 1, _MOST_STEPS)
        once = [(left, top, self._buttons | bit), (left, top, self._buttons & ~bit)]
        self._point([(left, top, self._buttons), *once * count])

    def mouse_down(self, button: Button = "left") -> None:
        """Presses a button, and holds it down."""
        self._point([(*self._pointer, self._buttons | _button(button))])

    def mouse_up(self, button: Button = "left") -> None:
        """Releases a button."""
        self._point([(*self._pointer, self._buttons & ~_button(button))])

    def drag(self, start: tuple[int, int], end: tuple[int, int], button: Button = "left", steps: int = 16) -> None:
        """Presses a button at `start`, moves to `end` in `steps`, and releases it there."""
        (x, y), (to_x, to_y) = self._at(*pair("start", start)), self._at(*pair("end", end))
        bit, steps = _button(button), integer("steps", steps, 1, _MOST_STEPS)
        held = self._buttons | bit
        way = [(x + (to_x - x) * step // steps, y + (to_y - y) * step // steps, held) for step in range(steps + 1)]
        self._point([(x, y, self._buttons), *way, (to_x, to_y, self._buttons & ~bit)])

    def scroll(
        self,
        steps: int,
        x: int | None = None,
        y: int | None = None,
        direction: Literal["up", "down", "left", "right"] = "down",
    ) -> None:
        """Turns the wheel by so many steps, at a pixel or where the pointer is."""
        if direction not in _WHEEL:
            raise ValueError(f"direction: expected one of {', '.join(_WHEEL)}, got {direction!r}")
        left, top = self._at(x, y)
        steps = integer("steps", steps, 0, _MOST_STEPS)
        once = [(left, top, self._buttons | _WHEEL[direction]), (left, top, self._buttons)]
        self._point([(left, top, self._buttons), *once * steps])

    def _at(self, x: int | None, y: int | None) -> tuple[int, int]:
        width, height = self.size
        at = pair("x, y", (self._pointer[0] if x is None else x, self._pointer[1] if y is None else y))
        if not (0 <= at[0] < width and 0 <= at[1] < height):
            raise ValueError(f"x, y: expected a pixel within {width}x{height}, got {at[0]}, {at[1]}")
        return at

    def _point(self, way: list[tuple[int, int, int]]) -> None:
        self._native.pointer(way)
        x, y, self._buttons = way[-1]
        self._pointer = x, y

    # Everything else

    def paste(
        self,
        text: str | None = None,
        *,
        html: str | None = None,
        image: Path | npt.NDArray[np.uint8] | None = None,
    ) -> None:
        """Gives the desktop's clipboard this: text, the same as HTML, an image (a PNG file, BGRA, or RGB of three channels).

        It is up to the caller to press `"ctrl-v"`, or what it is there, and to stay until the desktop has fetched it.
        """
        if text is None and html is None and image is None:
            raise ValueError("text: expected text, or html or image, got None")
        pixels = None if image is None else bgra(image)
        self._native.set_clipboard(optional("text", text), optional("html", html), pixels)

    def request_clipboard_image(self) -> None:
        """Asks for the image on the desktop's clipboard: `events.ClipboardImage` answers if there is one."""
        self._native.request_clipboard_image()

    @property
    def takes_microphone(self) -> bool:
        """Whether the server takes what a microphone hears; with `sound=True` it tells, soon after the beginning."""
        return self._native.takes_microphone()

    def start_microphone(self) -> None:
        """Asks the server to take what `push_microphone` is given: `events.MicrophoneStarted` answers."""
        self._native.set_microphone(True)

    def stop_microphone(self) -> None:
        """Ends that."""
        self._native.set_microphone(False)

    def push_microphone(self, samples: npt.NDArray[np.float32], captured: float | None = None) -> None:
        """The microphone hears this: float32 of shape (frames, 2) at 48 kHz, the first of them at `captured` on
        `time.monotonic`'s clock; without that, the last of them now."""
        self._native.push_microphone(samples, captured)

    def resize(self, width: int, height: int) -> bool:
        """Asks for a desktop of this size; `False` if the server takes no such wishes. `events.Resized` tells."""
        return self._native.resize(integer("width", width, 1, EVERY), integer("height", height, 1, EVERY))

    def set_quality(self, quality: int | None, compression: int = 2) -> None:
        """Asks for JPEG quality 0 to 9 at most, or `None` for lossless, from now on."""
        level = None if quality is None else integer("quality", quality, 0, 9)
        self._native.set_quality(level, integer("compression", compression, 0, 9))

    def refresh(self) -> None:
        """Asks for the whole picture again."""
        self._native.refresh()

    def record(self, path: Path, fps: int = 30) -> "Recorder":
        """Records what the desktop shows to a `.vtz` file, without loss, until the recorder is closed.

        At most `fps` pictures a second. It goes on by itself, whether or not anybody waits. `tightrope.recording.convert`
        makes FBS of it, which other players read.
        """
        return Recorder(self._native.record(place("path", path, ".vtz"), integer("fps", fps, 1, 1000)))

    # What the two clients wait with

    def _note(self, event: ClientEvent) -> None:
        if isinstance(event, ClipboardChanged):
            self._clipboard = event.text
            self._has_image = event.has_image

    def _keep(self, event: ClientEvent) -> list[Rect] | None:
        """What an update changed; other events are kept for `poll`, and another size changes everything."""
        if isinstance(event, Updated):
            return event.damage
        self._kept.append(event)
        if isinstance(event, Resized):
            return [Rect(0, 0, event.width, event.height)]
        return None

    def _catch_up(self) -> None:
        """Takes what has come."""
        while (event := self._native.wait(0.0)) is not None:
            self._note(event)
            self._keep(event)

    def _expected(self, region: Region | None, image: Path | npt.NDArray[np.uint8]) -> "Expected":
        return Expected(self, region, bgr(image))


class Expected:
    """What a part of a desktop is to look like."""

    def __init__(self, desktop: Desktop, region: Region | None, image: npt.NDArray[np.uint8]) -> None:
        self._desktop = desktop
        self._region = None if region is None else rectangle("region", region)
        self._image = image
        self._last = float("inf")
        if self._region is not None and image.shape[:2] != (self._region.height, self._region.width):
            expected = f"{self._region.width}x{self._region.height} pixels, as the region"
            raise ValueError(f"image: expected {expected}, got {image.shape[1]}x{image.shape[0]}")

    def distance(self) -> float:
        """How far the desktop is from that now; infinite if the image does not lie within it."""
        framebuffer = self._desktop.framebuffer
        shown = (framebuffer if self._region is None else framebuffer.part(self._region))[..., :3]
        self._last = distance(shown, self._image) if shown.shape == self._image.shape else float("inf")
        return self._last

    def error(self, tolerance: float, timeout: float | None) -> ExpectError:
        """What is raised when it does not come."""
        where = "the desktop" if self._region is None else f"region {tuple(self._region)}"
        text = f"{where} differs by {self._last:.2f} from what is expected, more than {tolerance}, after {timeout} s"
        return ExpectError(text)


class Stillness:
    """A part of a desktop that is to stand still, and since when it does."""

    def __init__(
        self, desktop: Desktop, region: Region | None, seconds: float, tolerance: float, timeout: float | None
    ) -> None:
        if not seconds > 0.0:
            raise ValueError(f"seconds: expected more than 0, got {seconds}")
        self._desktop = desktop
        self._region = region
        self._seconds = seconds
        self._tolerance = tolerance
        self._end = float("inf") if timeout is None else time.monotonic() + timeout
        self._since = time.monotonic()
        self._seen = self._shown().copy()

    def left(self) -> float:
        """The seconds after which it is to be looked at again, if nothing changes before."""
        return max(0.0, min(self._since + self._seconds, self._end) - time.monotonic())

    def is_reached(self) -> bool:
        """Looks at it. Raises `TimedOutError` if it took too long."""
        now, shown = time.monotonic(), self._shown()
        if shown.shape != self._seen.shape or distance(shown, self._seen) > self._tolerance:
            self._since, self._seen = now, shown.copy()
        if now >= self._since + self._seconds:
            return True
        if now >= self._end:
            raise TimedOutError(f"the desktop did not stand still for {self._seconds} s in a row")
        return False

    def _shown(self) -> npt.NDArray[np.uint8]:
        framebuffer = self._desktop.framebuffer
        return framebuffer if self._region is None else framebuffer.part(self._region)


class Recorder:
    """A recording that goes on until it is closed."""

    def __init__(self, native: Recording) -> None:
        self._native = native
        self._files: list[tuple[str, int]] = []

    def close(self) -> list[tuple[str, int]]:
        """Writes what is still to be written; the files, each with its number of pictures. Another size of the desktop
        goes to another file."""
        self._files += [(str(path), pictures) for path, pictures in self._native.finish()]
        return self._files

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _button(button: str) -> int:
    if button not in _BUTTONS:
        raise ValueError(f"button: expected one of {', '.join(_BUTTONS)}, got {button!r}")
    return _BUTTONS[button]
