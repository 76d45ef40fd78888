"""What a session has moved, and how good its link is. Times are seconds, rates are told with each."""

from dataclasses import dataclass
from typing import Literal

Grade = Literal["unknown", "poor", "fair", "good", "excellent"]


@dataclass(frozen=True, slots=True)
class LinkQuality:
    """How good a link is, as far as it was measured; what is not known is `None`."""

    rtt: float | None
    """To the other side and back."""
    jitter: float | None
    """How far that varies."""
    rate_up: float | None
    """What this side can send, in bits a second."""
    rate_down: float | None
    """What this side can receive, in bits a second."""
    loss: float | None
    """The share of this side's packets that are lost, 0 to 1; TCP does not tell."""
    grade: Grade
    """All of it in a word."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes by what they are for, before encryption."""

    pictures: int
    clipboard: int
    sound: int
    control: int


@dataclass(frozen=True, slots=True)
class Stats:
    """What a session has moved so far. Rates are bytes a second; what is not known is `None`."""

    bytes_received: int
    """Over all connections of the session, with what encryption adds."""
    bytes_sent: int
    rate_received: float
    """What comes now."""
    rate_sent: float
    received: Traffic
    sent: Traffic
    updates: int
    """Updates with pixels."""
    rectangles: int
    """Rectangles drawn; a server does not count them."""
    pixels: int
    """Pixels damaged, summed over the updates; a server does not count them."""
    encrypted: bool
    """Whether nobody on the way can read along."""
    rate_delivered: float | None
    """What the link delivers to the client, as a server sees it."""
    rate_arriving: float | None
    """What the link delivers to a client of late."""
    queue: float | None
    """How long updates wait on the way now, beyond what the link takes."""
    picture_age: float | None
    """How old pictures are when the client shows them; only on a server."""
    lossy_pixels: int
    """Pixels that were sent with loss; a client does not count them."""
    jpeg_quality: float | None
    """The JPEG quality of those, 1 to 100."""
    packets_lost: int | None
    """Packets of this side that were lost; TCP does not tell."""
    handshake: float
    """How long this connection took to make."""
    reconnects: int
    """How often the session went on over another connection."""
    migrations: int
    """How often a connection went on from another address."""
    link: LinkQuality
