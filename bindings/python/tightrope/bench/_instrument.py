"""The program that measures: where it is, and how it is run."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..errors import Error

NAME = "tightrope-bench"
VARIABLE = "TIGHTROPE_BENCH"

PathLike = str | os.PathLike[str]


class BenchError(Error):
    """A measurement failed; the message has the program's own words."""


class ProgramNotFoundError(BenchError, FileNotFoundError):
    """`tightrope-bench` is not there."""


def find_program(program: PathLike | None = None) -> Path:
    """Where the instrument is: `program`, `$TIGHTROPE_BENCH`, `bin/` beside this package, or on the `PATH`."""
    if program is not None:
        return _executable("program", program)
    if VARIABLE in os.environ:
        return _executable(VARIABLE, os.environ[VARIABLE])
    beside = Path(__file__).parent.parent / "bin" / NAME
    if beside.is_file():
        return beside
    found = shutil.which(NAME)
    if found is None:
        raise ProgramNotFoundError(
            f"{NAME} was not found: give its path as program=, set {VARIABLE}, or put it on the PATH "
            "(it is built by `cargo build --package tightrope-bench`)"
        )
    return Path(found)


def _executable(name: str, path: PathLike) -> Path:
    file = Path(path)
    if not (file.is_file() and os.access(file, os.X_OK)):
        raise ProgramNotFoundError(f"{name}: expected the program {NAME}, got {str(path)!r}")
    return file.absolute()


def run(
    arguments: Sequence[str], *, program: PathLike | None = None, timeout: float | None = None
) -> list[dict[str, object]]:
    """Runs the instrument; gives the objects that it prints, a line each.

    Raises `BenchError` with what it said if it fails, or takes longer than `timeout` seconds.
    """
    file = find_program(program)
    command = [str(file), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as child:
        try:
            output, errors = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            _end(child)
            raise BenchError(f"{NAME} {arguments[0]} took longer than {timeout} s") from error
        except BaseException:
            _end(child)
            raise
    if child.returncode != 0:
        raise BenchError(f"{NAME} {arguments[0]} failed ({child.returncode}): {_last_words(errors)}")
    return [_object(line) for line in output.splitlines() if line.strip()]


def _end(child: "subprocess.Popen[str]") -> None:
    """Asks it to end, so that it ends what it has started, then makes it."""
    child.terminate()
    try:
        child.wait(10.0)
    except subprocess.TimeoutExpired:
        child.kill()


def _object(line: str) -> dict[str, object]:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise BenchError(f"{NAME} printed what is no line of figures: {line[:200]!r}")
    return value


def _last_words(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return " | ".join(lines[-3:])[-1000:] or "it said nothing"
