"""A thousand payments, renewals and refunds while the worker and the database are killed at random."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.operations.house import soon

from majlis.config import postgres

HOME = Path(__file__).resolve().parents[2]
PURCHASES, MEMBERS, MONTHS = 640, 60, 4
MOST_KILLS = 40
pytestmark = [pytest.mark.xdist_group("chaos"), pytest.mark.timeout(1500)]


class House:
    """A database, a worker, and the programs that use them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.server = postgres.start(data)
        self.worker: subprocess.Popen[bytes] | None = None
        self.started: list[subprocess.Popen[bytes]] = []

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "HOME"}}
        return {
            **kept,
            "PYTHONPATH": f"{HOME / 'src'}:{HOME}",
            "DJANGO_SETTINGS_MODULE": "majlis.config.settings",
            "DATABASE_URL": self.server.url,
            "MAJLIS_DATA": str(self.data),
            "MAJLIS_SANDBOX": "1",
        }

    def start(self, *words: str, **more: object) -> "subprocess.Popen[bytes]":
        with self.log(len(self.started)).open("wb") as troubles:
            self.started.append(
                subprocess.Popen([sys.executable, "-m", *words], cwd=HOME, env=self.env, stderr=troubles, **more)  # type: ignore[call-overload]
            )
        return self.started[-1]

    def log(self, number: int) -> Path:
        """Where the program started as that number (from 0) writes its troubles."""
        return self.data / "logs" / f"chaos-{number}.log"

    def say(self, *words: str) -> str:
        """Run a program to its end; what it printed."""
        running = self.start(*words, stdout=subprocess.PIPE)
        said, _nothing = running.communicate(timeout=300)
        assert running.returncode == 0, self.complaints([running])
        return str(said.decode())

    def complaints(self, programs: "list[subprocess.Popen[bytes]]") -> str:
        """The last of what those of these programs that did not end well wrote about their troubles."""
        bad = [number for number, started in enumerate(self.started) if started in programs and started.returncode]
        return "\n".join(self.log(number).read_text(errors="replace")[-4000:] for number in bad)

    def work(self) -> None:
        self.worker = self.start("tests.operations.chaos", "work", stdout=subprocess.DEVNULL)

    def kill_worker(self) -> None:
        assert self.worker is not None
        self.worker.kill()
        self.worker.wait()
        self.work()

    def kill_database(self) -> None:
        pid = self.server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
        self.server = postgres.start(self.data)

    def close(self) -> None:
        for program in self.started:
            program.kill()
            program.wait()
        self.server.leave()


@pytest.fixture
def house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="mj-chaos-") as place:
        Path(place).chmod(0o755)
        running = House(Path(place))
        try:
            running.say("django", "migrate", "-v0")
            running.say("django", "createcachetable")
            yield running
        finally:
            running.close()


class TestWorker:
    def test_lives_through_the_deaths_of_its_database_and_stops_while_there_is_none(self, house: House):
        house.work()
        assert house.worker is not None
        log = house.log(house.started.index(house.worker))
        house.say("tests.operations.chaos", "errand")
        for _death in range(3):
            house.kill_database()
            house.say("tests.operations.chaos", "errand")
        assert house.worker.poll() is None, house.complaints([house.worker])
        waited = log.read_text().count("error connecting")
        pid = house.server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert soon(lambda: log.read_text().count("error connecting") > waited)
        house.worker.terminate()
        assert house.worker.wait(30) == 0


class TestChaos:
    def test_a_thousand_movements_are_each_settled_once_or_open(self, house: House, tmp_path: Path):
        seed = int(os.environ.get("MAJLIS_CHAOS_SEED", "0")) or random.randrange(10**6)
        print(f"MAJLIS_CHAOS_SEED={seed}")
        dice = random.Random(seed)
        house.say("tests.operations.chaos", "prepare", str(MEMBERS))
        house.work()
        half = PURCHASES // 2
        notes = [tmp_path / "first", tmp_path / "second"]
        busy = [
            house.start("tests.operations.chaos", "buy", str(first), str(first + half), stdout=note.open("wb"))
            for first, note in zip((0, half), notes, strict=True)
        ]
        killed = self._rage(house, busy, dice)
        busy = [house.start("tests.operations.chaos", "renew", str(MONTHS))]
        killed += self._rage(house, busy, dice)
        assert house.worker is not None
        assert house.worker.poll() is None, house.complaints([house.worker])
        stands = json.loads(house.say("tests.operations.chaos", "look").strip().splitlines()[-1])

        told = [line.split() for note in notes for line in note.read_text().splitlines()]
        assert stands["findings"] == []
        assert stands["refunds"].keys() == {"sent"}, stands["refunds"]
        assert stands["provider"] == stands["books"], "the provider and the books differ"
        assert {id for word, id in told if word == "paid"} <= set(stands["paid"]), "an acknowledged payment is lost"
        assert {id for word, id in told if word == "refunded"} <= set(stands["refunded"]), (
            "an acknowledged refund is lost"
        )
        assert stands["unasked"] == 0, "something paid was not handed over"
        assert set(stands["orders"]) <= {"paid", "open"}
        assert stands["subscriptions"] == {"active": MEMBERS}
        assert stands["doubled"] == 0
        movements = stands["payments"] + stands["renewals"] + sum(stands["refunds"].values())
        assert movements >= 1_000
        assert killed >= 6, "too little chaos to show anything"

    def _rage(self, house: House, busy: "list[subprocess.Popen[bytes]]", dice: random.Random) -> int:
        """Kill the worker or the database every few seconds until the programs are done; how often. On a slow machine
        they are left alone after a while: else they would do little but start again."""
        killed, until = 0, time.monotonic() + 600
        while any(program.poll() is None for program in busy):
            assert time.monotonic() < until, "They never came to an end."
            time.sleep(dice.uniform(1, 4))
            if killed >= MOST_KILLS:
                continue
            if dice.random() < 0.7:
                house.kill_worker()
            else:
                house.kill_database()
            killed += 1
        assert [program.returncode for program in busy] == [0] * len(busy), house.complaints(busy)
        return killed
