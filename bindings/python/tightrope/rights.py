"""What a client may do on a desktop that is served."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self, TypeAlias


@dataclass(frozen=True, slots=True)
class Rights:
    """What a client may do besides looking. The server's own options limit it further."""

    control: bool = True
    """Keys, the pointer, and asking for another size."""
    clipboard: bool = True
    """The clipboard, in both directions."""
    sound: bool = True
    """Hearing what the desktop plays."""
    microphone: bool = True
    """Sending what its microphone hears."""
    power: bool = True
    """Asking for shutting down and restarting."""

    FULL: ClassVar[Self]
    """All of it."""
    VIEW_ONLY: ClassVar[Self]
    """Looking and listening."""


Rights.FULL = Rights()
Rights.VIEW_ONLY = Rights(control=False, clipboard=False, microphone=False, power=False)

Authenticate: TypeAlias = Callable[[str | None, str | None, str, str | None], Rights | None]
"""Called with user, password, address and the fingerprint of the client's certificate, as far as there are; the answer is
`None` for who may not come in.

It is called on threads of the engine, for several clients at once if need be, and may take up to 30 seconds. An exception
turns the client away and goes to `sys.unraisablehook`."""
