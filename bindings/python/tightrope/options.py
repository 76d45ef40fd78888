"""What a client and a server can be asked for, beside where they are."""

import inspect
from collections.abc import Iterable
from typing import Literal, TypedDict

from .framebuffer import Path
from .rights import Authenticate


class ClientOptions(TypedDict, total=False):
    """The options of `Client`, `aio.Client` and `probe`."""

    password: str | None
    """For servers that ask."""
    user: str | None
    """For servers that ask who it is."""
    fingerprint: str | None
    """The server's certificate, as the server prints it; nothing encrypted is spoken without it."""
    known_hosts: Path | Literal[True] | None
    """A file of servers that were connected to before, with their fingerprints, for when none is given; `True` for that of
    tightrope-viewer. It may be edited, and need not be there yet."""
    accept_new: bool
    """Take a server that is not in `known_hosts` for the right one, and remember it there once it has let this client in."""
    credentials: Path | None
    """A directory of credentials, which may hold address, certificate and password."""
    insecure: bool
    """Speak without encryption if the server has none."""
    quality: int | Literal["lossless"] | None
    """JPEG quality 0 to 9 at most while things move (8); what stands still becomes exact. Or `"lossless"`."""
    fine_quality: int | None
    """JPEG quality 0 to 100 besides, for servers that know it."""
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0", "gray"] | None
    """How finely colours are sent, instead of what the quality stands for."""
    fixed_quality: bool
    """Do not lower the quality where the link is slow."""
    compression: int | None
    """0 (fast) to 9 (small)."""
    encoding: str | None
    """Ask for this encoding and no other: raw, zrle, tight and more."""
    sound: bool
    """The desktop's sound is wanted: see `Client.audio`."""
    exclusive: bool
    """Other clients are to leave, if the server allows that."""
    via: str | None
    """Go through this machine, `[user@]host`, by OpenSSH."""


class ServerOptions(TypedDict, total=False):
    """The options of `Server` and `aio.Server`."""

    name: str | None
    """Shown in the clients' window titles."""
    listen: str | None
    """Address and port; 127.0.0.1 and any free port if not given."""
    password: str | None
    """Lets clients in; a random one if not given, none if empty."""
    view_only_password: str | None
    """Lets clients in that may only look."""
    credentials: Path | None
    """A directory with certificate and passwords; else they are made."""
    trusted_clients: str | Iterable[str] | None
    """Fingerprints of certificates that let clients in, without a password."""
    uses: int | None
    """How often somebody is let in; any number of times if not given. A session that goes on does not count."""
    valid: float | None
    """Seconds from now on after which nobody is let in any more; for ever if not given."""
    authenticate: Authenticate | None
    """Decides who may come in and what they may do, instead of the passwords."""
    allow: str | None
    """What is spoken, with commas between: tls,wss,quic,vencrypt by default; also ra2, ra2ne, ws, plain."""
    origins: str | None
    """Web pages that may connect by WebSocket besides those from this host: https://host:port, with commas between, or *."""
    insecure: bool
    """Clients without encryption are served too."""
    sound: bool
    """Sound is offered: see `Server.push_sound`."""
    microphone: bool
    """Clients may send what their microphones hear: see `Server.microphone`. It needs `sound`."""
    adapt: Literal["announced", "always", "never"] | None
    """For whom quality follows the link: for clients that say that theirs is an upper bound, as ours do unless
    `fixed_quality` (`"announced"`), for all, or for none."""
    power: bool
    """Clients may ask for shutting down and restarting: see `events.PowerRequested`."""
    max_rate: int | None
    """Bits a second that are sent to one client at most."""
    max_clients: int | None
    """Clients at once: 8 if not given."""
    linger: float | None
    """Seconds for which the session of a lost connection is kept: 60 if not given."""


def client_settings(url: str | Iterable[str] | None, options: ClientOptions) -> dict[str, object]:
    """What the native client is given."""
    settings: dict[str, object] = checked(dict(options), ClientOptions)
    if settings.get("quality") == "lossless":
        settings["quality"] = None
        settings["lossless"] = True
    if not (url is None or isinstance(url, (str, Iterable))):
        raise TypeError(f"url: expected str, or a sequence of them, got {type(url).__name__}")
    settings["url"] = url if url is None or isinstance(url, str) else list(url)
    return settings


def server_settings(options: ServerOptions) -> dict[str, object]:
    """What the native server is given."""
    if inspect.iscoroutinefunction(options.get("authenticate")):
        raise TypeError(
            "authenticate: an ordinary function is expected, not a coroutine function: it is called on threads of its own"
        )
    return checked(dict(options), ServerOptions)


def checked(options: dict[str, object], known: type) -> dict[str, object]:
    """`options`, all of which are `known`."""
    for name in options:
        if name not in known.__annotations__:
            names = ", ".join(known.__annotations__)
            raise TypeError(f"{name}: there is no such option; there are {names}")
    return options
