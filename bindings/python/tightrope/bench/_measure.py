"""The measurements."""

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, TypedDict, TypeVar, Unpack

from ..link import LinkSettings, Rate, rate_text, seconds_text, share_text
from ._figures import CodecFigures, Combination, LatencyFigures, LinkFigures, SweepFigures
from ._instrument import BenchError, PathLike, run
from ._results import Results, read

Quality = int | Literal["lossless"]
"""A JPEG quality level, 0 to 9, or no loss."""
Transport = Literal["tcp", "tls", "ws", "wss", "quic"]
T = TypeVar("T")


class Instrument(TypedDict, total=False):
    """How the instrument is run."""

    program: PathLike | None
    """Where it is, if not where it is looked for."""
    timeout: float | None
    """Seconds that it may take; for a sweep all of it."""


def codec(
    sessions: PathLike | Iterable[PathLike],
    *,
    quality: Quality = 8,
    compress: int = 2,
    threads: int = 1,
    copies: bool = True,
    repeat: int = 1,
    **instrument: Unpack[Instrument],
) -> Results[CodecFigures]:
    """Recordings through encoder and decoder, a line each; times are those of the best of `repeat`.

    `copies`: whether the client takes CopyRect, so that movement is looked for.
    """
    arguments = ["codec", "--session", *_files(sessions), "--quality", _quality(quality)]
    arguments += ["--compress", str(compress), "--threads", str(threads), "--repeat", str(repeat)]
    arguments += [] if copies else ["--no-copy"]
    return Results(read(CodecFigures, line) for line in run(arguments, **instrument))


class LinkOptions(LinkSettings, total=False):
    """A link, and how a recording is shown over it."""

    transport: Transport
    """What carries the session; "tls" if nothing is said."""
    encoding: str
    """The only encoding that the client asks for."""
    audio: bool
    """Play music beside it."""
    speed: float
    """How much faster than it was recorded."""
    max_rate: float | str
    """The most that our server is to send, in bits a second."""
    against: str
    """Another server: "xtigervnc", or the URL of one that runs (then with `display`)."""
    display: str
    """The display that it shows."""


def link(
    session: PathLike, *, quality: Quality | None = None, program: PathLike | None = None,
    timeout: float | None = None, **options: Unpack[LinkOptions],
) -> Results[LinkFigures]:
    """A recording in real time through a server and a client, over a link: takes as long as the recording.

    Without `quality`: level 8, and less where the link is too slow for that.
    """
    arguments = ["link", "--session", os.fspath(session), *_link(options)]
    arguments += [] if quality is None else ["--quality", _quality(quality)]
    for name in ("transport", "encoding", "speed", "against", "display"):
        arguments += _flag(name, options.get(name))
    if "max_rate" in options:
        arguments += ["--max-rate", rate_text(options["max_rate"])]
    arguments += ["--audio"] if options.get("audio") else []
    return Results(read(LinkFigures, line) for line in run(arguments, program=program, timeout=timeout))


class LatencyOptions(LinkSettings, total=False):
    """A link, and what is measured over it."""

    size: Literal["64x64", "full"]
    """What is painted: a block, or a photograph as large as the screen."""
    quality: int
    """JPEG quality level, 0 to 9, fixed; without it level 8 at most, and what the link allows."""
    load: PathLike
    """A recording that plays on the same desktop all the time; the blocks are then answers to keys."""
    load_speed: float
    """How much faster than it was recorded."""
    fps: int
    """Pictures a second that our agent captures, at most."""
    against: str
    """Another server: "xtigervnc", or the URL of one that runs (then with `display`)."""
    display: str
    """The display that it shows."""
    logs: PathLike
    """Keep the logs in this directory."""


def latency(
    transports: Transport | Sequence[Transport] = "tls", *, samples: int = 200,
    program: PathLike | None = None, timeout: float | None = None, **options: Unpack[LatencyOptions],
) -> Results[LatencyFigures]:
    """How long a pixel takes from a program on a real desktop to the client's framebuffer, for each transport."""
    carried = transports if isinstance(transports, str) else ",".join(transports)
    arguments = ["latency", *_link(options), "--samples", str(samples)]
    if "against" not in options:
        arguments += ["--transport", carried]
    for name in ("size", "quality", "load", "load_speed", "fps", "against", "display", "logs"):
        arguments += _flag(name, options.get(name))
    return Results(read(LatencyFigures, line) for line in run(arguments, program=program, timeout=timeout))


