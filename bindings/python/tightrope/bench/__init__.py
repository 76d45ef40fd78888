"""Measurements: recorded desktops through the codec, over links, beside other servers.

>>> for line in tightrope.bench.codec("session.vtz", quality=8):
...     print(line.session, line.bytes, line.psnr_db)
>>> tightrope.bench.sweep("session.vtz", rate=[2e6, 20e6], rtt=["10ms", "80ms"]).to_dataframe()

The instrument is the program `tightrope-bench`, run as a process of its own, so that what is measured is not disturbed by
Python. It is found by the argument `program`, the environment variable `TIGHTROPE_BENCH`, beside this package (`bin/`), or
on the `PATH`.
"""

from ._figures import (
    Audio,
    CodecFigures,
    Combination,
    Cpu,
    KindFigures,
    LatencyFigures,
    LinkFigures,
    Percentiles,
    SweepFigures,
)
from ._instrument import BenchError, ProgramNotFoundError, find_program, run
from ._measure import codec, latency, link, sweep
from ._results import Results

__all__ = [
    "Audio",
    "BenchError",
    "CodecFigures",
    "Combination",
    "Cpu",
    "KindFigures",
    "LatencyFigures",
    "LinkFigures",
    "Percentiles",
    "ProgramNotFoundError",
    "Results",
    "SweepFigures",
    "codec",
    "find_program",
    "latency",
    "link",
    "run",
    "sweep",
]
