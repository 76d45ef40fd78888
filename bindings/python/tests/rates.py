"""How many pictures of a recording a client in Python sees beside one in Rust, the viewer, while a third process plays it to
both: `python tests/rates.py FILE.vtz VIEWER [SPEED]`, where speed 2 is twice as fast as it was recorded."""

import multiprocessing
import multiprocessing.connection
import os
import subprocess
import sys
import time

import tightrope
from tightrope.recording import VtzReader


def play(path: str, speed: float, told: multiprocessing.connection.Connection) -> None:
    """Serves the recording once two clients are there; tells how many updates each was sent, in the order they came."""
    with VtzReader(path) as recording, tightrope.Server(recording.size) as server:
        told.send((server.url, server.fingerprint, server.password))
        sessions: list[tightrope.Session] = []
        while len(sessions) < 2:
            event = server.wait()
            if isinstance(event, tightrope.events.Connected):
                sessions.append(event.session)
                told.send("connected")
        begun, served = time.monotonic(), 0
        for frame in recording:
            time.sleep(max(0.0, begun + frame.time / speed - time.monotonic()))
            server.update(frame.picture, frame.damage)
            served += 1
        all_stats = [server.stats(session) for session in sessions]
        told.send((served, time.monotonic() - begun, [stats.updates if stats else 0 for stats in all_stats]))
        told.recv()


def main() -> None:
    """Prints the figures."""
    path, viewer = sys.argv[1:3]
    speed = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
    told, telling = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=play, args=(path, speed, telling))
    server.start()
    url, fingerprint, password = told.recv()
    options = ["--headless", "--for", "600", "--fingerprint", fingerprint, "--sound", "off"]
    environment = os.environ | {"TIGHTROPE_PASSWORD": password}
    with subprocess.Popen([viewer, url, *options], env=environment) as rust:
        assert told.recv() == "connected"
        with tightrope.Client(url, fingerprint=fingerprint, password=password) as client:
            assert told.recv() == "connected"
            while not told.poll():
                client.wait(0.05)
            served, took, (by_rust, by_python) = told.recv()
        told.send(None)
        rust.terminate()
    server.join()
    share = by_python / max(1, by_rust)
    print(f"{served} pictures in {took:.1f} s: {by_rust} updates to Rust, {by_python} to Python: {share:.0%}")


if __name__ == "__main__":
    main()
