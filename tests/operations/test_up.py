"""`up`, for real: in a copy of the house in a path with spaces, with an empty HOME."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("up")


class House:
    """A copy of the house, and the `up` that runs in it."""

    def __init__(self, place: Path) -> None:
        self.root = place / "the house"
        self.root.mkdir()
        leave_out = shutil.ignore_patterns("__pycache__", "tests", "*.mo")
        for name in ("src", "editions", "locale", "requirements"):
            if (HOME / name).exists():
                shutil.copytree(HOME / name, self.root / name, ignore=leave_out)
        self.data = self.root / "var"
        self.port = free_ports()
        self.home = place / "home"
        self.home.mkdir()
        self.output = place / "output"
        self.running: subprocess.Popen[bytes] | None = None

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "majlis.faces.cli", *words]

    @property
    def env(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "TZ"}}
        return {**kept, "HOME": str(self.home), "PYTHONPATH": str(self.root / "src"), "MAJLIS_WEB_WORKERS": "1"}

    def up(self, patience: float = 170) -> float:
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

    def stop(self) -> int:
        assert self.running is not None
        self.running.send_signal(signal.SIGTERM)
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


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    place = Path(tempfile.mkdtemp(prefix="mj-up-"))
    place.chmod(0o755)
    house = House(place)
    yield house
    if house.running is not None and house.running and house.running.poll() is None:
        house.stop()
    shutil.rmtree(place, ignore_errors=True)


@pytest.mark.skipif(sys.platform != "linux", reason="what `kill -9` leaves is looked up in /proc")
class TestUp:
    """In this order: each test goes on where the one before it stopped."""

    @pytest.fixture(autouse=True)
    def _goes_on(self, request: pytest.FixtureRequest, house: House) -> None:
        """Where the story was cut (another worker took a part of it), it begins again."""
        if house.running is None and request.node.name != "test_starts_from_nothing":
            house.up()
        if request.node.name == "test_a_warm_start_prepares_nothing" and house.running and house.running.poll() is None:
            house.stop()

    def test_starts_from_nothing(self, house: House):
        house.up()
        assert house.healthy()
        assert re.search(rf"http://localhost:{house.port}\b", house.said())
        assert "Ctrl-C" in house.said()

    def test_a_second_one_on_the_same_data_is_refused_kindly(self, house: House):
        done = subprocess.run(
            house.command("up", "--port", "1"), cwd="/", env=house.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "already runs" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_killed_web_server_is_started_again(self, house: House):
        killed = house.processes()["web"]
        os.kill(killed, signal.SIGKILL)
        assert soon(lambda: house.processes()["web"] != killed)
        assert soon(house.healthy)

    def test_a_killed_database_is_started_again(self, house: House):
        pid = int((house.data / "postgres" / "cluster").resolve().joinpath("postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        assert soon(house.healthy)

    def test_kill_9_leaves_nothing_running_and_the_next_one_takes_over(self, house: House):
        assert house.running is not None
        house.running.kill()
        house.running.wait()
        assert soon(lambda: not mentioned(str(house.data))), mentioned(str(house.data))
        house.up()
        assert house.healthy()

    def test_stops_cleanly(self, house: House):
        assert house.stop() == 0
        assert mentioned(str(house.data)) == []
        assert "Everything is kept" in house.said()

    def test_a_warm_start_prepares_nothing(self, house: House):
        house.up()
        assert "Tables made" not in house.said()
        assert house.stop() == 0
