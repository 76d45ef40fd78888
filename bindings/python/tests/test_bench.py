"""The instrument, as Python runs it."""

import dataclasses
import os
import sys
from pathlib import Path

import pytest
import scenes

from tightrope import bench
from tightrope.bench._results import flat


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six pictures in half a second."""
    return scenes.record(tmp_path_factory.mktemp("bench") / "scene.vtz")


def test_a_recording_goes_through_the_codec(recording: Path) -> None:
    good, poor = (bench.codec(recording, quality=quality)[0] for quality in (9, 1))
    assert (good.session, good.frames, good.quality) == ("scene", 6, 9)
    assert good.bytes > poor.bytes and good.psnr_db > poor.psnr_db
    assert sum(kind.rects for kind in good.kinds.values()) == good.rects
    (exact,) = bench.codec([recording], quality="lossless", compress=1, copies=False)
    assert exact.lossless and exact.psnr_db == 99.0 and exact.quality == -1


def test_a_recording_is_shown_over_a_link(recording: Path) -> None:
    (line,) = bench.link(recording, rate=[(0, 20e6), (10, 5e6)], rtt=0.02, transport="tls", quality=8)
    assert (line.session, line.transport, line.quality) == ("scene", "tls", 8)
    assert line.rate_steps == ((0.0, 20.0), (10.0, 5.0)) and line.rtt_ms == 20.0
    assert line.pictures == 5 and line.arrived >= 1
    assert line.latency_ms.p50 is not None and line.latency_ms.p50 >= 10.0


def test_a_pixel_is_timed_on_a_real_desktop() -> None:
    (line,) = bench.latency("tls", samples=3, quality=8)
    assert (line.transport, line.samples, line.against) == ("tls", 3, None)
    assert line.latency_ms.p50 is not None and 0.0 < line.latency_ms.p50 <= line.max_ms


def test_a_sweep_goes_through_every_combination_and_on(recording: Path, tmp_path: Path) -> None:
    swept = bench.sweep(recording, rate=[20e6], rtt=["0ms", "20ms"], quality=[2], out=tmp_path)
    assert [(own.combination.rtt, own.ok, own.error) for own in swept] == [("0ms", True, None), ("20ms", True, None)]
    assert all(own.figures is not None and own.figures.quality == 2 for own in swept)
    more = bench.sweep(recording, rate=[20e6], rtt=["0ms", "20ms"], quality=[2, 9], out=tmp_path)
    assert list(more[:2]) == list(swept) and len(more) == 4


def test_figures_are_flat_for_a_table(recording: Path) -> None:
    (line,) = bench.codec(recording)
    cells = flat(line)
    assert cells["session"] == "scene" and cells["kinds.jpeg.rects"] == line.kinds["jpeg"].rects
    assert not any(dataclasses.is_dataclass(value) or isinstance(value, dict) for value in cells.values())


def test_a_table_is_a_data_frame(recording: Path) -> None:
    table = bench.codec(recording).to_dataframe()
    assert table.loc[0, "session"] == "scene" and table["bytes"].dtype == int


def test_without_pandas_a_table_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        bench.Results[object]().to_dataframe()


def test_a_missing_program_is_told_where_it_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(bench.ProgramNotFoundError, match="program: expected the program tightrope-bench, got '/none'"):
        bench.find_program("/none")
    monkeypatch.setenv("TIGHTROPE_BENCH", "/none")
    with pytest.raises(bench.ProgramNotFoundError, match="TIGHTROPE_BENCH: expected"):
        bench.find_program()
    monkeypatch.delenv("TIGHTROPE_BENCH")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(bench.ProgramNotFoundError, match="program=, set TIGHTROPE_BENCH"):
        bench.find_program()
    program = tmp_path / "tightrope-bench"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert bench.find_program() == program


def test_what_the_program_says_of_an_error_is_told(tmp_path: Path) -> None:
    with pytest.raises(bench.BenchError, match="codec failed .*cannot read .*none.vtz"):
        bench.codec(tmp_path / "none.vtz")
    with pytest.raises(ValueError, match="quality: expected 0 to 9 or 'lossless', got 11"):
        bench.codec(tmp_path / "none.vtz", quality=11)
    with pytest.raises(ValueError, match="sessions: expected at least one"):
        bench.codec([])


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("no figures", "printed what is no line of figures"),
        ('{"session": "a"}', "frames: the instrument did not print it"),
        ('{"session": 7}', "session: expected .*str.*printed 7"),
    ],
)
def test_lines_that_are_no_figures_are_an_error(tmp_path: Path, printed: str, said: str) -> None:
    program = tmp_path / "bench"
    program.write_text(f"#!/bin/sh\necho '{printed}'\n")
    program.chmod(0o755)
    with pytest.raises(bench.BenchError, match=said):
        bench.codec("a.vtz", program=program)


def test_a_measurement_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    program = tmp_path / "bench"
    program.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/id\nexec sleep 1000\n")
    program.chmod(0o755)
    with pytest.raises(bench.BenchError, match="took longer than 0.5 s"):
        bench.run(["codec"], program=program, timeout=0.5)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "id").read_text()), 0)
