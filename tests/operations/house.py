"""A copy of the house in a path with spaces, and the `up` that runs in it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

HOME = Path(__file__).resolve().parents[2]
A_START = 170
"""Seconds a start may take, of everything or of one program, on a machine that does other things too."""


class House:
    """A copy of the house, and the `up` that runs in it."""

    def __init__(self, place: Path) -> None:
        self.root = place / "the house"
        self.root.mkdir()
        leave_out = shutil.ignore_patterns("__pycache__", "tests", "*.mo")
        for name in ("src", "editions", "locale", "requirements"):
            shutil.copytree(HOME / name, self.root / name, ignore=leave_out)
        shutil.copy(HOME / "majlis", self.root)
        self.data = self.root / "var"
        self.port = free_ports()
        self.home = place / "home"
        self.home.mkdir()
        self.output = place / "output"
        self.running: subprocess.Popen[bytes] | None = None
        self.account: dict[str, Any] = {}
        """Who runs it, as `Popen` takes it; ourselves by default."""

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "majlis.faces.cli", *words]

    @property
    def env(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "TZ"}}
        return {**kept, "HOME": str(self.home), "PYTHONPATH": str(self.root / "src"), "MAJLIS_WEB_WORKERS": "1"}

    def up(self, patience: float = A_START) -> float:
        """Start it; the seconds until it says it is ready."""
        began = time.monotonic()
        output = self.output.open("wb")
        words = self.command("up", "--port", str(self.port), "--no-demo")
        self.running = subprocess.Popen(
            words,
            cwd="/",
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **self.account,
        )
        while "Majlis is ready" not in self.said():
            if self.running.poll() is not None or time.monotonic() - began > patience:
                pytest.fail(f"`up` did not get ready:\n{self.said()}")
            time.sleep(0.1)
        return time.monotonic() - began

    def said(self) -> str:
        return self.output.read_text()

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def processes(self) -> dict[str, int]:
        return json.loads((self.data / "processes.json").read_text())

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.running is not None
        self.running.send_signal(number)
        return self.running.wait(40)


def free_ports() -> int:
    """A port that is free, and so is the next one."""
    while True:
        with socket.socket() as one, socket.socket() as next_one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                next_one.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return int(port)


def mentioned(text: str) -> list[int]:
    """Processes, zombies aside, whose environment or command line mentions `text`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                continue
            if text in (process / "cmdline").read_text() + (process / "environ").read_text(errors="replace"):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def soon(true, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False
