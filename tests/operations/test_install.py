"""`./majlis up` where there is only Python and a shell: nothing installed, no uv, an ordinary account, an empty HOME, a
path with spaces."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.operations.house import House, mentioned, soon

pytestmark = [
    pytest.mark.xdist_group("up"),
    pytest.mark.timeout(1200),
    pytest.mark.skipif(os.environ.get("MAJLIS_INSTALLS") == "0", reason="MAJLIS_INSTALLS=0: nothing is installed anew"),
]
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
KEPT = ("PIP_", "SSL_", "HTTP_", "HTTPS_", "NO_PROXY", "LANG")


class Fresh(House):
    """One with nothing installed, run through its own `./majlis`; by `nobody` when we are root."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            for path in (self.root, self.home, *self.root.rglob("*")):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)

    def command(self, *words: str) -> list[str]:
        return [str(self.root / "majlis"), *words]

    @property
    def env(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key.upper().startswith(KEPT)}
        return {**kept, "PATH": SYSTEM_PATH, "HOME": str(self.home), "MAJLIS_WEB_WORKERS": "1"}

    def database(self) -> Any:
        sockets = (self.data / "postgres" / "socket").read_text()
        return psycopg.connect(host=sockets, user="majlis", dbname="majlis", autocommit=True)


def what_lacks(place: Path) -> str:
    """What this machine has not got for such an installation; empty when nothing."""
    python = shutil.which("python3", path=SYSTEM_PATH)
    if python is None:
        return "no python3 in /usr/bin or /usr/local/bin"
    fit = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    if subprocess.run([python, "-c", fit], capture_output=True, check=False).returncode:
        return "the system's python3 is older than 3.11, or its venv module is not installed"
    ask = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(place), "filetype"]
    if subprocess.run(ask, capture_output=True, check=False).returncode:
        return "no package index can be reached"
    return ""


@pytest.fixture
def house() -> Iterator[Fresh]:
    place = Path(tempfile.mkdtemp(prefix="mj-new-"))
    place.chmod(0o755)
    try:
        if lacks := what_lacks(place):
            pytest.skip(f"installing from nothing: {lacks}")
        house = Fresh(place)
        yield house
        if house.running is not None and house.running.poll() is None:
            house.stop()
    finally:
        shutil.rmtree(place, ignore_errors=True)


class TestInstallation:
    def test_installs_starts_survives_kill_9_and_stops(self, house: Fresh):
        house.up(patience=900)
        assert house.healthy()

        committed = 0
        with house.database() as database:
            database.execute("CREATE TABLE kept (number int)")
            killer = threading.Timer(1, self.kill_everything, [house])
            killer.start()
            with suppress(psycopg.OperationalError):
                while True:
                    database.execute("INSERT INTO kept VALUES (%s)", [committed + 1])
                    committed += 1
        killer.join()
        assert soon(lambda: not mentioned(str(house.root))), mentioned(str(house.root))

        house.up()
        with house.database() as database:
            kept = database.execute("SELECT max(number) FROM kept").fetchone()[0]
        assert committed > 0
        assert kept >= committed, "what was said to be committed is there"

        assert house.stop(signal.SIGINT) == 0
        assert soon(lambda: not mentioned(str(house.root)), 5), mentioned(str(house.root))

    @staticmethod
    def kill_everything(house: Fresh) -> None:
        cluster = (house.data / "postgres" / "cluster").resolve()
        postgres = int((cluster / "postmaster.pid").read_text().split()[0])
        for process in {*mentioned(str(house.root)), postgres}:
            with suppress(ProcessLookupError):  # it went with its parent
                os.kill(process, signal.SIGKILL)
