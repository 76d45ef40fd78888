"""The examples, each run as a program of its own, and the notebook, cell by cell."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

import tightrope

EXAMPLES = Path(__file__).parent.parent / "examples"
LIMIT = 120.0
SVG = "{http://www.w3.org/2000/svg}"


def run(directory: Path, script: str, *arguments: str) -> str:
    """Runs an example in `directory`; gives what it printed."""
    command = [sys.executable, "-P", "-X", "dev", "-W", "error", str(EXAMPLES / script), *arguments]
    environment = os.environ | {"PYTHONPATH": str(EXAMPLES)}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def lines(path: Path) -> list[xml.Element]:
    """What a chart shows: lines, and the dots on them."""
    picture = xml.parse(path).getroot()
    assert picture.tag == f"{SVG}svg"
    return [*picture.iterfind(f"{SVG}path[@fill='none']"), *picture.iterfind(f"{SVG}circle")]


def test_rate_and_distortion_are_drawn(tmp_path: Path) -> None:
    printed = run(tmp_path, "rate_distortion.py", "--out", "a.svg").splitlines()
    rows = {(row.split()[0], row.split()[1]): [float(own) for own in row.split()[2:]] for row in printed[1:-1]}
    sizes = [rows["tight", level][0] for level in ("0", "3", "6", "9")]
    qualities = [rows["tight", level][1] for level in ("0", "3", "6", "9")]
    assert sizes == sorted(sizes) and qualities == sorted(qualities)
    assert rows["zrle", "lossless"][1] == rows["tight", "lossless"][1] == 99.0
    assert len(lines(tmp_path / "a.svg")) >= 10


def test_bandwidth_is_drawn_over_time(tmp_path: Path) -> None:
    printed = run(tmp_path, "bandwidth_over_time.py", "--seconds", "2", "--cap", "0.5", "--out", "a.svg")
    free, capped = (float(line.split(": ")[1].split()[0]) for line in printed.splitlines()[:2])
    assert 0.0 < capped < free
    assert lines(tmp_path / "a.svg")


def test_latency_is_measured_beside_a_film(tmp_path: Path) -> None:
    printed = run(tmp_path, "latency_under_load.py", "--samples", "4", "--out", "a.svg").splitlines()
    assert printed[0].startswith("idle: ") and printed[1].startswith("beside a film: ")
    # To the server and back over a link of 20 ms.
    assert all(float(line.split(": ")[1].split()[0]) >= 20.0 for line in printed[:2])
    assert lines(tmp_path / "a.svg")


def test_a_program_with_a_window_is_tested(tmp_path: Path) -> None:
    printed = run(tmp_path, "gui_test.py", "--screenshot", "a.png")
    assert "the program ended, and its desktop with it" in printed
    assert tightrope.load(tmp_path / "a.png").shape == (400, 640, 4)


def test_a_policy_asks_for_less_where_the_link_is_slow(tmp_path: Path) -> None:
    printed = run(tmp_path, "client_policy.py", "--seconds", "3", "--out", "a.svg").splitlines()
    qualities = [float(line.split("quality ")[-1].split()[0]) for line in printed[:2]]
    assert qualities[0] == 9.0 and qualities[1] < 9.0
    assert lines(tmp_path / "a.svg")


def test_the_notebook_runs_from_its_first_cell_to_its_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    notebook = json.loads((EXAMPLES / "encodings.ipynb").read_text("utf-8"))
    assert notebook["nbformat"] == 4
    names: dict[str, object] = {}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells):
        exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
    sizes = names["sizes"]
    assert isinstance(sizes, dict) and sizes["tight"] < sizes["zlib"] < sizes["raw"]
