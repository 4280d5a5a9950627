"""Whether anything must be prepared before the processes start. A warm start is told by a fingerprint in milliseconds,
without loading Django."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import psycopg

from majlis.faces.cli.house import HOME

FILE = "prepared.json"


def _files() -> Iterator[Path]:
    source = HOME / "src" / "majlis"
    yield from source.glob("**/migrations/*.py")
    yield from (p for p in source.glob("faces/*/static/**/*") if p.is_file())
    yield from (HOME / "locale").glob("*/LC_MESSAGES/django.po")
    yield HOME / "requirements" / "runtime.lock"
    yield from (HOME / "editions").glob("*.toml")


def fingerprint(url: str, edition: str) -> str:
    """A digest of everything `prepare` works from, and of what the database says has been applied."""
    digest = hashlib.sha256(f"{edition}\0{HOME}\0{url}".encode())
    for path in sorted(_files()):
        seen = path.stat()
        digest.update(f"{path.relative_to(HOME)}\0{seen.st_size}\0{seen.st_mtime_ns}\n".encode())
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute("SELECT count(*), max(id) FROM django_migrations").fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    digest.update(repr(row).encode())
    return digest.hexdigest()


def needed(data: Path, url: str, edition: str) -> bool:
    """Whether `prepare` has work to do."""
    try:
        done = json.loads((data / FILE).read_text())["fingerprint"]
    except (FileNotFoundError, ValueError, KeyError):
        return True
    return bool(done != fingerprint(url, edition)) or not (data / "static").exists()


def remember(data: Path, url: str, edition: str) -> None:
    """`prepare` has done it."""
    (data / FILE).write_text(json.dumps({"fingerprint": fingerprint(url, edition)}))


def forget(data: Path) -> None:
    """The next start prepares again."""
    (data / FILE).unlink(missing_ok=True)