class SweepOptions(TypedDict, total=False):
    """What is combined: each is one value, or several."""

    rate: Rate | Sequence[float | str]
    rtt: float | str | Sequence[float | str]
    loss: float | str | Sequence[float | str]
    quality: Quality | Literal["auto"] | Sequence[Quality | Literal["auto"]]
    encoding: str | Sequence[str]
    transport: Transport | Sequence[Transport]
    against: str | Sequence[str]
    """Measure these beside our server."""
    jitter: float | str
    queue: float | str
    speed: float
    repeat: int
    audio: bool


def sweep(
    sessions: PathLike | Iterable[PathLike], *, out: PathLike | None = None, limit: float = 900.0,
    program: PathLike | None = None, timeout: float | None = None, **options: Unpack[SweepOptions],
) -> Results[SweepFigures]:
    """`link` for every combination; a measurement that fails, or takes longer than `limit` seconds, has an `error`.

    What is in the directory `out` already is not measured again, so a sweep that was ended goes on. Without it nothing is
    kept.
    """
    if out is None:
        with tempfile.TemporaryDirectory(prefix="tightrope-sweep-") as directory:
            return sweep(sessions, out=directory, limit=limit, program=program, timeout=timeout, **options)
    arguments = ["sweep", "--session", *_files(sessions), "--out", os.fspath(out), "--limit", f"{limit:.3f}s"]
    arguments += _axis("rate", options.get("rate"), rate_text)
    arguments += _axis("rtt", options.get("rtt"), lambda own: seconds_text("rtt", own))
    arguments += _axis("loss", options.get("loss"), lambda own: share_text("loss", own))
    for name in ("quality", "encoding", "transport", "against"):
        arguments += _axis(name, options.get(name), str)
    if "jitter" in options:
        arguments += ["--jitter", seconds_text("jitter", options["jitter"])]
    if "queue" in options:
        arguments += ["--queue", seconds_text("queue", options["queue"])]
    for name in ("speed", "repeat"):
        arguments += _flag(name, options.get(name))
    arguments += ["--audio"] if options.get("audio") else []
    lines = Path(out) / "sweep.jsonl"
    try:
        run(arguments, program=program, timeout=timeout)
    except BenchError:
        # It ends with an error if any measurement failed: each has its own.
        if not (lines.is_file() and lines.stat().st_size > 0):
            raise
    return Results(_swept(json.loads(line)) for line in lines.read_text("utf-8").splitlines() if line.strip())


def _swept(line: dict[str, Any]) -> SweepFigures:
    error = line.get("error")
    return SweepFigures(
        combination=read(Combination, line["combination"], "combination"),
        ok=bool(line["ok"]),
        wall_s=float(line["wall_s"]),
        figures=None if error is not None else read(LinkFigures, line),
        error=error,
    )


def _files(sessions: PathLike | Iterable[PathLike]) -> list[str]:
    if isinstance(sessions, (str, os.PathLike)):
        return [os.fspath(sessions)]
    files = [os.fspath(own) for own in sessions]
    if not files:
        raise ValueError("sessions: expected at least one recording")
    return files


def _quality(quality: Quality) -> str:
    if quality == "lossless" or (isinstance(quality, int) and 0 <= quality <= 9):
        return str(quality)
    raise ValueError(f"quality: expected 0 to 9 or 'lossless', got {quality!r}")


def _link(options: LinkSettings) -> list[str]:
    arguments: list[str] = []
    rate = options.get("rate")
    if rate is not None:
        arguments += ["--rate", rate_text(rate)]
    if "rtt" in options:
        arguments += ["--rtt", seconds_text("rtt", options["rtt"])]
    if "jitter" in options:
        arguments += ["--jitter", seconds_text("jitter", options["jitter"])]
    if "queue" in options:
        arguments += ["--queue", seconds_text("queue", options["queue"])]
    if "loss" in options:
        arguments += ["--loss", share_text("loss", options["loss"])]
    return arguments


def _flag(name: str, value: object) -> list[str]:
    if value is None:
        return []
    text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    return [f"--{name.replace('_', '-')}", text]


def _axis(name: str, values: Any, text: Any) -> list[str]:
    if values is None:
        return []
    many = [values] if isinstance(values, (str, int, float)) else list(values)
    if not many:
        raise ValueError(f"{name}: expected a value, or several")
    return [f"--{name}", ",".join(text(own) for own in many)]
