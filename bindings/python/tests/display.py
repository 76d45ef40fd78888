"""X servers for the tests."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt

import tightrope

LIMIT = 60.0
"""Seconds that a program may take."""


class Display:
    """An X server of the test's own."""

    def __init__(self, command: list[str], directory: Path) -> None:
        assert shutil.which(command[0]), f"{command[0]} is not installed: cargo xtask setup"
        told, telling = os.pipe()
        with open(directory / f"{command[0]}.log", "wb") as log:
            self.process = subprocess.Popen(
                # Whoever connects while it begins anew after its last program has left is turned away.
                [*command, "-displayfd", str(telling), "-nolisten", "tcp", "-noreset"],
                pass_fds=[telling],
                stderr=log,
            )
        os.close(telling)
        with os.fdopen(told) as pipe:
            # Written once it takes clients.
            self.name = f":{int(pipe.readline())}"

    def run(self, *command: str) -> None:
        """Runs a program on it to its end."""
        subprocess.run(command, env=self.environment(), check=True, timeout=LIMIT)

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        """Starts a program on it."""
        return subprocess.Popen(command, env=self.environment(), stderr=subprocess.DEVNULL)

    def environment(self) -> dict[str, str]:
        """For its programs."""
        return os.environ | {"DISPLAY": self.name}

    def picture(self, path: Path) -> npt.NDArray[np.uint8]:
        """What it shows, as BGRA."""
        self.run("import", "-silent", "-window", "root", f"png24:{path}")
        return tightrope.load(path)

    def close(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait(LIMIT)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port
