"""The embedded PostgreSQL: one cluster beside the data, started when first needed, stopped when last used.

`start(data)` gives a `Server`; eight at once make one cluster and share one server. With `DATABASE_URL` set nobody
calls this. Files, under `data/postgres`: `cluster/` (the server account's own, 0700), `start.lock` (held while starting
or stopping), `users.lock` (shared, held by everyone who uses the server), `socket` (where the socket is).
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from majlis.config.postgres_binaries import Account, Binaries, PostgresProblem, account, copied_for, find, reachable

SUPERUSER = "majlis"
DATABASE = "majlis"
LONGEST_SOCKET = 107
"""Bytes of a Unix socket's path that the kernel takes."""
KEEPER = Path(__file__).with_name("postgres_keeper.py")

# What is safe to give up where the data are thrown away after the run.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Server:
    """A running server that this process uses. `leave()` when done; the last one to leave stops it."""

    data: Path
    sockets: Path
    binaries: Binaries
    users: int
    """The descriptor that holds our share of `users.lock`."""

    @property
    def url(self) -> str:
        """What to put into `DATABASE_URL`."""
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(self.sockets))}"

    def pid(self) -> int | None:
        """The server's process, or None when none runs."""
        return _pid(self.data / "postgres" / "cluster")

    def running(self) -> bool:
        """Whether its process lives (a killed one leaves its pid file behind); cheap enough to ask all the time."""
        pid = self.pid()
        return pid is not None and _is_ours(pid, self.data / "postgres" / "cluster")

    def alive(self) -> bool:
        """Whether it answers."""
        return _answers(self.sockets)

    def leave(self) -> None:
        """Give up our share; stop the server when nobody else has one."""
        home = self.data / "postgres"
        with _locked(home / "start.lock"):
            try:
                fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally_pid = _pid(home / "cluster")
            if finally_pid and _is_ours(finally_pid, home / "cluster"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(finally_pid, signal.SIGINT)
                _until(lambda: not _is_ours(finally_pid, home / "cluster"), 60)
            os.close(self.users)
            self.users = -1

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()


def start(data: Path, *, careless: bool = False, patience: float = 300) -> Server:
    """The server of `data`, answering, with an empty or existing database `majlis`.

    `careless` is for tests: nothing is synced to disk. Raises `PostgresProblem` with what to do about it."""
    data = Path(data).absolute()
    home = data / "postgres"
    home.mkdir(parents=True, exist_ok=True)
    (data / "logs").mkdir(exist_ok=True)
    who = account()
    with _locked(home / "start.lock"):
        cluster = _place(home, who)
        binaries = copied_for(find(_major(cluster)), who, cluster.parent)
        users = os.open(home / "users.lock", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            sockets = _socket_place(data, who)
            if not _answers(sockets):
                _make(cluster, binaries, who, careless)
                _run(data, cluster, sockets, binaries, who, careless, time.monotonic() + patience)
            _ensure_database(sockets)
        except BaseException:
            os.close(users)
            raise
    return Server(data, sockets, binaries, users)


def socket_directory(data: Path) -> Path:
    """Where the socket of the server of `data` is (or will be, as far as can be known before its first start)."""
    written = Path(data) / "postgres" / "socket"
    return Path(written.read_text()) if written.exists() else Path(data).absolute() / "run"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _until(true: object, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.03)
    return False


def _place(home: Path, who: Account) -> Path:
    """Where the cluster is: `home/cluster`; where the server's account cannot get there (under `/root`), a directory
    under `/var/lib/majlis` that `home/cluster` points to."""
    cluster = home / "cluster"
    if cluster.is_symlink():
        return cluster.resolve()
    if cluster.exists() or reachable(home, who):
        return cluster
    elsewhere = Path("/var/lib/majlis") / secrets.token_hex(6)
    elsewhere.mkdir(parents=True)
    for directory in (elsewhere.parent, elsewhere):
        directory.chmod(0o755)
    cluster.symlink_to(elsewhere / "cluster")
    return elsewhere / "cluster"


def _socket_place(data: Path, who: Account) -> Path:
    """A directory for the socket that only the server's account (and root) enters: `data/run`, or a short one when
    that path is too long, out of the server's reach, or has a comma (which separates hosts for libpq)."""
    place = data / "run"
    name_length = len("/.s.PGSQL.5432.lock")
    too_long = len(os.fsencode(place)) + name_length > LONGEST_SOCKET
    if too_long or "," in str(place) or not reachable(data, who):
        mark = hashlib.sha256(f"{os.geteuid()} {data.resolve()}".encode()).hexdigest()[:12]
        base = Path(os.environ.get("XDG_RUNTIME_DIR", "")) if not who.other else Path("/nonexistent")
        place = (base if base.is_absolute() and base.is_dir() else Path(tempfile.gettempdir())) / f"majlis-{mark}"
        if len(os.fsencode(place)) + name_length > LONGEST_SOCKET or not reachable(place.parent, who):
            place = Path("/tmp") / f"majlis-{mark}"  # noqa: S108 - checked to be ours below
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid not in {os.geteuid(), who.uid}:
        raise PostgresProblem(f"{place} belongs to somebody else; remove it, or choose another --data directory.")
    _give(place, who)
    _write(data / "postgres" / "socket", str(place))
    return place


def _give(path: Path, who: Account) -> None:
    if who.other:
        os.chown(path, who.uid, who.gid)
    path.chmod(0o700)


def _write(path: Path, text: str) -> None:
    """Write whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


def _major(cluster: Path) -> int | None:
    try:
        return int((cluster / "PG_VERSION").read_text())
    except (FileNotFoundError, ValueError):
        return None


def _make(cluster: Path, binaries: Binaries, who: Account, careless: bool) -> None:
    """Make the cluster unless there is one. It is made under another name and renamed, so what an interrupted start
    left behind is never taken for whole: it is started over."""
    if (cluster / "global" / "pg_control").exists():
        return
    if cluster.exists() and any(cluster.iterdir()):
        cluster.rename(cluster.with_name(f"cluster.broken-{int(time.time())}"))
    half = cluster.with_name("cluster.new")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    _give(half, who)
    locale = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if binaries.major >= 17
        else ["--locale=C.UTF-8"]
    )
    command = [str(binaries.bin / "initdb"), "-D", str(half), "-U", SUPERUSER, "-E", "UTF8", "--auth=trust", *locale]
    if careless:
        command.append("--no-sync")
    made = subprocess.run(  # noqa: S603
        command, cwd="/", env=_environment(), capture_output=True, text=True, check=False, **who.popen()
    )
    if made.returncode:
        raise PostgresProblem(f"A new PostgreSQL cluster could not be made in {half}:\n{made.stderr.strip()}")
    # Nobody gets in but through the socket, whose directory only the server's account enters.
    (half / "pg_hba.conf").write_text("local all all trust\n")
    if cluster.exists():
        cluster.rmdir()
    half.rename(cluster)


def _environment() -> dict[str, str]:
    """Nothing of ours (PGHOST, LD_LIBRARY_PATH, locale) changes how the server runs."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _command(cluster: Path, sockets: Path, binaries: Binaries, careless: bool) -> list[str]:
    quoted = '"' + str(sockets).replace('"', '""') + '"'
    settings = {
        "unix_socket_directories": quoted,
        "unix_socket_permissions": "0700",
        "listen_addresses": "",
        "port": "5432",
        "max_connections": "200",
        "shared_buffers": f"{_buffers()}MB",
        "lc_messages": "C",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **(CARELESS if careless else {}),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(binaries.bin / "postgres"), "-D", str(cluster), *options]


def _buffers() -> int:
    """Megabytes of memory for the server's own cache: an eighth of the machine's (or of the container's), from 128 to
    1,024. It is taken only as it fills."""
    bytes_here = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):  # "max" when nobody set a limit
        bytes_here = min(bytes_here, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return max(128, min(1024, bytes_here // 8 // 2**20))


def _run(
    data: Path, cluster: Path, sockets: Path, binaries: Binaries, who: Account, careless: bool, until: float
) -> None:
    """Launch through a keeper and wait until it answers. What `kill -9` leaves behind is waited for, then recovered."""
    log = data / "logs" / "postgres.log"
    while True:
        _clear_stale_pid(cluster, sockets, until)
        if _answers(sockets):
            return
        began = log.stat().st_size if log.exists() else 0
        pid = _launch(data, log, _command(cluster, sockets, binaries, careless), who)
        while time.monotonic() < until:
            if _answers(sockets):
                return
            if not _is_ours(pid, cluster, starting=True):
                break
            time.sleep(0.03)
        said = _tail(log, began)
        # A backend of the killed server still holds its memory: it notices soon and goes.
        passing = "still in use" in said or "lock file" in said or "terminate any old server processes" in said
        if time.monotonic() > until or not passing:
            raise PostgresProblem(f"PostgreSQL did not start. Its log ({log}) ends:\n{said.strip()}")
        time.sleep(0.2)


def _launch(data: Path, log: Path, command: list[str], who: Account) -> int:
    home = data / "postgres"
    order = {
        "command": command,
        "env": _environment(),
        "account": who.popen(),
        "log": str(log),
        "users": str(home / "users.lock"),
        "start": str(home / "start.lock"),
    }
    keeper = subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", str(KEEPER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        text=True,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    keeper.stdin.write(json.dumps(order))
    keeper.stdin.close()
    pid = keeper.stdout.readline()
    keeper.stdout.close()
    _keepers.append(keeper)
    if not pid:
        raise PostgresProblem(f"PostgreSQL could not be run: {command[0]}")
    return int(pid)


_keepers: list[subprocess.Popen[str]] = []
"""Our children, so that they are reaped when they end."""


def _answers(sockets: Path) -> bool:
    """A whole round trip of the protocol: a pid or an open socket proves nothing."""
    try:
        with psycopg.connect(host=str(sockets), user=SUPERUSER, dbname="postgres", connect_timeout=5) as connection:
            connection.execute("SELECT 1")
        return True
    except psycopg.Error:
        return False


def _pid(cluster: Path) -> int | None:
    try:
        return int((cluster / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, NotADirectoryError, ValueError, IndexError, PermissionError):
        return None


def _is_ours(pid: int, cluster: Path, *, starting: bool = False) -> bool:
    """Whether `pid` is a living server on that cluster: no zombie nobody reaped, no stranger with a used number."""
    for keeper in _keepers[:]:
        if keeper.poll() is not None:
            _keepers.remove(keeper)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    process = Path("/proc") / str(pid)
    try:
        if process.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        return starting or process.joinpath("cwd").resolve() == cluster.resolve()
    except OSError:
        return not Path("/proc/self").exists() or starting


def _clear_stale_pid(cluster: Path, sockets: Path, until: float) -> None:
    """Wait for a server that is starting or stopping; remove the pid file of one that is no more. (The shared-memory
    block, which PostgreSQL checks by itself, still guards against two servers on one cluster.)"""
    pid = _pid(cluster)
    while pid is not None and _is_ours(pid, cluster):
        if _answers(sockets):
            return
        if time.monotonic() > until:
            raise PostgresProblem(f"PostgreSQL (process {pid}) runs in {cluster} but does not answer.")
        time.sleep(0.05)
        pid = _pid(cluster)
    if pid is not None:
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _tail(log: Path, began: int) -> str:
    with log.open("rb") as file:
        file.seek(max(began, log.stat().st_size - 3000))
        return file.read().decode(errors="replace")


def _ensure_database(sockets: Path) -> None:
    with psycopg.connect(host=str(sockets), user=SUPERUSER, dbname="postgres", autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")
