"""What an external calendar is read through."""

from dataclasses import dataclass
from typing import Protocol


class ReadingFailed(Exception):
    """The calendar could not be read. `code` is one of `services.external.FAILURES`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an address answered. `content` is None when nothing changed since the reading with that `etag` or
    `last_modified`."""

    content: bytes | None
    etag: str = ""
    last_modified: str = ""


class CalendarSource(Protocol):
    """Reads ICS files. Called by a job, outside any transaction, about every quarter of an hour for each calendar."""

    def read(self, address: str, *, etag: str = "", last_modified: str = "") -> Reading:
        """The file at `address`. Must not connect to anything that is not public, must end within half a minute, and
        raises `ReadingFailed` for every other outcome."""
        ...
