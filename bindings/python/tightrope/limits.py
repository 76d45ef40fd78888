"""Time limits."""

import time

from .arguments import seconds


def end_of(timeout: float | None) -> float | None:
    """When a wait of so many seconds ends, on `time.monotonic`'s clock; `None` for never."""
    limit = seconds("timeout", timeout)
    return None if limit is None else time.monotonic() + limit


def left_of(end: float | None) -> float | None:
    """The seconds until then, none of them negative."""
    return None if end is None else max(0.0, end - time.monotonic())
