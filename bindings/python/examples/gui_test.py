"""A scripted test of a program with a window: starts it on a desktop of its own, works with it, and looks at it.

    python gui_test.py --agent target/release/tightrope-agent [--screenshot xterm.png]

The program is xterm, which fills its desktop; `tightrope-agent` starts it, with an X server of its own.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import tightrope

WIDTH, HEIGHT = 640, 400
LIMIT = 60.0
"""Seconds after which what should have happened has failed to."""


@contextmanager
def desktop(agent: str, command: str) -> Iterator[tuple[tightrope.Client, subprocess.Popen[str]]]:
    """A client of a desktop on which `command` runs, and the process that serves it."""
    arguments = [agent, "--exec", command, "--geometry", f"{WIDTH}x{HEIGHT}"]
    arguments += ["--listen", "127.0.0.1:0", "--print-credentials", "1"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"{agent} did not start")
            credentials = json.loads(line)
            known = {key: credentials[key] for key in ("password", "fingerprint")}
            with tightrope.Client(credentials["url"], **known) as client:
                yield client, process
        finally:
            process.terminate()


def filled(colour: tuple[int, int, int]) -> np.typing.NDArray[np.uint8]:
    """A region of one colour, to be expected: red, green, blue."""
    return np.full((100, 200, 3), colour, np.uint8)


MIDDLE = (200, 150, 200, 100)


def run(agent: str, screenshot: Path) -> None:
    """The test itself: raises where the program does not do as it should."""
    with tempfile.TemporaryDirectory() as directory:
        note = Path(directory) / "note"
        shell = "exec xterm -u8 -geometry 200x100+0+0 +sb -b 0 -bw 0 -bg '#204060' -fg white -e env -i PS1='> ' /bin/sh"
        with desktop(agent, shell) as (client, process):
            client.expect(MIDDLE, filled((0x20, 0x40, 0x60)), tolerance=2.0, timeout=LIMIT)
            print("the window is there")
            client.click(300, 200)
            client.type(f"echo 'it works: äß€' >{note}\n")
            client.type("printf '\\033]11;#008000\\007'\n")
            client.expect(MIDDLE, filled((0, 128, 0)), tolerance=2.0, timeout=LIMIT)
            assert note.read_text("utf-8") == "it works: äß€\n", note.read_text("utf-8")
            print("what was typed arrived")
            client.screenshot(screenshot)
            client.type("nonsense")
            client.key("ctrl-u")
            client.type("exit\n")
            process.wait(LIMIT)
            print("the program ended, and its desktop with it")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found = os.environ.get("TIGHTROPE_AGENT") or shutil.which("tightrope-agent")
    parser.add_argument("--agent", default=found, required=found is None, help="tightrope-agent")
    parser.add_argument("--screenshot", type=Path, default=Path("gui_test.png"))
    options = parser.parse_args(arguments)
    run(options.agent, options.screenshot)


if __name__ == "__main__":
    main()
