"""Keeps processes running: starts them, writes down what they say, starts them again when they die, stops them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

LIFELINE = Path(__file__).with_name("lifeline.py")
LONGEST_WAIT = 30
BIG_LOG = 10 * 2**20


@dataclass
class Process:
    """One process that must run."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None
    began: float = 0
    deaths: int = 0
    again_at: float = 0
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Start it, in a process group of its own (Ctrl-C reaches us alone), tied to our life by the lifeline."""
        if self.log.exists() and self.log.stat().st_size > BIG_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.running = subprocess.Popen(
            [sys.executable, "-I", str(LIFELINE), str(os.getpid()), *self.command],
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        self.began = time.monotonic()
        assert self.running.stdout is not None
        thread = threading.Thread(target=self._listen, args=(self.running.stdout,), daemon=True)
        thread.start()

    def _listen(self, pipe: IO[bytes]) -> None:
        with self.log.open("ab") as log:
            for line in pipe:
                log.write(line)
                log.flush()
                if said := error_in(line):
                    print(f"  [{self.name}] {said}", file=sys.stderr, flush=True)

    def tend(self) -> None:
        """Start it again when it has died: at once the first time, then ever more patiently."""
        assert self.running is not None
        now = time.monotonic()
        if self.again_at:
            if now >= self.again_at:
                self.again_at = 0
                self.start()
            return
        status = self.running.poll()
        if status is None:
            return
        self.kill_group()
        self.deaths = 1 if now - self.began > LONGEST_WAIT else self.deaths + 1
        wait = 0 if self.deaths == 1 else min(LONGEST_WAIT, 2 ** (self.deaths - 2))
        self.again_at = now + wait
        print(
            f"  [{self.name}] ended ({ending(status)}); starting it again"
            + (f" in {wait} s" if wait else "")
            + f". Its log: {self.log}",
            file=sys.stderr,
            flush=True,
        )

    def kill_group(self) -> None:
        """Whatever a dead main process left behind still holds its port."""
        if self.running is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.running.pid, signal.SIGKILL)


def error_in(line: bytes) -> str:
    """What a log line says that somebody at the screen should see; empty for the rest."""
    try:
        entry: Any = json.loads(line)
    except ValueError:
        text = line.decode(errors="replace").rstrip()
        return text if text.startswith(("[ERROR]", "Error", "ImportError", "ModuleNotFoundError")) else ""
    if not isinstance(entry, dict) or entry.get("level") not in {"error", "critical"}:
        return ""
    trace = str(entry.get("trace", "")).strip().rpartition("\n")[2]
    return f"{entry.get('message', '')}{' — ' + trace if trace else ''}"


def ending(status: int) -> str:
    """An exit status in words."""
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def stop(processes: list[Process], patience: float = 12) -> None:
    """Ask all to stop, wait, then insist."""
    for process in processes:
        if process.running is not None and process.running.poll() is None:
            process.running.terminate()
    end = time.monotonic() + patience
    for process in processes:
        if process.running is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.running.wait(max(0.1, end - time.monotonic()))
            process.kill_group()


def write_down(processes: list[Process], path: Path) -> None:
    """Remember the process groups, so that a later start can clear away what a killed one left."""
    groups = {p.name: p.running.pid for p in processes if p.running is not None}
    # Whole or not at all: what a start reads that was killed in the middle of this, it would take for nothing.
    waiting = path.with_suffix(".new")
    waiting.write_text(json.dumps(groups))
    waiting.replace(path)


def clear_away(path: Path, mark: str) -> None:
    """Kill the groups an earlier, killed start left behind: only those whose environment carries `mark`."""
    try:
        groups = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return
    for pid in groups.values():
        try:
            environ = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if mark.encode() in environ.split(b"\0"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
    path.unlink(missing_ok=True)
