"""`up`, for real: in a copy of the house in a path with spaces, with an empty HOME."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.operations.house import A_START, House, mentioned, soon

pytestmark = pytest.mark.xdist_group("up")


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
        assert soon(house.healthy, A_START)

    def test_a_killed_database_is_started_again(self, house: House):
        pid = int((house.data / "postgres" / "cluster").resolve().joinpath("postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        assert soon(house.healthy, A_START)

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
