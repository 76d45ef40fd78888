"""Arguments, looked at before the engine sees them: an error names the argument, and says what was expected."""

import operator
import os
from collections.abc import Iterable
from numbers import Real

from .geometry import Rect

EVERY = 65_535
"""The largest side, place and distance in pixels."""


def integer(name: str, value: object, least: int, most: int) -> int:
    """`value`, the argument `name`, which is a whole number between these."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name}: expected int, got {_kind(value)}") from None
    if not least <= number <= most:
        raise ValueError(f"{name}: expected {least} to {most}, got {number}")
    return number


def seconds(name: str, value: object) -> float | None:
    """`value`, the argument `name`, which is a time limit."""
    if value is None:
        return None
    if not isinstance(value, Real):
        raise TypeError(f"{name}: expected seconds, or None, got {_kind(value)}")
    number = float(value)
    if not number >= 0.0:
        raise ValueError(f"{name}: expected seconds from 0 on, or None, got {number}")
    # 31 years are for ever.
    return number if number < 1e9 else None


def pair(name: str, value: object) -> tuple[int, int]:
    """`value`, the argument `name`, which is a place or a size: two whole numbers."""
    first, second = _numbers(name, value, ("x", "y"))
    return first, second


def rectangle(name: str, value: object) -> Rect:
    """`value`, the argument `name`, which is left, top, width and height."""
    return Rect(*_numbers(name, value, ("left", "top", "width", "height")))


def path(name: str, value: object, ending: str = "") -> str:
    """`value`, the argument `name`, which is where a file is; its name has this `ending`."""
    try:
        found = os.fspath(value)  # type: ignore[call-overload]
    except TypeError:
        raise TypeError(f"{name}: expected str or os.PathLike, got {_kind(value)}") from None
    if not isinstance(found, str):
        raise TypeError(f"{name}: expected str or os.PathLike, got {_kind(found)}")
    if not found.lower().endswith(ending):
        raise ValueError(f"{name}: expected a file {ending}, got {found!r}")
    return found


def _numbers(name: str, value: object, parts: tuple[str, ...]) -> list[int]:
    expected = f"({', '.join(parts)})"
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{name}: expected {expected}, got {_kind(value)}")
    given = list(value)
    if len(given) != len(parts):
        raise ValueError(f"{name}: expected {expected}, got {value!r}")
    return [_number(name, part, expected) for part in given]


def _number(name: str, value: object, expected: str) -> int:
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name}: expected {expected} of int, got {_kind(value)}") from None


def _kind(value: object) -> str:
    return type(value).__name__
