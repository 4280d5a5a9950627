"""Where this installation is, its database, and Django when a command needs it. Light: importing this is cheap."""

import argparse
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from majlis.config import postgres

HOME = Path(__file__).resolve().parents[4]
"""The checkout."""


class UserError(Exception):
    """Something the person at the keyboard can mend; the message says how."""


def add_data(parser: argparse.ArgumentParser) -> None:
    """The option every command shares."""
    parser.add_argument("--data", metavar="DIR", help="where the data are (default: var, or MAJLIS_DATA)")


def data_directory(given: str | None = None) -> Path:
    """The directory of the data: `--data`, else `MAJLIS_DATA`, else `var` in the checkout. Made when absent."""
    path = Path(given or os.environ.get("MAJLIS_DATA") or HOME / "var").expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"{path} is not a directory; choose another with --data.") from None
    return path


def environment(data: Path, **more: str) -> dict[str, str]:
    """What our processes get, over what this one has."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "majlis.config.settings",
        "PYTHONPATH": str(HOME / "src"),
        "PYTHONUNBUFFERED": "1",
        "MAJLIS_DATA": str(data),
        **more,
    }


@contextmanager
def database(data: Path) -> Iterator[str]:
    """The address of the database while the block runs: `DATABASE_URL`, or the embedded server, started if need be."""
    if os.environ.get("DATABASE_URL"):
        yield os.environ["DATABASE_URL"]
        return
    with postgres.start(data) as server:
        yield server.url


@contextmanager
def django(data: Path) -> Iterator[None]:
    """Django, set up in this process, with a database that answers."""
    with database(data) as url:
        os.environ.update(environment(data, DATABASE_URL=url))
        import django as framework
        from django.core.exceptions import ImproperlyConfigured

        try:
            framework.setup()
        except ImproperlyConfigured as wrong:
            raise UserError(str(wrong)) from None
        try:
            yield
        finally:
            from django.db import connection

            connection.close()
            connection.close_pool()  # type: ignore[attr-defined] # the server may stop now


@contextmanager
def alone(data: Path, what: str) -> Iterator[None]:
    """Refuse kindly when another `up` (or who else must be alone) works on these data. The kernel lets the lock go with
    its holder, however that ends."""
    path = data / "up.lock"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with suppress(ValueError, KeyError):
                other = json.loads(path.read_text())
                raise UserError(
                    f"Majlis already runs on these data: {other['what']} (process {other['pid']}).\n"
                    f"Stop it there with Ctrl-C, or with:  kill {other['pid']}\n"
                    "For a second one beside it:  ./majlis up --data OTHER --port 8100"
                ) from None
            raise UserError("Majlis is just starting on these data.") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "what": what}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def manage(words: list[str], data: Path, url: str, **more: str) -> int:
    """Run one of Django's management commands in a process of its own; its exit status."""
    command = [sys.executable, "-m", "django", *words]
    return subprocess.run(command, env=environment(data, DATABASE_URL=url, **more), check=False).returncode
