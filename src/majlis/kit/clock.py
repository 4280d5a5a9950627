"""The only clock of the house.

Every service asks `now()`, never Django or `datetime`, so that the whole house can be moved at once: by a test
(`travel`), or, in sandbox mode, by an operator (`./majlis clock +3d` writes the offset to `settings.CLOCK_FILE`, which
every process reads).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings

_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)
_seen: tuple[tuple[int, int], timedelta] = ((0, 0), timedelta())
"""The clock's file as it was last read (inode, time of change), and what it said."""


def now() -> datetime:
    """This instant, in UTC (aware); in sandbox mode moved by the operator's offset."""
    frozen = _frozen.get()
    if frozen is not None:
        return frozen
    return datetime.now(UTC) + offset()


def today(zone: str | ZoneInfo) -> date:
    """The date on the wall in `zone` (IANA name) at this instant."""
    return now().astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone).date()


@cache
def zones() -> frozenset[str]:
    """The IANA names this machine knows. Asked once: Python reads them from a few hundred directories and files."""
    return frozenset(available_timezones())


def offset() -> timedelta:
    """How far the sandbox clock stands ahead of the real one; zero outside sandbox mode."""
    global _seen
    if not settings.SANDBOX:
        return timedelta()
    try:
        stands = os.stat(settings.CLOCK_FILE)  # every answer asks: half the price of a Path's
    except FileNotFoundError:
        return timedelta()
    file = stands.st_ino, stands.st_mtime_ns
    if file != _seen[0]:
        _seen = (file, timedelta(seconds=int(Path(settings.CLOCK_FILE).read_text() or 0)))
    return _seen[1]


def set_offset(value: timedelta) -> None:
    """Move the sandbox clock of every process of this installation. Refuses outside sandbox mode."""
    if not settings.SANDBOX:
        raise RuntimeError("The clock can be moved in sandbox mode only.")
    path = Path(settings.CLOCK_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: an empty file, read in between, would be remembered as "not moved".
    waiting = path.with_name(f"{path.name}.{os.getpid()}")
    waiting.write_text(str(int(value.total_seconds())))
    waiting.replace(path)


@contextmanager
def travel(to: datetime | None = None, *, by: timedelta | None = None) -> Iterator[datetime]:
    """For tests: the clock stands still at `to` (or at now + `by`) inside the block."""
    moment = to if to is not None else now() + (by or timedelta())
    token = _frozen.set(moment)
    try:
        yield moment
    finally:
        _frozen.reset(token)
