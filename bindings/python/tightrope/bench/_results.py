"""Lines of figures as dataclasses, and as a table."""

import dataclasses
import types
import typing
from typing import TYPE_CHECKING, Any, TypeVar

from ._instrument import BenchError

if TYPE_CHECKING:
    import pandas

T = TypeVar("T")


class Results(list[T]):
    """What was measured, a dataclass each."""

    def to_dataframe(self) -> "pandas.DataFrame":
        """A row for each, a column for each number, text or truth value, named by its path as `latency_ms.p95`.

        Raises `ImportError` without pandas.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError("to_dataframe needs pandas, which is not installed: pip install pandas") from error
        return pandas.DataFrame([flat(own) for own in self])


def flat(value: object) -> dict[str, object]:
    """The fields of a dataclass by their paths."""
    cells: dict[str, object] = {}
    _flatten("", value, cells)
    return cells


def _flatten(path: str, value: object, cells: dict[str, object]) -> None:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            _flatten(_join(path, field.name), getattr(value, field.name), cells)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _flatten(_join(path, str(name)), inner, cells)
    else:
        cells[path] = value


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def read(kind: type[T], line: dict[str, object], path: str = "") -> T:
    """A dataclass of that kind from a line of figures. What a later instrument has beside it is left out.

    Raises `BenchError` naming the field that is missing, or is of another type.
    """
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(typing.cast(Any, kind)):
        name = _join(path, field.name)
        if field.name in line:
            values[field.name] = _value(hints[field.name], line[field.name], name)
        elif field.default is dataclasses.MISSING:
            raise BenchError(f"{name}: the instrument did not print it; is it of another version?")
    return kind(**values)


def _value(hint: Any, value: Any, name: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        return _value(next(own for own in arguments if own is not type(None)), value, name)
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return read(typing.cast(type[Any], hint), value, name)
    if origin is dict and isinstance(value, dict):
        return {key: _value(arguments[1], inner, _join(name, key)) for key, inner in value.items()}
    if origin is tuple and isinstance(value, list):
        inner = arguments if Ellipsis not in arguments else (arguments[0],) * len(value)
        if len(inner) == len(value):
            return tuple(_value(own, item, name) for own, item in zip(inner, value, strict=True))
    elif hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    elif isinstance(hint, type) and isinstance(value, hint) and isinstance(value, bool) == (hint is bool):
        return value
    raise BenchError(f"{name}: expected {hint}, the instrument printed {value!r}")
