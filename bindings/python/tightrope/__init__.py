"""Remote desktops over RFB: a client, a server, and what they are made of.

>>> import tightrope
>>> with tightrope.Client("vncs://host:5900?fingerprint=sha256:…", password="…") as client:
...     client.type("hello\\n")
...     client.screenshot("desktop.png")
"""

from importlib.metadata import version

from . import aio, audio, bench, codec, events, keys, link, recording
from ._tightrope import Session
from .audio import Audio
from .client import Client, probe
from .codec import (
    CorreDecoder,
    CorreEncoder,
    HextileDecoder,
    HextileEncoder,
    JpegDecoder,
    JpegEncoder,
    RawDecoder,
    RawEncoder,
    RreDecoder,
    RreEncoder,
    TightDecoder,
    TightEncoder,
    TightPngDecoder,
    TightPngEncoder,
    TrleDecoder,
    TrleEncoder,
    ZlibDecoder,
    ZlibEncoder,
    ZrleDecoder,
    ZrleEncoder,
)
from .desktop import Cursor, Recorder
from .errors import (
    ClosedError,
    ConnectError,
    Error,
    ExpectError,
    FingerprintError,
    InsecureError,
    LostError,
    PasswordError,
    ProtocolError,
    RecordingError,
    RefusedError,
    ServeError,
    TimedOutError,
)
from .framebuffer import Framebuffer, load
from .geometry import Rect
from .rights import Rights
from .server import Server
from .stats import LinkQuality, Stats, Traffic

__version__ = version(__name__)

__all__ = [
    "Audio",
    "Client",
    "ClosedError",
    "ConnectError",
    "CorreDecoder",
    "CorreEncoder",
    "Cursor",
    "Error",
    "ExpectError",
    "FingerprintError",
    "Framebuffer",
    "HextileDecoder",
    "HextileEncoder",
    "InsecureError",
    "JpegDecoder",
    "JpegEncoder",
    "LinkQuality",
    "LostError",
    "PasswordError",
    "ProtocolError",
    "RawDecoder",
    "RawEncoder",
    "Recorder",
    "RecordingError",
    "Rect",
    "RefusedError",
    "Rights",
    "RreDecoder",
    "RreEncoder",
    "ServeError",
    "Server",
    "Session",
    "Stats",
    "TightDecoder",
    "TightEncoder",
    "TightPngDecoder",
    "TightPngEncoder",
    "TimedOutError",
    "Traffic",
    "TrleDecoder",
    "TrleEncoder",
    "ZlibDecoder",
    "ZlibEncoder",
    "ZrleDecoder",
    "ZrleEncoder",
    "aio",
    "audio",
    "bench",
    "codec",
    "events",
    "keys",
    "link",
    "load",
    "probe",
    "recording",
]
