"""Move the sandbox clock of every process of this installation, and run what becomes due."""

import argparse
import re
from datetime import timedelta

from majlis.faces.cli.house import UserError, add_data, data_directory, django

ORDER = 21
COMMANDS = {"clock": "show or move the sandbox clock: +3d, +2h30m, -1d, reset"}
UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("by", nargs="?", help="+3d, +90m, +1w2d (from where it stands now), or `reset`")
    parser.add_argument("--no-jobs", action="store_true", help="do not run what becomes due")
    add_data(parser)


def run(asked: argparse.Namespace) -> int:
    by = None if asked.by in (None, "reset") else span(asked.by)
    with django(data_directory(asked.data)):
        from django.conf import settings

        from majlis.kit import clock, jobs

        before = clock.now()
        if asked.by is not None:
            if not settings.SANDBOX:
                raise UserError("The clock can be moved in a sandbox only (MAJLIS_SANDBOX=1).")
            clock.set_offset(timedelta() if by is None else clock.offset() + by)
        print(f"It is {clock.now():%A %Y-%m-%d %H:%M:%S} UTC, {words(clock.offset())}.")
        if by and by > timedelta() and not asked.no_jobs:
            jobs.defer_missed(before, clock.now())
            jobs.make_due()
            print(f"{jobs.run_due_jobs(patient=True)} jobs became due and were run.")
    return 0


def span(text: str) -> timedelta:
    """`+3d`, `-1w2d`, `90m` as a length of time."""
    found = re.fullmatch(r"([+-]?)((?:\d+[wdhms])+)", text.strip())
    if not found:
        raise UserError(f"{text!r} is no length of time; say +3d, +2h30m, -1d or reset.")
    parts: dict[str, int] = {}
    for number, unit in re.findall(r"(\d+)([wdhms])", found[2]):
        parts[UNITS[unit]] = parts.get(UNITS[unit], 0) + int(number)
    length = timedelta(**parts)
    return -length if found[1] == "-" else length


def words(offset: timedelta) -> str:
    """How far the clock stands from the real one."""
    if not offset:
        return "the real time"
    return f"{abs(offset)} {'ahead of' if offset > timedelta() else 'behind'} the real time"
