"""Remote desktops over RFB: a client, a server, and what they are made of.

>>> import tightrope
>>> with tightrope.Client("vncs://host:5900?fingerprint=sha256:…", password="…") as client:
...     client.type("hello\\n")
...     client.screenshot("desktop.png")
"""

from . import events, keys
from ._tightrope import Session
from .audio import Audio
from .client import Client, probe
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
from .server import Server
from .stats import LinkQuality, Stats, Traffic

__all__ = [
    "Audio",
    "Client",
    "ClosedError",
    "ConnectError",
    "Cursor",
    "Error",
    "ExpectError",
    "FingerprintError",
    "Framebuffer",
    "InsecureError",
    "LinkQuality",
    "LostError",
    "PasswordError",
    "ProtocolError",
    "Recorder",
    "RecordingError",
    "Rect",
    "RefusedError",
    "ServeError",
    "Server",
    "Session",
    "Stats",
    "TimedOutError",
    "Traffic",
    "events",
    "keys",
    "load",
    "probe",
]
