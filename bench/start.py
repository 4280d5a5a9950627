"""`up` cold (a new data directory: cluster, tables, static files, demonstration), warm, and after `kill -9`; how much
of the cold start the demonstration took."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _measure import heading, verdict

HOME = Path(__file__).resolve().parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1]) // 2 * 2


loaded: list[float] = []
"""Seconds of every demonstration that was loaded."""


def up(data: Path, *more: str) -> tuple[float, subprocess.Popen[str]]:
    """Start it; the seconds until it is ready."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_URL", "MAJLIS_"))}
    env["PYTHONPATH"] = str(HOME / "src")
    began = time.perf_counter()
    command = [sys.executable, "-m", "majlis.faces.cli", "up", "--data", str(data), "--port", str(free_port()), *more]
    running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for said in running.stdout:
        if "✓" in said:
            print(f"    {said.strip()}", flush=True)
        if found := re.search(r"✓ Demonstration \(([\d.]+) s\)", said):
            loaded.append(float(found[1]))
        if "is ready" in said:
            return time.perf_counter() - began, running
    sys.exit(f"`up` ended with exit status {running.wait()}")


def stop(running: subprocess.Popen[str], number: int) -> None:
    running.send_signal(number)
    running.wait(60)


heading("From `./majlis up` to the first answer", rounds=5)
place = Path(tempfile.mkdtemp(prefix="mj-bench-"))
place.chmod(0o755)
try:
    cold, running = up(place)
    stop(running, signal.SIGTERM)
    warm, killed = [], []
    for _ in range(5):
        seconds, running = up(place)
        warm.append(seconds)
        stop(running, signal.SIGKILL)
        seconds, running = up(place)
        killed.append(seconds)
        stop(running, signal.SIGTERM)
    verdict("cold, seconds (with the demonstration, without installing)", cold, at_most=180)
    verdict("of it the demonstration, seconds", loaded[0], at_most=60)
    verdict("warm, seconds, median", sorted(warm)[2], at_most=5)
    verdict("after kill -9, seconds, median", sorted(killed)[2], at_most=8)
finally:
    shutil.rmtree(place, ignore_errors=True)
